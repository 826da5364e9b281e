"""The contract of every ``DbtProjectFiles``."""

from pathlib import Path

import pytest

from floe.domain.model.run import LastRun
from floe.ports.dbt_project import DbtProjectFiles


class DbtProjectFilesContract:
    """Subclass it, give the fixtures, and the promises of the port are tested.

    *project* is a folder with a dbt project in it, named ``tides``, whose profile is ``harbour``.
    """

    @pytest.fixture
    def files(self) -> DbtProjectFiles:
        """Return the view of project files under test."""
        raise NotImplementedError

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        """Return a folder with a project in it."""
        text = "name: tides\nprofile: harbour\n"
        (tmp_path / "dbt_project.yml").write_text(text, "utf-8")
        return tmp_path

    def test_a_folder_with_a_project_file_is_a_project(
        self, files: DbtProjectFiles, project: Path
    ) -> None:
        """Other folders are none, and neither are missing ones."""
        assert files.is_project(project)
        assert not files.is_project(project.parent)
        assert not files.is_project(project / "missing")

    def test_a_project_has_a_name_and_a_profile(
        self, files: DbtProjectFiles, project: Path
    ) -> None:
        """Both are as written."""
        assert files.project_name(project) == "tides"
        assert files.profile_name(project) == "harbour"

    def test_what_cannot_be_read_has_neither(self, files: DbtProjectFiles, project: Path) -> None:
        """A missing project is no error."""
        assert files.project_name(project / "missing") is None
        assert files.profile_name(project / "missing") is None

    def test_only_files_exist(self, files: DbtProjectFiles, project: Path) -> None:
        """Folders and missing files do not."""
        assert files.exists(project / "dbt_project.yml")
        assert not files.exists(project)
        assert not files.exists(project / "missing")

    def test_the_last_run_leaves_its_variables_and_results(
        self, files: DbtProjectFiles, project: Path
    ) -> None:
        """Without results of a run there are none, and neither in a file that is no such thing."""
        results = project / "run_results.json"
        assert files.last_run(project) is None

        results.write_text('{"results": [{}, {}], "args": {"vars": {"day": 7}}}', "utf-8")
        assert files.last_run(project) == LastRun(variables={"day": 7}, nodes=2)
        results.write_text('{"results": [], "args": {}}', "utf-8")
        assert files.last_run(project) == LastRun(nodes=0)
        results.write_text("[]", "utf-8")
        assert files.last_run(project) is None

    def test_what_the_project_asks_the_environment_is_known(
        self, files: DbtProjectFiles, project: Path
    ) -> None:
        """In models, in YAML and in the project file; seeds ask nothing."""
        assert files.variables_of_environment(project) == frozenset()

        for name in ("models", "seeds"):
            (project / name).mkdir()
        (project / "dbt_project.yml").write_text("vars: {a: \"{{ env_var('IN_PROJECT') }}\"}")
        (project / "models" / "tide.sql").write_text("select {{ env_var( \"IN_MODEL\", '1') }}")
        (project / "models" / "tide.yml").write_text("x: '{{ env_var (''NOT'') }}'\n")
        (project / "models" / "more.yml").write_text("x: \"{{ env_var('IN_YAML') }}\"\n")
        (project / "seeds" / "tides.csv").write_text("env_var('IN_SEED')\n")

        found = files.variables_of_environment(project)

        assert found == {"IN_PROJECT", "IN_MODEL", "IN_YAML"}

    def test_a_fingerprint_lasts_as_long_as_the_files(
        self, files: DbtProjectFiles, project: Path
    ) -> None:
        """A new model changes it."""
        before = files.fingerprint(project)
        assert files.fingerprint(project) == before

        (project / "models").mkdir()
        (project / "models" / "tide.sql").write_text("select 1", "utf-8")

        assert files.fingerprint(project) != before
