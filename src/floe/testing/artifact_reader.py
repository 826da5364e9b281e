"""The contract of every ``ArtifactReader``."""

from pathlib import Path

import pytest

from floe.domain.model.errors import ArtifactError
from floe.ports.artifact_reader import ArtifactReader


class ArtifactReaderContract:
    """Subclass it, give the fixtures, and the reader's promises are tested.

    *document* is a file that the reader takes; *broken* one of the same kind that it refuses, in
    which *secret* stands as a value.
    """

    secret = "c4nary-valu3"  # noqa: S105 - not a secret of anybody

    @pytest.fixture
    def reader(self) -> ArtifactReader:
        """Return the reader under test."""
        raise NotImplementedError

    @pytest.fixture
    def document(self, tmp_path: Path) -> Path:
        """Return the path of a document that the reader takes."""
        raise NotImplementedError

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Path:
        """Return the path of a document that the reader refuses; *secret* is a value in it."""
        raise NotImplementedError

    def test_reads_a_document(self, reader: ArtifactReader, document: Path) -> None:
        """The pipeline names the document that it was read from."""
        pipeline = reader.read(document)

        assert pipeline.source == document
        assert pipeline.name

    def test_reading_twice_gives_equal_values(self, reader: ArtifactReader, document: Path) -> None:
        """A reader keeps nothing that would change what it says."""
        assert reader.read(document) == reader.read(document)

    def test_reading_leaves_the_document_alone(
        self, reader: ArtifactReader, document: Path
    ) -> None:
        """A reader only reads."""
        before = document.read_bytes()

        reader.read(document)

        assert document.read_bytes() == before

    def test_refuses_a_file_that_is_not_there(self, reader: ArtifactReader, document: Path) -> None:
        """The message names the path."""
        missing = document.with_name(f"missing-{document.name}")

        with pytest.raises(ArtifactError, match=missing.name):
            reader.read(missing)

    def test_refuses_a_folder(self, reader: ArtifactReader, document: Path) -> None:
        """A folder is no document."""
        with pytest.raises(ArtifactError):
            reader.read(document.parent)

    def test_refuses_bytes_that_are_no_text(self, reader: ArtifactReader, document: Path) -> None:
        """Binary content is an error of the input, not of the reader."""
        document.write_bytes(b"\xff\xfe\x00{}")

        with pytest.raises(ArtifactError):
            reader.read(document)

    def test_refuses_an_empty_file(self, reader: ArtifactReader, document: Path) -> None:
        """An empty document says nothing."""
        document.write_bytes(b"")

        with pytest.raises(ArtifactError):
            reader.read(document)

    def test_a_refusal_names_the_place_and_never_the_value(
        self, reader: ArtifactReader, broken: Path
    ) -> None:
        """Every problem has the file and a JSON path; what stands there is not repeated."""
        with pytest.raises(ArtifactError) as refusal:
            reader.read(broken)

        assert all(f"{broken}: $" in problem.where for problem in refusal.value.problems)
        assert self.secret not in str(refusal.value)
