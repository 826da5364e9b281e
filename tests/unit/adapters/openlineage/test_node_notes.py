"""The notes that one process leaves for the next."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.node_notes import NodeNotes

LINES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))


@given(
    writes=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["a", "b", "ü\t\n", ""]), LINES), max_size=12
    )
)
def test_every_process_reads_what_was_written_last(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, str, str]]
) -> None:
    directory = tmp_path_factory.mktemp("notes")
    processes = NodeNotes(directory), NodeNotes(directory)
    last = {}
    for process, unique_id, text in writes:
        processes[process].put(unique_id, text)
        last[unique_id] = text.encode()

        for reader in (*processes, NodeNotes(directory)):
            assert {name: reader.get(name) for name in last} == last


def test_a_node_that_changes_for_ever_does_not_fill_the_disk(tmp_path: Path) -> None:
    notes, other = NodeNotes(tmp_path), NodeNotes(tmp_path)
    other.put("kept", "this")
    for number in range(1000):
        notes.put("model.shop.a", f"{number} " + "x" * 1000)

    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 100_000
    for reader in (notes, other, NodeNotes(tmp_path)):
        assert (reader.get("kept"), (reader.get("model.shop.a") or b"")[:4]) == (b"this", b"999 ")


def test_a_line_that_was_cut_off_costs_no_other_its_place(tmp_path: Path) -> None:
    notes = NodeNotes(tmp_path)
    notes.put("a", "1")
    (file,) = tmp_path.iterdir()
    with file.open("ab") as end:
        end.write(b'\n"b"\t{"half')

    assert (notes.get("a"), notes.get("b")) == (b"1", None)
    notes.put("c", "3")
    assert (notes.get("a"), notes.get("c"), NodeNotes(tmp_path).get("c")) == (b"1", b"3", b"3")


def test_many_may_write_at_once(tmp_path: Path) -> None:
    def write(number: int) -> None:
        notes = NodeNotes(tmp_path)
        for item in range(50):
            notes.put(f"{number}.{item}", f"{number} {item}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    notes = NodeNotes(tmp_path)
    assert all(notes.get(f"{n}.{i}") == f"{n} {i}".encode() for n in range(4) for i in range(50))


def test_the_file_is_its_owners_alone_and_no_link_is_followed(tmp_path: Path) -> None:
    NodeNotes(tmp_path / "notes").put("a", "1")
    (file,) = (tmp_path / "notes").iterdir()
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    target = tmp_path / "target"
    target.write_text("")
    file.unlink()
    file.symlink_to(target)
    notes = NodeNotes(tmp_path / "notes")
    notes.put("a", "1")
    assert (notes.get("a"), target.read_text()) == (None, "")


def test_what_is_in_the_way_is_no_reason_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    notes = NodeNotes(file)
    notes.put("a", "1")
    assert notes.get("a") is None

    os.mkfifo(tmp_path / "nodes.txt")
    assert NodeNotes(tmp_path).get("a") is None
