"""A file is replaced whole or not at all, whatever its reader or the disk does."""

import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from floe.files import replace_file


@pytest.fixture
def small_disk() -> Iterator[int]:
    """Let no file grow above a size, as on a disk that is full; return that size in bytes."""
    size, before = 4096, resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    yield size
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize("durable", [True, False])
def test_the_new_content_takes_the_place_of_the_old_and_is_its_owners_alone(
    tmp_path: Path, *, durable: bool
) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    path.chmod(0o666)

    replace_file(path, b"new", durable=durable)

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")

    with path.open("rb") as reader:
        replace_file(path, b"new")

        assert reader.read() == b"old"


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, small_disk: int
) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="File too large"):
        replace_file(path, bytes(small_disk + 1), durable=True)

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    path, other = tmp_path / "kept", tmp_path / "other"
    other.write_bytes(b"other")
    path.symlink_to(other)

    replace_file(path, b"new")

    assert not path.is_symlink()
    assert other.read_bytes() == b"other"


def test_the_longest_name_that_the_disk_takes_will_do(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)

    replace_file(path, b"new")

    assert path.read_bytes() == b"new"
