"""A DuckDB file belongs to the project."""

from pathlib import Path

import pytest

from floe.domain.model.pipeline import Compute, Dialect, Pipeline
from floe.domain.model.plan import RunPlan
from floe.domain.model.profile import ProfileGeneratorConfig
from floe.domain.use_cases.locate_database import locate_database


def plan_of(compute: Compute | None) -> RunPlan:
    pipeline = Pipeline(
        name="p", dialect=Dialect.FLOE_YAML, source=Path("/project/floe.yaml"), compute=compute
    )
    return RunPlan(
        pipeline=pipeline,
        profile=ProfileGeneratorConfig(),
        project_root=Path("/project"),
        profiles_dir=Path("/project/.floe/profiles"),
        manifest_path=Path("/project/target/manifest.json"),
    )


def located(**properties: object) -> object:
    compute = Compute.model_validate({"target": "duckdb", "properties": properties})
    found = locate_database(plan_of(compute)).pipeline.compute
    assert found is not None
    return found.properties


def test_a_relative_path_starts_at_the_project_root() -> None:
    assert located(path="data/x.duckdb") == {"path": "/project/data/x.duckdb"}


def test_so_does_the_catalogue_of_a_lake() -> None:
    assert located(path="ducklake:x.ducklake") == {"path": "ducklake:/project/x.ducklake"}


def test_an_attached_file_starts_there_too() -> None:
    assert located(attach=[{"path": "other.db"}, {"alias": "a"}]) == {
        "attach": [{"path": "/project/other.db"}, {"alias": "a"}]
    }


@pytest.mark.parametrize(
    "path",
    [
        ":memory:",
        "md:shop",
        "ducklake:postgres:dbname=lake",
        "ducklake:/abs/x.ducklake",
        "s3://b/x.db",
        "/abs/x.db",
        "~/x.db",
        "{{ env_var('D') }}",
        "",
    ],
)
def test_what_is_elsewhere_stays(path: str) -> None:
    assert located(path=path) == {"path": path}


def test_another_target_keeps_its_properties() -> None:
    compute = Compute(target="spark", properties={"path": "x"})

    assert locate_database(plan_of(compute)).pipeline.compute == compute


def test_a_pipeline_without_a_target_stays_as_it_is() -> None:
    assert locate_database(plan_of(None)) == plan_of(None)
