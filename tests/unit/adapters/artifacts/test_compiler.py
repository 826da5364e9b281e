import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from floe.adapters.artifacts.compiled_artifacts import NAME_ATTRIBUTE
from floe.adapters.artifacts.compiler import DocumentWriter
from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.pipeline import (
    TARGETS,
    Compute,
    CredentialMode,
    Credentials,
    DbtOrchestration,
    Dialect,
    Governance,
    JobDefinition,
    Observability,
    Orchestration,
    Pipeline,
    Sampling,
    ScheduleDefinition,
    Transform,
)

_NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


def _pipeline(**changes: Any) -> Pipeline:
    fields: dict[str, Any] = {
        "name": "shop",
        "dialect": Dialect.FLOE_YAML,
        "source": Path("floe.yaml"),
        "source_hash": "0" * 64,
        "compiled_at": _NOON,
        "compute": Compute(target="duckdb", properties={"path": "shop.duckdb"}),
        "transforms": (Transform(path="./dbt", target="demo"),),
    }
    return Pipeline(**fields | changes)


def _essence(pipeline: Pipeline) -> dict[str, Any]:
    """Return what has to survive: everything but where it stood and under which label."""
    essence = pipeline.model_dump(exclude={"dialect", "source", "version", "warnings"})
    if essence["compute"]:
        del essence["compute"]["source"]
    essence["observability"]["attributes"].pop(NAME_ATTRIBUTE, None)
    return essence


_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,20}", fullmatch=True)
_PLAIN = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,20}", fullmatch=True)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(_TEXT, _JSON, max_size=3)
_ARN = "arn:aws:iam::123456789012:role/loader"
_CREDENTIALS = st.one_of(
    st.builds(Credentials, secret_ref=st.none() | _NAMES),
    st.builds(Credentials, mode=st.just(CredentialMode.SERVICE_ACCOUNT), scope=st.none() | _TEXT),
    st.builds(Credentials, mode=st.just(CredentialMode.IAM_ROLE), role_arn=st.just(_ARN)),
    st.builds(
        Credentials,
        mode=st.just(CredentialMode.OAUTH2),
        client_id=_NAMES,
        client_secret_ref=_NAMES,
    ),
    st.builds(
        Credentials,
        mode=st.just(CredentialMode.OAUTH2),
        client_id_ref=_NAMES,
        client_secret_ref=_NAMES,
    ),
)
_OBSERVABILITY = st.builds(
    Observability,
    traces=st.booleans(),
    metrics=st.booleans(),
    lineage=st.booleans(),
    otlp_endpoint=st.none() | st.just("http://collector.example"),
    lineage_endpoint=st.none() | st.just("http://lineage.example"),
    attributes=st.dictionaries(_TEXT, _TEXT, max_size=3),
    sampling=st.none() | st.builds(Sampling),
    log_level=st.sampled_from(["DEBUG", "INFO", "ERROR"]),
    otlp_protocol=st.none(),
    lineage_transport=st.none(),
)
_JOBS = st.one_of(
    st.builds(
        JobDefinition,
        name=_PLAIN,
        type=st.just("batch"),
        selection=st.lists(_NAMES, min_size=1, max_size=3).map(tuple),
        target_function=st.none(),
        arguments=st.just({}),
        description=st.none() | _TEXT,
    ),
    st.builds(
        JobDefinition,
        name=_PLAIN,
        type=st.just("ops"),
        selection=st.just(()),
        target_function=st.just("shop.ops.vacuum"),
        arguments=_OBJECTS,
        description=st.none() | _TEXT,
    ),
)
_ORCHESTRATION = st.builds(
    Orchestration,
    dbt=st.none() | st.builds(DbtOrchestration, manifest_path=_NAMES, target=st.none() | _PLAIN),
    jobs=st.lists(_JOBS, max_size=2, unique_by=lambda job: job.name).map(tuple),
    schedules=st.lists(
        st.builds(
            ScheduleDefinition,
            name=_PLAIN,
            job=_PLAIN,
            cron=st.just("*/5 0 * * 1-5"),
            timezone=st.just("Europe/Berlin"),
            enabled=st.booleans(),
            description=st.none() | _TEXT,
        ),
        max_size=2,
        unique_by=lambda schedule: schedule.name,
    ).map(tuple),
    sensors=st.just({}),
)
PIPELINES = st.builds(
    _pipeline,
    name=_NAMES,
    compute=st.builds(
        Compute,
        target=st.sampled_from(TARGETS),
        properties=_OBJECTS,
        credentials=_CREDENTIALS,
    ),
    transforms=st.lists(st.builds(Transform, path=_TEXT, target=st.none() | _TEXT), max_size=2).map(
        tuple
    ),
    governance=st.builds(
        Governance,
        policies=_OBJECTS,
        emit_lineage=st.booleans(),
        classifications=st.dictionaries(
            _TEXT,
            st.lists(
                st.builds(
                    ColumnClassification,
                    column_name=_TEXT,
                    classification=_TEXT,
                    pii_type=st.none() | _TEXT,
                    sensitivity=st.sampled_from(["low", "medium", "high"]),
                ),
                max_size=2,
                unique_by=lambda item: item.column_name,
            ).map(tuple),
            max_size=2,
        ),
    ),
    observability=_OBSERVABILITY,
    orchestration=st.none() | _ORCHESTRATION,
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pipeline=PIPELINES)
def test_what_is_written_is_read_back_as_the_same_pipeline(
    tmp_path: Path, pipeline: Pipeline
) -> None:
    path = DocumentWriter().write(pipeline, tmp_path / "compiled_artifacts.json")

    assert _essence(DocumentReader().read(path)) == _essence(pipeline)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(pipeline=PIPELINES)
def test_equal_pipelines_give_equal_bytes(pipeline: Pipeline) -> None:
    again = Pipeline.model_validate(pipeline.model_dump())

    assert DocumentWriter().render(again) == DocumentWriter().render(pipeline)


def test_the_name_of_the_pipeline_survives() -> None:
    document = json.loads(DocumentWriter().render(_pipeline()))

    assert document["version"] == "1.1.0"
    assert document["metadata"]["compiled_at"] == "2026-05-06T12:00:00Z"
    assert document["observability"]["attributes"] == {NAME_ATTRIBUTE: "shop"}


def test_the_file_is_its_owners_alone_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".floe" / "compiled_artifacts.json"
    writer = DocumentWriter()

    writer.write(_pipeline(), path)
    path.chmod(0o666)
    writer.write(_pipeline(name="other"), path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert DocumentReader().read(path).name == "other"
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_folder_in_the_way_is_an_error_that_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "compiled_artifacts.json"
    path.mkdir()

    with pytest.raises(ArtifactError, match="cannot be written"):
        DocumentWriter().write(_pipeline(), path)

    assert list(tmp_path.iterdir()) == [path]


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".floe").write_text("", "utf-8")

    with pytest.raises(ArtifactError, match="cannot be written"):
        DocumentWriter().write(_pipeline(), tmp_path / ".floe" / "compiled_artifacts.json")
