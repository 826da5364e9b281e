"""What is written without OpenLineage's models is what its models would have written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    dataset_type_dataset,
    datasource_dataset,
    external_query_run,
    job_dependencies_run,
    job_type_job,
    output_statistics_output_dataset,
    schema_dataset,
    source_code_location_job,
    sql_job,
    symlinks_dataset,
)
from openlineage.client.serde import Serde

from floe.adapters.openlineage.connection import Connection
from floe.adapters.openlineage.custom_facets import (
    FloeDbtNodeJobFacet,
    FloeDbtRunRunFacet,
    FloeTraceContextRunFacet,
)
from floe.adapters.openlineage.dataset_facets import column_facets
from floe.adapters.openlineage.naming import DatasetNames
from floe.adapters.openlineage.profile import EventProfile
from floe.adapters.openlineage.serialization import facet
from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_columns import NodeColumns

PRODUCER = "https://floe.dev/producers/test/1"
TEXT = st.text(max_size=20)


@given(TEXT, TEXT, st.none() | TEXT)
def test_the_sql_of_a_job_is_as_its_model_has_it(query: str, dialect: str, nothing: None) -> None:
    model = sql_job.SQLJobFacet(query=query, dialect=dialect or nothing, producer=PRODUCER)

    ours = facet(sql_job.SQLJobFacet, PRODUCER, query=query, dialect=dialect or nothing)

    assert ours == Serde.to_dict(model)


@given(TEXT, st.none() | TEXT, st.none() | st.floats(0, 1e6))
def test_the_facets_of_every_run_are_as_their_models_have_them(
    pipeline: str, status: str | None, seconds: float | None
) -> None:
    fields: dict[str, Any] = {
        "pipeline": pipeline,
        "invocation": "1",
        "target": "duckdb",
        "targetName": "dev",
        "orchestrator": "direct",
        "dbtInvocationId": None,
        "dbtVersion": "1.11.0",
        "nodeStatus": status,
        "executionTime": seconds,
    }
    trace = {"traceId": "a" * 32, "spanId": "b" * 16, "traceparent": pipeline}

    assert facet(FloeDbtRunRunFacet, PRODUCER, **fields) == Serde.to_dict(
        FloeDbtRunRunFacet(**fields, producer=PRODUCER)
    )
    assert facet(FloeTraceContextRunFacet, PRODUCER, **trace) == Serde.to_dict(
        FloeTraceContextRunFacet(**trace, producer=PRODUCER)
    )


@given(TEXT, st.none() | TEXT, st.none() | st.integers(1, 9))
def test_the_fields_of_a_schema_are_as_their_model_has_them(
    name: str, kind: str | None, position: int | None
) -> None:
    node = DbtNode.from_manifest_node(
        {"unique_id": "model.a.b", "name": "b", "columns": {name: {"name": name}} if name else {}}
    )
    columns = NodeColumns(data_types={name: kind}) if position else NodeColumns()
    model = schema_dataset.SchemaDatasetFacet(
        fields=[
            schema_dataset.SchemaDatasetFacetFields(
                name=name,
                type=(kind or None) if position else None,
                ordinal_position=1 if position else None,
                fields=None,
            )
        ],
        producer=PRODUCER,
    )
    profile = EventProfile.of(
        namespace="n", producer=PRODUCER, dataset_names=DatasetNames(Connection("duckdb", {}))
    )

    found = column_facets(node, profile, columns, ())

    assert found.get("schema") == (Serde.to_dict(model) if name or position else None)


def test_nested_parts_are_as_their_models_have_them() -> None:
    lineage = column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            "total": column_lineage_dataset.Fields(
                inputFields=[
                    column_lineage_dataset.InputField(
                        namespace="duckdb://x",
                        name="a.b.c",
                        field="amount",
                        transformations=[
                            column_lineage_dataset.Transformation(
                                type="DIRECT", subtype="AGGREGATION", description="", masking=False
                            )
                        ],
                    )
                ]
            )
        },
        dataset=None,
        producer=PRODUCER,
    )
    dependencies = job_dependencies_run.JobDependenciesRunFacet(
        upstream=[
            job_dependencies_run.JobDependency(
                job=job_dependencies_run.JobIdentifier(namespace="n", name="j"),
                dependency_type="IMPLICIT_DEPENDENCY",
                sequence_trigger_rule="FINISH_TO_START",
                status_trigger_rule="EXECUTE_ON_SUCCESS",
            )
        ],
        downstream=None,
        trigger_rule="ALL_SUCCESS",
        producer=PRODUCER,
    )
    symlinks = symlinks_dataset.SymlinksDatasetFacet(
        identifiers=[symlinks_dataset.Identifier(namespace="n", name="a.b", type="TABLE")],
        producer=PRODUCER,
    )
    by_hand = {"type": "DIRECT", "subtype": "AGGREGATION", "description": "", "masking": False}
    origin = {"namespace": "duckdb://x", "name": "a.b.c", "field": "amount"}
    upstream = {
        "job": {"namespace": "n", "name": "j"},
        "dependency_type": "IMPLICIT_DEPENDENCY",
        "sequence_trigger_rule": "FINISH_TO_START",
        "status_trigger_rule": "EXECUTE_ON_SUCCESS",
    }

    assert facet(
        column_lineage_dataset.ColumnLineageDatasetFacet,
        PRODUCER,
        fields={"total": {"inputFields": [{**origin, "transformations": [by_hand]}]}},
        dataset=None,
    ) == Serde.to_dict(lineage)
    assert facet(
        job_dependencies_run.JobDependenciesRunFacet,
        PRODUCER,
        upstream=[upstream],
        trigger_rule="ALL_SUCCESS",
    ) == Serde.to_dict(dependencies)
    assert facet(
        symlinks_dataset.SymlinksDatasetFacet,
        PRODUCER,
        identifiers=[{"namespace": "n", "name": "a.b", "type": "TABLE"}],
    ) == Serde.to_dict(symlinks)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (external_query_run.ExternalQueryRunFacet, {"externalQueryId": "q", "source": "duckdb"}),
        (output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet, {"rowCount": 3}),
        (datasource_dataset.DatasourceDatasetFacet, {"name": "duckdb://x", "uri": "duckdb://x"}),
        (dataset_type_dataset.DatasetTypeDatasetFacet, {"datasetType": "VIEW", "subType": None}),
        (
            job_type_job.JobTypeJobFacet,
            {"processingType": "BATCH", "integration": "DBT", "jobType": "MODEL"},
        ),
        (
            source_code_location_job.SourceCodeLocationJobFacet,
            {"type": "git", "url": "https://h/r/blob/c/m.sql", "path": "m.sql", "branch": None},
        ),
        (FloeDbtNodeJobFacet, {"uniqueId": "model.a.b", "resourceType": "model", "group": None}),
    ],
)
def test_small_facets_are_as_their_models_have_them(kind: type, fields: dict[str, object]) -> None:
    assert facet(kind, PRODUCER, **fields) == Serde.to_dict(kind(**fields, producer=PRODUCER))
