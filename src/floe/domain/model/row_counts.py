"""How many rows a relation holds and a run reads, where that is certain: never an estimate."""

import re
from collections.abc import Iterable, Mapping

from floe.domain.model.manifest import DbtNode
from floe.domain.model.node_event import NodeFinished, NodeStatus

_MADE_ANEW = {"table", "seed"}
_READS_AT_ONCE = {"table", "snapshot"}
_HOOKS = ("post-hook", "post_hook")
_MAY_READ_LESS = re.compile(
    r"\b(limit|fetch|top|sample|tablesample|_dbt_limit_subq_\w*|_dbt_et_filter_subq_\w*)\b",
    re.IGNORECASE,
)
"""The last two are the names that dbt gives to what ``--empty`` and ``--sample`` leave."""


def rows_held(node: DbtNode | None, finished: NodeFinished) -> int | None:
    """Return how many rows the relation of *node* holds now; None where that is not certain.

    What was written is all of it only where the relation was made anew, and no hook came after.
    """
    if node is None or finished.status is not NodeStatus.SUCCESS:
        return None
    kind = finished.materialization or node.materialization
    has_hook = any(node.config.get(name) for name in _HOOKS)
    return finished.rows_affected if kind in _MADE_ANEW and not has_hook else None


def rows_read(
    node: DbtNode | None,
    inputs: Iterable[DbtNode],
    held: Mapping[str, int],
    finished: NodeFinished,
) -> dict[str, int]:
    """Return the rows of each of *inputs* that the run of *node* has read whole, by unique id.

    *held* has the rows of relations whose number is certain. A view reads nothing when it is
    made, an incremental model may read a part, and so may a query with a limit; a query that is
    not known may do either.
    """
    if node is None or finished.status is not NodeStatus.SUCCESS or node.language == "python":
        return {}
    code = finished.compiled_code
    if node.materialization not in _READS_AT_ONCE or not code or _MAY_READ_LESS.search(code):
        return {}
    return {item.unique_id: held[item.unique_id] for item in inputs if item.unique_id in held}
