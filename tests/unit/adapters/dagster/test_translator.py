"""Whatever stands in a project's metadata, its definitions load and say what it said."""

from typing import Any

import pytest
from dagster import AssetKey, AssetSpec, AutomationCondition, DailyPartitionsDefinition
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject
from hypothesis import given, settings
from hypothesis import strategies as st

from floe.adapters.dagster import names
from floe.adapters.dagster.manifest import Manifest, Props, tidy_manifest
from floe.adapters.dagster.selection import DbtSelection
from floe.adapters.dagster.specs import project_specs
from floe.adapters.dagster.translator import FloeTranslator
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.identity import node_job_name
from floe.domain.model.settings import Links
from tests.unit.adapters.dagster.projects import check_of, manifest_of, model, source

ORDERS = "model.shop.orders"


def asset(props: Props, translator: FloeTranslator | None = None, **parts: Any) -> AssetSpec:
    """Return the asset of *props* by the manifest as it is, untidied."""
    manifest = manifest_of(props, **parts)
    return (translator or FloeTranslator()).get_asset_spec(manifest, props["unique_id"], None)


def columns_of(spec: AssetSpec) -> dict[str, Any]:
    return {column.name: column for column in spec.metadata["dagster/column_schema"].columns}


@pytest.mark.parametrize(
    ("meta", "owners"),
    [
        ({"floe": {"owner": "data@example.org"}}, ["data@example.org"]),
        ({"floe": {"owner": "Sales Analytics"}}, ["team:Sales Analytics"]),
        ({"floe": {"owner": "team:sales"}}, ["team:sales"]),
        ({"floe": {"owner": ["a@example.org", "Ops"]}}, ["a@example.org", "team:Ops"]),
        ({"floe": None, "owner": "Zoë"}, ["team:Zoë"]),
        ({"floe": {"owner": None}}, []),
        ({"floe": {"owner": 7}}, []),
        ({"floe": "not a mapping"}, []),
        ({"dagster": {"owners": ["plain text"]}, "floe": {"owner": "b"}}, ["team:plain text"]),
        ({"dagster": None, "floe": None}, []),
    ],
)
def test_an_owner_of_any_kind_becomes_one_that_dagster_takes(
    meta: dict[str, Any], owners: list[str]
) -> None:
    assert list(asset(model("orders", meta=meta)).owners) == owners


def test_the_owner_stands_in_the_metadata_as_it_was_written() -> None:
    spec = asset(model("orders", meta={"floe": {"owner": "Sales Analytics"}}))

    assert spec.metadata["floe/owner"] == "Sales Analytics"


def test_the_owner_of_a_dbt_group_need_not_be_an_email_address() -> None:
    group = {"name": "raw data", "owner": {"name": "Platform", "email": "the platform team"}}
    props = model("orders", group="raw data", config={"group": "raw data", "enabled": True})

    spec = asset(props, groups={"group.shop.raw": group})

    assert list(spec.owners) == ["team:the platform team"]
    assert spec.group_name == "raw_data"


def test_a_tag_that_is_no_tag_in_dagster_is_written_with_underscores_and_kept_as_it_was() -> None:
    spec = asset(model("orders", tags=["nightly", "team orders", "a/b/c", "größe", "日本"]))

    assert {"nightly", "team_orders", "a_b_c", "groe"} <= spec.tags.keys()
    assert spec.metadata["floe/tags"] == "nightly, team orders, a/b/c, größe, 日本"


def test_a_tag_cannot_claim_a_name_that_dagster_keeps_for_itself() -> None:
    spec = asset(model("orders", tags=["dagster/priority"]))

    assert "dagster_priority" in spec.tags
    assert "dagster/priority" not in spec.tags


def test_a_schema_with_a_hyphen_is_part_of_the_key_as_it_is() -> None:
    spec = asset(model("orders", config={"schema": "my-marts", "enabled": True}))

    assert spec.key == AssetKey(["my-marts", "orders"])


