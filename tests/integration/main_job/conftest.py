"""A project as ``floe init`` lays it down, and the command line run in it as a user would."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from floe.container import scaffold


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Shop:
    """A folder with a floe project, and floe as a command of its own in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def floe(self, *words: str, **environment: str) -> Ended:
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "floe", *words],
            cwd=self.folder,
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.lines(".floe/lineage.jsonl")

    @property
    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for line in self.lines(".floe/traces.jsonl")
            for resource in line.get("resourceSpans", [])
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def settings(self, text: str) -> None:
        (self.folder / "floe.settings.yaml").write_text(text)


def clean_environment() -> dict[str, str]:
    """Return this environment without what would change what floe does."""
    taken = ("FLOE_", "OPENLINEAGE_", "OTEL_", "DBT_", "TRACEPARENT", "DAGSTER_")
    return {name: text for name, text in os.environ.items() if not name.startswith(taken)}


def span_attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    return {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    scaffold(tmp_path / "shop")
    return Shop(tmp_path / "shop")
