"""A command becomes words that dbt cannot misread."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt.command_line import arguments, environment, log_options
from floe.domain.model.run import DbtCommand, DbtVerb

PROJECT = Path("/project")


def command(**changes: Any) -> DbtCommand:
    fields: dict[str, Any] = {
        "project_dir": PROJECT,
        "profiles_dir": PROJECT / "profiles",
        "profile": "shop",
        "target": "dev",
    }
    return DbtCommand(**fields | changes)


def test_a_command_without_wishes_has_the_words_that_dbt_needs() -> None:
    assert arguments(command()) == [
        "build",
        "--project-dir=/project",
        "--profiles-dir=/project/profiles",
        "--profile=shop",
        "--target=dev",
    ]


def test_every_wish_is_passed() -> None:
    words = arguments(
        command(
            verb=DbtVerb.SOURCE_FRESHNESS,
            target_path=Path("/out"),
            threads=3,
            select=("a", "b+"),
            exclude=("c",),
            selector="nightly",
            full_refresh=True,
            state_path=Path("/prod"),
            defer=True,
            favor_state=True,
            variables={"day": "2026-01-02", "n": 1},
            arguments=("--fail-fast",),
        )
    )

    assert words[:2] == ["source", "freshness"]
    assert words[6:] == [
        "--target-path=/out",
        "--threads=3",
        "--select=a",
        "--select=b+",
        "--exclude=c",
        "--selector=nightly",
        "--full-refresh",
        "--state=/prod",
        "--defer",
        "--favor-state",
        '--vars={"day": "2026-01-02", "n": 1}',
        "--fail-fast",
    ]


@given(st.lists(st.text()), st.lists(st.text()))
def test_no_selection_can_be_read_as_an_option(select: list[str], exclude: list[str]) -> None:
    words = arguments(command(select=tuple(select), exclude=tuple(exclude)))

    assert words[5:] == [
        *(f"--select={item}" for item in select),
        *(f"--exclude={item}" for item in exclude),
    ]


def test_the_log_file_goes_where_dbt_writes_the_rest() -> None:
    assert log_options(command(target_path=Path("/out"))) == ["--log-path=/out"]
    assert log_options(command()) == []


def test_the_command_adds_to_the_environment_and_telemetry_stays_off() -> None:
    wishes = {"A": "new", "DBT_SEND_ANONYMOUS_USAGE_STATS": "true"}
    found = environment(command(environment=wishes), {"A": "old", "B": "kept"})

    assert (found["A"], found["B"]) == ("new", "kept")
    assert found["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "False"