def test_names_beyond_ascii_become_keys_that_differ() -> None:
    specs = [asset(model(name)) for name in ("größe", "grösse", "大きさ", "サイズ")]

    identifiers = {spec.key.to_python_identifier() for spec in specs}
    assert len(identifiers) == 4
    assert all(identifier.isascii() for identifier in identifiers)
    assert specs[0].metadata["floe/name"] == "größe"


def test_classifications_of_any_type_are_text_on_the_column() -> None:
    columns = {
        "email": {"data_type": "varchar", "meta": {"floe": {"classification": "pii"}}},
        "age": {"meta": {"floe": {"classification": 3, "sensitivity": None, "pii_type": 7}}},
        "id": {"config": {"meta": {"floe": {"classification": "key"}}}, "tags": ["a b"]},
        "note": {"meta": {"floe": None}, "data_type": None},
        "none": None,
    }

    spec = asset(model("orders", columns=columns))

    found = columns_of(spec)
    assert found["email"].type == "varchar"
    assert found["email"].tags == {"floe/classification": "pii"}
    assert found["age"].tags == {"floe/classification": "3", "floe/pii_type": "7"}
    assert found["id"].tags == {"a_b": "", "floe/classification": "key"}
    assert found["none"].type == "?"
    assert spec.metadata["floe/classifications"].value["email"] == {"classification": "pii"}


def test_the_contracts_classifications_win_over_the_projects() -> None:
    said = ColumnClassification(column_name="email", classification="confidential")
    columns = {"email": {"meta": {"floe": {"classification": "public"}}}}

    spec = asset(
        model("orders", columns=columns), FloeTranslator(classifications={"orders": [said]})
    )

    assert columns_of(spec)["email"].tags["floe/classification"] == "confidential"


def test_constraints_of_columns_are_dagsters() -> None:
    columns = {
        "id": {"constraints": [{"type": "primary_key"}]},
        "name": {"constraints": [{"type": "not_null"}]},
        "note": {"constraints": [{"type": "check"}]},
    }

    found = columns_of(asset(model("orders", columns=columns)))

    assert (found["id"].constraints.nullable, found["id"].constraints.unique) == (False, True)
    assert (found["name"].constraints.nullable, found["name"].constraints.unique) == (False, False)
    assert found["note"].constraints.nullable


def test_nulls_where_dbt_has_mappings_do_no_harm() -> None:
    props = model("orders", meta=None, columns=None, raw_code=None, tags=None)

    assert asset(props).key == AssetKey("orders")


def test_a_link_is_on_the_asset_when_no_run_is_needed_for_it() -> None:
    links = Links(
        lineage="https://lineage.example.org/{job_namespace}/{job_name}",
        trace="https://traces.example.org/{trace_id}",
    )

    spec = asset(model("orders"), FloeTranslator(links=links, namespace="my shop"))

    address = f"https://lineage.example.org/my%20shop/{node_job_name(ORDERS)}"
    assert spec.metadata["floe/lineage"].value == address
    assert "floe/trace" not in spec.metadata


@pytest.mark.parametrize("template", ["javascript:alert('{job_name}')", "{job_name}", "http://"])
def test_a_link_that_does_not_lead_to_the_web_is_left_out(template: str) -> None:
    spec = asset(model("orders"), FloeTranslator(links=Links(lineage=template)))

    assert "floe/lineage" not in spec.metadata


def test_code_is_referred_to_where_the_project_is_known(tmp_path: Any) -> None:
    spec = asset(model("orders"), FloeTranslator(project_root=tmp_path))

    (reference,) = spec.metadata["dagster/code_references"].code_references
    assert reference.file_path == str(tmp_path / "models" / "orders.sql")


def test_automation_and_partitions_come_from_meta() -> None:
    said = {
        "automation_condition": "eager",
        "partitions": {"type": "daily", "start": "2026-01-01"},
    }

    spec = asset(model("orders", meta={"dagster": said}))

    assert spec.automation_condition == AutomationCondition.eager()
    assert spec.partitions_def == DailyPartitionsDefinition("2026-01-01")


