"""What nobody wants becomes no message; whatever may be wanted does."""

import io

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager
from dbt_common.events.functions import fire_event, get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import Note
from dbt_common.exceptions.events import EventCompilationError

from floe.adapters.dbt.selective_events import SelectiveEvents


@pytest.fixture
def heard() -> list[str]:
    """Return the names that the listener of the manager has heard."""
    return []


@pytest.fixture
def manager(heard: list[str]) -> SelectiveEvents:
    """Return a manager whose listener wants ``SQLQuery``."""
    manager = SelectiveEvents({"SQLQuery"})
    manager.add_callback(lambda message: heard.append(message.info.name))
    return manager


QUERY = SQLQuery(conn_name="main", sql="select 1")
NOTE = Note(msg="hello")


@pytest.mark.parametrize(
    ("event", "level", "names"),
    [
        (QUERY, None, ["SQLQuery"]),
        (QUERY, EventLevel.DEBUG, ["SQLQuery"]),
        (NOTE, None, ["Note"]),
        (NOTE, EventLevel.WARN, ["Note"]),
        (NOTE, EventLevel.DEBUG, []),
    ],
)
def test_only_an_event_of_level_debug_that_is_not_wanted_is_dropped(
    manager: SelectiveEvents,
    heard: list[str],
    event: BaseEvent,
    level: EventLevel | None,
    names: list[str],
) -> None:
    manager.fire_event(event, level)
    assert heard == names


@pytest.mark.parametrize(("kind", "names"), [("snapshot", ["SQLQuery"]), ("model", [])])
def test_what_is_sent_for_a_snapshot_is_told_whatever_is_wanted(
    kind: str, names: list[str]
) -> None:
    heard: list[str] = []
    manager = SelectiveEvents(())
    manager.add_callback(lambda message: heard.append(message.info.name))

    manager.fire_event(
        SQLQuery(conn_name="main", sql="select 1", node_info={"resource_type": kind})
    )

    assert heard == names


def test_a_log_gets_all_events(manager: SelectiveEvents, heard: list[str]) -> None:
    log = get_stdout_config(
        LineFormat.PlainText, use_colors=False, level=EventLevel.DEBUG, log_cache_events=False
    )
    log.output_stream = io.StringIO()
    manager.add_logger(log)
    manager.fire_event(NOTE, EventLevel.DEBUG)
    assert heard == ["Note"]
    assert "hello" in log.output_stream.getvalue()


def test_an_event_that_is_to_be_an_error_is_one(manager: SelectiveEvents) -> None:
    manager.warn_error = True
    with pytest.raises(EventCompilationError):
        manager.fire_event(NOTE, EventLevel.DEBUG, force_warn_or_error_handling=True)


def test_dbt_fires_its_events_at_the_manager_that_is_set(
    manager: SelectiveEvents, heard: list[str]
) -> None:
    before = get_event_manager()
    ctx_set_event_manager(manager)
    try:
        fire_event(NOTE)
        fire_event(NOTE, EventLevel.DEBUG)
    finally:
        ctx_set_event_manager(before)
    assert heard == ["Note"]
