"""Datasets in the words of the design documents."""

import pytest

from floe.adapters.openlineage.datasets import LineageDatasetBuilder
from floe.domain.model.errors import ArtifactError
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.lineage import LineageDataset
from floe.domain.model.pipeline import Governance
from tests.fakes import node
from tests.unit.adapters.openlineage.emitting import NAMES

BUILDER = LineageDatasetBuilder(NAMES)
META = {"floe": {"classification": "pii", "pii_type": "email", "sensitivity": "high"}}
MANIFEST_NODE = {
    "unique_id": "model.shop.people",
    "name": "people",
    "resource_type": "model",
    "database": "shop",
    "schema": "main",
    "alias": "persons",
    "config": {"group": "crm", "materialized": "table"},
    "columns": {"email": {"name": "email", "data_type": "text", "meta": META}},
}


def test_a_node_of_a_manifest_becomes_a_dataset() -> None:
    dataset = BUILDER.build_from_dbt_node(MANIFEST_NODE, {})

    assert isinstance(dataset, LineageDataset)
    assert (dataset.namespace, dataset.name) == (NAMES.namespace, "shop.main.persons")
    assert dataset.facets["schema"]["fields"][0]["type"] == "text"


def test_a_value_and_its_node_give_the_same_dataset() -> None:
    value = node("model.shop.people", alias="persons")

    assert BUILDER.build_from_dbt_node(value).name == "shop.main.persons"


def test_the_owner_of_a_group_owns_what_is_in_it() -> None:
    manifest = {"groups": {"group.shop.crm": {"name": "crm", "owner": {"email": "crm@acme.org"}}}}

    owned = BUILDER.build_from_dbt_node(MANIFEST_NODE, manifest)

    assert owned.facets["ownership"]["owners"][0]["name"] == "crm@acme.org"
    assert "ownership" not in BUILDER.build_from_dbt_node(MANIFEST_NODE, {}).facets


def test_a_node_without_a_name_is_refused() -> None:
    with pytest.raises(ArtifactError):
        BUILDER.build_from_dbt_node({"unique_id": "model.shop.x"}, {})


def test_the_classifications_of_the_contract_count() -> None:
    email = ColumnClassification(column_name="phone", classification="pii", pii_type="phone")
    governance = Governance(classifications={"people": (email,)})
    builder = LineageDatasetBuilder(NAMES, governance=governance)

    dataset = builder.build_from_dbt_node(MANIFEST_NODE)

    found = dataset.facets["columnClassifications"]["classifications"]
    assert found.keys() == {"email", "phone"}


def test_the_classification_facet_maps_columns_to_records() -> None:
    columns = [
        ColumnClassification(column_name="card", classification="pci", sensitivity="high"),
        ColumnClassification(column_name="email", classification="pii", pii_type="email"),
    ]

    facet = BUILDER.build_classification_facet(columns)

    assert facet["classifications"] == {
        "card": {"classification": "pci", "sensitivity": "high"},
        "email": {"classification": "pii", "sensitivity": "medium", "pii_type": "email"},
    }
    assert {"_producer", "_schemaURL"} <= facet.keys()


def test_the_classification_facet_can_be_made_from_the_columns_of_a_node() -> None:
    facet = BUILDER.build_classification_facet({"email": {"name": "email", "meta": META}})

    assert facet["classifications"]["email"]["pii_type"] == "email"


def test_without_classified_columns_there_is_no_facet() -> None:
    assert BUILDER.build_classification_facet([]) == {}
