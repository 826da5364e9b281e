"""The last will of a run that nobody ended: its ABORT, dated when it is found."""

import json
from datetime import datetime


def stamped(body: bytes, moment: datetime) -> bytes:
    """Return the event *body* with *moment* as its time, serialized as every other event.

    Nobody knows when the process died; that its runs had ended by *moment* is true.
    """
    event = json.loads(body)
    event["eventTime"] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
