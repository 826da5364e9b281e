from pathlib import Path

import pytest

from floe.adapters.artifacts.compiler import DocumentWriter
from floe.adapters.artifacts.discovery import SOURCE, changed_source, discover
from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError
from tests.unit.adapters.artifacts.documents import MINIMAL, read, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return folder


def test_a_compiled_document_goes_before_floe_yaml(project: Path) -> None:
    write(project, "", "floe.yaml")
    compiled = write(project, "", ".floe/compiled_artifacts.json")

    assert discover(project) == compiled


def test_the_search_goes_upward_and_the_nearest_wins(project: Path) -> None:
    write(project, "", ".floe/compiled_artifacts.json")
    nearer = write(project, "", "team/floe.yaml")
    deep = project / "team" / "dbt" / "models"
    deep.mkdir(parents=True)

    assert discover(deep) == nearer


def test_the_search_ends_with_the_repository(project: Path) -> None:
    write(project.parent, "", "floe.yaml")

    with pytest.raises(ArtifactError):
        discover(project)


def test_the_search_ends_at_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    write(tmp_path, "", "floe.yaml")

    with pytest.raises(ArtifactError):
        discover(home / "work", home=home)


def test_home_itself_is_searched(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    found = write(tmp_path, "", "floe.yaml")

    assert discover(tmp_path / "work", home=tmp_path) == found


def test_a_folder_of_that_name_is_no_document(project: Path) -> None:
    (project / "floe.yaml").mkdir()

    with pytest.raises(ArtifactError):
        discover(project)


def test_a_fruitless_search_says_what_was_looked_for_and_what_to_do(project: Path) -> None:
    with pytest.raises(ArtifactError) as fruitless:
        discover(project)

    said = str(fruitless.value)
    assert ".floe/compiled_artifacts.json or floe.yaml" in said
    assert "floe init" in said
    assert str(project) in said


def test_the_root_of_the_file_system_is_the_end(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        discover(Path("/"), home=tmp_path)


def test_floe_yaml_alone_can_be_looked_for(project: Path) -> None:
    write(project, "", ".floe/compiled_artifacts.json")
    source = write(project, "", "floe.yaml")

    assert discover(project / ".floe", candidates=[SOURCE]) == source


_YAML = 'name: tides\nversion: "1.0.0"\ncompute: {target: duckdb}\n'


def test_a_source_that_changed_since_it_was_compiled_is_told(project: Path) -> None:
    source = write(project, _YAML, "floe.yaml")
    path = project / ".floe" / "compiled_artifacts.json"
    DocumentWriter().write(DocumentReader().read(source), path)

    assert changed_source(DocumentReader().read(path)) is None
    source.write_text(_YAML + "# one more thought\n", "utf-8")
    assert changed_source(DocumentReader().read(path)) == source
    source.unlink()
    assert changed_source(DocumentReader().read(path)) is None


def test_what_floe_did_not_compile_has_no_source_to_compare(project: Path) -> None:
    source = write(project, _YAML, "floe.yaml")

    assert changed_source(DocumentReader().read(source)) is None
    assert changed_source(read(project / ".floe", MINIMAL)) is None
