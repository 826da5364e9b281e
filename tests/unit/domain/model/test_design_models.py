"""The models of the design documents: fields, defaults, bounds, and that they never change."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel, ValidationError

from floe import (
    AssetMaterializationResult,
    ColumnClassification,
    ColumnMetadata,
    DbtModelMetadata,
    LineageDataset,
    LineageEvent,
    LineageEventType,
    MaterializationStatus,
    OpenLineageConfig,
    ProfileGeneratorConfig,
    TracingConfig,
)

RUN = str(uuid4())
EXAMPLES: list[BaseModel] = [
    ProfileGeneratorConfig(),
    OpenLineageConfig(),
    TracingConfig(),
    LineageEvent(
        event_type=LineageEventType.START, run_id=RUN, job_namespace="floe", job_name="orders"
    ),
    LineageDataset(namespace="duckdb://x", name="a.b.c"),
    ColumnClassification(column_name="email", classification="pii"),
    ColumnMetadata(name="email"),
    DbtModelMetadata(unique_id="model.shop.a", name="a", alias="a", database="d", schema_name="s"),
    AssetMaterializationResult(
        model_unique_id="model.shop.a", status=MaterializationStatus.SUCCESS, execution_time=0
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_a_model_never_changes_and_takes_no_unknown_field(example: BaseModel) -> None:
    field = next(iter(type(example).model_fields))

    with pytest.raises(ValidationError, match="frozen"):
        setattr(example, field, getattr(example, field))
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        type(example)(**example.model_dump(by_alias=True), surprise=1)


def test_defaults_are_those_of_the_design_documents() -> None:
    assert ProfileGeneratorConfig().model_dump() == {
        "profile_name": "floe",
        "target_name": "dev",
        "threads": 4,
    }
    assert OpenLineageConfig().model_dump() == {
        "endpoint": None,
        "namespace": "floe",
        "producer": "floe-dagster",
        "async_transport": True,
        "timeout": 5.0,
    }
    assert TracingConfig().model_dump() == {
        "endpoint": None,
        "service_name": "floe-dagster",
        "attributes": {},
        "batch_export": True,
    }
    assert ColumnClassification(column_name="c", classification="pii").sensitivity == "medium"


def test_mutable_defaults_are_not_shared() -> None:
    assert TracingConfig().attributes is not TracingConfig().attributes


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (ProfileGeneratorConfig, {"threads": 0}),
        (ProfileGeneratorConfig, {"threads": 65}),
        (ProfileGeneratorConfig, {"profile_name": ""}),
        (ProfileGeneratorConfig, {"profile_name": "a" * 101}),
        (ProfileGeneratorConfig, {"profile_name": "with-hyphen"}),
        (ProfileGeneratorConfig, {"target_name": "\u00fcn\u00ef"}),
        (ProfileGeneratorConfig, {"target_name": "dev\n"}),
        (OpenLineageConfig, {"endpoint": "no url"}),
        (OpenLineageConfig, {"namespace": ""}),
        (OpenLineageConfig, {"namespace": "a" * 256}),
        (OpenLineageConfig, {"timeout": 0.05}),
        (OpenLineageConfig, {"timeout": 60.5}),
        (TracingConfig, {"endpoint": "collector:4317"}),
        (TracingConfig, {"endpoint": "http://"}),
        (TracingConfig, {"service_name": ""}),
        (TracingConfig, {"service_name": "a" * 256}),
        (LineageDataset, {"namespace": "warehouse", "name": "a"}),
        (LineageDataset, {"namespace": "bigquery", "name": "a", "facets": {"acme_x": {}}}),
    ],
)
def test_a_value_out_of_bounds_is_refused(model: type[BaseModel], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model(**fields)


def test_an_endpoint_switches_on() -> None:
    assert OpenLineageConfig.model_validate({"endpoint": "http://marquez:5000"}).enabled
    assert TracingConfig(endpoint="http://collector:4318").enabled
    assert not OpenLineageConfig().enabled
    assert not TracingConfig().enabled


def event(**changes: Any) -> LineageEvent:
    fields: dict[str, Any] = {
        "event_type": "START",
        "run_id": RUN,
        "job_namespace": "floe",
        "job_name": "orders",
    }
    return LineageEvent(**fields | changes)


def test_a_run_id_is_a_uuid() -> None:
    with pytest.raises(ValidationError):
        event(run_id="manual__2024")


def test_event_times_know_their_offset_and_are_utc() -> None:
    noon_in_tokyo = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))

    assert event().event_time.utcoffset() == timedelta(0)
    assert event(event_time=noon_in_tokyo).event_time == datetime(2026, 1, 1, 3, tzinfo=UTC)
    with pytest.raises(ValidationError):
        event(event_time=datetime(2026, 1, 1, 12))  # noqa: DTZ001 - that is what is refused


def test_an_official_bare_scheme_is_a_namespace() -> None:
    assert LineageDataset(namespace="bigquery", name="p.d.t").namespace == "bigquery"


def test_a_custom_facet_names_its_schema_and_producer() -> None:
    facet = {"_schemaURL": "https://acme.example/1-0-0/X.json", "_producer": "https://acme.example"}

    dataset = LineageDataset(namespace="bigquery", name="t", facets={"acme_x": facet})

    assert dataset.facets == {"acme_x": facet}


def test_negative_measures_are_refused() -> None:
    for field in ("execution_time", "rows_affected"):
        fields: dict[str, Any] = {"model_unique_id": "m", "status": "success", "execution_time": 1}
        with pytest.raises(ValidationError):
            AssetMaterializationResult(**fields | {field: -1})


def test_the_schema_of_a_model_is_read_as_schema_name() -> None:
    model = DbtModelMetadata(
        unique_id="model.s.a", name="a", alias="a", database="d", schema_name="s"
    )

    assert model.schema_name == "s"


def test_the_field_is_called_schema_outside() -> None:
    model = DbtModelMetadata.model_validate(
        {"unique_id": "model.s.a", "name": "a", "alias": "a", "database": "d", "schema": "s"}
    )

    assert model.schema_name == "s"
    assert model.model_dump(by_alias=True)["schema"] == "s"
