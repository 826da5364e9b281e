"""What a run says about itself, for a lineage backend."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from floe.domain.model.delivery import DeliveryReport
from floe.domain.model.run_ledger import RunTransition


class LineageEmitter(Protocol):
    """Tell the story of every run to a lineage backend.

    Third parties add emitters under the entry-point group ``floe.lineage``: the entry point's
    name is the ``kind`` in the settings, its object is called with the settings' ``options``.
    """

    def emit(self, transition: RunTransition) -> None:
        """Keep *transition*; on return it is safe, though perhaps not yet delivered.

        The call does not wait for the network. A transition may come again: the backend is told
        the same thing, byte for byte. After ``close`` it is still kept, for a later replay.

        Raises:
            LineageError: It could not be kept.
        """

    def close(self, timeout_s: float) -> tuple[DeliveryReport, ...]:
        """Deliver what can be delivered within *timeout_s* seconds and return the account.

        What is left stays for a later replay. A second call returns the same account.
        """


@runtime_checkable
class DescribedLineageEmitter(LineageEmitter, Protocol):
    """An emitter that also tells what the warehouse itself says of a relation."""

    def describe(self, unique_id: str, columns: Mapping[str, str]) -> None:
        """Take *columns*, name → data type in order, for those of the relation of *unique_id*.

        Nothing is raised: what cannot be used is not used.
        """
