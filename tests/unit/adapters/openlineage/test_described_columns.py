from pathlib import Path

from floe.adapters.openlineage.described_columns import DescribedColumns


def test_what_the_warehouse_said_counts_until_a_relation_is_made_otherwise() -> None:
    described = DescribedColumns()
    described.put("model.shop.a", "first", {"id": "INTEGER"})

    assert described.get("model.shop.a", "first") == {"id": "INTEGER"}
    assert described.get("model.shop.a", "second") == {}
    assert described.get("model.shop.b", "first") == {}


def test_the_next_process_knows_it_too_in_the_same_order(tmp_path: Path) -> None:
    DescribedColumns(tmp_path).put("model.shop.a", "key", {"z": "DATE", "a": "TEXT"})

    columns = DescribedColumns(tmp_path).get("model.shop.a", "key")

    assert list(columns.items()) == [("z", "DATE"), ("a", "TEXT")]


def test_what_is_kept_may_be_damaged_or_out_of_reach(tmp_path: Path) -> None:
    DescribedColumns(tmp_path).put("model.shop.a", "key", {"id": "TEXT"})
    (kept,) = tmp_path.iterdir()
    for text in ("", "[]", '["key", 5]', '{"key": 1}', "null"):
        kept.write_text(f'"model.shop.a"\t{text}\n')
        assert DescribedColumns(tmp_path).get("model.shop.a", "key") == {}

    out_of_reach = DescribedColumns(kept / "below")
    out_of_reach.put("model.shop.a", "key", {"id": "TEXT"})
    assert out_of_reach.get("model.shop.a", "key") == {"id": "TEXT"}
