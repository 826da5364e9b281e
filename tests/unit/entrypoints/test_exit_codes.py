"""From what went wrong to one clear message and an exit code; never a traceback, never a secret."""

import sys
from collections.abc import Callable

import pytest
import typer

from floe.domain.model.errors import (
    ArtifactError,
    ConfigurationError,
    DbtRunError,
    EnvironmentNotReadyError,
    FloeError,
    LineageNotKeptError,
    NothingSelectedError,
    Problem,
    ProfileWriteError,
)
from floe.entrypoints.exit_codes import guarded


def exit_code(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> int:
    monkeypatch.setattr(sys, "argv", ["floe"])
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(work)
    return guarded(app)


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 2),
        (ArtifactError("x"), 2),
        (EnvironmentNotReadyError("x"), 3),
        (ProfileWriteError("x"), 3),
        (DbtRunError("x"), 3),
        (NothingSelectedError("x"), 4),
        (LineageNotKeptError("x"), 5),
        (KeyboardInterrupt(), 130),
        (KeyError("x"), 70),
        (typer.Exit(1), 1),
    ],
)
def test_each_kind_of_trouble_has_its_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exit_code(monkeypatch, raising(error)) == code


def test_nothing_wrong_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_code(monkeypatch, lambda: None) == 0


def test_every_problem_is_told_with_its_place_and_its_fix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = FloeError(Problem("is wrong", "floe.yaml: $.a", "write b"), Problem("is wrong too"))

    exit_code(monkeypatch, raising(error))

    told = capsys.readouterr().err
    assert told == ("error: floe.yaml: $.a: is wrong\n  fix: write b\nerror: is wrong too\n")


def test_a_bug_is_told_without_traceback_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_TOKEN", "hunter22")

    exit_code(monkeypatch, raising(KeyError("hunter22")))

    told = capsys.readouterr().err
    assert "this is a bug of floe's: KeyError" in told
    assert "Traceback" not in told
    assert "hunter22" not in told


def test_a_traceback_is_shown_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOE_DEBUG", "1")

    exit_code(monkeypatch, raising(KeyError("x")))

    assert "Traceback" in capsys.readouterr().err


def test_a_missing_package_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ModuleNotFoundError("no", name="opentelemetry.proto")

    assert exit_code(monkeypatch, raising(error)) == 3
    assert "pip install 'floe[otlp]'" in capsys.readouterr().err


def test_a_missing_module_of_ours_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_code(monkeypatch, raising(ModuleNotFoundError("no", name="floe.nonsense"))) == 70
