"""The demo project is laid down whole, once, and over nothing."""

from pathlib import Path

import pytest
import yaml

from floe.adapters.demo import scaffold
from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError
from floe.domain.model.settings import Settings


def test_every_file_that_is_written_is_named(tmp_path: Path) -> None:
    written = scaffold(tmp_path / "shop")

    there = {path for path in (tmp_path / "shop").rglob("*") if path.is_file()}
    assert set(written) == there
    assert {"floe.yaml", "floe.settings.yaml", ".gitignore", "README.md"} <= {
        path.name for path in written
    }


def test_a_second_call_writes_nothing(tmp_path: Path) -> None:
    scaffold(tmp_path)

    assert scaffold(tmp_path) == ()


def test_a_file_that_went_missing_is_laid_down_again(tmp_path: Path) -> None:
    scaffold(tmp_path)
    (tmp_path / "floe.yaml").unlink()

    assert scaffold(tmp_path) == (tmp_path / "floe.yaml",)


def test_a_file_of_the_users_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "floe.yaml").write_text("name: mine\n")
    (tmp_path / "README.md").write_text("mine\n")

    with pytest.raises(ConfigurationError) as caught:
        scaffold(tmp_path)

    assert [Path(problem.where).name for problem in caught.value.problems] == [
        "README.md",
        "floe.yaml",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "floe.yaml"]


def test_a_folder_that_takes_no_files_is_an_environment_that_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EnvironmentNotReadyError, match="file"):
        scaffold(tmp_path / "file")


def test_the_settings_that_are_laid_down_are_valid(tmp_path: Path) -> None:
    scaffold(tmp_path)

    settings = Settings.model_validate(
        yaml.safe_load((tmp_path / "floe.settings.yaml").read_text())
    )

    assert (settings.lineage.kind, settings.tracing.kind) == ("file", "file")