class OldStyle(DagsterDbtTranslator):
    """A translator that overrides single hooks."""

    def get_asset_key(self, dbt_resource_props: Props) -> AssetKey:
        return super().get_asset_key(dbt_resource_props).with_prefix("mine")

    def get_group_name(self, dbt_resource_props: Props) -> str | None:  # noqa: ARG002
        return "my group"


class NewStyle(DagsterDbtTranslator):
    """A translator that overrides the one modern hook, and has a state of its own."""

    def __init__(self, prefix: str) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=False))
        self.prefix = prefix

    def get_asset_spec(
        self, manifest: Manifest, unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(key=spec.key.with_prefix(self.prefix))


def test_single_hooks_of_a_users_translator_are_asked_and_made_safe() -> None:
    spec = asset(model("orders", meta={"floe": {"owner": "Ops"}}), FloeTranslator(OldStyle()))

    assert spec.key == AssetKey(["mine", "orders"])
    assert spec.group_name == "my_group"
    assert list(spec.owners) == ["team:Ops"]


def test_a_users_translation_of_whole_assets_holds_for_dependencies_too() -> None:
    manifest = manifest_of(model("raw"), model("orders", "model.shop.raw"))

    spec = FloeTranslator(NewStyle("theirs")).get_asset_spec(manifest, ORDERS, None)

    assert spec.key == AssetKey(["theirs", "orders"])
    assert [dep.asset_key for dep in spec.deps] == [AssetKey(["theirs", "raw"])]


def test_a_users_translator_keeps_its_type_and_its_settings() -> None:
    composed = FloeTranslator(NewStyle("theirs"))

    assert isinstance(composed, NewStyle)
    assert isinstance(composed, FloeTranslator)
    assert not composed.settings.enable_asset_checks


def test_a_translator_derived_from_floes_is_taken_as_it_is() -> None:
    class Derived(FloeTranslator):
        def get_group_name(self, dbt_resource_props: Props) -> str | None:  # noqa: ARG002
            return "derived"

    spec = asset(model("orders"), FloeTranslator(Derived()))

    assert spec.group_name == "derived"


def test_the_check_of_a_test_has_dbts_description_and_severity() -> None:
    props = check_of("not_null_orders_id", ORDERS, attached=ORDERS, description="Ids are there.")
    props["config"]["severity"] = "warn"
    manifest = manifest_of(model("orders"), props)

    (check,) = project_specs(tidy_manifest(manifest), FloeTranslator(), DbtSelection()).checks

    assert check.description == "Ids are there."
    assert not check.blocking
    assert check.metadata["floe/severity"] == "warn"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["floe", "owner", "owners", "dagster", "group", "classification"])
            | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
named = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and "." not in text)


@given(
    name=named,
    schema=st.none() | named,
    tags=st.lists(st.text(max_size=70), max_size=4),
    floe=anything,
    column=anything,
    owner=st.none() | st.text(max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_no_metadata_whatever_stops_definitions_from_loading(  # noqa: PLR0917 - by name
    name: str, schema: str | None, tags: list[str], floe: Any, column: Any, owner: str | None
) -> None:
    props = model(
        name,
        "source.shop.web.visits",
        tags=tags,
        meta={"floe": floe, "owner": owner},
        columns={"id": column if isinstance(column, dict) else {"meta": {"floe": column}}},
        config={"schema": schema, "enabled": True, "materialized": "view"},
    )
    manifest = tidy_manifest(manifest_of(props, source("visits")))

    (spec,) = project_specs(manifest, FloeTranslator(), DbtSelection()).assets

    assert spec.key.to_python_identifier().isascii()


@given(st.text(max_size=80))
def test_a_name_that_dagster_takes_comes_out_as_it_went_in(text: str) -> None:
    for safe in (names.key_part(text), names.tag_key(text), names.group_name(text)):
        if safe is not None:
            assert safe.isascii()
    assert names.key_part(names.key_part(text)) == names.key_part(text)
