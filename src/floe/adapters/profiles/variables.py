"""How the variables of a target are called."""

import re

from floe.adapters.profiles.table import Field, Kind
from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.errors import ConfigurationError, Problem

SCRUBBED = "DBT_ENV_SECRET"
"""dbt masks variables that begin so in its logs, and lets no filter touch them."""
_PLACEHOLDER = re.compile(r"\{(target|ref|field)\}", re.IGNORECASE)
_LEGAL_TEMPLATE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_TYPES = {
    Kind.INTEGER: EnvVarType.NUMBER,
    Kind.NUMBER: EnvVarType.NUMBER,
    Kind.BOOLEAN: EnvVarType.BOOLEAN,
}


class VariableNames:
    """Name the variables of one target.

    Without a secret reference a field has its table's name (``SNOWFLAKE_PASSWORD``). With the
    reference ``my-creds`` it is ``MY_CREDS_<FIELD>``; a reference that begins with a digit gets
    an underscore in front, since no variable may begin with one. A *template* overrules both:
    ``{target}``, ``{ref}`` (the target, where there is no reference) and ``{field}`` stand for
    their upper case. A template of dbt's own prefix ``DBT_ENV_SECRET`` names secrets only: dbt
    would scrub every mention of a schema from its logs, and cannot make a number of a secret.
    """

    def __init__(self, target: str, ref: str | None = None, template: str | None = None) -> None:
        self._target = target
        self._ref = ref
        self._template = template
        if template is not None:
            _check(template)

    def of(self, field: Field) -> str:
        """Return the name of the variable that holds *field*."""
        if self._template is not None and (field.secret or not self._secrets_only):
            return self._from_template(self._template, field)
        if self._ref:
            return f"{variable_of_ref(self._ref)}_{field.suffix}"
        return field.variable or f"{variable_of_ref(self._target)}_{field.suffix}"

    def reference(self, field: Field) -> EnvVar:
        """Return the reference to the variable that holds *field*, typed as dbt needs it."""
        name = self.of(field)
        if field.secret:
            return EnvVar(name=name, secret=True)
        if field.optional and field.default is None:
            return EnvVar(name=name, type=EnvVarType.NATIVE, default="None")
        default = None if field.default is None else str(field.default)
        return EnvVar(name=name, type=type_of(field), default=default)

    @property
    def _secrets_only(self) -> bool:
        return self._template is not None and self._template.upper().startswith(SCRUBBED)

    def _from_template(self, template: str, field: Field) -> str:
        parts = {"target": self._target, "ref": self._ref or self._target, "field": field.suffix}
        name = _PLACEHOLDER.sub(
            lambda match: _upper(parts[match.group(1).lower()]),
            template,
        )
        return f"_{name}" if name[0].isdigit() else name


def variable_of_ref(ref: str) -> str:
    """Return the variable of the secret *ref*: upper case, hyphens as underscores."""
    name = _upper(ref)
    return f"_{name}" if name[:1].isdigit() else name


def type_of(field: Field) -> EnvVarType:
    """Return the filter that gives the text of a variable the type of *field*."""
    return _TYPES.get(field.kind, EnvVarType.TEXT)


def _upper(text: str) -> str:
    return text.upper().replace("-", "_")


def _check(template: str) -> None:
    if not _LEGAL_TEMPLATE.fullmatch(_PLACEHOLDER.sub("X", template)):
        raise ConfigurationError(
            Problem(
                "a template of variable names takes letters, digits, underscores, {target}, {ref} "
                "and {field}",
                "secret_template",
                "for example DBT_ENV_SECRET_{target}_{field}",
            )
        )
    if "{field}" not in template.lower():
        raise ConfigurationError(
            Problem(
                "a template of variable names needs {field}, or all fields share one variable",
                "secret_template",
                "for example DBT_ENV_SECRET_{target}_{field}",
            )
        )
