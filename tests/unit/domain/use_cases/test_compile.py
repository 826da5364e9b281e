from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import Compute, Dialect, Observability, Pipeline
from floe.domain.use_cases.compile import compile_pipeline

_NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


class RecordingWriter:
    """Keeps what it is given to write."""

    def __init__(self) -> None:
        self.written: list[tuple[Pipeline, Path]] = []

    def write(self, pipeline: Pipeline, path: Path) -> Path:
        self.written.append((pipeline, path))
        return path


def _pipeline(**changes: Any) -> Pipeline:
    fields: dict[str, Any] = {
        "name": "shop",
        "dialect": Dialect.FLOE_YAML,
        "source": Path("/srv/shop/floe.yaml"),
        "compute": Compute(target="duckdb", properties={"path": "shop.duckdb"}),
    }
    return Pipeline(**fields | changes)


def test_the_document_goes_beside_floe_yaml_with_its_time() -> None:
    writer = RecordingWriter()

    path = compile_pipeline(_pipeline(), writer=writer, now=_NOW)

    assert path == Path("/srv/shop/.floe/compiled_artifacts.json")
    assert [(made.compiled_at, at) for made, at in writer.written] == [(_NOW, path)]


def test_another_place_can_be_asked_for() -> None:
    writer = RecordingWriter()

    assert compile_pipeline(_pipeline(), writer=writer, now=_NOW, output=Path("x")) == Path("x")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dialect": Dialect.COMPILED_ARTIFACTS}, "is compiled already"),
        ({"compute": None}, "$.compute: no compute target"),
        (
            {"compute": Compute(target="postgres", properties={"password": "hunter2"})},
            "$.compute.properties.password",
        ),
        (
            {
                "compute": Compute(
                    target="duckdb", properties={"secrets": [{"key_id": "a", "secret": "hunter2"}]}
                )
            },
            "$.compute.properties.secrets[0].secret",
        ),
        (
            {"observability": Observability(otlp_endpoint="http://a:hunter2@h")},
            "$.observability.otlp_endpoint",
        ),
    ],
)
def test_what_must_not_be_written_is_refused_and_nothing_is_written(
    changes: dict[str, Any], message: str
) -> None:
    writer = RecordingWriter()

    with pytest.raises(ArtifactError) as refused:
        compile_pipeline(_pipeline(**changes), writer=writer, now=_NOW)

    assert message in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert writer.written == []


def test_a_reference_to_the_environment_is_no_credential() -> None:
    writer = RecordingWriter()
    properties = {"password": "{{ env_var('PGPASSWORD') }}"}

    compile_pipeline(
        _pipeline(compute=Compute(target="postgres", properties=properties)),
        writer=writer,
        now=_NOW,
    )

    assert len(writer.written) == 1
