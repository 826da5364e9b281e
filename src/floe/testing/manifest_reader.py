"""What every reader of dbt's manifest promises, as tests for any implementation of the port."""

import json
from pathlib import Path
from typing import Any

import pytest

from floe.domain.model.errors import ArtifactError
from floe.ports.manifest_reader import ManifestReader

MANIFEST: dict[str, Any] = {
    "metadata": {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "dbt_version": "1.11.0",
        "project_name": "shop",
        "adapter_type": "duckdb",
    },
    "nodes": {
        "model.shop.orders": {
            "unique_id": "model.shop.orders",
            "name": "orders",
            "resource_type": "model",
            "depends_on": {"nodes": ["source.shop.raw.orders"]},
            "group": "sales",
            "config": {"materialized": "table", "group": "sales"},
        },
    },
    "sources": {
        "source.shop.raw.orders": {
            "unique_id": "source.shop.raw.orders",
            "name": "orders",
            "resource_type": "source",
            "identifier": "raw_orders",
        },
    },
    "groups": {"group.shop.sales": {"name": "sales", "owner": {"name": "Sales", "email": None}}},
    "disabled": {"model.shop.old": [{"unique_id": "model.shop.old", "name": "old"}]},
    "exposures": {
        "exposure.shop.report": {
            "unique_id": "exposure.shop.report",
            "name": "report",
            "resource_type": "exposure",
            "depends_on": {"nodes": ["model.shop.orders"]},
        }
    },
}
"""A manifest of schema v12 with one model, its source, its group, and what is disabled."""


class ManifestReaderContract:
    """Subclass it and give ``reader``."""

    @pytest.fixture
    def reader(self) -> ManifestReader:
        """Return the reader under test."""
        raise NotImplementedError

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Return a manifest on disk."""
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(MANIFEST))
        return path

    def test_sources_are_nodes_and_what_is_disabled_is_none(
        self, reader: ManifestReader, path: Path
    ) -> None:
        """The graph holds what dbt would run or read."""
        graph = reader.read(path)

        assert set(graph.nodes) == {"model.shop.orders", "source.shop.raw.orders"}
        assert [node.unique_id for node in graph.inputs_of("model.shop.orders")] == [
            "source.shop.raw.orders"
        ]

    def test_who_reads_the_project_is_known_and_is_no_node_of_it(
        self, reader: ManifestReader, path: Path
    ) -> None:
        """An exposure is beside the nodes, with what it reads."""
        graph = reader.read(path)

        assert [node.unique_id for node in graph.inputs_of("exposure.shop.report")] == [
            "model.shop.orders"
        ]
        assert graph.node("exposure.shop.report") is None

    def test_what_the_project_is_called_and_runs_on_is_known(
        self, reader: ManifestReader, path: Path
    ) -> None:
        """The metadata names project and adapter."""
        graph = reader.read(path)

        assert (graph.project_name, graph.adapter_type) == ("shop", "duckdb")

    def test_a_file_that_changed_is_read_again(self, reader: ManifestReader, path: Path) -> None:
        """A graph is never older than the file it was read from."""
        reader.read(path)
        path.write_text(json.dumps(MANIFEST | {"sources": {}}))

        assert "source.shop.raw.orders" not in reader.read(path).nodes

    def test_a_missing_file_is_named_with_what_writes_it(
        self, reader: ManifestReader, tmp_path: Path
    ) -> None:
        """The message says where, and how to get one."""
        path = tmp_path / "nothing" / "manifest.json"

        with pytest.raises(ArtifactError) as raised:
            reader.read(path)

        assert str(path) in str(raised.value)
        assert "dbt parse" in str(raised.value)

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[]",
            "null",
            "[" * 100_000,
            "{}",
            '{"metadata": []}',
            '{"metadata": {"dbt_schema_version": "x"}}',
            json.dumps(MANIFEST | {"nodes": []}),
            json.dumps(MANIFEST | {"nodes": {"model.shop.a": None}}),
        ],
    )
    def test_what_is_no_manifest_is_an_error_of_the_artifact(
        self, reader: ManifestReader, tmp_path: Path, content: str
    ) -> None:
        """Whatever stands in the file, the reader says so in floe's own words."""
        path = tmp_path / "manifest.json"
        path.write_text(content)

        with pytest.raises(ArtifactError):
            reader.read(path)
