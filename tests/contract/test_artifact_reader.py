import json
from pathlib import Path

import pytest

from floe.adapters.artifacts.reader import DocumentReader
from floe.testing.artifact_reader import ArtifactReaderContract

_COMPILED = {
    "version": "1.1.0",
    "metadata": {
        "compiled_at": "2026-01-02T03:04:05Z",
        "floe_core_version": "0.1.0",
        "source_hash": "h",
    },
    "compute": {"target": "duckdb"},
    "transforms": [{"type": "dbt", "path": "dbt"}],
}
_SUCCESSOR = {
    "version": "0.10.0",
    "metadata": {"floe_version": "0.10.0", "product_name": "tides"},
    "identity": {"product_id": "sea.tides"},
    "observability": {"lineage": True},
}
_FLOE_YAML = 'name: tides\nversion: "1.0.0"\ncompute: {target: duckdb}\n'


class _DocumentReaderContract(ArtifactReaderContract):
    @pytest.fixture
    def reader(self) -> DocumentReader:
        return DocumentReader()


class TestCompiledArtifacts(_DocumentReaderContract):
    @pytest.fixture
    def document(self, tmp_path: Path) -> Path:
        return _written(tmp_path / "compiled_artifacts.json", json.dumps(_COMPILED))

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        wrong = {**_COMPILED, "compute": {"target": self.secret}, "governance": self.secret}
        return _written(tmp_path / "broken.json", json.dumps(wrong))


class TestSuccessorArtifacts(_DocumentReaderContract):
    @pytest.fixture
    def document(self, tmp_path: Path) -> Path:
        return _written(tmp_path / "compiled_artifacts.json", json.dumps(_SUCCESSOR))

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        wrong = {**_SUCCESSOR, "version": self.secret, "identity": self.secret}
        return _written(tmp_path / "broken.json", json.dumps(wrong))


class TestFloeYaml(_DocumentReaderContract):
    @pytest.fixture
    def document(self, tmp_path: Path) -> Path:
        return _written(tmp_path / "floe.yaml", _FLOE_YAML)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        return _written(tmp_path / "broken.yaml", _FLOE_YAML.replace("duckdb", self.secret))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
