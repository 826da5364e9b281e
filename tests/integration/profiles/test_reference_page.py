"""The page on profiles says what the code does and the tests saw."""

import json

from tests.integration.profiles.cases import CASES
from tests.integration.profiles.reference_page import (
    CONNECTED,
    COSMOS,
    NOT_CONNECTED,
    PAGE,
    page,
)


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")

    assert written == page(written), "run python -m tests.integration.profiles.reference_page"


def test_only_examples_that_there_are_are_told_of() -> None:
    known = {case.id for case in CASES}
    connected = json.loads(CONNECTED.read_text(encoding="utf-8"))

    assert set(COSMOS) <= known
    assert set(connected) | set(NOT_CONNECTED) == known
    assert not set(connected) & set(NOT_CONNECTED)
    assert all(isinstance(engine, str) and engine for engine in connected.values())
