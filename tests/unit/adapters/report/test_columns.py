"""Columns: their origins, their readers, and what they reveal."""

from floe.adapters.report.columns import ColumnRow, relations
from tests.unit.adapters.report.pages import MART, SOURCE, STAGING, page_columns, page_run


def _rows(unique_id: str) -> dict[str, ColumnRow]:
    tables = {table.unique_id: table for table in relations(page_run(), page_columns())}
    return {row.name: row for row in tables[unique_id].columns}


def test_a_column_names_its_origins_and_how_it_came_from_them() -> None:
    rows = _rows(MART)

    assert [(link.text, link.how) for link in rows["email"].sources] == [("text.email", "identity")]
    assert [link.how for link in rows["digest"].sources] == ["masked"]


def test_a_column_names_its_readers_by_an_anchor_of_the_page() -> None:
    readers = _rows(STAGING)["email"].readers

    assert [link.anchor for link in readers] == [
        _rows(MART)[name].anchor for name in ("email", "digest")
    ]


def test_a_classification_is_declared_or_inherited_or_masked_away() -> None:
    rows = _rows(MART)

    assert (rows["email"].badge, rows["email"].is_inherited) == ("pii · email", True)
    assert rows["digest"].badge == ""
    assert (_rows(SOURCE)["email"].badge, _rows(SOURCE)["email"].is_inherited) == (
        "text · text",
        False,
    )


def test_without_lineage_the_documented_columns_remain() -> None:
    tables = relations(page_run(), {})

    assert [[row.name for row in table.columns] for table in tables] == [["email"], ["email"]]
