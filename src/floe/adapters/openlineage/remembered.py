"""The latest answers to questions that are asked again and again, and no more than so many."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
_ROOM = 1024


class Remembered(Generic[T]):
    """Keeps the *room* answers that were used last; safe between threads."""

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, question: Hashable, ask: Callable[[], T]) -> T:
        """Return the answer to *question*: the remembered one, else what *ask* says."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
                return self._answers[question]
        answer = ask()
        with self._lock:
            self._answers[question] = answer
            while len(self._answers) > self._room:
                self._answers.popitem(last=False)
        return answer
