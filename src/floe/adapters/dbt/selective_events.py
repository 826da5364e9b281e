"""dbt's event manager for one listener who wants few of the events of level debug.

dbt turns each event that it fires into a message, with its text, for whoever may listen. Four
fifths of them are of level debug, and only a log would have them.
"""

from collections.abc import Container

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

from floe.adapters.dbt.snapshot_sql import tells_a_snapshot


class SelectiveEvents(EventManager):  # type: ignore[misc] # dbt_common tells no types
    """Drop events of level debug that are not *wanted*, as long as no log is written.

    What is sent for a snapshot is always wanted.
    """

    def __init__(self, wanted: Container[str]) -> None:
        super().__init__()
        self._wanted = wanted

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: object = None,
        force_warn_or_error_handling: bool = False,  # noqa: FBT001, FBT002 - dbt's signature
    ) -> None:
        """Tell the listeners of *e*."""
        if (
            (level or e.level_tag()) is EventLevel.DEBUG
            and (name := type(e).__name__) not in self._wanted
            and not tells_a_snapshot(name, e.pb_msg)
            and not self.loggers
            and not force_warn_or_error_handling
        ):
            return
        super().fire_event(e, level, node, force_warn_or_error_handling)
