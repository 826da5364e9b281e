"""What a target's table says: its fields, its sign-in methods, and how they hang together."""

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum, auto
from functools import cached_property

from floe.adapters.profiles.findings import Findings
from floe.domain.model.pipeline import CredentialMode

Scalar = str | int | float | bool

SQL_NAME = r"(?!.*--)[\w$][\w$-]*"
"""What may reach SQL unquoted: letters, digits, ``_``, ``$`` and single hyphens."""


class Kind(StrEnum):
    """The type that the adapter's ``Credentials`` class gives a field."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    TEXTS = auto()
    """A list of texts."""
    TEXT_MAPPING = auto()
    """Text → text."""
    FREE = auto()
    """A nest of anything; nobody knows its keys."""
    RECORD = auto()
    """A mapping with known members."""
    RECORDS = auto()
    """A list of records; each may also be a single text where *or_text* says so."""


@dataclass(frozen=True)
class Field:
    """One key of a dbt output.

    *variable* is the default name of the variable that holds it; *label* names it after a secret
    reference. *default* is what dbt takes when it is absent. *optional* offers the variable
    without asking for it. A field that *follows* another comes from the environment only where
    that one does, and is the default elsewhere. *exposed* marks what dbt prints or hands to
    models. *closed* records refuse unknown members, as the adapter does. *pattern* must match a
    literal as a whole.
    """

    name: str
    kind: Kind = Kind.TEXT
    _: KW_ONLY
    aliases: tuple[str, ...] = ()
    variable: str | None = None
    label: str = ""
    default: Scalar | None = None
    optional: bool = False
    follows: str | None = None
    secret: bool = False
    exposed: bool = False
    empty: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    members: tuple["Field", ...] = ()
    closed: bool = False
    or_text: bool = False

    @property
    def suffix(self) -> str:
        """What follows the secret's name in a variable, in upper case."""
        return self.label or self.name.upper()


@dataclass(frozen=True)
class Method:
    """One way to sign in.

    *selector* is what the table's selector field says in the profile; *answers* is a pattern of
    the values that mean this method too. *hints* are fields whose presence picks it, *when*
    fields whose value (a pattern) does; a *fallback* is picked where nothing speaks. *requires*
    must stand in the profile, *one_of* at least one of; *accepts* are sign-in fields that may.
    *defaults* are written when absent.
    """

    name: str
    _: KW_ONLY
    selector: str | None = None
    answers: str | None = None
    requires: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    fallback: bool = False
    when: Mapping[str, str] = field(default_factory=dict)
    modes: tuple[CredentialMode, ...] = ()
    defaults: Mapping[str, Scalar] = field(default_factory=dict)

    def answers_to(self, value: object) -> bool:
        """Return whether *value* in the selector field means this method."""
        pattern = self.answers or re.escape(self.selector or self.name)
        return isinstance(value, str) and bool(re.fullmatch(pattern, value, re.IGNORECASE))

    def is_hinted_by(self, given: Mapping[str, object]) -> bool:
        """Return whether the properties *given* speak for this method."""
        if any(name in given for name in self.hints):
            return True
        return any(
            isinstance(given.get(name), str) and bool(re.fullmatch(pattern, str(given[name])))
            for name, pattern in self.when.items()
        )


Properties = dict[str, object]
Output = Mapping[str, object]


def unchanged(properties: Properties, _findings: Findings) -> Properties:
    """Return *properties* as they are."""
    return properties


def accepted(_output: Output, _findings: Findings) -> None:
    """Find nothing wrong."""


@dataclass(frozen=True)
class Table:
    """Everything that floe knows of one target.

    *package* is the distribution of dbt's adapter. *common* fields stand in every profile.
    *selector* is the field that picks the method; where dbt has none, the property ``method``
    does and is not written. The first method is the default. *credentials* maps a field to the
    member of the contract's credentials that fills it. Of *together* all or none are given, of
    *conflicts* at most one. *prepare* rewrites properties that have another form in the
    contract, *check* looks at what a table cannot say.
    """

    name: str
    package: str
    fields: tuple[Field, ...]
    methods: tuple[Method, ...]
    common: tuple[str, ...] = ()
    selector: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()
    harmless: frozenset[str] = frozenset()
    prepare: Callable[[Properties, Findings], Properties] = unchanged
    check: Callable[[Output, Findings], None] = accepted

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by name and by alias."""
        return {name: each for each in self.fields for name in (each.name, *each.aliases)}

    @property
    def secret_paths(self) -> frozenset[str]:
        """The key paths, without indexes, under which only a reference may stand."""
        return frozenset(_secret_paths(self.fields, ""))

    @property
    def sign_in_fields(self) -> frozenset[str]:
        """Every field that some methods ask for or accept, the selector aside."""
        named = {
            name
            for method in self.methods
            for name in (*method.requires, *method.accepts, *method.one_of)
        }
        return frozenset(named - {*self.common, self.selector})


def _secret_paths(fields: tuple[Field, ...], prefix: str) -> list[str]:
    paths: list[str] = []
    for each in fields:
        for name in (each.name, *each.aliases):
            if each.secret:
                paths.append(prefix + name)
            paths.extend(_secret_paths(each.members, f"{prefix}{name}."))
    return paths
