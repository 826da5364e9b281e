"""What an embedding host relies on: the names, and that importing costs nothing."""

import json
import subprocess
import sys

import pytest

import floe

HEAVY = ["dagster", "dbt", "opentelemetry", "openlineage", "sqlglot", "pydantic", "yaml", "typer"]


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_importing_floe_imports_nothing_heavy() -> None:
    assert modules_after("import floe").isdisjoint(HEAVY)


def test_help_imports_no_tool_that_it_does_not_run() -> None:
    code = (
        "import sys\nsys.argv = ['floe', '--help']\n"
        "from floe.entrypoints.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )

    assert modules_after(code).isdisjoint(
        {"dagster", "dbt", "opentelemetry", "openlineage", "sqlglot", "pydantic", "yaml"}
    )


@pytest.mark.parametrize("name", floe.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(floe, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = floe.Nonsense
