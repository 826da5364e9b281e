"""A value that lives in the environment: the only way in which floe writes a secret down."""

import re
from enum import StrEnum
from typing import Self

from pydantic import field_validator, model_validator

from floe.domain.model.value import Value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class EnvVarType(StrEnum):
    """What dbt makes of the text in the variable; each value is dbt's own filter or none."""

    TEXT = ""
    NUMBER = "as_number"
    BOOLEAN = "as_bool"
    NATIVE = "as_native"
    """A Python literal: with the default ``None`` an unset variable leaves the field absent."""


class EnvVar(Value):
    """The name of an environment variable, never its content.

    A secret has no default and no filter: dbt shows a filter only a placeholder in place of a
    ``DBT_ENV_SECRET_`` variable, and a default would be the secret itself in plain text.
    """

    name: str
    type: EnvVarType = EnvVarType.TEXT
    default: str | int | bool | None = None
    secret: bool = False

    @field_validator("name")
    @classmethod
    def _name_is_a_variable(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            msg = "must be a variable name: ASCII letters, digits and underscores"
            raise ValueError(msg)
        return name

    @field_validator("default")
    @classmethod
    def _default_is_inert(cls, default: str | int | bool | None) -> str | int | bool | None:  # noqa: FBT001
        if isinstance(default, str) and any(mark in default for mark in ("{", "}", "'", "\\")):
            msg = "a default takes no braces, quotes or backslashes"
            raise ValueError(msg)
        return default

    @model_validator(mode="after")
    def _a_secret_stands_alone(self) -> Self:
        if self.secret and (self.default is not None or self.type is not EnvVarType.TEXT):
            msg = "a secret variable takes neither a default nor a filter"
            raise ValueError(msg)
        return self

    @property
    def reference(self) -> str:
        """The Jinja expression that dbt renders, for example ``{{ env_var('PGHOST') }}``."""
        default = "" if self.default is None else f", '{self.default}'"
        filter_ = f" | {self.type}" if self.type else ""
        return f"{{{{ env_var('{self.name}'{default}){filter_} }}}}"
