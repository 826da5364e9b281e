"""Names as Dagster takes them, from names as dbt projects write them.

Pure functions. A name that Dagster takes already comes out as it went in.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_GROUP = re.compile(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*")
_CHECK = re.compile(r"[A-Za-z0-9_.]+")
_KEY_PART = re.compile(r"[A-Za-z0-9_.\-]+")
_RESERVED_TAG_PREFIX = "dagster/"
_DIGEST_LENGTH = 8
MAPPINGS = (dict, Mapping)
"""Nearly all are of the first kind, which Python sees at once."""


def key_part(text: str) -> str:
    """Return *text* as one part of an asset key.

    Dagster makes an identifier of ASCII letters, digits and underscores from every key. A part
    that cannot become one is reduced to ASCII and told apart by a digest of the original.
    """
    if _KEY_PART.fullmatch(text):
        return text
    plain = re.sub(r"[^A-Za-z0-9_.\-]+", "_", _ascii(text)).strip("_") or "asset"
    return f"{plain}_{sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]}"


def check_name(text: str) -> str:
    """Return *text* as the name of an asset check: an identifier, but for full stops."""
    return text if _CHECK.fullmatch(text) else key_part(text).replace("-", "_")


def tag_key(text: str) -> str | None:
    """Return *text* as the key of a Dagster tag, or None where nothing of it can be one."""
    if _TAG_KEY.fullmatch(text) and not text.startswith(_RESERVED_TAG_PREFIX):
        return text
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", _ascii(text.strip())).strip("_")
    return plain[:63] or None


def group_name(text: str) -> str | None:
    """Return *text* as the name of an asset group, or None where nothing of it can be one."""
    if _GROUP.fullmatch(text):
        return text
    return re.sub(r"[^A-Za-z0-9_]+", "_", _ascii(text)).strip("_") or None


def owner(text: str) -> str | None:
    """Return *text* as an owner: an e-mail address, or a team for any other text."""
    text = text.strip()
    if _EMAIL.fullmatch(text):
        return text
    team = text.removeprefix("team:").strip()
    return f"team:{team}" if team else None


def owners_of(props: Mapping[str, Any]) -> list[str]:
    """Return who owns the dbt resource *props*, as the project wrote it, first answer first.

    ``meta.dagster.owners``, ``meta.floe.owner``, ``meta.owner``, then the owner of the dbt group,
    which dagster-dbt puts in the place of the group's name.
    """
    meta = mapping(props.get("meta")) or mapping(mapping(props.get("config")).get("meta"))
    group_owner = mapping(mapping(props.get("group")).get("owner"))
    answers = (
        mapping(meta.get("dagster")).get("owners"),
        mapping(meta.get("floe")).get("owner"),
        meta.get("owner"),
        group_owner.get("email") or group_owner.get("name"),
    )
    return next((found for found in map(_texts, answers) if found), [])


def mapping(value: object) -> Mapping[str, Any]:
    """Return *value* when it is a mapping, else an empty one: dbt writes null for both."""
    return value if isinstance(value, MAPPINGS) else {}


def _texts(value: object) -> list[str]:
    items: Iterable[object] = [value] if isinstance(value, str) else ()
    if isinstance(value, list | tuple):
        items = value
    return [item.strip() for item in items if isinstance(item, str) and item.strip()]


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
