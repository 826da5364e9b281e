"""The last will of a run that nobody ended: its ABORT, dated when it is found."""

import json
from datetime import datetime

from floe.adapters.openlineage.canonical import canonical, moment


def stamped(body: bytes, now: datetime) -> bytes:
    """Return the event *body* with *now* as its time, serialized as every other event.

    Nobody knows when the process died; that its runs had ended by *now* is true.
    """
    event = json.loads(body)
    event["eventTime"] = moment(now)
    return canonical(event).encode()
