"""What somebody sees who types a command for the first time, or mistypes one."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from floe.entrypoints.cli import app
from floe.entrypoints.exit_codes import guarded

CONTRACT = """
name: shop
version: "1.0.0"
compute:
  target: postgres
  properties: {hots: db.example, user: me, database: shop}
transforms: [{type: dbt, path: dbt}]
"""


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Floe: TypeAlias = Callable[..., Ended]


@pytest.fixture
def floe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Floe:
    """Return the command line, run in a folder with a small project."""
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt/dbt_project.yml").write_text("{name: shop, version: '1.0'}")
    (tmp_path / "floe.yaml").write_text(CONTRACT)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["floe", *words])
        code = guarded(app)
        return Ended(code, *capsys.readouterr())

    return run


def test_its_version_is_that_of_the_package(floe: Floe) -> None:
    assert floe("--version") == Ended(0, f"floe {version('floe')}\n", "")


def test_without_a_command_it_helps_and_complains_of_nothing(floe: Floe) -> None:
    ended = floe()

    assert ended.code == 2
    assert "doctor" in ended.out
    assert ended.err == ""


def test_a_choice_that_is_none_is_refused_in_plain_words(floe: Floe) -> None:
    ended = floe("run", "--output", "pretty")

    assert ended.code == 2
    assert "'pretty' is not one of 'rich', 'plain', 'json'" in ended.err
    assert "Value error" not in ended.err


@pytest.mark.parametrize("words", [("run", "--orchestrator", "direct"), ("doctor",)])
def test_a_property_that_nobody_knows_is_told_by_whoever_reads_it(
    words: tuple[str, ...], floe: Floe
) -> None:
    ended = floe(*words)

    assert ended.code == 3
    assert "compute.properties.hots" in ended.out + ended.err
    assert "did you mean host?" in ended.out + ended.err


def test_of_several_environments_the_target_names_the_default(floe: Floe) -> None:
    for name, host in (("dev", "near"), ("prod", "far")):
        text = CONTRACT.replace("hots: db.example", f"host: {host}, schema: s")
        Path(f"{name}.yaml").write_text(text.replace("path: dbt", f"path: dbt, target: {name}"))
    both = ("profiles", "--stdout", "-a", "dev.yaml", "-a", "prod.yaml")

    first, chosen, unknown = (
        floe(*both),
        floe(*both, "--target", "prod"),
        floe(*both, "--target", "x"),
    )

    assert "target: dev" in first.out
    assert "target: prod" in chosen.out
    assert chosen.out.index("host: near") < chosen.out.index("host: far")
    assert unknown.code == 2
    assert "the default target x is not among: dev, prod" in unknown.err


def test_a_variable_that_is_almost_a_setting_is_told(
    floe: Floe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOE_STATE_DIRR", "x")

    assert "did you mean FLOE_STATE_DIR?" in floe("doctor").err


def test_an_outbox_with_nothing_in_it_says_so(floe: Floe) -> None:
    assert "nothing has been put into the outbox yet" in floe("lineage", "status").err
    assert "nothing waits" in floe("lineage", "replay").err
    assert floe("lineage", "show") == Ended(0, "", "nothing waits, and nothing was refused\n")


@pytest.mark.parametrize(
    ("required", "code", "word"), [("false", 0, "warning   "), ("true", 3, "problem   ")]
)
def test_the_doctor_says_where_events_cannot_be_kept_and_what_to_do(
    required: str, code: int, word: str, floe: Floe, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("floe.yaml").write_text(CONTRACT.replace("hots", "host"))
    monkeypatch.setenv("POSTGRES_PASSWORD", "secret-7Qx")
    monkeypatch.setenv("POSTGRES_SCHEMA", "main")
    monkeypatch.setenv("FLOE_LINEAGE_REQUIRED", required)
    assert "outbox" in floe("doctor").out
    monkeypatch.setenv("FLOE_STATE_DIR", "floe.yaml/state")

    ended = floe("doctor")

    assert ended.code == code
    (line,) = (text for text in ended.out.splitlines() if "cannot be written" in text)
    assert line.startswith(word)
    assert "fix: make it writable" in ended.out
