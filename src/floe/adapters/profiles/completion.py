"""What a sign-in method asks of an output: fill it in where it may be, and miss the rest."""

from collections.abc import Mapping

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.sign_in import METHOD
from floe.adapters.profiles.table import Field, Kind, Method, Table
from floe.adapters.profiles.values import ValueReader
from floe.adapters.profiles.variables import VariableNames
from floe.domain.model.env_var import EnvVar
from floe.domain.model.profile import ProfileValue


class Completion:
    """Complete an output of *table* for *method*; without *values* nothing is filled in."""

    def __init__(
        self, table: Table, method: Method, findings: Findings, values: ValueReader | None
    ) -> None:
        self._table = table
        self._method = method
        self._findings = findings
        self._values = values
        always = (field.name for field in table.fields if field.required)
        self._needed = {*table.common, *method.requires, *always}

    def complete(
        self, read: Mapping[str, ProfileValue], names: VariableNames
    ) -> dict[str, ProfileValue]:
        """Return *read* with everything that dbt needs; what is wrong goes to the findings."""
        output = self._with_defaults(read)
        for field in self._table.fields:
            if field.name not in output:
                self._fill(output, field, names)
            elif output[field.name] == "" and field.name in self._needed and not field.empty:
                self._findings.problem(field.name, "is empty")
        self._check_groups(output)
        self._check_sign_in(output)
        if not self._findings.problems:
            self._table.check(output, self._findings)
        return output

    def _with_defaults(self, read: Mapping[str, ProfileValue]) -> dict[str, ProfileValue]:
        if self._values is None:
            return dict(read)
        output: dict[str, ProfileValue] = dict(self._method.defaults)
        output.update(read)
        selector, selected = self._table.selector, self._method.selector
        if selector and selected:
            # floe's own name of a method is no word of dbt's.
            output[selector] = selected if selector == METHOD else output.get(selector, selected)
        return output

    def _fill(self, output: dict[str, ProfileValue], field: Field, names: VariableNames) -> None:
        needed = field.name in self._needed
        if self._values is None or not (needed or field.optional):
            if needed:
                self._findings.problem(field.name, "is missing")
        elif field.kind is Kind.RECORD:
            output[field.name] = self._values.read({}, field, field.name)
        elif field.variable and self._comes_from_a_variable(field, output):
            output[field.name] = names.reference(field)
        elif field.default is not None:
            output[field.name] = field.default
        else:
            self._findings.problem(field.name, "is missing")

    def _comes_from_a_variable(self, field: Field, output: Mapping[str, ProfileValue]) -> bool:
        return field.follows is None or isinstance(output.get(field.follows), EnvVar)

    def _check_groups(self, output: Mapping[str, ProfileValue]) -> None:
        one_of = self._method.one_of
        if one_of and not any(name in output for name in one_of):
            self._findings.problem("", f"one of {', '.join(one_of)} is missing")
        for group in self._table.together:
            absent = [name for name in group if name not in output]
            if 0 < len(absent) < len(group):
                self._findings.problem(absent[0], f"is missing beside {_others(group, absent)}")
        for group in self._table.conflicts:
            present = [name for name in group if name in output]
            if len(present) > 1:
                self._findings.problem(present[1], f"cannot stand beside {present[0]}")

    def _check_sign_in(self, output: Mapping[str, ProfileValue]) -> None:
        method = self._method
        used = {*method.requires, *method.accepts, *method.one_of, *method.defaults}
        for name in sorted((self._table.sign_in_fields & output.keys()) - used):
            users = [each.name for each in self._table.methods if _uses(each, name)]
            what = f"is not used by this method, but by {', '.join(users)}"
            if self._table.by_name[name].secret:
                self._findings.problem(name, what, "take it out, or choose another method")
            else:
                self._findings.warn(name, what)


def _uses(method: Method, name: str) -> bool:
    return name in {*method.requires, *method.accepts, *method.one_of}


def _others(group: tuple[str, ...], absent: list[str]) -> str:
    return ", ".join(name for name in group if name not in absent)
