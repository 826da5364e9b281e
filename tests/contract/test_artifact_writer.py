import pytest

from floe.adapters.artifacts.compiler import DocumentWriter
from floe.adapters.artifacts.reader import DocumentReader
from floe.testing.artifact_writer import ArtifactWriterContract


class TestDocumentWriter(ArtifactWriterContract):
    @pytest.fixture
    def writer(self) -> DocumentWriter:
        return DocumentWriter()

    @pytest.fixture
    def reader(self) -> DocumentReader:
        return DocumentReader()
