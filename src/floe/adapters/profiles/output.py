"""Read the properties of one target into the fields of one dbt output."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

from floe.adapters.profiles.completion import Completion
from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.sign_in import METHOD, choose_method
from floe.adapters.profiles.table import Field, Kind, Method, Properties, Table
from floe.adapters.profiles.template import has_template
from floe.adapters.profiles.values import FREE, SECRET, ValueReader
from floe.adapters.profiles.variables import VariableNames, variable_of_ref
from floe.domain.model.env_var import EnvVar
from floe.domain.model.literal_credentials import is_credential_key, literal_credentials
from floe.domain.model.pipeline import CredentialMode, Credentials
from floe.domain.model.profile import ProfileValue

_THREADS = Field("threads", Kind.INTEGER, minimum=1, maximum=64)
_STATIC = Credentials()


class ReadOutput(NamedTuple):
    """The *fields* of an output in the table's order, without type and threads."""

    fields: dict[str, ProfileValue]
    method: str
    threads: int | None
    warnings: tuple[str, ...]


class OutputReader:
    """Read the properties of one target, once; *root* is where they stand in the document.

    With *fill*, what the target needs and the properties lack becomes a reference to its
    variable or a default. Without, it is missing.
    """

    def __init__(
        self,
        table: Table,
        *,
        root: str,
        credentials: Credentials = _STATIC,
        secret_template: str | None = None,
        fill: bool = True,
    ) -> None:
        self._table = table
        self._credentials = credentials
        self._fill = fill
        self._findings = Findings(table.name, root)
        self._names = VariableNames(table.name, credentials.secret_ref, secret_template)
        self._paths: dict[str, str] = {}

    def read(self, properties: Mapping[str, object]) -> ReadOutput:
        """Return what *properties* say.

        Raises:
            ProfileError: Every problem at once, by key path.
        """
        findings = self._findings
        given = self._given(properties)
        threads = given.pop("threads", None)
        method = choose_method(self._table, given, self._credentials.mode, findings)
        findings.method = method.name if method else None
        refused = self._refuse_literals(properties)
        values = ValueReader(findings, self._names, refused=refused, fill=self._fill)
        count = values.read(threads, _THREADS, "threads") if threads is not None else None
        if method is None:
            self._give_up(given, values)
        completion = Completion(self._table, method, findings, values if self._fill else None)
        read = self._read_all(self._with_credentials(given, method), values)
        output = completion.complete(read, self._names)
        findings.raise_if_any()
        return ReadOutput(
            fields={name: output[name] for name in self._order(output)},
            method=method.name,
            threads=count if isinstance(count, int) else None,
            warnings=tuple(findings.warnings),
        )

    def _given(self, properties: Mapping[str, object]) -> Properties:
        """Return the properties by their dbt names, without nulls and without a type."""
        present = {key: value for key, value in properties.items() if value is not None}
        if present.pop("type", self._table.name) != self._table.name:
            self._findings.warn("type", "the compute target decides the type")
        given: Properties = {}
        for key, value in self._table.prepare(present, self._findings).items():
            if has_template(key) or not key.isprintable():
                self._findings.problem("", "has a key that is no plain text")
                continue
            field = self._table.by_name.get(key)
            name = field.name if field else key
            if name in given and given[name] != value:
                self._findings.problem(key, f"is given as {self._paths[name]} too, differently")
            given.setdefault(name, value)
            self._paths.setdefault(name, key)
        return given

    def _refuse_literals(self, properties: Mapping[str, object]) -> list[str]:
        found = list(
            literal_credentials(
                properties,
                secret_paths=self._table.secret_paths,
                harmless_paths=self._table.harmless,
            )
        )
        fix = "name the environment variable that holds it: {{ env_var('NAME') }}"
        for each in found:
            self._findings.problem(each.path, each.reason, fix)
        return [each.path for each in found]

    def _give_up(self, given: Properties, values: ValueReader) -> NoReturn:
        """Without a method nothing is required; what is there can still be wrong."""
        self._read_all(given, values)
        raise self._findings.error

    def _with_credentials(self, given: Properties, method: Method) -> Properties:
        """Add what the contract's credentials say and the properties do not."""
        said = self._credentials
        if said.role_arn is not None:
            self._findings.warn("", f"{self._table.package} takes no role_arn: it is not written")
        if said.mode is not CredentialMode.OAUTH2 or said.mode not in method.modes:
            return given
        values = {
            "client_id": said.client_id or _variable(said.client_id_ref, secret=False),
            "client_secret": _variable(said.client_secret_ref, secret=True),
            "scope": said.scope.split() if said.scope else None,
        }
        filled = {
            field: values[member]
            for field, member in self._table.credentials.items()
            if values[member] is not None
        }
        return filled | given

    def _read_all(self, given: Properties, values: ValueReader) -> dict[str, ProfileValue]:
        output: dict[str, ProfileValue] = {}
        for name, value in given.items():
            if name == METHOD != self._table.selector:
                continue
            field = self._table.by_name.get(name) or self._unknown(name, value)
            output[name] = values.read(value, field, self._paths.get(name, name))
        return output

    def _unknown(self, name: str, value: object) -> Field:
        close = get_close_matches(name, self._table.by_name, n=1)
        what = f"is not a field of {self._table.package}, written as it is"
        if close:
            self._findings.suspect(name, f"{what}; did you mean {close[0]}?")
        else:
            self._findings.warn(name, what)
        return SECRET if isinstance(value, str) and is_credential_key(name) else FREE

    def _order(self, output: Mapping[str, ProfileValue]) -> list[str]:
        known = [field.name for field in self._table.fields if field.name in output]
        return known + sorted(output.keys() - set(known))


def _variable(ref: str | None, *, secret: bool) -> EnvVar | None:
    """Return the variable of a reference that names a single value: the name itself."""
    return EnvVar(name=variable_of_ref(ref), secret=secret) if ref else None
