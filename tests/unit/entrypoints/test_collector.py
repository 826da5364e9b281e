"""The garbage collector rests while the command line loads, and works during a run."""

import gc
from collections.abc import Iterator

import pytest

from floe.entrypoints.collector import rest, resume


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_what_was_loaded_at_rest_is_never_looked_at_again() -> None:
    rest()
    assert not gc.isenabled()

    resume()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_the_collector_of_a_host_is_left_as_it_is() -> None:
    resume()

    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
