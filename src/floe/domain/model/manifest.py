"""What dbt knows of a project: its nodes and how they depend on each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Self, TypeVar

from pydantic import ConfigDict, Field, JsonValue, SkipValidation

from floe.domain.model.errors import ArtifactError, Problem
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.value import Value

_Item = TypeVar("_Item")
TESTS = frozenset({"test", "unit_test"})
DATASETS = frozenset({"model", "seed", "snapshot", "source"})
"""Resource types whose nodes stand for something in the warehouse."""
_SEMANTIC = frozenset({"metric", "semantic_model", "saved_query"})
_SAID_OF_AN_EXPOSURE = ("label", "type", "maturity", "url")


class ColumnMetadata(Value):
    """A column as the project documents it; *floe_meta* is what stands under ``meta.floe``."""

    name: str
    data_type: str | None = None
    description: str | None = None
    floe_meta: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = Field(default_factory=dict)


class DbtModelMetadata(Value):
    """A model in the words of the design documents; the field ``schema`` is *schema_name*."""

    model_config = ConfigDict(validate_by_name=True)

    unique_id: str
    name: str
    alias: str
    database: str
    schema_name: str = Field(alias="schema")
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    owner: str | None = None
    depends_on: list[str] = Field(default_factory=list)
    columns: dict[str, ColumnMetadata] = Field(default_factory=dict)
    materialization: str = "view"

    @classmethod
    def from_manifest_node(cls, node: Mapping[str, Any]) -> Self:
        """Return the model that *node* (manifest schema v12) describes.

        Absent and null members take their defaults: dbt writes both.

        Raises:
            ArtifactError: *node* has no ``unique_id`` or no ``name``.
        """
        return cls(**_model_fields(node))


class DbtNode(DbtModelMetadata):
    """Any node, source or test of a manifest, with what execution and lineage need of it.

    *config* and *meta* are dbt's own, as they are. *owner* is ``meta.floe.owner``,
    then ``meta.owner``, then the owner of an exposure or of the group. *compiled_file* is where
    dbt writes what it compiles, in the folder that it has for the package. *exposed* is what only
    an exposure has: its label, type, maturity and address.
    """

    resource_type: str
    package_name: str = ""
    fqn: tuple[str, ...] = ()
    identifier: str | None = None
    relation_name: str | None = None
    group: str | None = None
    access: str | None = None
    version: str | None = None
    path: str | None = None
    patch_path: str | None = None
    language: str | None = None
    raw_code: str | None = None
    compiled_code: str | None = None
    compiled_file: str | None = None
    checksum: str | None = None
    source_name: str | None = None
    attached_node: str | None = None
    column_name: str | None = None
    test_name: str | None = None
    test_arguments: dict[str, JsonValue] = Field(default_factory=dict)
    severity: str | None = None
    meta: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    exposed: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def from_manifest_node(cls, node: Mapping[str, Any]) -> Self:
        """Return the node that *node* (manifest schema v12) describes.

        Raises:
            ArtifactError: *node* has no ``unique_id`` or no ``name``.
        """
        config = node.get("config") or {}
        meta = _meta(node)
        test = node.get("test_metadata") or {}
        checksum = node.get("checksum")
        version = node.get("version")
        return cls(
            **_model_fields(node),
            resource_type=node.get("resource_type") or node["unique_id"].split(".")[0],
            package_name=node.get("package_name") or "",
            fqn=tuple(node.get("fqn") or ()),
            identifier=node.get("identifier"),
            relation_name=node.get("relation_name"),
            group=config.get("group") or node.get("group"),
            access=node.get("access"),
            version=None if version is None else str(version),
            path=node.get("original_file_path"),
            patch_path=node.get("patch_path"),
            language=node.get("language"),
            raw_code=node.get("raw_code"),
            compiled_code=node.get("compiled_code"),
            compiled_file=_compiled_file(node),
            checksum=checksum.get("checksum") if isinstance(checksum, Mapping) else checksum,
            source_name=node.get("source_name"),
            attached_node=node.get("attached_node"),
            column_name=node.get("column_name"),
            test_name=test.get("name"),
            test_arguments=dict(test.get("kwargs") or {}),
            severity=str(config["severity"]).lower() if config.get("severity") else None,
            meta=meta,
            config=dict(config),
            exposed=_exposed(node) if node.get("resource_type") == "exposure" else {},
        )

    @property
    def is_ephemeral(self) -> bool:
        """Whether the node lives only inside the SQL of others."""
        return self.resource_type == "model" and self.materialization == "ephemeral"

    @property
    def is_test(self) -> bool:
        """Whether the node checks others and makes nothing."""
        return self.resource_type in TESTS

    @property
    def is_dataset(self) -> bool:
        """Whether the node stands for a relation in the warehouse."""
        return self.resource_type in DATASETS and not self.is_ephemeral

    @property
    def relation(self) -> tuple[str, ...]:
        """The parts of the relation's name that are known: database, schema, identifier."""
        own = self.identifier or self.alias
        return tuple(part for part in (self.database, self.schema_name, own) if part)

    @property
    def classifications(self) -> tuple[ColumnClassification, ...]:
        """The classified columns, from ``meta.floe`` of each column, in the project's order."""
        found = (_classification(column) for column in self.columns.values())
        return tuple(item for item in found if item is not None)


