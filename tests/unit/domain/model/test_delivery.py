from hashlib import sha1
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.delivery import DeliveryReport, Envelope, PayloadKind
from floe.testing.outbox import NOON

NAMES = st.text(min_size=1, max_size=8)


@given(NAMES, NAMES, st.sampled_from(PayloadKind), st.binary(max_size=64))
def test_the_id_is_a_name_based_uuid_of_destination_key_kind_and_content(
    destination: str, key: str, kind: PayloadKind, body: bytes
) -> None:
    envelope = Envelope(destination=destination, key=key, kind=kind, body=body, created_at=NOON)
    found = UUID(envelope.envelope_id)
    space = UUID("c0b9d3de-70fb-5f4a-8a3c-6e2e1a9d4f27").bytes
    name = f"{destination}\0{key}\0{kind.value}\0".encode("utf-8", "surrogatepass") + body

    assert str(found) == envelope.envelope_id
    assert found == UUID(bytes=sha1(space + name, usedforsecurity=False).digest()[:16], version=5)


def test_the_time_and_the_type_are_no_part_of_the_id() -> None:
    one = Envelope(destination="d", key="k", kind=PayloadKind.LOGS, body=b"", created_at=NOON)
    other = one.model_copy(update={"content_type": "text/plain", "created_at": NOON.replace(day=9)})

    assert one.envelope_id == other.envelope_id


def test_a_copy_with_another_content_has_another_id() -> None:
    one = Envelope(destination="d", key="k", kind=PayloadKind.LOGS, body=b"1", created_at=NOON)
    known = one.envelope_id
    other = one.model_copy(update={"body": b"2"})
    new = Envelope(destination="d", key="k", kind=PayloadKind.LOGS, body=b"2", created_at=NOON)

    assert (one.envelope_id, other.envelope_id) == (known, new.envelope_id)
    assert other == new


def test_an_account_is_complete_when_nothing_waits_was_refused_or_dropped() -> None:
    assert DeliveryReport(destination="d", delivered=5).is_complete
    for trouble in ("waiting", "refused", "dropped"):
        assert not DeliveryReport.model_validate({"destination": "d", trouble: 1}).is_complete
