"""The runs above: what other producers write, and what they write wrongly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.parent_context import parent_context
from floe.domain.model.run import RunReference

PARENT = "00000000-0000-4000-8000-000000000001"
ROOT = "00000000-0000-4000-8000-000000000002"


def reference(run_id: str, namespace: str = "airflow", name: str = "dag.task") -> RunReference:
    return RunReference(run_id=run_id, job_namespace=namespace, job_name=name)


def link(run_id: str, name: str = "dag.task") -> dict[str, object]:
    return {"run": {"runId": run_id}, "job": {"namespace": "airflow", "name": name}}


def test_without_variables_nothing_is_above() -> None:
    assert parent_context({}) == (None, None, None)


def test_a_parent_without_a_root_is_the_root() -> None:
    found = parent_context({"OPENLINEAGE_PARENT_ID": f"airflow/dag.task/{PARENT}"})

    assert found == (reference(PARENT), reference(PARENT), None)


def test_a_root_of_its_own_is_kept() -> None:
    found = parent_context(
        {
            "OPENLINEAGE_PARENT_ID": f"airflow/dag.task/{PARENT}",
            "OPENLINEAGE_ROOT_PARENT_ID": f"airflow/dag/{ROOT}",
        }
    )

    assert found.root == reference(ROOT, name="dag")


def test_a_namespace_may_hold_slashes() -> None:
    found = parent_context({"OPENLINEAGE_PARENT_ID": f"https://air.example/x/dag.task/{PARENT}"})

    assert found.parent == reference(PARENT, "https://air.example/x")


def test_a_quoted_job_name_is_read() -> None:
    found = parent_context({"OPENLINEAGE_PARENT_ID": f"airflow/a%2Fb/{PARENT}"})

    assert found.parent == reference(PARENT, name="a/b")


def test_the_context_is_preferred_and_brings_its_root() -> None:
    context = {"parent": {**link(PARENT), "root": link(ROOT, "dag")}}
    found = parent_context(
        {
            "OPENLINEAGE_CONTEXT": json.dumps(context),
            "OPENLINEAGE_PARENT_ID": f"other/job/{ROOT}",
        }
    )

    assert found == (reference(PARENT), reference(ROOT, name="dag"), None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OPENLINEAGE_PARENT_ID", "airflow/dag.task/manual__2024"),
        ("OPENLINEAGE_PARENT_ID", "airflow"),
        ("OPENLINEAGE_PARENT_ID", f"/job/{PARENT}"),
        ("OPENLINEAGE_ROOT_PARENT_ID", "airflow/dag"),
        ("OPENLINEAGE_CONTEXT", "{"),
        ("OPENLINEAGE_CONTEXT", "[]"),
        ("OPENLINEAGE_CONTEXT", '{"parent": null}'),
        ("OPENLINEAGE_CONTEXT", '{"parent": {"run": {"runId": "x"}, "job": {}}}'),
    ],
)
def test_what_is_malformed_is_ignored_with_one_warning(name: str, text: str) -> None:
    found = parent_context({name: text})

    assert (found.parent, found.root) == (None, None)
    assert found.warning == f"ignored, because malformed: {name}"


def test_everything_malformed_is_one_warning() -> None:
    found = parent_context({"OPENLINEAGE_CONTEXT": "{", "OPENLINEAGE_PARENT_ID": "x"})

    assert found.warning == (
        "ignored, because malformed: OPENLINEAGE_CONTEXT, OPENLINEAGE_PARENT_ID"
    )


def test_a_malformed_context_does_not_hide_a_good_parent() -> None:
    found = parent_context(
        {"OPENLINEAGE_CONTEXT": "{", "OPENLINEAGE_PARENT_ID": f"airflow/dag.task/{PARENT}"}
    )

    assert found.parent == reference(PARENT)


@given(
    st.dictionaries(
        st.sampled_from(
            ["OPENLINEAGE_CONTEXT", "OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"]
        ),
        st.text(max_size=80) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps),
    )
)
def test_no_environment_is_an_error(environ: dict[str, str]) -> None:
    found = parent_context(environ)

    assert found.parent is None or found.warning is None
