import os
from collections.abc import Callable
from pathlib import Path

import pytest

from floe.adapters.dbt.project_files import DiskProjectFiles

_FILES = DiskProjectFiles()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    _write(tmp_path / "dbt_project.yml", "name: ferry\nprofile: harbour\n")
    _write(tmp_path / "models/staging/stg_trips.sql", "select 1 as id")
    _write(tmp_path / "models/staging/trips.yml", "version: 2")
    _write(tmp_path / "seeds/ports.csv", "id\n1\n")
    _write(tmp_path / "macros/mask.sql", "{% macro mask(x) %}{{ x }}{% endmacro %}")
    _write(tmp_path / "dbt_packages/other/models/a.sql", "select 1")
    return tmp_path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_folder_with_a_project_file_is_a_project(project: Path) -> None:
    assert _FILES.is_project(project)
    assert not _FILES.is_project(project / "models")
    assert not _FILES.is_project(project / "missing")


def test_the_profile_is_read_from_the_project_file(project: Path) -> None:
    assert _FILES.profile_name(project) == "harbour"


def test_the_name_is_read_from_the_project_file(project: Path, tmp_path: Path) -> None:
    assert _FILES.project_name(project) == "ferry"
    assert _FILES.project_name(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "text",
    [
        "name: ferry\n",
        "profile: 7\n",
        "profile: ''\n",
        "profile: \"{{ env_var('PROFILE') }}\"\n",
        "- a list\n",
        "profile: [\n",
        "profile: &a [*a]\n",
        "profile: !!python/object/apply:os.getcwd []\n",
        "[" * 2000,
    ],
)
def test_a_profile_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    _write(tmp_path / "dbt_project.yml", text)

    assert _FILES.profile_name(tmp_path) is None


def test_a_project_file_of_odd_bytes_has_no_profile(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_bytes(b"profile: \xff\xfe")

    assert _FILES.profile_name(tmp_path) is None
    assert _FILES.profile_name(tmp_path / "missing") is None


def test_only_files_exist(project: Path) -> None:
    assert _FILES.exists(project / "dbt_project.yml")
    assert not _FILES.exists(project)
    assert not _FILES.exists(Path("a\0b"))
    assert not _FILES.exists(project / ("x" * 5000))


def test_an_unchanged_project_keeps_its_fingerprint(project: Path) -> None:
    assert _FILES.fingerprint(project) == _FILES.fingerprint(project)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: _write(root / "models/staging/stg_trips.sql", "select 2 as id"),
        lambda root: _write(root / "models/new.sql", "select 3"),
        lambda root: (root / "models/staging/trips.yml").unlink(),
        lambda root: (root / "models/staging/trips.yml").rename(root / "models/trips.yml"),
        lambda root: _write(root / "seeds/ports.csv", "id\n2\n"),
        lambda root: _write(root / "macros/mask.sql", "{% macro mask(x) %}{% endmacro %}"),
        lambda root: _write(root / "snapshots/s.sql", "select 1"),
        lambda root: _write(root / "tests/t.sql", "select 1"),
        lambda root: _write(root / "analyses/a.sql", "select 1"),
        lambda root: _write(root / "dbt_project.yml", "name: ferry\nprofile: harbor\n"),
        lambda root: _write(root / "packages.yml", "packages: []"),
        lambda root: _write(root / "dependencies.yml", "projects: []"),
        lambda root: _write(root / "selectors.yml", "selectors: []"),
        lambda root: _write(root / "dbt_packages/other/models/a.sql", "select 22"),
        lambda root: os.utime(root / "seeds/ports.csv", ns=(1, 1)),
    ],
)
def test_what_dbt_parses_changes_the_fingerprint(
    project: Path, change: Callable[[Path], object]
) -> None:
    before = _FILES.fingerprint(project)

    change(project)

    assert _FILES.fingerprint(project) != before


@pytest.mark.parametrize(
    "file",
    ["target/manifest.json", "logs/dbt.log", ".git/HEAD", "README.md", "models/target/x.sql"],
)
def test_what_dbt_does_not_parse_does_not(project: Path, file: str) -> None:
    before = _FILES.fingerprint(project)

    _write(project / file, "anything")

    assert _FILES.fingerprint(project) == before


def test_folders_that_the_project_names_are_looked_into(project: Path) -> None:
    _write(project / "dbt_project.yml", "name: ferry\nmodel-paths: [sql]\n")
    before = _FILES.fingerprint(project)

    _write(project / "sql/a.sql", "select 1")

    assert _FILES.fingerprint(project) != before


def test_content_decides_where_times_are_whole_seconds(project: Path) -> None:
    model = project / "models/staging/stg_trips.sql"
    os.utime(model, ns=(0, 5_000_000_000))
    before = _FILES.fingerprint(project)

    model.write_text("select 7 as id", "utf-8")
    os.utime(model, ns=(0, 5_000_000_000))

    assert _FILES.fingerprint(project) != before


def test_a_folder_that_holds_itself_by_a_link_comes_to_an_end(project: Path) -> None:
    (project / "models" / "again").symlink_to(project / "models")

    assert _FILES.fingerprint(project) == _FILES.fingerprint(project)


def test_a_broken_link_hides_nothing_beside_it(project: Path) -> None:
    (project / "models" / "staging" / "aaa.sql").symlink_to(project / "nowhere")
    before = _FILES.fingerprint(project)
    assert before == _FILES.fingerprint(project)

    _write(project / "models/staging/trips.yml", "version: 22")

    assert _FILES.fingerprint(project) != before


def test_a_folder_that_is_no_project_has_a_fingerprint_too(tmp_path: Path) -> None:
    assert _FILES.fingerprint(tmp_path / "missing")
