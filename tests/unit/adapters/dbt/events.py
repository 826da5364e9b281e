"""dbt's structured events, with the members that the mapping looks at."""

from typing import Any

CUSTOMERS = "model.shop.customers"
NOON = "2026-01-02T12:00:00.000000Z"


def event(name: str, *, level: str = "info", text: str = "", **data: Any) -> dict[str, Any]:
    info = {
        "name": name,
        "level": level,
        "msg": text,
        "ts": NOON,
        "thread": "Thread-1 (worker)",
        "invocation_id": "i",
    }
    return {"info": info, "data": data}


def node(unique_id: str = CUSTOMERS, **changes: Any) -> dict[str, Any]:
    fields = {
        "unique_id": unique_id,
        "resource_type": unique_id.split(".", maxsplit=1)[0],
        "node_name": unique_id.split(".")[2],
        "node_path": "customers.sql",
        "materialized": "table",
        "node_status": "success",
        "node_started_at": "2026-01-02T12:00:00.100000",
        "node_finished_at": "2026-01-02T12:00:00.300001",
        "node_relation": {"relation_name": '"shop"."main"."customers"'},
    }
    return fields | changes


def account(unique_id: str = CUSTOMERS, **changes: Any) -> dict[str, Any]:
    """The end of a node as machines are told it (``NodeFinished``)."""
    about = changes.pop("node", node(unique_id))
    result = {
        "status": "success",
        "message": "OK",
        "execution_time": 0.2,
        "num_failures": 0,
        "thread": "Thread-1 (worker)",
        "adapter_response": {},
    }
    return event("NodeFinished", level="debug", node_info=about, run_result=result | changes)


def line(name: str = "LogModelResult", unique_id: str = CUSTOMERS, **data: Any) -> dict[str, Any]:
    """The end of a node as people are told it."""
    return event(name, text="1 of 1 OK", node_info=node(unique_id), **data)
