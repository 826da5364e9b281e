"""The garbage collector rests while definitions come into being, and forgets nothing."""

import gc
import weakref

from floe.adapters.dagster.collector import collector_paused


class Thing:
    """What the collector keeps account of."""

    def __init__(self) -> None:
        self.itself = self


def test_what_came_into_being_meanwhile_is_old() -> None:
    with collector_paused():
        assert not gc.isenabled()
        thing = Thing()

    assert gc.isenabled()
    assert any(found is thing for found in gc.get_objects(generation=2))


def test_garbage_among_it_is_found() -> None:
    with collector_paused():
        garbage = weakref.ref(Thing())

    gc.collect()

    assert garbage() is None


def test_what_a_program_put_away_for_good_stays_there() -> None:
    gc.freeze()
    try:
        with collector_paused():
            Thing()

        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_a_collector_at_rest_is_left_at_rest() -> None:
    gc.disable()
    try:
        with collector_paused():
            Thing()

        assert not gc.isenabled()
    finally:
        gc.enable()
