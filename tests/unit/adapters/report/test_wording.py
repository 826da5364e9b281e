"""Names that do not fit lose their middle, for they differ at the ends."""

from unicodedata import east_asian_width

from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.report.wording import short


@given(st.text(), st.integers(1, 40))
def test_a_short_name_fits_and_keeps_its_ends(name: str, room: int) -> None:
    cut = short(name, room)
    head, mark, tail = cut.rpartition("…") if cut != name else (name, "", "")

    assert sum(2 if east_asian_width(sign) in "WF" else 1 for sign in cut) <= room
    assert name.startswith(head)
    assert name.endswith(tail)
    assert mark or cut == name


def test_long_names_stay_apart() -> None:
    assert short("stg_salesforce__accounts_history", 16) == "stg_sale…history"
    assert short("stg_salesforce__accounts_current", 16) == "stg_sale…current"
    assert short("注文明細集計表", 9) == "注文…計表"
