"""A DuckDB file belongs to the project, wherever somebody stands when they run it."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from floe.domain.model.pipeline import Compute
from floe.domain.model.plan import RunPlan

_ELSEWHERE = re.compile(r":memory:|~|[A-Za-z][A-Za-z0-9+.\-]*:|.*\{[{%#]")
"""In memory, in a home folder, at an address such as ``md:`` or ``s3://``, or a reference."""

_LAKE = "ducklake:"


def locate_database(plan: RunPlan) -> RunPlan:
    """Return *plan* with every relative DuckDB path made absolute from the project root.

    dbt-duckdb would take it from the working directory of whoever runs dbt.
    """
    compute = plan.pipeline.compute
    if compute is None or compute.target != "duckdb":
        return plan
    located = compute.model_copy(update={"properties": _located(compute, plan.project_root)})
    pipeline = plan.pipeline.model_copy(update={"compute": located})
    return plan.model_copy(update={"pipeline": pipeline})


def _located(compute: Compute, root: Path) -> Mapping[str, JsonValue]:
    properties = dict(compute.properties)
    if "path" in properties:
        properties["path"] = _absolute(properties["path"], root)
    attached = properties.get("attach")
    if isinstance(attached, list):
        properties["attach"] = [
            {**item, "path": _absolute(item["path"], root)}
            if isinstance(item, dict) and "path" in item
            else item
            for item in attached
        ]
    return properties


def _absolute(path: JsonValue, root: Path) -> JsonValue:
    if not isinstance(path, str):
        return path
    lake, file = (_LAKE, path[len(_LAKE) :]) if path.startswith(_LAKE) else ("", path)
    return path if not file or _ELSEWHERE.match(file) else f"{lake}{root / file}"
