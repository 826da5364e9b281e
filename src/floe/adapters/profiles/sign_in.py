"""Which way of signing in a document means."""

from collections.abc import Mapping, Sequence

from floe.adapters.profiles.findings import Findings
from floe.adapters.profiles.table import Method, Table
from floe.domain.model.pipeline import CredentialMode

METHOD = "method"


def choose_method(
    table: Table, given: Mapping[str, object], mode: CredentialMode, findings: Findings
) -> Method | None:
    """Return the method that the properties *given* and the credentials' *mode* mean.

    What the properties name wins: ``method`` by floe's name, or the adapter's own selector.
    Among what is left, the mode decides, then a property that only one method uses, then the
    order of the table. None after a problem was noted.
    """
    named = _named(table, given, findings)
    if named is None:
        return None
    if mode is not CredentialMode.STATIC:
        supporting = [method for method in named if mode in method.modes]
        if supporting:
            return _by_hint(supporting, given)
        if len(named) == len(table.methods):
            fix = "name the method in the properties"
            findings.problem("", f"has no counterpart of the credentials mode {mode}", fix)
            return None
        findings.warn("", f"the properties overrule the credentials mode {mode}")
    return _by_hint(named, given)


def _named(
    table: Table, given: Mapping[str, object], findings: Findings
) -> Sequence[Method] | None:
    methods: Sequence[Method] = table.methods
    for field in dict.fromkeys((METHOD, table.selector or METHOD)):
        if field not in given:
            continue
        methods = [each for each in methods if _means(each, given[field], field, table)]
        if not methods:
            known = _selectors(table) if field == table.selector != METHOD else _names(table)
            findings.problem(field, f"must be one of {', '.join(known)}, as plain text")
            return None
    return methods


def _means(method: Method, value: object, field: str, table: Table) -> bool:
    by_name = field == METHOD and value == method.name
    return by_name or (field == table.selector and method.answers_to(value))


def _by_hint(methods: Sequence[Method], given: Mapping[str, object]) -> Method:
    for method in methods:
        if method.is_hinted_by(given):
            return method
    silent = [each for each in methods if not each.hints and not each.when]
    return [*(each for each in methods if each.fallback), *silent, *methods][0]


def _names(table: Table) -> list[str]:
    return list(
        dict.fromkeys(
            name
            for method in table.methods
            for name in (method.name, method.selector)
            if name and (name == method.name or table.selector == METHOD)
        )
    )


def _selectors(table: Table) -> list[str]:
    return list(
        dict.fromkeys(
            method.selector or method.answers or ""
            for method in table.methods
            if method.selector or method.answers
        )
    )
