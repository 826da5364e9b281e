"""Payloads printed, one JSON document a line."""

import sys
from typing import TextIO

from floe.domain.model.delivery import Envelope, Outcome, Verdict


class ConsoleDeliverer:
    """Prints the body of each envelope to *stream*, by default standard error of the moment."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def deliver(self, envelope: Envelope) -> Verdict:
        """Print one line; a closed terminal pauses the destination."""
        stream = self._stream or sys.stderr
        text = envelope.body.decode("utf-8", errors="replace").replace("\n", " ").rstrip()
        try:
            stream.write(text + "\n")
            stream.flush()
        except (OSError, ValueError) as error:
            reason = f"the console takes nothing: {type(error).__name__}"
            return Verdict(outcome=Outcome.PAUSE, reason=reason)
        return Verdict(outcome=Outcome.DELIVERED)

    def close(self) -> None:
        """Leave the stream open: it belongs to the caller."""
