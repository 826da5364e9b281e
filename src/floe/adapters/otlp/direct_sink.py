"""Telemetry that is sent at once or not at all: what does not get through is counted."""

import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from floe.adapters.otlp.sink import Dropped, Payload, Signal
from floe.domain.model.delivery import DeliveryReport

_LOG = logging.getLogger("floe.telemetry")
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_ITEM = {Signal.TRACES: "span", Signal.METRICS: "data point", Signal.LOGS: "log record"}


class Answer(Enum):
    """What a backend made of a payload."""

    TAKEN = auto()
    LATER = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """The *answer* of a backend, and in *reason* what to tell people about it."""

    answer: Answer
    reason: str = ""


class Transport(Protocol):
    """One way to a backend; used by several threads where several signals share it."""

    def send(self, payload: Payload, timeout_s: float) -> Reply:
        """Send *payload*, wait at most *timeout_s* seconds, and return what came of it."""

    def close(self) -> None:
        """Break off what is under way and let go of connections."""


@dataclass(frozen=True, slots=True)
class Way:
    """A *transport*, and the seconds that one attempt may take."""

    transport: Transport
    timeout_s: float = 5.0


class DirectSink:
    """Sends each signal its way, on a thread of its own, and leaves out those that have none.

    Best effort: at most *most_waiting* payloads of a signal are held. One is tried again until
    there is no room or no time left, then given up and counted; at the end there is one warning
    that says how much that was.
    """

    def __init__(self, ways: Mapping[Signal, Way], *, most_waiting: int = 128) -> None:
        self._ways = dict(ways)
        self._most_waiting = most_waiting
        self._begin()

    def _begin(self) -> None:
        """Start from nothing: a new sink, or the first use of one in a forked child."""
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._waiting: dict[Signal, deque[Payload]] = {signal: deque() for signal in self._ways}
        self._threads: dict[Signal, threading.Thread] = {}
        self._until: float | None = None
        self._delivered: Counter[Signal] = Counter()
        self._given_up: Counter[tuple[Signal, str]] = Counter()
        self._payloads_given_up: Counter[Signal] = Counter()
        self._items_given_up: Counter[Signal] = Counter()
        self._trouble: dict[Signal, str] = {}

    def export(self, payload: Payload) -> None:
        """Take *payload*, or give it up where there is no room."""
        if self._pid != os.getpid():
            self._begin()
        if payload.signal not in self._ways:
            return
        with self._changed:
            if self._until is not None:
                self._give_up(payload, "closed")
                return
            waiting = self._waiting[payload.signal]
            if len(waiting) >= self._most_waiting:
                self._give_up(payload, "queue_full")
                return
            waiting.append(payload)
            if payload.signal not in self._threads:
                self._start(payload.signal)
            self._changed.notify_all()

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was given up since the last call."""
        with self._changed:
            given_up, self._given_up = self._given_up, Counter()
        return tuple(Dropped(signal, why, items) for (signal, why), items in given_up.items())

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Send what can be sent within *timeout_s* seconds, all signals at once; count the rest."""
        if self._pid != os.getpid():
            self._begin()
        until = time.monotonic() + timeout_s
        with self._changed:
            self._until = until
            self._changed.notify_all()
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        for way in self._ways.values():
            way.transport.close()
        with self._changed:
            for signal, waiting in self._waiting.items():
                if waiting:
                    self._trouble.setdefault(signal, "no answer in time")
                while waiting:
                    self._give_up(waiting.popleft(), "timeout")
            reports = tuple(self._report(signal) for signal in self._ways)
        self._warn()
        return reports

    def _report(self, signal: Signal) -> DeliveryReport:
        return DeliveryReport(
            destination=signal.value,
            delivered=self._delivered[signal],
            dropped=self._payloads_given_up[signal],
            last_error=self._trouble.get(signal),
        )

    def _warn(self) -> None:
        """Say once what was lost, and the first reason of it."""
        lost = [
            f"{count:,} {_ITEM[signal]}{'s' * (count != 1)}"
            for signal, count in self._items_given_up.items()
        ]
        if lost:
            why = next(
                (self._trouble[it] for it in self._items_given_up if it in self._trouble), ""
            )
            _LOG.warning("telemetry did not get through, %s lost: %s", ", ".join(lost), why)

    def _start(self, signal: Signal) -> None:
        thread = threading.Thread(
            target=self._work, args=(signal,), name=f"floe-otlp-{signal}", daemon=True
        )
        self._threads[signal] = thread
        thread.start()

    def _work(self, signal: Signal) -> None:
        pause_s = _FIRST_PAUSE_S
        while payload := self._next(signal):
            reply = self._ways[signal].transport.send(payload, self._attempt_s(signal))
            if self._settle(payload, reply):
                pause_s = _FIRST_PAUSE_S
            elif not self._pause(pause_s):
                return
            else:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _next(self, signal: Signal) -> Payload | None:
        """Return the oldest payload of *signal*, which stays in its place until it is settled."""
        waiting = self._waiting[signal]
        with self._changed:
            self._changed.wait_for(lambda: waiting or self._until is not None)
            return waiting[0] if waiting and not self._is_over() else None

    def _settle(self, payload: Payload, reply: Reply) -> bool:
        waiting = self._waiting[payload.signal]
        with self._changed:
            if reply.reason:
                self._trouble[payload.signal] = reply.reason
            if reply.answer is Answer.LATER:
                return False
            if not waiting or waiting[0] is not payload:
                return True  # no time was left: it was given up, and counted so
            waiting.popleft()
            if reply.answer is Answer.TAKEN:
                self._delivered[payload.signal] += 1
            else:
                self._give_up(payload, "refused")
            return True

    def _give_up(self, payload: Payload, why: str) -> None:
        self._given_up[payload.signal, why] += payload.items
        self._items_given_up[payload.signal] += payload.items
        self._payloads_given_up[payload.signal] += 1

    def _attempt_s(self, signal: Signal) -> float:
        timeout_s = self._ways[signal].timeout_s
        if self._until is None:
            return timeout_s
        return max(0.001, min(timeout_s, self._until - time.monotonic()))

    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def _pause(self, pause_s: float) -> bool:
        """Wait before the next attempt; return whether there is to be one."""
        until = time.monotonic() + pause_s
        with self._changed:
            while (left := until - time.monotonic()) > 0 and not self._is_over():
                room = left if self._until is None else min(left, self._until - time.monotonic())
                self._changed.wait(max(0.0, room))
            return not self._is_over()
