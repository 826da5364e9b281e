"""What is put together from pieces is what would be written in one go."""

import json

from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.canonical import canonical
from floe.adapters.openlineage.written import Pen, record, series
from floe.domain.model.redaction import MASK, Redactor

NAMES = st.from_regex("[a-zA-Z_]{1,8}", fullmatch=True)
CANARY = 's3cr3t "value"'
TEXTS = st.text(max_size=8) | st.sampled_from([CANARY, f"a {CANARY} b", "s3cr3t", '"value"'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.lists(VALUES, max_size=3))
def test_pieces_put_together_are_the_canonical_text_of_the_whole(
    members: dict[str, object], items: list[object]
) -> None:
    pen, redactor = Pen(Redactor([CANARY])), Redactor([CANARY])

    pieces = {name: pen.value(value) for name, value in members.items()}
    whole = record({"items": series(map(pen.value, items)), "members": record(pieces)})

    assert whole == canonical(redactor.value({"members": members, "items": items}))


@given(VALUES)
def test_no_secret_stands_in_what_was_written(value: object) -> None:
    text = Pen(Redactor([CANARY])).value({"before": CANARY, "value": value})

    assert json.dumps(CANARY)[1:-1] not in text
    assert json.loads(text)["before"] == MASK
