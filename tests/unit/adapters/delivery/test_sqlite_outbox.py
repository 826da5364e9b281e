import errno
import fcntl
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from floe.adapters.delivery import spool
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.adapters.delivery.state_directory import is_on_network
from floe.domain.model.delivery import PayloadKind
from floe.domain.model.errors import OutboxError
from floe.domain.use_cases.deliver import recover
from floe.testing.outbox import DELIVERED, REFUSED, envelope


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def outbox(state: Path) -> Iterator[SqliteOutbox]:
    box = SqliteOutbox(state)
    yield box
    box.close()


def bodies(outbox: SqliteOutbox) -> list[bytes]:
    return [item.body for item in outbox.pending(limit=100_000)]


def in_another_process(code: str, *arguments: object, check: bool = True) -> str:
    """Run *code*, in which ``outbox`` stands for the outbox in the directory of the first word."""
    preamble = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from floe.adapters.delivery.sqlite_outbox import SqliteOutbox\n"
        "from floe.testing.outbox import *\n"
        "outbox = SqliteOutbox(Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", preamble + code, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - our own code
        command, check=False, capture_output=True, text=True, timeout=60
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_is_opened_before_the_first_call(state: Path) -> None:
    SqliteOutbox(state)

    assert not state.exists()


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_can_read_anything(outbox: SqliteOutbox, state: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        outbox.put(envelope(), last_will=envelope("will"))
        outbox.claim("backend", 1)
    finally:
        os.umask(before)

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [state, *state.rglob("*")]}
    assert {path for path, mode in modes.items() if mode & 0o077} == set()


def test_a_directory_that_is_a_link_is_refused(outbox: SqliteOutbox, state: Path) -> None:
    elsewhere = state.with_name("elsewhere")
    elsewhere.mkdir()
    state.symlink_to(elsewhere)

    with pytest.raises(OutboxError, match="symbolic link"):
        outbox.put(envelope())
    assert list(elsewhere.iterdir()) == []


def test_a_directory_that_others_can_write_is_refused(outbox: SqliteOutbox, state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)

    with pytest.raises(OutboxError, match="other users"):
        outbox.put(envelope())


