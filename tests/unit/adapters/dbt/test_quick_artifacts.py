"""Artifacts have the text that dbt's own writer gives them."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dbt.artifacts.schemas import base
from dbt_common.clients import system
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt import quick_artifacts

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2)
    | st.datetimes()
)
_NAMES = st.text(max_size=3) | st.integers(0, 9) | st.booleans() | st.none()
VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what is written."""
    return tmp_path_factory.mktemp("artifacts")


@given(data=st.dictionaries(_NAMES, VALUES, max_size=4))
def test_the_text_is_that_of_dbts_own_writer(folder: Path, data: dict[Any, Any]) -> None:
    ours, theirs = folder / "ours" / "manifest.json", folder / "theirs" / "manifest.json"
    assert quick_artifacts.write(str(ours), data)
    assert system.write_json(str(theirs), data)
    assert ours.read_bytes() == theirs.read_bytes()


def test_what_has_no_json_is_the_error_that_dbt_has(folder: Path) -> None:
    data = {"metadata": {"at": datetime(2026, 1, 1, tzinfo=UTC), "ratio": Decimal(1), "x": b""}}
    for write in (quick_artifacts.write, system.write_json):
        with pytest.raises(TypeError, match="bytes is not JSON serializable"):
            write(str(folder / "broken.json"), data)


def test_dbt_writes_its_artifacts_by_the_name_that_is_replaced(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    class Artifact(base.Writable):  # type: ignore[misc] # dbt tells no types
        def to_dict(self, **_options: object) -> dict[str, int]:
            return {"nodes": 1}

    monkeypatch.setattr(base, "write_json", system.write_json)
    quick_artifacts.install()
    assert base.write_json is quick_artifacts.write
    Artifact().write(str(folder / "manifest.json"))
    assert (folder / "manifest.json").read_text() == '{"nodes": 1}'


def test_a_dbt_that_has_no_such_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(base, "write_json")
    quick_artifacts.install()
    assert not hasattr(base, "write_json")
