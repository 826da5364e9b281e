"""Say whether this machine has what a target needs: variables, the adapter, a connection."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.errors import EnvironmentNotReadyError, Problem
from floe.domain.model.profile import Profile
from floe.domain.model.value import Value

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_WANTED = {EnvVarType.NUMBER: "a number", EnvVarType.BOOLEAN: "True or False"}


class VariableState(StrEnum):
    """What can be said of a variable without saying what it holds."""

    SET = "set"
    DEFAULTED = "not set, has a default"
    EMPTY = "empty"
    UNSET = "not set"
    MISTYPED = "of the wrong type"


class VariableCheck(Value):
    """A variable that the target refers to; its value is not here."""

    name: str
    secret: bool
    state: VariableState
    expected: str = "text"

    @property
    def problem(self) -> Problem | None:
        """What is wrong with the variable, if anything."""
        if self.state is VariableState.UNSET:
            return Problem("is not set", self.name, f"set the environment variable {self.name}")
        if self.state is VariableState.MISTYPED:
            return Problem(f"does not hold {self.expected}", self.name, "dbt refuses it otherwise")
        return None


class PackageCheck(Value):
    """A distribution that the target needs; *version* is None where it is not installed."""

    name: str
    version: str | None

    @property
    def problem(self) -> Problem | None:
        """That the package is missing, if it is."""
        if self.version is not None:
            return None
        return Problem("is not installed", self.name, f"install {self.name}")


class ConnectionCheck(Value):
    """The outcome of one connection; *problem* is None when it stands."""

    problem: Problem | None = None


class EnvironmentReport(Value):
    """Everything that was looked at for one target of a profile; no connection may be asked for."""

    profile: str
    target: str
    adapter: str
    variables: tuple[VariableCheck, ...]
    packages: tuple[PackageCheck, ...]
    connection: ConnectionCheck | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that stands in the way of a run."""
        checks = (*self.variables, *self.packages, self.connection)
        return tuple(
            check.problem for check in checks if check is not None and check.problem is not None
        )


def check_environment(
    profile: Profile,
    *,
    environ: Mapping[str, str],
    version_of: Callable[[str], str | None],
    target: str | None = None,
    connect: Callable[[], str | None] | None = None,
) -> EnvironmentReport:
    """Return what the *target* of *profile*, its default without one, needs and what there is.

    *environ* is looked at for presence and type only. *version_of* returns the version of a
    distribution or None. *connect* is called only when everything else is there; it returns what
    went wrong or None.

    dbt itself would send an unset password as the text of its reference, and would name one
    missing variable at a time.
    """
    name = target or profile.default_target
    adapter = str(profile.outputs[name]["type"])
    report = EnvironmentReport(
        profile=profile.name,
        target=name,
        adapter=adapter,
        variables=tuple(_look_at(var, environ) for var in profile.env_vars_of(name)),
        packages=tuple(
            PackageCheck(name=package, version=version_of(package))
            for package in ("dbt-core", f"dbt-{adapter}")
        ),
    )
    if connect is None or report.problems:
        return report
    said = connect()
    problem = None if said is None else Problem(f"cannot connect: {said}", f"target {name}")
    return report.model_copy(update={"connection": ConnectionCheck(problem=problem)})


def require_variables(profile: Profile, target: str, *, environ: Mapping[str, str]) -> None:
    """Make sure that every variable that *target* of *profile* needs is set, to what it may hold.

    Raises:
        EnvironmentNotReadyError: Some are not; every one is named, never a value.
    """
    problems = [
        problem
        for var in profile.env_vars_of(target)
        if (problem := _lack(var, environ, f"target {target}")) is not None
    ]
    if problems:
        raise EnvironmentNotReadyError(*problems)


def _lack(var: EnvVar, environ: Mapping[str, str], where: str) -> Problem | None:
    """Return why a run cannot do with *var* as it is; an empty one may as well not be there."""
    if var.default is None and not environ.get(var.name):
        what, fix = f"the environment variable {var.name} is not set", f"export {var.name}=..."
        return Problem(what, where, fix)
    check = _look_at(var, environ)
    if check.state is VariableState.MISTYPED:
        what = f"the environment variable {var.name} does not hold {check.expected}"
        return Problem(what, where, "dbt refuses it otherwise")
    return None


def _look_at(var: EnvVar, environ: Mapping[str, str]) -> VariableCheck:
    expected = _WANTED.get(var.type, "text")
    return VariableCheck(
        name=var.name, secret=var.secret, state=_state(var, environ), expected=expected
    )


def _state(var: EnvVar, environ: Mapping[str, str]) -> VariableState:
    if var.name not in environ:
        return VariableState.UNSET if var.default is None else VariableState.DEFAULTED
    value = environ[var.name]
    if var.type is EnvVarType.NUMBER and not _NUMBER.fullmatch(value):
        return VariableState.MISTYPED
    if var.type is EnvVarType.BOOLEAN and value not in ("True", "False"):
        return VariableState.MISTYPED
    return VariableState.EMPTY if value == "" else VariableState.SET
