"""What a run leans on is there, or its absence is said before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from floe.adapters.dbt.project_files import DiskProjectFiles
from floe.domain.model.errors import ConfigurationError
from floe.domain.model.run import DbtCommand, DbtVerb, RunRequest
from floe.domain.model.settings import Deferral
from floe.domain.use_cases.earlier_run import retry_of, with_state

FILES = DiskProjectFiles()


def command(root: Path, **changes: Any) -> DbtCommand:
    fields: dict[str, Any] = {
        "project_dir": root,
        "profiles_dir": root,
        "profile": "shop",
        "target": "dev",
    }
    return DbtCommand(**fields | changes)


def stated(
    root: Path, request: RunRequest, settings: Deferral | None = None, **environ: str
) -> tuple[Path | None, bool, bool]:
    found = with_state(
        command(root), request, settings=settings, root=root, environ=environ, files=FILES
    )
    return found.state_path, found.defer, found.favor_state


def state(root: Path, name: str) -> Path:
    (root / name).mkdir()
    (root / name / "manifest.json").write_text("{}")
    return root / name


def test_without_a_wish_nothing_is_compared_and_nothing_deferred(tmp_path: Path) -> None:
    assert stated(tmp_path, RunRequest()) == (None, False, False)


def test_a_state_that_is_asked_for_is_compared_with_and_deferred_to_on_demand(
    tmp_path: Path,
) -> None:
    prod = state(tmp_path, "prod")

    assert stated(tmp_path, RunRequest(state_path=prod)) == (prod, False, False)
    asked = RunRequest(state_path=prod, defer=True, favor_state=True)
    assert stated(tmp_path, asked) == (prod, True, True)


def test_the_settings_name_a_state_for_every_run_and_a_person_may_say_otherwise(
    tmp_path: Path,
) -> None:
    prod, other = state(tmp_path, "prod"), state(tmp_path, "other")
    settings = Deferral(state_path=Path("prod"), favor_state=True)

    assert stated(tmp_path, RunRequest(), settings) == (prod, True, True)
    assert stated(tmp_path, RunRequest(defer=False), settings) == (prod, False, True)
    assert stated(tmp_path, RunRequest(state_path=other), settings) == (other, False, False)


def test_an_environment_that_was_never_built_is_no_reason_not_to_run(tmp_path: Path) -> None:
    settings = Deferral(state_path=Path("prod"))

    assert stated(tmp_path, RunRequest(), settings) == (None, False, False)


def test_a_state_that_is_asked_for_and_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"prod/manifest\.json"):
        stated(tmp_path, RunRequest(state_path=tmp_path / "prod"))
    with pytest.raises(ConfigurationError, match="--state"):
        stated(tmp_path, RunRequest(defer=True))


def test_a_state_that_dbt_finds_in_its_own_variable_is_dbts_business(tmp_path: Path) -> None:
    assert stated(tmp_path, RunRequest(defer=True), DBT_STATE="prod") == (None, True, False)


def test_a_retry_has_the_variables_of_the_run_that_failed_and_those_of_its_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "run_results.json").write_text(
        '{"results": [{}], "args": {"vars": {"a": 1, "b": 2}}}'
    )

    again = retry_of(command(tmp_path, target_path=tmp_path, variables={"b": 3}), files=FILES)

    assert again.verb is DbtVerb.RETRY
    assert again.variables == {"a": 1, "b": 3}


def test_a_retry_of_a_run_that_ran_nothing_is_refused_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "run_results.json").write_text('{"results": [], "args": {}}')

    with pytest.raises(ConfigurationError, match="the last run ran no node"):
        retry_of(command(tmp_path, target_path=tmp_path), files=FILES)


def test_a_retry_of_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"target/run_results\.json"):
        retry_of(command(tmp_path), files=FILES)
