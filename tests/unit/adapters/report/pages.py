"""A run with something of everything, in which every foreign text can be set."""

from dataclasses import replace
from datetime import timedelta

from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.column_lineage import (
    ColumnOrigin,
    Influence,
    OutputColumn,
    RelationLineage,
    Transformation,
)
from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import NodeStatus
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID, context, finished, graph, node

SOURCE, STAGING, MART = "source.shop.raw.people", "model.shop.stg", "model.shop.mart"
TEST, BOARD = "test.shop.unique_stg", "exposure.shop.board"


def page_run(
    text: str = "text", *, minutes: int = 0, message: str = "no such table"
) -> ArchivedRun:
    """Return a run whose names, paths, tags and messages all are *text*."""
    parts = {
        "name": text,
        "description": text,
        "tags": [text],
        "original_file_path": text,
        "meta": {"owner": text},
        "database": text,
    }
    email = {"meta": {"floe": {"classification": text, "pii_type": text, "sensitivity": text}}}
    columns = {"email": {"name": "email", "data_type": text, "description": text, **email}}
    project = graph(
        node(SOURCE, **parts, columns=columns),
        node(STAGING, SOURCE, **parts, columns=columns),
        node(TEST, STAGING, attached_node=STAGING, **parts),
        node(MART, STAGING, **parts, raw_code=text, config={"materialized": text}),
        exposures={
            BOARD: {
                "name": text,
                "label": text,
                "description": text,
                "owner": {"email": text},
                "depends_on": {"nodes": [MART]},
            }
        },
    )
    start = NOON + timedelta(minutes=minutes)
    ends = (
        finished(STAGING, 2, name=text, execution_time_s=2, rows_affected=5, thread=text),
        finished(TEST, 3, status=NodeStatus.WARN, name=text, execution_time_s=1, failures=2),
        finished(
            MART,
            9,
            status=NodeStatus.ERROR,
            name=text,
            message=message,
            execution_time_s=6,
            failures=1,
        ),
        finished(BOARD, 9, status=NodeStatus.SKIPPED, name=text),
    )
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline=text,
        started_at=start,
        finished_at=start + timedelta(seconds=10),
        exit_code=1,
        message=message,
        nodes=ends,
    )
    return ArchivedRun.of(
        summary,
        context=context(target=text, target_name=text, orchestrator=text),
        graph=project,
        reports=[DeliveryReport(destination=text, delivered=1, waiting=2, last_error=text)],
    )


def page_columns(text: str = "email") -> dict[str, NodeColumns]:
    """Return what is known of the columns; the mart's are a copy and a digest of the source's."""
    copied = ColumnOrigin(
        unique_id=STAGING,
        column="email",
        transformations=(Transformation(influence=Influence.IDENTITY),),
    )
    digest = replace(
        copied,
        transformations=(Transformation(influence=Influence.TRANSFORMATION, masking=True),),
    )
    return {
        MART: NodeColumns(
            data_types={text: text, "digest": "varchar"},
            lineage=RelationLineage(
                columns=(
                    OutputColumn(name=text, origins=(copied,)),
                    OutputColumn(name="digest", origins=(digest,)),
                )
            ),
            classifications=(
                ColumnClassification(column_name=text, classification="pii", pii_type="email"),
            ),
        )
    }
