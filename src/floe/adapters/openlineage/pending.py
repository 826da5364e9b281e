"""What an emitter has kept already, and what waits in the outbox for something better."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from floe.domain.model.delivery import Envelope
from floe.domain.model.run_ledger import RunTransition

_REMEMBERED = 8192
"""Transitions; a repeat follows closely on the first, and memory must not grow with the run."""


class Pending:
    """The memory of one emitter; safe between threads.

    What waits is known by its run, of which there is one end: to work out the id of an envelope
    takes longer than all the rest, and is left to a thread that is not in the way.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waiting: dict[str, Envelope] = {}
        self._ready: dict[str, Envelope] = {}
        self._undescribed: dict[str, tuple[RunTransition, Envelope]] = {}

    def is_kept(self, transition: RunTransition) -> bool:
        """Return whether the event of *transition* was kept not long ago."""
        with self._lock:
            return (transition.run_id, str(transition.state)) in self._kept

    def kept(self, transition: RunTransition) -> None:
        """Remember that the event of *transition* is kept."""
        with self._lock:
            self._kept[transition.run_id, str(transition.state)] = None
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)

    def add(self, envelope: Envelope) -> None:
        """Remember that *envelope* waits for a better one."""
        with self._lock:
            self._waiting[envelope.key] = envelope

    def take(self, envelope: Envelope) -> Envelope | None:
        """Forget the waiting *envelope* and return it; None when somebody else took it."""
        with self._lock:
            return self._waiting.pop(envelope.key, None)

    def ready(self, envelope: Envelope, better: Envelope) -> int:
        """Let *better* take the place of the waiting *envelope*, unless somebody else took that.

        Return how many are ready to.
        """
        envelope_id = envelope.envelope_id
        with self._lock:
            if self._waiting.pop(envelope.key, None) is not None:
                self._ready[envelope_id] = better
            return len(self._ready)

    def take_ready(self) -> Mapping[str, Envelope]:
        """Forget what is ready and return it: the id of what waits → what takes its place."""
        with self._lock:
            ready, self._ready = self._ready, {}
            return ready

    def expect(self, transition: RunTransition, envelope: Envelope) -> None:
        """Remember that *envelope* waits for what the warehouse says of its relation."""
        with self._lock:
            self._undescribed[transition.unique_id or ""] = (transition, envelope)

    def described(self, unique_id: str) -> tuple[RunTransition, Envelope] | None:
        """Forget and return what waited for the relation of *unique_id* to be described."""
        with self._lock:
            return self._undescribed.pop(unique_id, None)

    def undescribed(self) -> tuple[tuple[RunTransition, Envelope], ...]:
        """Forget and return all that waits for a relation to be described."""
        with self._lock:
            waiting = tuple(self._undescribed.values())
            self._undescribed.clear()
            return waiting

    def take_all(self) -> Mapping[str, Envelope]:
        """Forget what is ready and what waits, and return both: this in its own place."""
        with self._lock:
            waiting = {envelope.envelope_id: envelope for envelope in self._waiting.values()}
            everything = {**waiting, **self._ready}
            self._waiting, self._ready = {}, {}
            return everything
