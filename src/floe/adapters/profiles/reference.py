"""Turn the one template text that a document may hold into a reference of the field's type."""

import re
from typing import NamedTuple

from floe.adapters.profiles.table import Field, Kind
from floe.adapters.profiles.template import ReferenceText, parse
from floe.adapters.profiles.variables import SCRUBBED, type_of
from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.literal_credentials import looks_like_credential
from floe.domain.model.redaction import is_secret_name


class Refusal(NamedTuple):
    """Why a text is no reference that the field can hold, and what to do about it."""

    what: str
    fix: str = ""


def read_reference(text: str, field: Field) -> EnvVar | Refusal:
    """Return the reference that *text* is, typed for *field*, or why it cannot stand there."""
    parsed = parse(text)
    if parsed is None:
        return Refusal(
            "holds template text",
            "the only template that is allowed is one call: {{ env_var('NAME') }}",
        )
    if parsed.filter == "int":
        fix = "write | as_number: int turns text that is no number into 0"
        return Refusal("uses the filter int", fix)
    if field.kind not in _A:
        return Refusal("is a structure, which no variable can hold")
    if field.secret or parsed.name.startswith(SCRUBBED):
        return _why_no_secret(parsed, field) or EnvVar(name=parsed.name, secret=True)
    if field.exposed and is_secret_name(parsed.name):
        return Refusal(EXPOSED, "dbt-duckdb takes credentials under secrets")
    return _typed(parsed, field)


EXPOSED = "is shown by dbt debug and to every model, so it takes no secret"


def _why_no_secret(parsed: ReferenceText, field: Field) -> Refusal | None:
    if parsed.default is not None or parsed.filter not in (None, "as_text"):
        return Refusal("gives a secret variable a default or a filter", "name the variable only")
    if type_of(field):
        fix = f"use a variable whose name does not begin with {SCRUBBED}"
        return Refusal("is no text, so dbt cannot read it from a secret", fix)
    if field.exposed and not (field.secret and parsed.name.startswith(SCRUBBED)):
        fix = f"use a variable whose name begins with {SCRUBBED}" if field.secret else ""
        return Refusal(EXPOSED, fix)
    return None


def _typed(parsed: ReferenceText, field: Field) -> EnvVar | Refusal:
    asked = _FILTERS[parsed.filter]
    type_ = type_of(field)
    if field.kind is Kind.FREE or (asked is EnvVarType.NATIVE and not type_):
        type_ = asked or EnvVarType.TEXT
    elif asked not in (None, EnvVarType.NATIVE, type_):
        return Refusal(f"must be {_A[field.kind]}, not what {parsed.filter} makes")
    default = parsed.default
    if default is None:
        return EnvVar(name=parsed.name, type=type_)
    if looks_like_credential(default) or SCRUBBED in default:
        return Refusal("has a default that looks like a credential")
    default = default.title() if type_ is EnvVarType.BOOLEAN else default
    if not re.fullmatch(_DEFAULTS.get(type_, r"[^\r\n]*"), default):
        return Refusal(f"has a default that is not {_A[field.kind]}")
    return EnvVar(name=parsed.name, type=type_, default=default)


_FILTERS = {
    None: None,
    "as_number": EnvVarType.NUMBER,
    "as_bool": EnvVarType.BOOLEAN,
    "as_native": EnvVarType.NATIVE,
    "as_text": EnvVarType.TEXT,
}
_DEFAULTS = {
    EnvVarType.NUMBER: r"-?[0-9]+(?:\.[0-9]+)?",
    EnvVarType.BOOLEAN: "True|False",
}
_A = {
    Kind.TEXT: "text",
    Kind.INTEGER: "an integer",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.FREE: "of that type",
}
