"""Foreign text cannot steer a terminal, and numbers are short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.entrypoints.terminal_text import (
    counted,
    first_line,
    harmless,
    joined,
    seconds,
    shortened,
)


@given(st.text() | st.from_regex(r"\x1b[\[\]].{0,9}", fullmatch=True))
def test_no_control_character_but_the_line_break_gets_through(text: str) -> None:
    assert not [c for c in harmless(text) if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07red",
        "\x1b]8;;http://example.org\x1b\\red\x1b]8;;\x1b\\",
        "\x9bred"[1:],
        "r\u202eed",
    ],
)
def test_escapes_and_changes_of_direction_are_taken_out(text: str) -> None:
    assert harmless(text) == "red"


def test_the_first_line_that_says_something_is_taken() -> None:
    assert first_line("\n  \n  Binder   Error:\tno column\nLINE 1") == "Binder Error: no column"


@given(st.text(), st.integers(min_value=1, max_value=20))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert len(shortened(text, width)) <= width


@pytest.mark.parametrize(
    ("duration_s", "said"),
    [(0, "0.00s"), (0.126, "0.13s"), (12.34, "12.3s"), (185, "3m 05s"), (7810, "2h 10m")],
)
def test_durations_are_for_people(duration_s: float, said: str) -> None:
    assert seconds(duration_s) == said


def test_nouns_follow_their_numbers() -> None:
    assert joined((counted(1, "node"), "", counted(1200, "row"))) == "1 node · 1,200 rows"
