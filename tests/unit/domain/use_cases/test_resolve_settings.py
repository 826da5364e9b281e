"""Settings come from layers, and each one knows which layer decided it."""

from pathlib import Path

import pytest

from floe.domain.model.errors import ConfigurationError
from floe.domain.model.settings import File, LineageHttp, Plugin, Settings
from floe.domain.use_cases.resolve_settings import (
    Layer,
    environment_layer,
    mistyped_variables,
    resolve_settings,
)


def test_without_layers_everything_is_off_and_by_default() -> None:
    resolved = resolve_settings([])

    assert resolved.settings == Settings()
    assert set(resolved.origins.values()) == {"default"}


def test_a_later_layer_wins_key_by_key() -> None:
    first = Layer("artifact", {"lineage": {"kind": "http", "url": "http://a/"}})
    second = Layer("environment", {"lineage": {"timeout_s": "9"}})

    resolved = resolve_settings([first, second])

    assert resolved.settings.lineage == LineageHttp(url="http://a/", timeout_s=9)
    assert resolved.origins["lineage.url"] == "artifact"
    assert resolved.origins["lineage.timeout_s"] == "environment"


def test_lineage_can_be_required_in_its_own_section_whatever_its_kind() -> None:
    chosen = Layer("project", {"lineage": {"kind": "file", "path": "x.jsonl", "required": True}})
    alone = environment_layer({"FLOE_LINEAGE__REQUIRED": "true"})

    resolved = resolve_settings([chosen])

    assert resolved.settings.lineage == File(path=Path("x.jsonl"))
    assert resolved.settings.lineage_required
    assert resolved.origins["lineage_required"] == "project"
    assert resolve_settings([alone]).settings == Settings(lineage_required=True)


def test_another_kind_replaces_the_whole_section() -> None:
    first = Layer("artifact", {"lineage": {"kind": "http", "url": "http://a/", "timeout_s": 9}})
    second = Layer("project", {"lineage": {"kind": "file", "path": "x.jsonl"}})

    resolved = resolve_settings([first, second])

    assert resolved.settings.lineage == File(path=Path("x.jsonl"))
    assert "lineage.url" not in resolved.origins


def test_an_unknown_kind_is_left_to_installed_packages() -> None:
    layer = Layer("project", {"tracing": {"kind": "acme", "options": {"a": 1}}})

    assert resolve_settings([layer]).settings.tracing == Plugin(kind="acme", options={"a": 1})


def test_every_wrong_setting_is_named_with_its_layer_and_without_its_value() -> None:
    layer = Layer(
        "floe.settings.yaml",
        {"lineage": {"kind": "http", "url": 5, "hunter22": 1}, "flush_timeout_s": "hunter23"},
    )

    with pytest.raises(ConfigurationError) as caught:
        resolve_settings([layer])

    assert {problem.where for problem in caught.value.problems} == {"floe.settings.yaml"}
    named = [problem.what.split(":")[0] for problem in caught.value.problems]
    assert named == ["lineage.url", "there is no setting lineage.hunter22", "flush_timeout_s"]
    assert "hunter23" not in str(caught.value)


def test_the_environment_names_nested_settings_with_two_underscores() -> None:
    layer = environment_layer(
        {"FLOE_LINEAGE__KIND": "file", "FLOE_LINEAGE__PATH": "x", "FLOE_HOME": "other", "PATH": "y"}
    )

    assert layer.values == {"lineage": {"kind": "file", "path": "x"}}


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        ({"lineag": {}}, "did you mean lineage? allowed here: capture_sql, "),
        ({"nonsense": 1}, "allowed here: capture_sql, "),
        (
            {"lineage": {"kind": "file", "path": "x", "paths": "x"}},
            "did you mean path? allowed here: kind, path",
        ),
        ({"lineage": {"kind": "acme", "option": 1}}, "did you mean options? allowed here: kind, "),
        (
            {"lineage": {"kind": "htttp", "url": "x"}},
            "did you mean the kind http? of a kind from a package: kind, options",
        ),
        ({"dbt": {"kind": "child", "idle_s": 1}}, "allowed here: kind"),
        ({"links": {"trase": "x"}}, "did you mean trace? allowed here: lineage, trace"),
    ],
)
def test_a_setting_that_is_none_comes_with_what_may_stand_there(
    values: dict[str, object], fix: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve_settings([Layer("floe.settings.yaml", values)])

    (problem,) = caught.value.problems
    assert problem.fix.startswith(fix)


def test_a_wrong_setting_of_the_environment_is_named_as_the_variable_that_it_is() -> None:
    layer = environment_layer({"FLOE_LINEAGE__KIND": "file", "FLOE_LINEAGE__PTH": "x"})

    with pytest.raises(ConfigurationError) as caught:
        resolve_settings([layer])

    assert "FLOE_LINEAGE__PTH" in {problem.where for problem in caught.value.problems}


def test_a_variable_that_is_almost_a_setting_is_told_and_somebody_elses_is_not() -> None:
    warnings = mistyped_variables(
        {
            "FLOE_ORCHESTATOR": "direct",
            "FLOE_LINAGE__KIND": "file",
            "FLOE_HOME": "x",
            "FLOE_ARTIFACTS": "x",
            "FLOE_STATE_DIR": "x",
            "ORCHESTATOR": "x",
        }
    )

    assert warnings == (
        "FLOE_LINAGE__KIND names no setting; did you mean FLOE_LINEAGE__KIND?",
        "FLOE_ORCHESTATOR names no setting; did you mean FLOE_ORCHESTRATOR?",
    )
