"""Every visible contract document behaves through the command line as its index says."""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.entrypoints.cli import app
from floe.entrypoints.exit_codes import guarded

CONTRACT = Path(__file__).parents[4] / "shared" / "contract"
VALID = (
    "golden/floe-runtime-v1.0.0",
    "golden/successor",
    "generated/valid",
    "generated/lax-valid",
    "generated/successor",
    "floe-yaml/valid",
)
pytestmark = pytest.mark.skipif(
    not CONTRACT.is_dir(), reason="the visible contract set is not beside this checkout"
)


def documents(*groups: str) -> Iterator[str]:
    for group in groups:
        folder = CONTRACT / group
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name != "INDEX.json":
                yield f"{group}/{path.name}"


def floe_profiles(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    words = ["floe", "profiles", "--stdout", "-a", str(CONTRACT / name)]
    monkeypatch.setattr(sys, "argv", words)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = guarded(app)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", list(documents(*VALID)))
def test_a_valid_document_gives_profiles_or_says_that_it_names_no_target(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = floe_profiles(name, monkeypatch)

    if "no compute target" in err:
        assert (code, out) == (2, "")
    else:
        assert code == 0, err
        assert "outputs:" in out


@pytest.mark.parametrize("name", list(documents("generated/invalid", "floe-yaml/invalid")))
def test_an_invalid_document_is_refused_by_path(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index = json.loads((CONTRACT / "generated/invalid/INDEX.json").read_text())
    must_reject = {case["file"]: case["must_reject"] for case in index["cases"]}

    code, out, err = floe_profiles(name, monkeypatch)

    if must_reject.get(Path(name).name, True):
        assert (code, out) == (2, "")
        assert f"{Path(name).name}: $" in err
        assert "Traceback" not in err
    else:
        assert code == 0, err
