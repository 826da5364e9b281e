"""What a project knows of itself while it runs."""

import json
import sys
from pathlib import Path

import pytest

from floe.domain.model.errors import EnvironmentNotReadyError, UnknownAdapterError
from floe.entrypoints.project import Project, open_project

CONTRACT = """
name: shop
version: "1.0.0"
compute: {target: duckdb, properties: {}}
transforms: [{type: dbt, path: .}]
"""
MANIFEST = {
    "metadata": {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "project_name": "shop",
        "adapter_type": "duckdb",
    },
    "nodes": {"model.shop.a": {"unique_id": "model.shop.a", "name": "a", "resource_type": "model"}},
    "exposures": {"exposure.shop.board": {"unique_id": "exposure.shop.board", "name": "board"}},
}


def project(folder: Path, **settings: object) -> Project:
    contract = folder / "floe.yaml"
    contract.write_text(CONTRACT)
    (folder / "dbt_project.yml").write_text("{name: shop, version: '1.0', profile: floe}")
    return open_project(contract, overrides=settings, environ={}, working_dir=folder)


def test_who_looks_into_the_graph_while_dbt_writes_it_again_sees_that_of_before(
    tmp_path: Path,
) -> None:
    with project(tmp_path) as opened:
        manifest, graph = opened.plan.manifest_path, opened.container.graph()
        assert not graph.nodes
        manifest.parent.mkdir()
        manifest.write_text(json.dumps(MANIFEST))
        assert list(graph.nodes) == ["model.shop.a"]

        manifest.write_text(json.dumps(MANIFEST)[:100])

        assert list(graph.consumers) == ["exposure.shop.board"]
        assert list(graph.exposures) == ["exposure.shop.board"]


def test_a_signal_whose_package_is_missing_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*sys.modules, "opentelemetry"]:
        if name.startswith("floe.adapters.otlp."):
            monkeypatch.delitem(sys.modules, name)
        elif name.partition(".")[0] == "opentelemetry":
            monkeypatch.setitem(sys.modules, name, None)

    with (
        project(tmp_path, tracing={"kind": "file", "path": "traces.jsonl"}) as opened,
        pytest.raises(EnvironmentNotReadyError, match=r"pip install 'floe\[otlp\]'"),
    ):
        opened.container.tracer()


def test_a_kind_that_no_package_provides_comes_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with (
        project(tmp_path, tracing={"kind": "otlp-http"}) as opened,
        pytest.raises(UnknownAdapterError, match=r"did you mean otlp_http\? else install"),
    ):
        opened.container.tracer()
