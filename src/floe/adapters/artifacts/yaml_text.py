"""The rules of YAML text: the harmless part of YAML 1.1, checked before anything is built."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from floe.adapters.artifacts.document_file import json_path, refused, where
from floe.domain.model.errors import ArtifactError, Problem

LARGEST = 1024 * 1024
"""Bytes; a floe.yaml is a few kilobytes."""
DEEPEST = 50
_STANDARD = "tag:yaml.org,2002:"
_QUOTED = re.compile(r" ?'[^']{3,}'| ?\"[^\"]{3,}\"")
_Steps = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """The pure-Python safe loader, in which dates and ``<<`` are plain text."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in rules
        if tag.rsplit(":", 1)[1] not in {"timestamp", "merge", "value"}
    ]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, path: Path) -> dict[str, Any]:
    """Return the mapping that *text*, the content of *path*, holds.

    Raises:
        ArtifactError: It is not YAML, holds more than one document, its root is no mapping, it
            uses anchors, aliases or tags, a key stands twice or is no text, a number is not
            finite, or it is nested too deeply.
    """
    loader = _Loader("")
    try:
        _check_events(text, path)
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise refused(path, "is empty", "write a floe.yaml, or run 'floe init'")
        if not isinstance(root, yaml.MappingNode):
            raise refused(path, "must be a mapping of keys to values")
        problems = tuple(_problems(root, path, loader))
        if problems:
            raise ArtifactError(*problems)
        built: dict[str, Any] = _build(root, loader)
    except yaml.YAMLError as error:
        raise _syntax(error, path) from None
    finally:
        loader.dispose()
    return built


def _check_events(text: str, path: Path) -> None:
    """Refuse, before anything is composed, what makes a small file large or does something."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = f"line {event.start_mark.line + 1}" if event.start_mark else "somewhere"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise refused(path, f"holds more than one document ({line})", "keep one")
        if getattr(event, "anchor", None) is not None:
            fix = "write the value out where it is needed"
            raise refused(path, f"uses an anchor or an alias ({line})", fix)
        if getattr(event, "tag", None) is not None:
            raise refused(path, f"uses a tag ({line})", "remove the tag; quote text instead")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise refused(path, f"is nested more than {DEEPEST} levels deep ({line})")


def _syntax(error: yaml.YAMLError, path: Path) -> ArtifactError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    reason = _QUOTED.sub("", str(getattr(error, "problem", None) or ""))
    what = f"is not valid YAML{place}" + (f": {reason}" if reason.isprintable() and reason else "")
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
        yield Problem("is not a finite number", place, "quote it where text is meant")


def _is_usable(node: yaml.Node, loader: _Loader) -> bool:
    try:
        value = loader.construct_object(node)
    except (ValueError, ArithmeticError, IndexError):
        return False
    return not isinstance(value, float) or math.isfinite(value)


def _build(node: yaml.Node, loader: _Loader) -> Any:  # noqa: ANN401 - any of YAML's types
    if isinstance(node, yaml.MappingNode):
        return {key.value: _build(item, loader) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, loader) for item in node.value]
    return loader.construct_object(node)
