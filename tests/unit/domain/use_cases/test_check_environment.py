import pytest

from floe.domain.model.env_var import EnvVar, EnvVarType
from floe.domain.model.errors import EnvironmentNotReadyError
from floe.domain.model.profile import Profile
from floe.domain.use_cases.check_environment import (
    EnvironmentReport,
    VariableState,
    check_environment,
    require_variables,
)

CANARY = "canary-7Qx"
VERSIONS = {"dbt-core": "1.11.0", "dbt-postgres": "1.11.0"}


def _check(environ: dict[str, str], **changes: EnvVar) -> EnvironmentReport:
    fields = {"type": "postgres", "password": EnvVar(name="PW", secret=True)} | changes
    profile = Profile(name="shop", default_target="dev", outputs={"dev": fields, "prod": {}})
    return check_environment(profile, environ=environ, version_of=VERSIONS.get)


@pytest.mark.parametrize(
    ("var", "value", "state"),
    [
        (EnvVar(name="V"), CANARY, VariableState.SET),
        (EnvVar(name="V"), "", VariableState.EMPTY),
        (EnvVar(name="V"), None, VariableState.UNSET),
        (EnvVar(name="V", default="x"), None, VariableState.DEFAULTED),
        (EnvVar(name="V", type=EnvVarType.NUMBER), "5432", VariableState.SET),
        (EnvVar(name="V", type=EnvVarType.NUMBER), "-0.5e3", VariableState.SET),
        (EnvVar(name="V", type=EnvVarType.NUMBER), "54x2", VariableState.MISTYPED),
        (EnvVar(name="V", type=EnvVarType.NUMBER), "", VariableState.MISTYPED),
        (EnvVar(name="V", type=EnvVarType.BOOLEAN), "True", VariableState.SET),
        (EnvVar(name="V", type=EnvVarType.BOOLEAN), "true", VariableState.MISTYPED),
    ],
)
def test_a_variable_is_looked_at_and_not_told(
    var: EnvVar, value: str | None, state: VariableState
) -> None:
    environ = {"PW": CANARY} | ({} if value is None else {"V": value})

    report = _check(environ, host=var)

    assert {each.name: each.state for each in report.variables} == {
        "PW": VariableState.SET,
        "V": state,
    }
    assert CANARY not in repr(report)


def test_everything_that_is_missing_is_told_at_once() -> None:
    port = EnvVar(name="PORT", type=EnvVarType.NUMBER)
    profile = Profile(
        name="shop",
        default_target="dev",
        outputs={"dev": {"type": "snowflake", "password": EnvVar(name="PW"), "port": port}},
    )

    report = check_environment(profile, environ={"PORT": "x"}, version_of=VERSIONS.get)

    assert [f"{problem.where} {problem.what}" for problem in report.problems] == [
        "PORT does not hold a number",
        "PW is not set",
        "dbt-snowflake is not installed",
    ]


def test_what_is_there_is_ready() -> None:
    report = _check({"PW": CANARY})

    assert report.problems == ()
    assert [(each.name, each.version) for each in report.packages] == list(VERSIONS.items())
    assert report.connection is None


def test_only_the_target_that_is_asked_for_counts() -> None:
    profile = Profile(
        name="shop",
        default_target="dev",
        outputs={"dev": {"type": "postgres"}, "prod": {"type": "spark", "h": EnvVar(name="H")}},
    )

    report = check_environment(
        profile, environ={}, version_of=VERSIONS.get, target="prod", connect=_never
    )

    assert (report.target, report.adapter) == ("prod", "spark")
    assert [each.name for each in report.variables] == ["H"]


def _never() -> str | None:
    raise AssertionError("a connection was tried though something is missing")


@pytest.mark.parametrize(("said", "problems"), [(None, 0), ("refused", 1)])
def test_a_connection_is_tried_when_asked_for(said: str | None, problems: int) -> None:
    profile = Profile(name="shop", default_target="dev", outputs={"dev": {"type": "postgres"}})

    report = check_environment(profile, environ={}, version_of=VERSIONS.get, connect=lambda: said)

    assert report.connection is not None
    assert len(report.problems) == problems


def test_a_run_wants_every_variable_set_to_what_it_may_hold() -> None:
    port = EnvVar(name="PORT", type=EnvVarType.NUMBER)
    fields = {"password": EnvVar(name="PW"), "user": EnvVar(name="USER_OF"), "port": port}
    optional = {"role": EnvVar(name="ROLE", default="x")}
    profile = Profile(name="s", default_target="dev", outputs={"dev": fields | optional})

    with pytest.raises(EnvironmentNotReadyError) as refused:
        require_variables(profile, "dev", environ={"PW": "", "PORT": CANARY})

    assert {problem.what for problem in refused.value.problems} == {
        "the environment variable PW is not set",
        "the environment variable USER_OF is not set",
        "the environment variable PORT does not hold a number",
    }
    assert CANARY not in str(refused.value)
    require_variables(profile, "dev", environ={"PW": "p", "USER_OF": "u", "PORT": "5432"})
