"""The same trouble has the same name and the same words in every run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.otlp.failure import LONGEST_DESCRIPTION, OTHER, description, error_type_of

DUCKDB = """Runtime Error in model customers (models/customers.sql)
  Binder Error: Referenced column "nope" not found in FROM clause!

  LINE 8: /* traceparent='00-{trace}-bbbbbbbbbbbbbbbb-01' */
          ^
  compiled code at target/run/shop/models/customers.sql"""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Runtime Error in model a (models/a.sql)\n  x", "dbt.runtime_error"),
        ("\x1b[31mDatabase Error\x1b[0m in model a", "dbt.database_error"),
        ("Compilation Error in model a", "dbt.compilation_error"),
        ("Parsing Error\n  bad yaml", "dbt.parsing_error"),
        ("the model is unwell", OTHER),
        ("", OTHER),
        (None, OTHER),
    ],
)
def test_the_type_is_what_dbt_calls_it(message: str | None, expected: str) -> None:
    assert error_type_of(message) == expected


def test_the_trace_id_of_this_run_is_not_part_of_the_description() -> None:
    one, other = (description(DUCKDB.format(trace=digit * 32)) for digit in "ab")

    assert one == other
    assert "traceparent" not in one
    assert 'Referenced column "nope" not found' in one


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ('a /* {"app": "dbt"} */ b', "a  b"),
        ("cut off: /* traceparent='00-aa...", "cut off:"),
        ("a\n\n\n  b", "a\nb"),
        (None, ""),
    ],
)
def test_colours_comments_and_blank_lines_go(message: str | None, expected: str) -> None:
    assert description(message) == expected


@given(st.text())
def test_a_description_is_never_long_and_cleaning_it_again_changes_nothing(message: str) -> None:
    once = description(message * 3)

    assert len(once) <= LONGEST_DESCRIPTION
    assert len(description(once)) <= len(once)
