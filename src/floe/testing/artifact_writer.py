"""The contract of every ``ArtifactWriter``."""

import stat
from pathlib import Path

import pytest

from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import Compute, Dialect, Pipeline, Transform
from floe.ports.artifact_reader import ArtifactReader
from floe.ports.artifact_writer import ArtifactWriter


class ArtifactWriterContract:
    """Subclass it, give the fixtures, and the writer's promises are tested.

    *reader* reads what the writer writes.
    """

    @pytest.fixture
    def writer(self) -> ArtifactWriter:
        """Return the writer under test."""
        raise NotImplementedError

    @pytest.fixture
    def reader(self) -> ArtifactReader:
        """Return a reader of the same kind of document."""
        raise NotImplementedError

    @pytest.fixture
    def pipeline(self) -> Pipeline:
        """Return a pipeline to write."""
        return Pipeline(
            name="tides",
            dialect=Dialect.FLOE_YAML,
            source=Path("floe.yaml"),
            compute=Compute(target="duckdb", properties={"path": "tides.duckdb"}),
            transforms=(Transform(path="./dbt", target="demo"),),
        )

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Return where to write; the folder is not there yet."""
        return tmp_path / "new" / "compiled_artifacts.json"

    def test_what_is_written_is_read_back(
        self, writer: ArtifactWriter, reader: ArtifactReader, pipeline: Pipeline, path: Path
    ) -> None:
        """Name, target and transforms survive; missing folders are made."""
        assert writer.write(pipeline, path) == path
        read = reader.read(path)

        assert (read.name, read.transforms) == (pipeline.name, pipeline.transforms)
        assert read.compute is not None
        assert read.compute.properties == {"path": "tides.duckdb"}

    def test_equal_pipelines_give_equal_bytes(
        self, writer: ArtifactWriter, pipeline: Pipeline, path: Path
    ) -> None:
        """Nothing but the pipeline decides what is written."""
        first = writer.write(pipeline, path).read_bytes()

        assert writer.write(pipeline, path).read_bytes() == first

    def test_only_its_owner_reads_the_file(
        self, writer: ArtifactWriter, pipeline: Pipeline, path: Path
    ) -> None:
        """The mode is 0600, whatever it was before."""
        writer.write(pipeline, path).chmod(0o644)

        assert stat.S_IMODE(writer.write(pipeline, path).stat().st_mode) == 0o600

    def test_a_path_that_takes_no_file_is_an_error(
        self, writer: ArtifactWriter, pipeline: Pipeline, path: Path
    ) -> None:
        """What stood there still does."""
        path.mkdir(parents=True)

        with pytest.raises(ArtifactError):
            writer.write(pipeline, path)

        assert path.is_dir()
