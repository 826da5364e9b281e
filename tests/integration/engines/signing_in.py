"""Signing in by many ways with one start of Python, since an adapter takes seconds to import.

``python -m tests.integration.engines.signing_in FOLDER`` lets ``dbt debug`` connect with each
profile beneath FOLDER, each in a fork of its own: adapters and drivers keep what they were told.
``outcomes`` prepares that, starts it and reads what came of it.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import NamedTuple

import yaml

from floe.adapters.profiles.writer import ProfileWriter
from tests.integration.main_job.conftest import clean_environment
from tests.integration.profiles.cases import Case

_ENVIRONMENT = "environment.json"
_OUTCOME = "outcome.json"
_AT_ONCE = 2


class Outcome(NamedTuple):
    """What dbt said when it signed in."""

    well: bool
    said: str


class Attempt(NamedTuple):
    """A way to sign in, with values for the variables of its profile."""

    case: Case
    environ: Mapping[str, str]


NONE: Mapping[str, Attempt] = {}
NOTHING: Mapping[str, str] = {}


def outcomes(
    folder: Path,
    right: Mapping[str, Attempt],
    wrong: Mapping[str, Attempt] = NONE,
    environ: Mapping[str, str] = NOTHING,
    seconds: float = 600,
) -> dict[str, Outcome]:
    """Sign in by each attempt, in a process of its own for all of them, with *environ*.

    What came of those that are *wrong* is named for it: ``wrong-password``.
    """
    attempts = {**right, **{f"wrong-{way}": attempt for way, attempt in wrong.items()}}
    for name, attempt in attempts.items():
        place = folder / name
        place.mkdir(parents=True)
        text = ProfileWriter().render(attempt.case.profile)
        (place / "profiles.yml").write_text(text, encoding="utf-8")
        (place / "dbt_project.yml").write_text(f"name: shop\nprofile: {_profile(text)}\n")
        (place / _ENVIRONMENT).write_text(json.dumps(dict(attempt.environ)))
    done = subprocess.run(  # noqa: S603 - this module
        [sys.executable, "-m", __name__, str(folder)],
        env=clean_environment() | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False"} | dict(environ),
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {
        name: Outcome(**json.loads((folder / name / _OUTCOME).read_text())) for name in attempts
    }


def _profile(text: str) -> str:
    """Return the one key of the profiles.yml *text* that does not begin a comment."""
    return next(line for line in text.splitlines() if not line.startswith("#")).rstrip(":")


def _sign_in(place: Path) -> None:
    from dbt.cli.main import dbtRunner

    said: list[str] = []
    os.environ.update(json.loads((place / _ENVIRONMENT).read_text()))
    words = ("debug", "--connection", f"--profiles-dir={place}", f"--project-dir={place}")
    runner = dbtRunner(callbacks=[lambda event: said.append(event.info.msg)])
    done = runner.invoke([*words, "--no-version-check", f"--log-path={place}", "--quiet"])
    outcome = Outcome(bool(done.success and done.result), "\n".join([*said, str(done.exception)]))
    (place / _OUTCOME).write_text(json.dumps(outcome._asdict()))


def _sign_in_by_all(folder: Path) -> None:
    from dbt.adapters.factory import load_plugin

    places = sorted(folder.iterdir())
    for place in places:
        load_plugin(_type((place / "profiles.yml").read_text()))
    fork = multiprocessing.get_context("fork")
    under_way: list[ForkProcess] = []
    for place in places:
        if len(under_way) == _AT_ONCE:
            wait([each.sentinel for each in under_way])
            under_way = [each for each in under_way if each.is_alive()]
        under_way.append(fork.Process(target=_sign_in, args=(place,)))
        under_way[-1].start()
    for each in under_way:
        each.join()


def _type(text: str) -> str:
    """Return the adapter that the one output of the profiles.yml *text* is for."""
    [profile] = yaml.safe_load(text).values()
    [output] = profile["outputs"].values()
    return str(output["type"])


if __name__ == "__main__":
    _sign_in_by_all(Path(sys.argv[1]))
