"""The rules of YAML text: the harmless part of YAML 1.1, checked before anything is built."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from floe.adapters.artifacts.document_file import json_path, refused, where
from floe.domain.model.errors import ArtifactError, Problem

LARGEST = 256 * 1024
"""Bytes; a floe.yaml is a few kilobytes, and reading one takes about 30 microseconds a byte."""
DEEPEST = 50
_STANDARD = "tag:yaml.org,2002:"
_NUMBERS = frozenset({f"{_STANDARD}int", f"{_STANDARD}float"})
_LONGEST_NUMBER = 4300
_TEXT_ONLY = frozenset({f"{_STANDARD}timestamp", f"{_STANDARD}merge", f"{_STANDARD}value"})
_QUOTED = re.compile(r" ?'[^']{3,}'| ?\"[^\"]{3,}\"")
_Steps = tuple[str | int, ...]


class _TooMuchError(yaml.MarkedYAMLError):
    """The text is YAML, but more of YAML than a document needs."""


class _Loader(yaml.SafeLoader):
    """The pure-Python safe loader, held to plain YAML; dates and ``<<`` are text to it.

    Each event is looked at before a node is made of it.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node, if it is plain."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        reason = _more_than_plain(event)
        if self._depth > DEEPEST:
            reason = f"is nested more than {DEEPEST} levels deep"
        if reason is not None:
            raise _TooMuchError(None, None, reason, event.start_mark)  # type: ignore[arg-type]
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag not in _TEXT_ONLY]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _more_than_plain(event: yaml.Event) -> str | None:
    if getattr(event, "anchor", None) is not None:
        return "uses an anchor or an alias: write the value out"
    if getattr(event, "tag", None) is not None:
        return "uses a tag: remove it, and quote text instead"
    return None


def parse_yaml(text: str, path: Path) -> dict[str, Any]:
    """Return the mapping that *text*, the content of *path*, holds.

    Raises:
        ArtifactError: It is not YAML, holds more than one document, its root is no mapping, it
            uses anchors, aliases or tags, a key stands twice or is no text, a number is not
            finite, or it is nested too deeply.
    """
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except _TooMuchError as error:
        raise refused(path, f"{error.problem}{_place(error)}") from None
    except yaml.YAMLError as error:
        raise _syntax(error, path) from None
    if root is None:
        raise refused(path, "is empty", "write a floe.yaml, or run 'floe init'")
    if not isinstance(root, yaml.MappingNode):
        raise refused(path, "must be a mapping of keys to values")
    problems = tuple(_problems(root, path, loader))
    if problems:
        raise ArtifactError(*problems)
    built: dict[str, Any] = _build(root, loader)
    return built


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


def _syntax(error: yaml.YAMLError, path: Path) -> ArtifactError:
    reason = _QUOTED.sub("", str(getattr(error, "problem", None) or ""))
    what = f"is not valid YAML{_place(error)}" + (f": {reason}" if reason else "")
    if reason == "but found another document":
        what = f"holds more than one document{_place(error)}"
    return refused(path, what, "correct the syntax there; indent with spaces, quote odd text")


def _problems(
    node: yaml.Node, path: Path, loader: _Loader, steps: _Steps = ()
) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _problems(item, path, loader, (*steps, index))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_STANDARD}str":
                what = f"has a key that is no text (line {key.start_mark.line + 1})"
                fix = "quote the key: YAML reads on, off, yes, no and numbers as other things"
                yield Problem(what, where(path, json_path(steps)), fix)
                continue
            if key.value in seen:
                what = f"stands twice in the same mapping (line {key.start_mark.line + 1})"
                yield Problem(what, where(path, json_path((*steps, key.value))), "keep one of them")
            seen.add(key.value)
            yield from _problems(item, path, loader, (*steps, key.value))
    elif not _is_usable(node, loader):
        place = where(path, json_path(steps))
        yield Problem("is no plain finite number", place, "quote it where text is meant")


def _is_usable(node: yaml.Node, loader: _Loader) -> bool:
    """Return whether a scalar is what it looks like: no number in base 60, none without end."""
    if node.tag in _NUMBERS and (":" in node.value or len(node.value) > _LONGEST_NUMBER):
        return False
    try:
        value = loader.construct_object(node)
    except (ValueError, ArithmeticError):
        return False
    return not isinstance(value, float) or math.isfinite(value)


def _build(node: yaml.Node, loader: _Loader) -> Any:  # noqa: ANN401 - any of YAML's types
    if isinstance(node, yaml.MappingNode):
        return {key.value: _build(item, loader) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, loader) for item in node.value]
    return loader.construct_object(node)
