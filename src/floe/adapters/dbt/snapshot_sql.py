"""The query of a snapshot, which dbt compiles as any other and writes nowhere.

It stands whole in the statement that dbt sends to make the snapshot, between words that the macros
of every adapter have (dbt-adapters, ``snapshots/helpers.sql``).
"""

import re

_PLACES = (
    re.compile(
        r"\bwith\s+snapshot_query\s+as\s*\((.*?)\),\s*snapshotted_data\s+as\s*\(", re.DOTALL
    ),
    re.compile(r"\bfrom\s*\((.*)\)\s*sbq\b", re.DOTALL),
)


def snapshot_query(statement: str) -> str | None:
    """Return the query whose rows *statement* keeps in a snapshot, None where it keeps none."""
    found = (place.search(statement) for place in _PLACES)
    return next((match[1].strip() for match in found if match is not None), None)
