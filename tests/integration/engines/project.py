"""The demo project on an engine, run with floe's own command as a user would."""

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import yaml

from floe.adapters.profiles.tables import TABLES
from floe.testing.openlineage_rules import breaches
from tests.integration.main_job.conftest import Ended, Shop, clean_environment

WELL = {"success", "pass", "no-op"}
_AROUND = {"AWS_SECRET_ACCESS_KEY", "DBT_ENV_SECRET_OTHER", "MOTHERDUCK_TOKEN"}
"""What may stand in the environment beside the variables of targets, and libraries look for."""
_SECONDS = 600


class Build(NamedTuple):
    """What a run said, and how each node ended."""

    ended: Ended
    nodes: Mapping[str, str]


class EngineProject(Shop):
    """The demo project with the compute section of *target*; *environ* holds its credentials."""

    def __init__(
        self,
        folder: Path,
        target: str,
        properties: Mapping[str, Any],
        environ: Mapping[str, str],
    ) -> None:
        assert Shop(folder).floe("init", "shop").code == 0
        super().__init__(folder / "shop")
        self.bystanders = _bystanders(target)
        self.searched = [self.folder]
        """Where no secret may be found: the project, and whatever else an engine keeps of a run."""
        self._environ = {"HOME": str(self.folder / "home"), **self.bystanders, **environ}
        document = self.folder / "floe.yaml"
        content = yaml.safe_load(document.read_text())
        content["compute"] = {"target": target, "properties": dict(properties)}
        document.write_text(yaml.safe_dump(content))

    def configure(self, **kinds: Mapping[str, str]) -> None:
        """Add to the dbt project what *kinds* (``models``, ``seeds``) are configured with."""
        document = self.folder / "dbt/dbt_project.yml"
        content = yaml.safe_load(document.read_text())
        for kind, configuration in kinds.items():
            content[kind]["skerryline"].update(configuration)
        document.write_text(yaml.safe_dump(content))

    def floe(self, *words: str, **environment: str) -> Ended:
        """Run the command as the shop does, and give an engine the time it takes to wake up."""
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "floe", *words],
            cwd=self.folder,
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def build(self, *words: str) -> Build:
        """Run the project, without Dagster."""
        ended = self.floe(
            "run", "--orchestrator", "direct", "--output", "json", *words, **self._environ
        )
        told = [json.loads(line) for line in ended.out.splitlines()]
        return Build(
            ended,
            {item["node"]: item["status"] for item in told if item["type"] == "node.finished"},
        )

    def sign_in(self, **environment: str) -> Ended:
        """Do nothing but sign in, with *environment* instead of what is known."""
        return self.floe("doctor", "--connect", **{**self._environ, **environment})

    def traces_of(self, secret: str, *ended: Ended) -> Iterator[str]:
        """Say every place that holds *secret*: what was printed, and files, events and spans.

        Files are those of floe, of dbt and of the vendor, which keeps its own at home, and those
        of the engine where its folder is among the *searched*.
        """
        spelled = spellings(secret)
        for number, each in enumerate(ended):
            if any(spelling in each.out or spelling in each.err for spelling in spelled):
                yield f"what command {number} printed"
        for path in sorted(found for place in self.searched for found in place.rglob("*")):
            if path.is_file() and _holds(path.read_bytes(), spelled):
                yield str(path)


def spellings(secret: str) -> set[str]:
    """Return *secret* as it is, and as it stands in JSON, in an address and in base64."""
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), coded}


def _holds(content: bytes, spelled: set[str]) -> bool:
    return any(spelling.encode() in content for spelling in spelled)


def _bystanders(target: str) -> dict[str, str]:
    """Return a canary for every secret variable that *target* has no use for."""
    variables = {
        field.variable
        for name, table in TABLES.items()
        for field in table.fields
        if name != target and field.secret and field.variable
    }
    return {name: f"canary-{secrets.token_hex(8)}" for name in sorted(variables | _AROUND)}


def builds_well(
    project: EngineProject,
    namespace: str,
    *known: str,
    times: int = 2,
    leave_out: str | None = None,
) -> None:
    """Prove that *project* builds, with lineage under *namespace*, and that no secret is told.

    Secrets are those that it signs in with, which are *known*, and the bystanders.

    It builds *times* times: where it is twice, tables that are there already are met as well.
    *leave_out* selects what the engine cannot do.
    """
    words = () if leave_out is None else ("--exclude", leave_out)
    builds = [project.build(*words) for _ in range(times)]

    assert [build.ended.code for build in builds] == [0] * times, "".join(map(_said, builds))
    assert {status for build in builds for status in build.nodes.values()} <= WELL
    assert all(build.nodes.keys() == builds[0].nodes.keys() for build in builds)
    assert len(builds[0].nodes) >= 30, sorted(builds[0].nodes)
    assert breaches(project.events) == []
    assert namespace in namespaces(project.events)
    assert project.spans
    told = [build.ended for build in builds]
    secret = (*known, *project.bystanders.values())
    assert [place for each in secret for place in project.traces_of(each, *told)] == []


def namespaces(events: list[dict[str, Any]]) -> set[str]:
    """Return where the data sets of *events* are."""
    return {each["namespace"] for event in events for each in event.get("outputs", [])}


def _said(build: Build) -> str:
    """Return the nodes that ended badly, the end of the run and what went to standard error."""
    lines = build.ended.out.splitlines()
    unwell = [line for line in lines if '"node.finished"' in line and not _is_well(line)]
    return "\n".join([*unwell[:10], *lines[-1:], build.ended.err[-3000:]])


def _is_well(line: str) -> bool:
    return json.loads(line)["status"] in WELL
