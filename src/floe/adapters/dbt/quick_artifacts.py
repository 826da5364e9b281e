"""dbt's artifacts, written by the C part of Python's JSON encoder.

dbt writes ``manifest.json`` twice in a run, by ``json.dump``, which takes the Python part: more
than half of what writing costs. The text is the same. It is made a member at a time, so that the
memory it takes does not grow with the project.

dbt's reference to its own writer (``dbt.artifacts.schemas.base.write_json``) is private. Where it
has moved, dbt works as before.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dbt_common.clients import system
from dbt_common.utils.encoding import JSONEncoder

_LEVELS = 2
"""Down to the nodes of a manifest."""
_encoded = JSONEncoder().encode


def install() -> None:
    """Have dbt write its artifacts with :func:`write`, in this process, from now on."""
    from dbt.artifacts.schemas import base

    if getattr(base, "write_json", None) is system.write_json:
        base.write_json = write


def write(path: str, data: Mapping[str, Any]) -> bool:
    """Write *data* to the file *path*, whose folder is made where it is missing; return True.

    Raises:
        OSError: The file cannot be written.
        TypeError: There is no JSON for a value.
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w", encoding="utf-8") as file:
        file.writelines(pieces(data))
    return True


def pieces(data: object, levels: int = _LEVELS) -> Iterator[str]:
    """Yield the JSON text of *data* as ``json.dump`` writes it, by the members of its objects."""
    if not levels or not isinstance(data, dict) or not _has_plain_names(data):
        yield _encoded(data)
        return
    before = "{"
    for name, value in data.items():
        yield f"{before}{_encoded(name)}: "
        yield from pieces(value, levels - 1)
        before = ", "
    yield "}"


def _has_plain_names(data: dict[Any, Any]) -> bool:
    return bool(data) and all(isinstance(name, str) for name in data)
