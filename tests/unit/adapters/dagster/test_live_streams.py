"""A stream of dbt ends with its reader, and at the latest with its process."""

import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

from floe.adapters.dagster.live_streams import close_all, live


def stream(ended: list[str]) -> Generator[int, None, None]:
    try:
        yield 1
        yield 2
    finally:
        ended.append("ended")


def reader(ended: list[str]) -> Iterator[int]:
    events = stream(ended)
    with live(events):
        yield from events


def test_a_stream_that_is_read_to_its_end_is_over() -> None:
    ended: list[str] = []

    assert list(reader(ended)) == [1, 2]
    assert ended == ["ended"]


def test_a_reader_that_is_kept_but_never_read_again_does_not_keep_dbt() -> None:
    ended: list[str] = []
    events = stream(ended)
    kept = live(events)
    kept.__enter__()
    next(events)

    close_all()

    assert ended == ["ended"]
    kept.__exit__(None, None, None)


def test_the_end_of_the_process_is_the_end_of_the_stream() -> None:
    code = """
import sys
sys.path.insert(0, "src")
from floe.adapters.dagster.live_streams import live
def stream():
    try:
        yield 1
    finally:
        print("ended")
events = stream()
kept = live(events)
kept.__enter__()
next(events)
sys.exit(1)
"""
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[4],
    )

    assert done.stdout == "ended\n"
