"""The shape that every domain value has: frozen, and closed to unknown fields."""

import re
from datetime import UTC, datetime
from threading import RLock
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

_IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,100}")


_BUILDING = RLock()


class BuiltWhenUsed(BaseModel):
    """A model whose validator is made with its first instance: a run needs a part of them all."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:  # noqa: ANN401 - pydantic's own
        """Do what pydantic does, which by itself is not safe where two threads come first."""
        with _BUILDING:
            return super().model_rebuild(**options)


class Value(BuiltWhenUsed):
    """Something that is equal when its content is equal, and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def identifier(text: str) -> str:
    """Return *text* when it is 1 to 100 ASCII letters, digits or underscores.

    Raises:
        ValueError: It is anything else; the whole string is matched, a trailing newline too.
    """
    if not _IDENTIFIER.fullmatch(text):
        msg = "must be 1 to 100 ASCII letters, digits or underscores"
        raise ValueError(msg)
    return text


def utc_now() -> datetime:
    """Return the present moment as an aware UTC time."""
    return datetime.now(UTC)


Identifier = Annotated[str, AfterValidator(identifier)]
"""A profile or target name: 1 to 100 ASCII letters, digits or underscores."""

UtcDatetime = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""A moment that knows its offset, kept in UTC; a naive time is refused."""
