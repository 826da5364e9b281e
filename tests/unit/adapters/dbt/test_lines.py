"""Lines come as they were written, however the pipe cuts them, and silence is heard."""

import os
from collections.abc import Iterator
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt.lines import lines_of


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


@given(st.lists(st.binary(min_size=1, max_size=200_000).filter(lambda line: b"\n" not in line)))
def test_every_line_comes_whole_and_in_order(written: list[bytes]) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"\n".join(written))

    writer = Thread(target=write)
    writer.start()
    read = [line for line in lines_of(reading) if line is not None]
    writer.join()
    os.close(reading)

    assert read == written


def test_silence_is_heard_and_costs_no_half_of_a_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    lines = lines_of(reading, silence_s=0.001)
    os.write(writing, b"first\nsec")

    heard = [next(lines), next(lines)]
    os.write(writing, b"ond\n")
    os.close(writing)
    heard += [line for line in lines if line is not None]

    assert heard == [b"first", None, b"second"]
