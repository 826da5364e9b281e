from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.delivery.spool import Entry, Spool
from floe.domain.model.delivery import Envelope, PayloadKind

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MOMENTS = st.datetimes(timezones=st.just(UTC))
BODIES = st.binary(max_size=64) | st.text("\t\n=+^{}", max_size=8).map(str.encode)
ENVELOPES = st.builds(
    Envelope,
    destination=TEXTS,
    key=TEXTS,
    kind=st.sampled_from(PayloadKind),
    content_type=TEXTS,
    body=BODIES,
    created_at=MOMENTS,
)
ENTRIES = st.builds(Entry, ENVELOPES, st.none() | MOMENTS, st.none() | ENVELOPES, TEXTS)
STARTS = ENVELOPES.map(
    lambda start: Entry(start, last_will=start.model_copy(update={"kind": PayloadKind.LINEAGE_END}))
)


@given(st.lists(ENTRIES | STARTS, min_size=1, max_size=4))
def test_what_was_appended_is_read_again_byte_for_byte_and_in_order(entries: list[Entry]) -> None:
    with TemporaryDirectory() as place:
        spool = Spool(Path(place) / "outbox" / "spool", 1_000_000)
        for entry in entries:
            spool.append(entry)
        file = spool.take()
        assert file is not None
        found = list(file.entries())
        file.leave()
        spool.close()

    assert found == entries
