"""Turn what stands in a document into what may stand in a profile, field by field."""

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping

from floe.adapters.profiles import template
from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.reference import EXPOSED, read_reference
from floe.adapters.profiles.table import Field, Kind
from floe.adapters.profiles.variables import SCRUBBED, VariableNames
from floe.domain.model.env_var import EnvVar
from floe.domain.model.literal_credentials import is_credential_key
from floe.domain.model.profile import ProfileValue

FREE = Field("", Kind.FREE)
SECRET = Field("", secret=True)
_NO_PRINT = ("Cc", "Cs", "Zl", "Zp")


class ValueReader:
    """Read values of one target; what is wrong goes to *findings*.

    *refused* are key paths that were found wrong before. With *fill* a record's missing members
    become references to their variables.
    """

    def __init__(
        self,
        findings: Findings,
        names: VariableNames,
        *,
        refused: Collection[str] = (),
        fill: bool = True,
    ) -> None:
        self._findings = findings
        self._names = names
        self._refused = frozenset(refused)
        self._fill = fill
        self._readers: dict[Kind, Callable[[object, Field, str], ProfileValue]] = {
            Kind.TEXT: self._text,
            Kind.INTEGER: self._integer,
            Kind.NUMBER: self._number,
            Kind.BOOLEAN: self._boolean,
            Kind.TEXTS: self._texts,
            Kind.TEXT_MAPPING: self._text_mapping,
            Kind.FREE: self._free,
            Kind.RECORD: self._record,
            Kind.RECORDS: self._records,
        }

    def read(self, value: object, field: Field, path: str) -> ProfileValue:
        """Return *value* as *field* holds it, or None after a problem was noted."""
        if isinstance(value, EnvVar):
            return value
        if path in self._refused:
            return None
        if isinstance(value, str) and template.has_template(value):
            found = read_reference(value, field)
            if isinstance(found, EnvVar):
                return found
            return self._wrong(path, found.what, found.fix)
        if field.secret and not field.members:
            return self._literal_secret(value, field, path)
        return self._readers[field.kind](value, field, path)

    def _literal_secret(self, value: object, field: Field, path: str) -> ProfileValue:
        if field.empty and value == "":
            return ""
        example = "{{ env_var('" + self._names.of(field) + "') }}"
        return self._wrong(path, "must be a reference", f"leave it out or write {example}")

    def _text(self, value: object, field: Field, path: str) -> ProfileValue:
        if not isinstance(value, str):
            return self._wrong(path, "must be text", "put it in quotes")
        if any(unicodedata.category(character) in _NO_PRINT for character in value):
            return self._wrong(path, "holds a line break or another character that does not print")
        if SCRUBBED in value:
            return self._wrong(path, f"holds the text {SCRUBBED}, which dbt makes nothing of")
        if field.choices and value not in field.choices:
            return self._wrong(path, f"must be one of {', '.join(field.choices)}")
        if field.pattern and not re.fullmatch(field.pattern, value):
            return self._wrong(path, f"must match {field.pattern}")
        return value

    def _integer(self, value: object, field: Field, path: str) -> ProfileValue:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return self._wrong(path, "must be an integer")
        if field.minimum is not None and value < field.minimum:
            return self._wrong(path, f"must be at least {field.minimum}")
        if field.maximum is not None and value > field.maximum:
            return self._wrong(path, f"must be at most {field.maximum}")
        return value

    def _number(self, value: object, _field: Field, path: str) -> ProfileValue:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._wrong(path, "must be a number")
        if not math.isfinite(value):
            return self._wrong(path, "must be a finite number")
        return value

    def _boolean(self, value: object, _field: Field, path: str) -> ProfileValue:
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            return self._wrong(path, "must be true or false")
        return value

    def _texts(self, value: object, field: Field, path: str) -> ProfileValue:
        if not isinstance(value, list | tuple):
            return self._wrong(path, "must be a list of texts")
        item = Field(field.name, pattern=field.pattern, exposed=field.exposed)
        return [self.read(each, item, f"{path}[{index}]") for index, each in enumerate(value)]

    def _text_mapping(self, value: object, field: Field, path: str) -> ProfileValue:
        if not isinstance(value, Mapping):
            return self._wrong(path, "must be a mapping of texts")
        found: dict[str, ProfileValue] = {}
        for key, each in value.items():
            text = _as_text(each)
            item = Field(str(key), secret=is_credential_key(str(key)), exposed=field.exposed)
            if self._key_is_wrong(key, f"{path}.{key}", field):
                continue
            found[str(key)] = self.read(text, item, f"{path}.{key}")
        return found

    def _free(self, value: object, field: Field, path: str) -> ProfileValue:
        if isinstance(value, Mapping):
            return {
                str(key): self._free_member(str(key), each, field, f"{path}.{key}")
                for key, each in value.items()
                if not self._key_is_wrong(key, f"{path}.{key}", field)
            }
        if isinstance(value, list | tuple):
            return [self.read(each, field, f"{path}[{index}]") for index, each in enumerate(value)]
        if isinstance(value, str):
            return self._text(value, FREE, path)
        if value is None or isinstance(value, bool | int):
            return value
        return self._number(value, field, path)

    def _free_member(self, key: str, value: object, field: Field, path: str) -> ProfileValue:
        if not is_credential_key(key) or not isinstance(value, str) or value == "":
            return self.read(value, field, path)
        if field.exposed:
            return self._wrong(path, EXPOSED, "dbt-duckdb takes credentials under secrets")
        return self.read(value, SECRET, path)

    def _record(self, value: object, field: Field, path: str) -> ProfileValue:
        if field.or_text and isinstance(value, str):
            return self._text(value, field, path)
        if not isinstance(value, Mapping):
            return self._wrong(path, "must be a mapping")
        known = {member.name: member for member in field.members}
        found: dict[str, ProfileValue] = {}
        for key, each in value.items():
            where = f"{path}.{key}"
            if each is None or self._key_is_wrong(key, where, field):
                continue
            if field.closed and key not in known:
                self._findings.problem(where, f"is not one of {', '.join(known)}")
                continue
            found[str(key)] = self._member(str(key), each, known, field, where)
        return self._with_required(found, field, path)

    def _member(
        self, key: str, value: object, known: Mapping[str, Field], field: Field, path: str
    ) -> ProfileValue:
        if key in known:
            return self.read(value, known[key], path)
        return self._free_member(key, value, Field(key, Kind.FREE, exposed=field.exposed), path)

    def _with_required(
        self, found: dict[str, ProfileValue], field: Field, path: str
    ) -> dict[str, ProfileValue]:
        for member in field.members:
            if not member.required or member.name in found:
                continue
            if self._fill and member.variable:
                found[member.name] = self._names.reference(member)
            elif self._fill and member.default is not None:
                found[member.name] = member.default
            else:
                self._findings.problem(f"{path}.{member.name}", "is missing")
        return found

    def _records(self, value: object, field: Field, path: str) -> ProfileValue:
        if not isinstance(value, list | tuple):
            return self._wrong(path, "must be a list")
        return [self._record(each, field, f"{path}[{index}]") for index, each in enumerate(value)]

    def _key_is_wrong(self, key: object, path: str, field: Field) -> bool:
        if not isinstance(key, str) or template.has_template(key) or not key.isprintable():
            # The key itself is template text or worse: the path names its parent only.
            self._wrong(path.rpartition(".")[0], "has a key that is no plain text")
            return True
        if field.pattern and field.kind is not Kind.TEXT and not re.fullmatch(field.pattern, key):
            self._wrong(path, f"has a key that does not match {field.pattern}")
            return True
        return False

    def _wrong(self, path: str, what: str, fix: str = "") -> ProfileValue:
        self._findings.problem(path, what, fix)
        return None


def _as_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
