"""Where dbt writes during one run, and what becomes of it when the run is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from floe.adapters.dagster.scratch_target import remove_abandoned, scratch_target

_OWNER = """
import sys, tempfile
from pathlib import Path
from floe.adapters.dagster.scratch_target import scratch_target

with scratch_target(Path("none")) as target:
    print(target, flush=True)
    sys.stdin.read()
"""
NO_CACHE = Path("none")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def owned_elsewhere() -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """Give a directory and the process that uses it."""
    with subprocess.Popen(  # noqa: S603 - Python of this environment
        [sys.executable, "-c", _OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        try:
            yield Path(owner.stdout.readline().strip()), owner
        finally:
            owner.kill()


def killed() -> Path:
    """Return the directory that a killed process left."""
    with owned_elsewhere() as (directory, owner):
        owner.send_signal(signal.SIGKILL)
    assert directory.is_dir()
    return directory


def test_it_is_lent_with_the_parse_cache_and_then_gone(tmp_path: Path) -> None:
    cache = tmp_path / "partial_parse.msgpack"
    cache.write_bytes(b"parsed")

    with scratch_target(cache) as target:
        assert (target / cache.name).read_bytes() == b"parsed"
        assert target.stat().st_mode & 0o777 == 0o700

    assert list(tmp_path.iterdir()) == [cache]


def test_the_next_run_removes_what_a_killed_one_left() -> None:
    left = killed()
    (left / "compiled").mkdir()

    with scratch_target(NO_CACHE):
        assert not left.exists()


def test_a_directory_in_use_stays_to_this_process_and_to_others(temporary: Path) -> None:
    with owned_elsewhere() as (theirs, _), scratch_target(NO_CACHE) as ours:
        remove_abandoned()

        assert {theirs, ours} == set(temporary.iterdir())


def test_the_directory_of_another_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    left = killed()
    stranger = os.getuid() + 1
    monkeypatch.setattr("os.getuid", lambda: stranger)

    remove_abandoned()

    assert left.is_dir()


def test_the_directory_of_another_machine_stays_on_a_volume_that_both_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = killed()
    for other in ("elsewhere", f"{os.uname().nodename}-2", os.uname().nodename[:-1]):
        monkeypatch.setattr("platform.node", lambda name=other: name)
        remove_abandoned()

    assert left.is_dir()


def test_what_only_has_the_name_is_not_followed_and_stays(temporary: Path) -> None:
    left = killed()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    link = left.with_name(left.name[:-8] + "pointing")
    link.symlink_to(elsewhere)
    file = left.with_name(left.name[:-8] + "a_letter")
    file.touch()

    remove_abandoned()

    assert set(temporary.iterdir()) == {elsewhere, link, file}


def test_runs_that_begin_and_end_at_once_take_nothing_from_each_other(temporary: Path) -> None:
    def run(number: int) -> bool:
        with scratch_target(NO_CACHE) as target:
            result = target / "run_results.json"
            result.write_text(str(number))
            remove_abandoned()
            return result.read_text() == str(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(200)))
    remove_abandoned()
    assert list(temporary.iterdir()) == []
