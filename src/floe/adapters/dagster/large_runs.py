"""Keep what Dagster does for each of the assets of a large step small.

For every output that a step yields, Dagster asks which assets the step is about, and works the
answer out anew from all outputs, for each of them from all keys: 5,000 models would take hours.
The answers never change while a definition or a step lives, so they are remembered here. And for
every asset that another one of the step reads, or that a check is about, it asks its storage for
the materialization that the step has just made, one at a time; here it asks for all that the step
has made meanwhile. There is no public switch. Where Dagster's own code has moved, nothing is
changed, and a test says so.
"""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from dagster import AssetsDefinition

_FETCH = "_fetch_input_asset_version_info"
_REMEMBERED = "_floe_output_asset_keys"


def remember_keys() -> bool:
    """Make Dagster remember both answers; return whether its code is as it is known to be.

    A second call changes nothing.
    """
    from dagster._core.execution.context.system import StepExecutionContext

    method = vars(StepExecutionContext).get("get_output_asset_keys")
    keys = vars(AssetsDefinition).get("asset_and_check_keys")
    if isinstance(keys, cached_property) and hasattr(method, "__wrapped__"):
        return True
    if not isinstance(keys, property) or keys.fget is None or not callable(method):
        return False
    remembered = cached_property(keys.fget)
    remembered.__set_name__(AssetsDefinition, "asset_and_check_keys")
    setattr(AssetsDefinition, "asset_and_check_keys", remembered)  # noqa: B010 - mypy refuses it
    setattr(StepExecutionContext, "get_output_asset_keys", _once(method))  # noqa: B010 - likewise
    return True


def _once(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(method)
    def remembered(step: Any) -> Any:  # noqa: ANN401 - Dagster's own types, passed through
        kept = vars(step)
        if _REMEMBERED not in kept:
            kept[_REMEMBERED] = method(step)
        return kept[_REMEMBERED]

    return remembered


def fetch_together() -> bool:
    """Make Dagster ask for the records of a step's own assets together; return as the other."""
    from dagster._core.execution.context.data_version_cache import DataVersionCache

    fetch = vars(DataVersionCache).get(_FETCH)
    if not callable(fetch):
        return False
    if not hasattr(fetch, "__wrapped__"):
        setattr(DataVersionCache, _FETCH, _with_what_was_made(fetch))
    return True


def _with_what_was_made(fetch: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @wraps(fetch)
    def together(cache: Any, keys: Any) -> None:  # noqa: ANN401 - Dagster's own types
        known = cache.input_asset_version_info
        made = (key for key in cache.values if key not in known)
        fetch(cache, list(dict.fromkeys([*keys, *made])))

    return together
