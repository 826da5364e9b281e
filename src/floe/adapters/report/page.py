"""Writes the report: one HTML file that needs no other file, no server and no network."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from floe.adapters.report import wording
from floe.adapters.report.columns import relations
from floe.adapters.report.comparison import comparison
from floe.adapters.report.graph import SHAPE, graph
from floe.adapters.report.timeline import WIDTH, timeline
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.critical_path import critical_path
from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.domain.model.node_columns import NodeColumns
from floe.domain.model.node_event import NodeStatus
from floe.files import replace_file


class HtmlReportWriter:
    """Draws a run as HTML and SVG; every foreign text is escaped, nothing is fetched.

    The page's own policy allows exactly the style and the script that it carries, by their hash,
    so that text which slipped through could still not run.
    """

    def write(
        self,
        run: ArchivedRun,
        path: Path,
        *,
        earlier: tuple[ArchivedRun, ...] = (),
        columns: Mapping[str, NodeColumns] | None = None,
    ) -> Path:
        """Write the page about *run*; see the port."""
        page = render(run, earlier=earlier, columns=columns or {})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, page.encode())
        except OSError as error:
            problem = Problem("the report cannot be written", str(path), error.strerror or "")
            raise EnvironmentNotReadyError(problem) from error
        return path.resolve()


def render(
    run: ArchivedRun,
    *,
    earlier: tuple[ArchivedRun, ...] = (),
    columns: Mapping[str, NodeColumns],
) -> str:
    """Return the page about *run* as HTML."""
    chain = critical_path(run)
    tables = relations(run, columns)
    style, script = _resource("page.css"), _resource("page.js")
    return (
        _environment()
        .from_string(_resource("page.html"))
        .render(
            style=Markup(style),  # noqa: S704 - the package's own file
            script=Markup(script),  # noqa: S704 - likewise
            style_hash=_hash(style),
            script_hash=_hash(script),
            run=run,
            summary=run.summary,
            outcome=_outcome(run),
            tiles=_tiles(run),
            chain=[run.ended[name] for name in chain],
            chain_took=sum(run.ended[name].execution_time_s for name in chain),
            timeline=timeline(run, chain),
            timeline_width=WIDTH,
            graph=graph(run, chain, {table.unique_id: table.sensitive for table in tables}),
            shape=SHAPE,
            tables=tables,
            has_lineage=any(known.lineage for known in columns.values()),
            comparison=comparison(run, earlier),
            duration=wording.duration,
            marks=wording.MARKS,
            state=wording.state,
            nodes=run.by_id,
        )
    )


def _environment() -> Environment:
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _resource(name: str) -> str:
    return (resources.files("floe.adapters.report") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression of *text* (Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _outcome(run: ArchivedRun) -> tuple[str, str]:
    summary = run.summary
    if summary.interrupted:
        return "skipped", "interrupted"
    if summary.exit_code or summary.failed:
        return "failed", "failed"
    warned = any(end.status is NodeStatus.WARN for end in summary.nodes)
    return ("warned", "passed with warnings") if warned else ("ok", "passed")


def _tiles(run: ArchivedRun) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Return a tile for each kind of node: its name, how many ran, and the troubles among them."""
    kinds: dict[str, dict[str, int]] = {}
    for end in run.summary.nodes:
        states = kinds.setdefault(end.resource_type.replace("_", " "), {})
        name = wording.state(end)
        states[name] = states.get(name, 0) + 1
    return [
        (
            kind,
            sum(states.values()),
            [(name, states[name]) for name in ("failed", "warned", "skipped") if name in states],
        )
        for kind, states in kinds.items()
    ]