class ProjectGraph(Value):
    """All nodes of a project by unique id, and how they feed each other.

    *nodes* maps unique id → node and holds sources and tests too; it may read lazily. So does
    *consumers*, with what reads relations without being built: exposures and saved queries, and
    the metrics and semantic models between.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    project_name: str
    adapter_type: str
    dbt_version: str = ""
    project_root: str = ""
    nodes: SkipValidation[Mapping[str, DbtNode]]
    consumers: SkipValidation[Mapping[str, DbtNode]] = Field(default_factory=dict)
    exposures: SkipValidation[Mapping[str, Mapping[str, Any]]] = Field(default_factory=dict)

    def node(self, unique_id: str) -> DbtNode | None:
        """Return the node *unique_id*, or None where the project has none (a hook, say)."""
        return self.nodes.get(unique_id)

    def any_node(self, unique_id: str) -> DbtNode | None:
        """Return the node or the consumer *unique_id*, or None where the project has neither."""
        return self.nodes.get(unique_id) or self.consumers.get(unique_id)

    def inputs_of(self, unique_id: str) -> tuple[DbtNode, ...]:
        """Return the relations that *unique_id* reads, once each, in the order dbt gives.

        An ephemeral parent exists nowhere, nor does a metric: the relations that it reads stand
        in its place. A source that is the same relation as another input, a seed say, is that
        other one.
        """
        found: dict[tuple[str, ...], DbtNode] = {}
        for node in self._read_by(unique_id, set()):
            relation = node.relation
            known = found.get(relation)
            if known is None or known.resource_type == "source":
                found[relation] = node
        return tuple(found.values())

    def tested_by(self, unique_id: str) -> tuple[DbtNode, ...]:
        """Return what the test *unique_id* is about.

        A generic test is about the node it is attached to, not about all that it reads.
        """
        test = self.nodes.get(unique_id)
        if test is None:
            return ()
        attached = self.nodes.get(test.attached_node) if test.attached_node else None
        if attached is not None and attached.is_dataset:
            return (attached,)
        return self.inputs_of(unique_id)

    def _read_by(self, unique_id: str, seen: set[str]) -> Iterator[DbtNode]:
        node = self.any_node(unique_id)
        for parent_id in node.depends_on if node is not None else ():
            parent = self.any_node(parent_id)
            if parent is None or parent_id in seen:
                continue
            if parent.is_ephemeral or parent.resource_type in _SEMANTIC:
                seen.add(parent_id)
                yield from self._read_by(parent_id, seen)
            elif parent.is_dataset:
                yield parent


class Deferred(Mapping[str, _Item]):
    """A part of a graph that is loaded at the first look, for a manifest not yet written.

    As long as there is nothing to load, each look tries again.
    """

    def __init__(self, load: Callable[[], Mapping[str, _Item]]) -> None:
        self._load = load
        self._loaded: Mapping[str, _Item] | None = None

    @property
    def _items(self) -> Mapping[str, _Item]:
        if not self._loaded:
            self._loaded = self._load()
        return self._loaded

    def __getitem__(self, unique_id: str) -> _Item:
        """Return what is called *unique_id*."""
        return self._items[unique_id]

    def __iter__(self) -> Iterator[str]:
        """Yield every unique id."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._items)


