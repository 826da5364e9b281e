"""Lines from a process, and a word when it says nothing for a while.

Who reads the events of dbt can stop it only between two of them. A statement may take hours in
which dbt is silent: so the reader hears now and then that dbt is still at work.
"""

import os
import select
from collections.abc import Iterator

SILENCE_S = 5.0
"""Seconds without a word after which the reader is told that there is none."""
_CHUNK = 1 << 16


def lines_of(descriptor: int, silence_s: float = SILENCE_S) -> Iterator[bytes | None]:
    """Yield each line that *descriptor* gives, to its end; None after each *silence_s* without."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    parts: list[bytes] = []
    while True:
        if not poll.poll(silence_s * 1000):
            yield None
            continue
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            break
        first, *more = chunk.split(b"\n")
        parts.append(first)
        for line in more:
            yield b"".join(parts)
            parts = [line]
    if any(parts):
        yield b"".join(parts)