def test_a_database_that_is_a_link_is_refused(
    outbox: SqliteOutbox, state: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    state.mkdir(mode=0o700)
    (state / "outbox.db").symlink_to(victim)
    outbox.put(envelope())

    assert victim.read_bytes() == b"precious"


def test_a_file_in_the_place_of_the_directory_is_an_error(
    outbox: SqliteOutbox, state: Path
) -> None:
    state.write_text("not a directory")

    with pytest.raises(OutboxError):
        outbox.put(envelope())


def test_where_nothing_can_be_kept_is_told_with_what_to_do(
    outbox: SqliteOutbox, state: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    state.symlink_to(tmp_path)

    for broken, what in ((SqliteOutbox(file / "below"), "cannot be written"), (outbox, "link")):
        with pytest.raises(OutboxError, match=what) as told:
            broken.examine()
        assert told.value.problems[0].fix


def test_an_examination_makes_nothing(outbox: SqliteOutbox, state: Path) -> None:
    outbox.examine()

    assert not state.exists()


def test_a_removed_directory_is_made_again(outbox: SqliteOutbox, state: Path) -> None:
    outbox.put(envelope("lost"))
    for path in sorted(state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    state.rmdir()
    outbox.put(envelope("kept"))

    assert bodies(outbox) == [b"kept"]


def test_a_disk_that_lets_nothing_be_removed_is_no_reason_not_to_close(
    outbox: SqliteOutbox, state: Path
) -> None:
    outbox.put(envelope("1"), last_will=envelope("2"))
    (state / "processes").rename(state / "elsewhere")
    (state / "processes").write_text("a file, below which nothing can be removed")

    outbox.close()


def test_two_processes_see_the_same_outbox_and_one_drains(
    outbox: SqliteOutbox, state: Path
) -> None:
    outbox.put(envelope(key="a"))
    outbox.put(envelope(key="b"))
    (held,) = outbox.claim("backend", 1)

    assert in_another_process("print(len(outbox.claim('backend', 5)))", state) == "0\n"
    outbox.settle([(held, DELIVERED)])
    assert in_another_process("print(len(outbox.claim('backend', 5)))", state) == "1\n"


def test_verdicts_are_recorded_all_together_or_not_at_all(
    outbox: SqliteOutbox, state: Path
) -> None:
    for key in "ab":
        outbox.put(envelope(key=key))
    first, second = outbox.claim("backend", 2)
    attempts = [(first, DELIVERED), (second, REFUSED)]
    with closing(sqlite3.connect(state / "outbox.db")) as other:
        other.execute(
            "CREATE TRIGGER stuck BEFORE INSERT ON dead BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        with pytest.raises(OutboxError):
            outbox.settle(attempts)
        assert outbox.reports()[0].waiting == 2
        other.execute("DROP TRIGGER stuck")

    outbox.settle(attempts)
    (report,) = outbox.reports()
    assert (report.delivered, report.refused, report.waiting) == (1, 1, 0)


def test_a_claim_dies_with_its_process(outbox: SqliteOutbox, state: Path) -> None:
    outbox.put(envelope())
    code = "print(len(outbox.claim('backend', 5)), flush=True)\nos.kill(os.getpid(), 9)"
    assert in_another_process(code, state, check=False) == "1\n"

    assert outbox.claim("backend", 5) == (envelope(),)
    assert outbox.replace({envelope().envelope_id: envelope("other")}) == 0


def test_the_will_of_a_killed_process_ends_its_run_once(outbox: SqliteOutbox, state: Path) -> None:
    code = (
        "outbox.put(envelope('start'), last_will=envelope('will', kind=PayloadKind.LINEAGE_END))\n"
        "outbox.put(envelope('s2', key='2'), last_will=envelope('w2', key='2'))\n"
        "outbox.put(envelope('e2', key='2', kind=PayloadKind.LINEAGE_END))\n"
        "os.kill(os.getpid(), 9)"
    )
    in_another_process(
        "from floe.domain.model.delivery import PayloadKind\n" + code, state, check=False
    )
    moment = datetime(2026, 5, 6, tzinfo=UTC)
    other = SqliteOutbox(state)

    assert [will.body for will in outbox.wills_of_the_dead()] == [b"will"]
    assert other.wills_of_the_dead() == ()
    ended = recover(
        outbox=outbox, stamp=lambda body, at: body + at.isoformat().encode(), now=lambda: moment
    )
    assert ended == 1
    assert recover(outbox=outbox) == 0
    assert bodies(outbox) == [b"start", b"s2", b"e2", b"will2026-05-06T00:00:00+00:00"]


def test_the_living_have_no_will_yet(outbox: SqliteOutbox, state: Path) -> None:
    outbox.put(envelope(), last_will=envelope("will"))

    assert outbox.wills_of_the_dead() == ()
    assert SqliteOutbox(state).wills_of_the_dead() == ()
    assert in_another_process("print(outbox.wills_of_the_dead())", state) == "()\n"


def test_the_will_of_a_stopped_process_is_not_read(outbox: SqliteOutbox, state: Path) -> None:
    code = (
        "outbox.put(envelope('start'), last_will=envelope('will'))\n"
        "print('ready', flush=True)\nsys.stdin.readline()"
    )
    writer = started(code, state)
    writer.send_signal(19)
    try:
        assert outbox.wills_of_the_dead() == ()
    finally:
        writer.kill()
        writer.communicate()
    assert len(outbox.wills_of_the_dead()) == 1


def started(code: str, state: Path) -> subprocess.Popen[str]:
    preamble = (
        "import sys\nfrom pathlib import Path\n"
        "from floe.adapters.delivery.sqlite_outbox import SqliteOutbox\n"
        "from floe.testing.outbox import *\n"
        "outbox = SqliteOutbox(Path(sys.argv[1]))\n"
    )
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", preamble + code, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_writer_that_is_frozen_in_a_transaction_holds_up_nobody_who_puts(
    outbox: SqliteOutbox, state: Path
) -> None:
    outbox.put(envelope("before"))
    code = (
        "def freeze(connection):\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
        "outbox._database.run(freeze)"
    )
    frozen = started(code, state)
    waits = []
    for number in range(5):
        since = time.monotonic()
        outbox.put(envelope(f"during {number}"))
        waits.append(time.monotonic() - since)
    with pytest.raises(OutboxError, match="another process"):
        outbox.pending()
    frozen.kill()
    frozen.communicate()

    assert max(waits) < 0.2
    outbox.put(envelope("after"))
    assert bodies(outbox) == [b"before", *(b"during %d" % n for n in range(5)), b"after"]
    assert not (state / "spool").exists()


def test_what_a_dead_process_left_in_the_spool_is_imported_with_its_will(
    outbox: SqliteOutbox, state: Path
) -> None:
    code = (
        "outbox._database.run = lambda *a, **b: (_ for _ in ()).throw(OSError('broken disk'))\n"
        "for n in range(3): outbox.put(envelope(str(n)), last_will=envelope('will'))\n"
        "os.kill(os.getpid(), 9)"
    )
    in_another_process(code, state, check=False)
    (spooled,) = (state / "spool").iterdir()
    with spooled.open("ab") as file:
        file.write(b'0000beef {"torn":')

    assert bodies(outbox) == [b"0", b"1", b"2"]
    assert [will.body for will in outbox.wills_of_the_dead()] == [b"will"]


def test_the_will_of_a_dead_process_waits_for_its_last_words(
    outbox: SqliteOutbox, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it wrote last may be the end of the run, and not be imported yet."""
    code = (
        "outbox.put(envelope('start'), last_will=envelope('will'))\n"
        "outbox.put(envelope('end', kind=PayloadKind.LINEAGE_END))\n"
        "os.kill(os.getpid(), 9)"
    )
    in_another_process(code, state, check=False)
    with monkeypatch.context() as busy:
        busy.setattr(outbox, "_import", lambda: False)
        assert outbox.wills_of_the_dead() == ()

    assert outbox.wills_of_the_dead() == ()
    assert bodies(outbox) == [b"start", b"end"]


def test_a_line_that_is_just_being_written_holds_up_no_exchange(
    outbox: SqliteOutbox, state: Path
) -> None:
    outbox.put(envelope("in the database"))
    outbox.put(envelope("without columns", key="2"))
    (file,) = (state / "spool").iterdir()
    descriptor = os.open(file, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    letting_go = threading.Timer(0.003, lambda: os.close(descriptor))
    letting_go.start()
    poorer, richer = envelope("without columns", key="2"), envelope("with columns", key="2")

    assert outbox.replace({poorer.envelope_id: richer}) == 1
    letting_go.join()


def test_a_thread_that_is_late_with_its_line_spoils_no_exchange(
    outbox: SqliteOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole, poorer = spool._write_whole, envelope("poorer")
    richer = poorer.model_copy(update={"body": b"richer"})
    outbox.put(envelope("first"))  # the database is open: what follows goes to the spool
    outbox.put(poorer, not_before=datetime(2099, 1, 1, tzinfo=UTC))
    in_the_line = threading.Event()

    def late(descriptor: int, line: bytes, size: int) -> None:
        in_the_line.set()
        time.sleep(0.3)
        write_whole(descriptor, line, size)

    monkeypatch.setattr(spool, "_write_whole", late)
    writer = threading.Thread(target=outbox.put, args=(envelope("late", key="another"),))
    writer.start()
    in_the_line.wait()
    try:
        assert outbox.replace({poorer.envelope_id: richer}) == 1
    finally:
        writer.join()


def test_a_file_that_nobody_of_us_named_hinders_no_recovery(
    outbox: SqliteOutbox, state: Path
) -> None:
    outbox.put(envelope("start"), last_will=envelope("will"))
    (state / "spool").mkdir(mode=0o700)
    foreign = (state / "spool" / "x.jsonl").open("wb")
    with foreign:
        fcntl.flock(foreign, fcntl.LOCK_EX)

        assert outbox.wills_of_the_dead() == ()


def test_a_damaged_line_of_the_spool_is_skipped_and_told(
    outbox: SqliteOutbox, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.put(envelope("kept"))
    (state / "spool").mkdir(mode=0o700)
    (state / "spool" / "0-1-x.jsonl").write_bytes(b"00000000 {}\n")

    assert bodies(outbox) == [b"kept"]
    assert "damaged" in caplog.text


@pytest.mark.parametrize("damage", ["header", "middle", "emptied"])
def test_a_damaged_database_is_set_aside_and_what_can_be_read_is_saved(
    outbox: SqliteOutbox, state: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(200):
        outbox.put(envelope(f"{number} {'x' * 1000}", key=str(number)))
    outbox.close()
    database = state / "outbox.db"
    content = bytearray(database.read_bytes())
    if damage == "header":
        content[:100] = b"\0" * 100
    elif damage == "middle":
        middle = len(content) // 2 // 4096 * 4096
        content[middle : middle + 4 * 4096] = os.urandom(4 * 4096)
    else:
        content = bytearray()
    database.write_bytes(content)
    found = bodies(outbox)
    outbox.put(envelope("new"))

    assert bodies(outbox)[-1] == b"new"
    aside = list(state.glob("outbox.corrupt-*.db"))
    if damage == "middle":
        assert len(found) > 100
        assert "damaged" in caplog.text
    assert len(aside) == (damage != "emptied")
    integrity = sqlite3.connect(database).execute("PRAGMA integrity_check").fetchone()
    assert integrity == ("ok",)


def test_a_database_of_a_newer_floe_is_left_alone(outbox: SqliteOutbox, state: Path) -> None:
    outbox.put(envelope())
    outbox.close()
    connection = sqlite3.connect(state / "outbox.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(OutboxError, match="newer"):
        outbox.put(envelope("2"))


def test_a_full_disk_keeps_what_was_stored_and_lets_it_leave(state: Path) -> None:
    """A disk of eight megabytes, in a mount namespace of its own, is filled to the last byte."""
    state.mkdir()
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=8m,mode=700 tmpfs {state}"
    tried = subprocess.run([*unshare, mount], check=False, capture_output=True)  # noqa: S603
    if tried.returncode:
        pytest.skip("no small disk can be mounted here")
    code = """
import sys
from pathlib import Path
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.model.errors import OutboxError
from floe.testing.outbox import *
outbox = SqliteOutbox(Path(sys.argv[1]))
kept = 0
for number in range(4000):
    try:
        outbox.put(envelope(f'{number} ' + 'x' * 4000, key=str(number)))
        kept += 1
    except OutboxError as error:
        assert 'make room' in str(error), error
        break
else:
    raise SystemExit('the disk never was full')
with open(Path(sys.argv[1], 'filler'), 'wb', buffering=0) as filler:
    try:
        while filler.write(b'x' * 512):
            pass
    except OSError:
        pass
assert kept > 500, kept
left = set()
import time
time.sleep(1.1)
for _ in range(3):
    while claimed := outbox.claim('backend', 16):
        for item in claimed:
            outbox.settle([(item, DELIVERED)])
            left.add(item.body)
    time.sleep(1.1)
assert len(left) == kept, (len(left), kept)
outbox.put(envelope('again'))
print('ok', outbox.reports()[0].waiting)
"""
    run = f'{mount} && exec "$0" -c "$1" "$2"'
    done = subprocess.run(  # noqa: S603 - likewise
        [*unshare, run, sys.executable, code, str(state)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("ok 1\n", "")


def test_a_limit_on_the_size_of_files_is_no_loss(state: Path) -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
for number in range(1500):
    outbox.put(envelope(f'{number} ' + 'x' * 4000, key=str(number)))
"""
    in_another_process(code, state)
    after = SqliteOutbox(state)

    assert (state / "outbox.db").stat().st_size <= 3_000_000
    assert [int(body.split()[0]) for body in bodies(after)] == list(range(1500))
    after.close()


def test_every_failing_write_is_an_error_or_a_kept_event(state: Path) -> None:
    """Writes fail at every point in turn, as strace injects it: nothing acknowledged is lost."""
    if not Path("/usr/bin/strace").exists():
        pytest.skip("strace is not installed")
    code = (
        "from floe.domain.model.errors import OutboxError\n"
        "for n in range(40):\n"
        "    try:\n        outbox.put(envelope(f'{n} ' + 'x' * 3000, key=str(n)))\n"
        "    except OutboxError:\n        continue\n"
        "    print(n, flush=True)\n"
    )
    for when in (2, 12, 60):
        where = state / str(when)
        preamble = (
            "import sys\nfrom pathlib import Path\n"
            "from floe.adapters.delivery.sqlite_outbox import SqliteOutbox\n"
            "from floe.testing.outbox import *\n"
            "outbox = SqliteOutbox(Path(sys.argv[1]))\n"
        )
        inject = f"inject=pwrite64,fdatasync,ftruncate:error=ENOSPC:when={when}..{when + 12}"
        command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", inject, sys.executable, "-c"]
        done = subprocess.run(  # noqa: S603 - our own code
            [*command, preamble + code, str(where)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        acknowledged = [f"{number} ".encode() for number in done.stdout.split()]
        after = SqliteOutbox(where)
        kept = bodies(after)
        after.close()

        assert acknowledged
        assert [text for text in acknowledged if not any(b.startswith(text) for b in kept)] == []


def test_a_forked_child_uses_the_outbox_on_its_own(outbox: SqliteOutbox) -> None:
    outbox.put(envelope("parent", key="parent"), last_will=envelope("will", key="parent"))
    (held,) = outbox.claim("backend", 1)
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_child, args=(outbox, number)) for number in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(20)

    assert [child.exitcode for child in children] == [0] * 4
    outbox.settle([(held, DELIVERED)])
    assert len(bodies(outbox)) == 4 * 25
    assert outbox.wills_of_the_dead() == ()


def _child(outbox: SqliteOutbox, number: int) -> None:
    for event in range(25):
        outbox.put(envelope(f"{number}-{event}", key=str(number)))
    if outbox.claim("backend", 1):
        raise SystemExit("the parent drains")


def test_sixteen_writers_at_once_lose_nothing(outbox: SqliteOutbox) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(outbox, name)) for name in range(16)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    kept = bodies(outbox)

    assert len(kept) == 16 * 50
    for name in range(16):
        own = [body for body in kept if body.startswith(b"%d " % name)]
        assert own == sorted(own)


def _write(outbox: SqliteOutbox, name: int) -> None:
    for event in range(50):
        outbox.put(envelope(f"{name} {event:03}", key=str(name)))


def test_threads_share_an_outbox(outbox: SqliteOutbox) -> None:
    def write(name: int) -> None:
        for event in range(40):
            outbox.put(envelope(f"{name} {event}", key=str(name)))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(bodies(outbox)) == 8 * 40


def test_a_size_limit_holds(state: Path) -> None:
    limit = 1024 * 1024
    outbox = SqliteOutbox(state, max_bytes=limit)
    for number in range(600):
        key = str(number)
        outbox.put(envelope(f"start {number} {'x' * 4000}", key=key))
        outbox.put(envelope(f"end {number}", key=key, kind=PayloadKind.LINEAGE_END))
    outbox.close()

    assert (state / "outbox.db").stat().st_size < 1.5 * limit
    waiting = bodies(outbox)
    (report,) = outbox.reports()
    assert report.waiting + report.dropped == 1200
    assert len(waiting) % 2 == 0
    assert waiting[-1] == b"end 599"


def test_the_names_of_the_files_tell_which_was_written_first(
    outbox: SqliteOutbox, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files may be of one tick of the clock that the disk goes by."""
    outbox.put(envelope("in the database"))
    monkeypatch.setattr(spool, "_LARGE_BYTES", 1)
    for number in range(50):
        outbox.put(envelope(str(number)))
    written = [path.stat().st_ctime_ns for path in sorted((state / "spool").iterdir())]

    assert len(written) == 50
    assert written == sorted(written)
    assert bodies(outbox)[1:] == [str(number).encode() for number in range(50)]


def test_a_spool_that_nobody_imports_does_not_grow_for_ever(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "broken disk")

    state.mkdir(mode=0o700)
    outbox = SqliteOutbox(state, max_bytes=400_000)
    monkeypatch.setattr(outbox._database, "run", broken)
    for number in range(200):
        outbox.put(envelope(f"{number} {'x' * 1000}"))
    with pytest.raises(OutboxError, match="spool is full"):
        outbox.put(envelope("x" * 200_000))
    monkeypatch.undo()
    outbox.close()

    assert len(bodies(SqliteOutbox(state))) > 100


def test_an_event_larger_than_the_outbox_is_an_error(state: Path) -> None:
    with pytest.raises(OutboxError, match="larger"):
        SqliteOutbox(state, max_bytes=1000).put(envelope("x" * 1001))


@pytest.mark.parametrize("durability", ["process", "power"])
def test_each_durability_keeps_events(state: Path, durability: Literal["process", "power"]) -> None:
    outbox = SqliteOutbox(state, durability=durability)
    outbox.put(envelope())

    assert bodies(outbox) == [b"{}"]


@pytest.mark.parametrize(
    ("kind", "networked"),
    [("ext4", []), ("nfs4", [True]), ("cifs", [True]), ("fuse.sshfs", [True])],
)
def test_network_filesystems_are_known_by_their_mount(
    tmp_path: Path, kind: str, networked: list[bool]
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:1 / / rw - overlay overlay rw\n"
        f"23 22 0:2 / {os.path.realpath(tmp_path)} rw,relatime shared:1 - {kind} server:/x rw\n"
    )

    assert is_on_network(tmp_path / "state", mounts) is bool(networked)
    assert not is_on_network(tmp_path, tmp_path / "absent")


def test_on_a_network_filesystem_there_is_no_write_ahead_log(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("floe.adapters.delivery.state_directory.is_on_network", lambda _: True)
    outbox = SqliteOutbox(state)
    outbox.put(envelope())

    assert bodies(outbox) == [b"{}"]
    assert not (state / "outbox.db-wal").exists()
    assert "network" in caplog.text


def test_a_directory_that_cannot_be_made_is_an_error(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(OutboxError, match="Read-only"):
        SqliteOutbox(state).put(envelope())
