"""Classifications: whose word counts, and how far they travel."""

from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.classification_flow import declared, inherited
from floe.domain.model.column_lineage import (
    ColumnOrigin,
    Influence,
    OutputColumn,
    RelationLineage,
    Transformation,
)
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.pipeline import ClassificationSource, Governance
from tests.fakes import graph, node

EMAIL = ColumnClassification(
    column_name="email", classification="pii", pii_type="email", sensitivity="high"
)
PUBLIC = ColumnClassification(column_name="email", classification="public", sensitivity="low")
CITY = ColumnClassification(column_name="city", classification="internal", sensitivity="low")
META = {"email": {"meta": {"floe": {"classification": "public", "sensitivity": "low"}}}}


def column(name: str, *ways: Transformation, made_from: str = "email") -> RelationLineage:
    origins = (ColumnOrigin(unique_id="people", column=made_from, transformations=ways),)
    return RelationLineage(columns=(OutputColumn(name=name, origins=origins),))


def way(influence: Influence, *, masking: bool = False) -> Transformation:
    return Transformation(influence=influence, masking=masking)


def classified_of(_: str) -> dict[str, ColumnClassification]:
    return {"email": EMAIL, "city": CITY}


def test_a_copied_column_is_what_its_origin_is() -> None:
    found = inherited(column("Contact", way(Influence.IDENTITY)), classified_of)

    assert found == {"contact": EMAIL.model_copy(update={"column_name": "Contact"})}


def test_the_spelling_of_the_origin_does_not_matter() -> None:
    found = inherited(column("c", way(Influence.IDENTITY), made_from="EMAIL"), classified_of)

    assert "c" in found


def test_a_masked_column_is_free() -> None:
    masked = column("digest", way(Influence.TRANSFORMATION, masking=True))

    assert inherited(masked, classified_of) == {}


def test_a_column_that_is_only_a_reason_passes_nothing_on() -> None:
    for influence in Influence:
        if not influence.is_direct:
            assert inherited(column("c", way(influence)), classified_of) == {}


def test_one_way_that_is_not_masked_is_enough() -> None:
    ways = (way(Influence.TRANSFORMATION, masking=True), way(Influence.IDENTITY))

    assert "both" in inherited(column("both", *ways), classified_of)


def test_of_several_origins_the_most_sensitive_counts() -> None:
    origins = tuple(
        ColumnOrigin(
            unique_id="people", column=name, transformations=(way(Influence.TRANSFORMATION),)
        )
        for name in ("city", "email")
    )
    lineage = RelationLineage(columns=(OutputColumn(name="both", origins=origins),))

    assert inherited(lineage, classified_of)["both"].pii_type == "email"


def test_the_manifest_wins_where_dbt_is_the_source() -> None:
    governance = Governance(classifications={"people": (EMAIL,)})

    found = declared(node("model.shop.people", columns=META), governance, None)

    assert found["email"].classification == "public"


def test_the_contract_wins_where_the_source_is_external() -> None:
    governance = Governance(
        classification_source=ClassificationSource.EXTERNAL,
        classifications={"people": (EMAIL,)},
    )

    found = declared(node("model.shop.people", columns=META), governance, None)

    assert found["email"] == EMAIL


def test_what_only_one_of_them_classifies_counts_either_way() -> None:
    for source in ClassificationSource:
        governance = Governance(classification_source=source, classifications={"people": (CITY,)})
        found = declared(node("model.shop.people", columns=META), governance, None)
        assert found.keys() == {"email", "city"}


def test_the_contract_means_the_model_of_the_root_project() -> None:
    own = node("model.shop.people", package_name="shop")
    other = node("model.vendor.people", package_name="vendor")
    governance = Governance(classifications={"people": (EMAIL,)})

    assert declared(own, governance, graph(own, other)).keys() == {"email"}
    assert declared(other, governance, graph(own, other)) == {}
    assert declared(other, governance, graph(other)).keys() == {"email"}


def test_the_contract_does_not_classify_tests_or_sources() -> None:
    governance = Governance(classifications={"people": (EMAIL,)})

    assert declared(node("test.shop.people"), governance, None) == {}
    assert declared(node("source.shop.people"), governance, None) == {}


@given(
    st.lists(
        st.builds(Transformation, influence=st.sampled_from(Influence), masking=st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_a_column_inherits_exactly_when_a_value_gets_through(ways: list[Transformation]) -> None:
    found = inherited(column("c", *ways), classified_of)

    assert bool(found) is any(item.influence.is_direct and not item.masking for item in ways)
