"""The thread beside the pipeline."""

from threading import Event
from time import monotonic

from floe.adapters.openlineage.worker import Worker


def test_tasks_run_one_after_the_other() -> None:
    worker, done = Worker(), list[int]()

    for number in range(5):
        assert worker.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    worker.close(5.0)

    assert done == [0, 1, 2, 3, 4]


def test_a_task_that_fails_does_not_stop_the_next() -> None:
    worker, done = Worker(), Event()

    worker.submit(lambda: 1 // 0)  # type: ignore[arg-type]
    worker.submit(done.set)
    worker.close(5.0)

    assert done.is_set()


def test_what_is_done_at_rest_is_done_once_after_the_last_of_many() -> None:
    done, rested = list[str](), Event()

    def rest() -> None:
        done.append("rest")
        rested.set()

    worker = Worker(at_rest=rest)
    for _ in range(3):
        worker.submit(lambda: done.append("task"))
    rested.wait(5)
    worker.close(5.0)

    assert done == ["task", "task", "task", "rest"]


def test_there_is_room_for_so_many_tasks_only() -> None:
    worker, hold = Worker(room=1), Event()
    begun = Event()

    def task() -> None:
        begun.set()
        hold.wait(5)

    worker.submit(task)
    begun.wait(5)

    assert worker.submit(lambda: None)
    assert not worker.submit(lambda: None)
    hold.set()


def test_what_was_not_done_in_time_is_dropped() -> None:
    worker, hold, late = Worker(), Event(), Event()
    worker.submit(lambda: hold.wait(10))  # type: ignore[arg-type]
    worker.submit(late.set)

    worker.close(0.05)
    hold.set()
    worker.close(5.0)

    assert not late.is_set()


def test_the_close_is_bounded_and_final() -> None:
    worker, hold = Worker(), Event()
    worker.submit(lambda: hold.wait(10))  # type: ignore[arg-type]
    before = monotonic()

    worker.close(0.1)

    assert monotonic() - before < 5
    assert not worker.submit(lambda: None)
    hold.set()
