"""Who asks for columns beside dbt is never in dbt's way, least of all when dbt goes home."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.factory import FACTORY

from floe.adapters.dbt.describer import Columns, Describer
from floe.adapters.dbt.programmatic import COLUMNS_FOLLOW, invoke

pytestmark = pytest.mark.engine

FINISHED = {
    "data": {
        "node_info": {
            "unique_id": "model.shop.a",
            "resource_type": "model",
            "materialized": "table",
            "node_relation": {"relation_name": "dev.a", "schema": "dev", "alias": "a"},
        },
        "run_result": {"status": "success"},
    }
}


class Warehouse:
    """An adapter of dbt's whose answers take *seconds*, and whose busy connections do not close."""

    def __init__(self, seconds: float) -> None:
        self.connections = self
        self.lock = threading.RLock()
        self.thread_connections: dict[int, str] = {}
        self.asked = threading.Event()
        self.busy = False
        self._seconds = seconds

    def type(self) -> str:
        return "duckdb"

    def get_thread_identifier(self) -> int:
        return threading.get_ident()

    @contextmanager
    def connection_named(self, name: str) -> Iterator[None]:
        self.thread_connections[threading.get_ident()] = name
        yield

    def add_query(self, _sql: str, *, auto_begin: bool) -> tuple[None, "Warehouse"]:
        assert not auto_begin
        self.busy = True
        self.asked.set()
        time.sleep(self._seconds)
        self.busy = False
        return None, self

    def fetchall(self) -> list[tuple[str, str]]:
        return [("id", "INTEGER")]

    def rollback_if_open(self) -> None:
        """There is nothing to roll back."""

    def cleanup_all(self) -> None:
        if self.thread_connections and self.busy:
            raise RuntimeError("connection is busy with another call")


@contextmanager
def asking(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Columns]]:
    """Let a describer ask *warehouse* for the columns of one table; yield what it tells."""
    monkeypatch.setattr(FACTORY, "adapters", {"duckdb": warehouse})
    told: dict[str, Columns] = {}
    describer = Describer(told.__setitem__)
    describer.start()
    finished: dict[str, Any] = FINISHED
    made = describer.made_by(finished)
    assert made is not None
    describer.ask(made)
    assert warehouse.asked.wait(5)
    yield told
    assert describer.close()


def test_dbt_closes_its_connections_when_the_question_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warehouse = Warehouse(0.1)

    with asking(warehouse, monkeypatch) as told:
        warehouse.connections.cleanup_all()

        assert told == {"model.shop.a": {"id": "INTEGER"}}


def test_dbt_does_not_wait_for_a_slow_warehouse_and_leaves_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warehouse = Warehouse(3)

    with asking(warehouse, monkeypatch):
        began = time.monotonic()
        warehouse.connections.cleanup_all()

        assert time.monotonic() - began < 2
        assert warehouse.busy


def test_columns_are_told_after_the_end_of_their_node_however_late_that_is_heard(
    tmp_path: Path,
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1 as id", encoding="utf-8")
    (tmp_path / "dbt_project.yml").write_text("{name: shop, profile: shop}", encoding="utf-8")
    output = {"type": "duckdb", "path": str(tmp_path / "shop.duckdb")}
    profiles = {"shop": {"target": "dev", "outputs": {"dev": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles), encoding="utf-8")
    heard: list[str] = []

    def report(raw: dict[str, Any]) -> None:
        if "columns" in raw:
            heard.append(f"columns {raw['columns']}")
        elif raw["info"]["name"] == "NodeFinished":
            time.sleep(0.3)
            heard.append(f"finished, columns follow: {raw['data'][COLUMNS_FOLLOW]}")

    words = ["run", "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)]
    code, message = invoke(words, report, own_process=False, describe=True)

    assert (code, message) == (0, "")
    assert heard == ["finished, columns follow: True", "columns {'id': 'INTEGER'}"]
