"""What the outbox costs the thread that runs the pipeline: CPU and wall time a put, and memory.

    python benchmarks/outbox_cost.py [--nodes 10000] [--bytes 2000] [--sending]

Each node puts its start, with a last will, and its end, as a run does. With ``--sending`` a
background sender drains to a file at the same time. CPU is that of the putting thread alone.
"""

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from floe.adapters.delivery.file import FileDeliverer
from floe.adapters.delivery.sender import BackgroundSender
from floe.adapters.delivery.sqlite_outbox import SqliteOutbox
from floe.domain.model.delivery import Envelope, PayloadKind
from floe.domain.model.value import utc_now

_STEPS = 5


def event(node: int, kind: PayloadKind, size: int) -> Envelope:
    """Return an event of *size* bytes of the run of *node*."""
    body = f'{{"node": {node}, "kind": "{kind}", "padding": "'.encode()
    body += b"x" * max(0, size - len(body) - 2) + b'"}'
    return Envelope(
        destination="backend", key=f"run-{node}", kind=kind, body=body, created_at=utc_now()
    )


def put_node(outbox: SqliteOutbox, sender: BackgroundSender | None, node: int, size: int) -> None:
    """Put what one node says, outside the clock until it is built."""
    will = event(node, PayloadKind.LINEAGE_END, size // 4)
    outbox.put(event(node, PayloadKind.LINEAGE_START, size), last_will=will)
    outbox.put(event(node, PayloadKind.LINEAGE_END, size))
    if sender is not None:
        sender.wake()


def resident_mib() -> float:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


def building_s(nodes: int, size: int) -> float:
    """Return the CPU seconds that the events alone take, which are not the outbox's."""
    started = time.thread_time()
    for node in range(nodes):
        event(node, PayloadKind.LINEAGE_END, size // 4)
        event(node, PayloadKind.LINEAGE_START, size)
        event(node, PayloadKind.LINEAGE_END, size)
    return time.thread_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=2000)
    parser.add_argument("--sending", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outbox = SqliteOutbox(Path(folder) / "state")
        deliverer = FileDeliverer(Path(folder) / "events.jsonl")
        sender = BackgroundSender(outbox, {"backend": deliverer}) if chosen.sending else None
        step = chosen.nodes // _STEPS
        own_s = building_s(step, chosen.bytes)
        print(f"{'events':>8} {'CPU us/put':>11} {'wall us/put':>12} {'memory MiB':>11}")
        costs = []
        for part in range(_STEPS):
            cpu, wall = time.thread_time(), time.monotonic()
            for node in range(part * step, (part + 1) * step):
                put_node(outbox, sender, node, chosen.bytes)
            cpu_s, wall_s = time.thread_time() - cpu - own_s, time.monotonic() - wall - own_s
            costs.append(cpu_s / step / 2 * 1e6)
            events = (part + 1) * step * 2
            micros = wall_s / step / 2 * 1e6
            print(f"{events:>8} {costs[-1]:>11.0f} {micros:>12.0f} {resident_mib():>11.1f}")
        print(f"median CPU a put: {statistics.median(costs):.0f} us")
        if sender is not None:
            print(*sender.close(120))
        outbox.close()


if __name__ == "__main__":
    main()
