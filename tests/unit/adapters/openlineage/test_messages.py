"""Messages as they leave the machine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.messages import clean_message

PROJECT = Path("/srv/shop")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mError\x1b[0m in model", "Error in model"),
        ("\x1b]8;;http://x\x07link", "link"),
        ("compiled code at /srv/shop/target/run/a.sql", "compiled code at target/run/a.sql"),
        ("in /srv/shop", "in ."),
        ("/usr/lib/python3.11/site-packages/dbt/x.py:3", "dbt/x.py:3"),
        ("  two\n lines \x00", "two\n lines"),
    ],
)
def test_a_message_has_no_colours_and_no_paths_of_the_machine(text: str, clean: str) -> None:
    assert clean_message(text, PROJECT) == clean


@given(st.text())
def test_cleaning_again_changes_nothing_more(text: str) -> None:
    once = clean_message(text, PROJECT)

    assert "\x1b[" not in once
    assert clean_message(once, PROJECT) == once
