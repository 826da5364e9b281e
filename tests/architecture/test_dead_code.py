"""Nothing stands in the package that nobody uses."""

from pathlib import Path

import pytest
from vulture import Vulture

ROOT = Path(__file__).parents[2]
KINDS = {"class", "function", "method", "property", "import", "unreachable_code"}
USED_FROM_OUTSIDE = {
    "__dir__",  # Python asks a module for it
    "__getattr__",  # likewise
    "FloeProject",  # named by people in YAML, found by Dagster's entry point
    "create_module",  # the import system asks a loader for it
    "do_GET",  # http.server calls it by its name
    "do_POST",  # likewise
    "generate_span_id",  # OpenTelemetry's IdGenerator
    "generate_trace_id",  # likewise
    "handle_error",  # socketserver calls it
    "is_trace_id_random",  # OpenTelemetry's IdGenerator
    "log_message",  # http.server calls it
    "on_broken_pipe",  # rich's Console calls it
}
"""Names that only Python itself, a framework or a user of the package calls, each with its why."""


@pytest.fixture(scope="module")
def unused() -> list[str]:
    vulture = Vulture(
        ignore_decorators=["@*.command", "@*.callback", "@field_*", "@model_*", "@app.*"]
    )
    vulture.scavenge([str(ROOT / "src"), str(ROOT / "tests"), str(ROOT / "benchmarks")])
    return [
        f"{item.filename.relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}"
        for item in vulture.get_unused_code(min_confidence=60)
        if item.typ in KINDS
        and item.name not in USED_FROM_OUTSIDE
        and item.filename.is_relative_to(ROOT / "src")
    ]


def test_every_class_and_function_is_used_or_tested(unused: list[str]) -> None:
    assert unused == []
