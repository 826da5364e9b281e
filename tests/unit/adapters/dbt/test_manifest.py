"""What the JSON reader does beyond its port: laziness, owners, attacks on size and shape."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.dbt.manifest import JsonManifestReader
from floe.domain.model.errors import ArtifactError
from floe.domain.model.manifest import DbtNode
from floe.testing.manifest_reader import MANIFEST

ORDERS = "model.shop.orders"


def written(directory: Path, **changes: Any) -> Path:
    path = directory / "manifest.json"
    path.write_text(json.dumps(MANIFEST | changes))
    return path


def orders(**changes: Any) -> dict[str, Any]:
    return {ORDERS: MANIFEST["nodes"][ORDERS] | changes}


def test_the_owner_of_the_group_owns_a_node_that_names_nobody(tmp_path: Path) -> None:
    node = JsonManifestReader().read(written(tmp_path)).nodes[ORDERS]

    assert node.owner == "Sales"


def test_the_owner_that_a_node_names_goes_before_that_of_its_group(tmp_path: Path) -> None:
    path = written(tmp_path, nodes=orders(meta={"owner": "Ada"}))

    assert JsonManifestReader().read(path).nodes[ORDERS].owner == "Ada"


@pytest.mark.parametrize("email", ["ada@example.com", ["ada@example.com", "b@example.com"]])
def test_a_group_without_a_name_for_its_owner_has_an_address(tmp_path: Path, email: object) -> None:
    path = written(tmp_path, groups={"g": {"name": "sales", "owner": {"email": email}}})

    assert JsonManifestReader().read(path).nodes[ORDERS].owner == "ada@example.com"


def test_an_unchanged_file_gives_the_same_graph(tmp_path: Path) -> None:
    reader, path = JsonManifestReader(), written(tmp_path)

    assert reader.read(path) is reader.read(path)


def test_graph_and_document_come_from_one_reading(tmp_path: Path) -> None:
    reader, path = JsonManifestReader(), written(tmp_path)

    exposures = reader.read(path).exposures

    assert reader.document(path)["exposures"] is exposures


def test_a_document_has_what_stands_in_the_file_but_what_no_graph_has(tmp_path: Path) -> None:
    path = written(tmp_path, macros={"macro.shop.m": {}}, docs={"doc.shop.d": {}})

    document = JsonManifestReader().document(path)

    assert document == {name: part for name, part in MANIFEST.items() if name != "disabled"}


def test_the_document_of_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    reader, path = JsonManifestReader(), written(tmp_path)
    reader.document(path)

    written(tmp_path, sources={})

    assert reader.document(path)["sources"] == {}


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    reader, path = JsonManifestReader(), written(tmp_path)
    before, stamp = reader.read(path), path.stat()
    other = tmp_path / "other.json"
    other.write_text(path.read_text().replace('"Sales"', '"Sells"'))
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.rename(path)

    assert reader.read(path).nodes[ORDERS].owner == "Sells"
    assert before.nodes[ORDERS].owner == "Sales"


def test_a_node_is_built_when_asked_for_and_then_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = DbtNode.from_manifest_node

    def counted(node: Any) -> DbtNode:
        built.append(node["unique_id"])
        return build(node)

    monkeypatch.setattr(DbtNode, "from_manifest_node", counted)
    nodes = JsonManifestReader().read(written(tmp_path)).nodes

    assert (len(nodes), ORDERS in nodes, built) == (2, True, [])
    assert nodes[ORDERS] is nodes[ORDERS]
    assert built == [ORDERS]


def test_a_node_of_another_shape_is_an_error_that_names_it(tmp_path: Path) -> None:
    nodes = JsonManifestReader().read(written(tmp_path, nodes=orders(tags=7))).nodes

    with pytest.raises(ArtifactError, match=ORDERS):
        nodes[ORDERS]


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="more than the 10"):
        JsonManifestReader(max_bytes=10).read(written(tmp_path))


def test_a_directory_in_its_place_is_an_error_of_the_artifact(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        JsonManifestReader().read(tmp_path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    member=st.sampled_from([*sorted(DbtNode.model_fields), "depends_on", "alias"]),
    value=json_values,
)
def test_no_node_can_raise_anything_but_an_error_of_the_artifact(
    tmp_path_factory: pytest.TempPathFactory, member: str, value: object
) -> None:
    directory = tmp_path_factory.mktemp("manifest")
    nodes = JsonManifestReader().read(written(directory, nodes=orders(**{member: value}))).nodes

    with contextlib.suppress(ArtifactError):
        assert isinstance(nodes[ORDERS], DbtNode)
