"""The documentation is whole, and says what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from floe.domain.model.settings import Dbt, Lineage, Plugin, Settings, Tracing
from floe.domain.model.value import Value
from floe.entrypoints import exit_codes, json_progress
from floe.entrypoints.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)```.*?^\1```", re.DOTALL | re.MULTILINE)


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of *page*, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", _prose(page), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.replace(" ", "-") for text in kept}


def _links(page: Path) -> Iterator[tuple[str, str]]:
    for link in _LINK.findall(_prose(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield path, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, anchor in _links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        if anchor:
            assert anchor in _anchors(target), f"{page.name} links to {path}#{anchor}"


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs/index.md"
    seen, waiting = {index}, [index]
    while waiting:
        page = waiting.pop()
        for path, _ in _links(page):
            target = (page.parent / path).resolve()
            if path.endswith(".md") and target not in seen:
                seen.add(target)
                waiting.append(target)

    assert {page.name for page in PAGES if page not in seen} == set()


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child, sub in getattr(command, "commands", {}).items():
        yield from _commands(sub, f"{name} {child}")


def test_the_reference_names_every_command_and_every_option_of_each() -> None:
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    missing = []
    for name, command in _commands(get_command(app), "floe"):
        options = [option for item in command.params for option in item.opts if "--" in option]
        missing += [text for text in (name, *options) if text not in reference]

    assert missing == []


def test_the_reference_names_every_exit_code() -> None:
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    codes = [value for value in vars(exit_codes).values() if type(value) is int]

    assert len(codes) >= len(set(codes)) > 0
    assert all(f"| {code} |" in reference for code in codes)


def test_the_reference_tells_the_version_of_the_json_events() -> None:
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")

    assert f"`v` ({json_progress.VERSION})" in reference


def _kinds(choice: Any) -> Iterator[type[Value]]:
    if isinstance(choice, type) and issubclass(choice, Value):
        yield choice
    for part in get_args(choice):
        yield from _kinds(part)


def test_the_reference_names_every_setting_every_kind_and_every_option() -> None:
    reference = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    kinds = [kind for choice in (Lineage, Tracing, Dbt) for kind in _kinds(choice)]
    names = [*Settings.model_fields, *(name for kind in kinds for name in kind.model_fields)]
    words = [kind.model_fields["kind"].default for kind in kinds if kind is not Plugin]

    assert len(words) > 8
    assert [name for name in [*names, *words] if f"`{name}`" not in reference] == []
