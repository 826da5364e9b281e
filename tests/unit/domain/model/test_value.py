from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from floe.domain.model.value import Value

THREADS = 8


def test_a_model_is_built_when_it_is_first_used() -> None:
    class Point(Value):
        x: int

    complete = [Point.__pydantic_complete__]
    Point(x=1)
    complete.append(Point.__pydantic_complete__)

    assert complete == [False, True]


def test_threads_that_use_a_model_first_all_at_once_get_what_they_ask_for() -> None:
    class Point(Value):
        x: int
        y: int = 0

    together = Barrier(THREADS)

    def point(x: int) -> Point:
        together.wait()
        return Point(x=x)

    with ThreadPoolExecutor(THREADS) as threads:
        made = list(threads.map(point, range(THREADS)))

    assert [each.x for each in made] == list(range(THREADS))