def _model_fields(node: Mapping[str, Any]) -> dict[str, Any]:
    for member in ("unique_id", "name"):
        if not node.get(member):
            where = str(node.get("unique_id") or "manifest")
            raise ArtifactError(
                Problem(f"a node has no {member}", where, "run `dbt parse` to write it again")
            )
    config = node.get("config") or {}
    depends_on = node.get("depends_on") or {}
    default = "view" if node.get("resource_type", "model") == "model" else node["resource_type"]
    return {
        "unique_id": node["unique_id"],
        "name": node["name"],
        "alias": node.get("alias") or node["name"],
        "database": node.get("database") or "",
        "schema_name": node.get("schema") or "",
        "description": node.get("description") or "",
        "tags": [str(tag) for tag in node.get("tags") or ()],
        "owner": _owner(node),
        "depends_on": list(depends_on.get("nodes") or ()),
        "columns": _columns(node.get("columns") or {}),
        "materialization": config.get("materialized") or default,
    }


def _compiled_file(node: Mapping[str, Any]) -> str | None:
    """Return the file itself, or for one of several in a file its own in a folder of that name."""
    file, own = node.get("original_file_path"), node.get("path")
    if not file or not own:
        return None
    if node.get("resource_type") == "unit_test":
        return str(PurePath(file, PurePath(file).parent, f"{node['name']}.sql"))
    is_alone = PurePath(own).name == PurePath(file).name
    return str(file if is_alone else PurePath(file, own))


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, ColumnMetadata]:
    return {
        name: ColumnMetadata(
            name=name,
            data_type=column.get("data_type"),
            description=column.get("description"),
            floe_meta=_floe_meta(_meta(column)),
            tags=_tags(column),
            meta=_meta(column),
        )
        for name, column in columns.items()
    }


def _meta(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``meta`` wherever this dbt writes it: at the top, under ``config``, or at both."""
    config = item.get("config")
    under_config = config.get("meta") if isinstance(config, Mapping) else None
    return {**_mapping(under_config), **_mapping(item.get("meta"))}


def _tags(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tags wherever this dbt writes them, once each."""
    tags = [*(item.get("tags") or ()), *(_mapping(item.get("config")).get("tags") or ())]
    return tuple(dict.fromkeys(str(tag) for tag in tags))


def _floe_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    return _mapping(meta.get("floe"))


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _owner(node: Mapping[str, Any]) -> str | None:
    meta = _meta(node)
    for owner in (_floe_meta(meta).get("owner"), meta.get("owner")):
        first = owner[0] if isinstance(owner, Sequence) and owner else owner
        text = owner if isinstance(owner, str) else first
        if isinstance(text, str) and text.strip():
            return text.strip()
    return named_owner(node.get("owner"))


def named_owner(owner: object) -> str | None:
    """Return whom the *owner* of a group or an exposure names, else the first address in it."""
    if not isinstance(owner, Mapping):
        return None
    email = owner.get("email")
    first = email[0] if isinstance(email, list) and email else email
    for candidate in (owner.get("name"), first):
        if isinstance(candidate, str) and candidate.strip():
            return candidate.strip()
    return None


def _exposed(exposure: Mapping[str, Any]) -> dict[str, str]:
    found = {member: exposure.get(member) for member in _SAID_OF_AN_EXPOSURE}
    return {member: text for member, text in found.items() if isinstance(text, str) and text}


def _classification(column: ColumnMetadata) -> ColumnClassification | None:
    meta = column.floe_meta
    classification = meta.get("classification")
    if classification is None or classification == "":
        return None
    pii_type, sensitivity = meta.get("pii_type"), meta.get("sensitivity")
    return ColumnClassification(
        column_name=column.name,
        classification=str(classification),
        pii_type=None if pii_type is None else str(pii_type),
        sensitivity="medium" if sensitivity is None else str(sensitivity),
    )
