from pathlib import Path

import pytest

from floe.adapters.artifacts.discovery import discover
from floe.domain.model.errors import ArtifactError
from tests.unit.adapters.artifacts.documents import write


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
