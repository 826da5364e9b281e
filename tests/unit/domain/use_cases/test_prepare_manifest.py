"""dbt parses the project again when what its manifest is made of changed, and only then."""

from pathlib import Path
from typing import Any

import pytest

from floe.domain.model.env_var import EnvVar
from floe.domain.model.manifest import ProjectGraph
from floe.domain.model.node_event import InvocationFinished
from floe.domain.model.profile import Profile
from floe.domain.model.run import DbtCommand
from floe.domain.use_cases.prepare_manifest import PreparedManifest, prepare_manifest
from floe.testing.fakes import ScriptedDbtRunner
from tests.fakes import NOON

PROJECT = Path("/shop")
MANIFEST = PROJECT / "target/manifest.json"
GRAPH = ProjectGraph(project_name="shop", adapter_type="duckdb", nodes={})


class FixedFiles:
    """A project whose files say one thing and name one variable of the environment."""

    content = "first"

    def is_project(self, directory: Path) -> bool:
        return directory == PROJECT

    def profile_name(self, directory: Path) -> None:
        del directory

    def project_name(self, directory: Path) -> None:
        del directory

    def exists(self, path: Path) -> bool:
        return path == MANIFEST

    def last_run(self, directory: Path) -> None:
        del directory

    def variables_of_environment(self, directory: Path) -> frozenset[str]:
        del directory
        return frozenset({"DAY", "DBT_ENV_SECRET_KEY"})

    def fingerprint(self, directory: Path) -> str:
        return f"{directory} {self.content}"


class FixedReader:
    def read(self, path: Path) -> ProjectGraph:
        del path
        return GRAPH


class RecordingMemory:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def recall(self, key: str) -> str | None:
        return self.kept.get(key)

    def keep(self, key: str, text: str) -> None:
        self.kept[key] = text


class Preparing:
    """Prepares one manifest after another, and counts how often dbt parsed for it."""

    def __init__(self) -> None:
        self.files = FixedFiles()
        self.memory = RecordingMemory()
        self.parses = 0
        self.exit_code = 0

    def __call__(
        self, environ: dict[str, str] | None = None, schema: str = "dev", **command: Any
    ) -> PreparedManifest:
        runner = ScriptedDbtRunner([InvocationFinished(at=NOON, exit_code=self.exit_code)])
        fields: dict[str, Any] = {
            "project_dir": PROJECT,
            "profiles_dir": PROJECT,
            "profile": "shop",
            "target": "dev",
        }
        output = {
            "schema": schema,
            "user": EnvVar(name="SHOP_USER"),
            "password": EnvVar(name="SHOP_PASSWORD", secret=True),
        }
        prepared = prepare_manifest(
            DbtCommand(**fields | command),
            MANIFEST,
            runner=runner,
            reader=FixedReader(),
            files=self.files,
            memory=self.memory,
            profile=Profile(name="shop", default_target="dev", outputs={"dev": output}),
            environ=environ or {},
        )
        self.parses += len(runner.commands)
        return prepared


@pytest.fixture
def prepare() -> Preparing:
    """Return a preparation that has happened once."""
    preparing = Preparing()
    assert preparing().graph is GRAPH
    assert preparing.parses == 1
    return preparing


def test_what_did_not_change_is_not_parsed_again(prepare: Preparing) -> None:
    assert prepare().graph is GRAPH
    assert prepare.parses == 1


@pytest.mark.parametrize(
    "change",
    [
        {"environ": {"DAY": "monday"}},
        {"environ": {"SHOP_USER": "me"}},
        {"environment": {"DAY": "monday"}},
        {"schema": "other"},
        {"target": "prod"},
        {"profile": "other"},
        {"variables": {"day": 1}},
    ],
)
def test_a_change_around_the_project_is_seen_and_so_is_the_way_back(
    change: dict[str, Any], prepare: Preparing
) -> None:
    prepare(**change)
    prepare(**change)
    assert prepare.parses == 2

    prepare()
    assert prepare.parses == 3


def test_a_change_in_the_project_is_seen(prepare: Preparing) -> None:
    prepare.files.content = "second"

    prepare()

    assert prepare.parses == 2


def test_what_the_project_does_not_ask_for_is_no_change(prepare: Preparing) -> None:
    prepare(environ={"TERM": "xterm"})

    assert prepare.parses == 1


@pytest.mark.parametrize("name", ["SHOP_PASSWORD", "DBT_ENV_SECRET_KEY"])
def test_no_secret_leaves_a_trace_in_what_is_remembered(name: str, prepare: Preparing) -> None:
    before = dict(prepare.memory.kept)

    prepare(environ={name: "hunter2"})

    assert prepare.memory.kept == before


def test_a_project_that_cannot_be_parsed_is_parsed_again(prepare: Preparing) -> None:
    prepare.files.content = "broken"
    prepare.exit_code = 2
    assert prepare().graph is None

    prepare.exit_code = 0
    assert prepare().graph is GRAPH
    assert prepare.parses == 3
