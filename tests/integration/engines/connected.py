"""Which ways to sign in a run really signed in by, and what the reference says of them.

The table in the reference on profiles is written from ``docs/reference/connected.json``. A run
with ``FLOE_RECORD=1`` writes that file anew; every other run compares.
"""

import json
import os
from collections.abc import Mapping

from tests.integration.profiles.reference_page import CONNECTED


class Connected:
    """What has been signed in to, by the id of the way: ``postgres/password``."""

    def __init__(self) -> None:
        self.recorded: Mapping[str, str] = json.loads(CONNECTED.read_text(encoding="utf-8"))
        self.seen: dict[str, str] = {}
        self._passed_over: set[str] = set()
        self.is_recording = os.environ.get("FLOE_RECORD") == "1"

    def to(self, way: str, engine: str) -> None:
        """Say that a test signed in to *engine* by *way*."""
        self.seen[way] = engine
        if not self.is_recording:
            assert self.recorded.get(way) == engine, "record it: FLOE_RECORD=1 make engine-test"

    def pass_over(self, *ways: str) -> None:
        """Say that this machine lacks what *ways* need: what is recorded of them stands."""
        self._passed_over.update(ways)

    def unseen(self) -> set[str]:
        """Return the recorded ways of the targets seen in this run that were not signed in by."""
        targets = {way.partition("/")[0] for way in self.seen}
        recorded = {way for way in self.recorded if way.partition("/")[0] in targets}
        return recorded - set(self.seen) - self._passed_over

    def write(self) -> None:
        """Keep what was seen, and what is recorded of targets that were not looked at."""
        targets = {way.partition("/")[0] for way in self.seen}
        others = {
            way: engine
            for way, engine in json.loads(CONNECTED.read_text(encoding="utf-8")).items()
            if way.partition("/")[0] not in targets or way in self._passed_over
        }
        text = json.dumps(others | self.seen, indent=2, sort_keys=True)
        CONNECTED.write_text(text + "\n", encoding="utf-8")
