"""From a dbt resource to a Dagster asset: dagster-dbt's translation, made safe and richer."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

from dagster import (
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    AutomationCondition,
    BetaWarning,
    CodeReferencesMetadataValue,
    LocalFileCodeReference,
    MetadataValue,
    PartitionsDefinition,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from floe.adapters.dagster import names
from floe.adapters.dagster.columns import (
    COLUMN_SCHEMA,
    UNKNOWN_TYPE,
    classification_facts,
    classification_tags,
)
from floe.adapters.dagster.links import definition_links
from floe.adapters.dagster.manifest import Manifest, Props, tidy
from floe.adapters.dagster.partitions import automation_of, partitions_of
from floe.domain.model.governance import ColumnClassification
from floe.domain.model.settings import Links

UNIQUE_ID = "dagster_dbt/unique_id"
"""Where dagster-dbt keeps dbt's unique id in the metadata of assets and checks."""

_CODE_REFERENCES = "dagster/code_references"


class FloeTranslator(DagsterDbtTranslator):
    """Translate dbt resources so that no project's metadata can stop its code location.

    Compose it with a translator of your own, ``FloeTranslator(MyTranslator())``, or derive from
    it: every hook of dagster-dbt is asked first, and its answer is made fit for Dagster.

    Args:
        inner: A translator whose hooks decide before floe's; its settings count.
        settings: dagster-dbt's own settings, where there is no *inner*.
        classifications: Model name → classified columns, where the contract and not the
            project classifies; they add to, and win over, ``meta.floe``.
        links: Templates of addresses; those that need no run are shown on the asset.
        namespace: The lineage namespace, for the links.
        project_root: The dbt project, for references to code.
    """

    def __new__(cls, inner: DagsterDbtTranslator | None = None, **_options: object) -> Self:
        """Return an instance whose class derives from floe's and from that of *inner*."""
        if inner is None:
            return super().__new__(cls)
        made_of: type[Any] = type(inner) if isinstance(inner, cls) else _combined(cls, type(inner))
        return cast("Self", super().__new__(made_of))

    def __init__(
        self,
        inner: DagsterDbtTranslator | None = None,
        *,
        settings: DagsterDbtTranslatorSettings | None = None,
        classifications: Mapping[str, Sequence[ColumnClassification]] | None = None,
        links: Links | None = None,
        namespace: str = "floe",
        project_root: Path | None = None,
    ) -> None:
        if inner is None:
            super().__init__(settings)
        else:
            vars(self).update(vars(inner))
        self._classifications = classifications or {}
        self._links = links or Links()
        self._namespace = namespace
        self._project_root = project_root
        self._last_tidied: Props = {}

    def get_resource_props(self, manifest: Manifest, unique_id: str) -> Props:
        """Return the properties of *unique_id*, with empty mappings in place of nulls."""
        return self._tidied(super().get_resource_props(manifest, unique_id))

    def get_asset_key(self, dbt_resource_props: Props) -> AssetKey:
        """Return dagster-dbt's key; parts that Dagster cannot make an output of are reduced."""
        key = super().get_asset_key(self._tidied(dbt_resource_props))
        parts = [names.key_part(part) for part in key.path]
        return key if parts == list(key.path) else AssetKey(parts)

    def get_description(self, dbt_resource_props: Props) -> str:
        """Return the description and the SQL of the resource."""
        return super().get_description(self._tidied(dbt_resource_props))

    def get_owners(self, dbt_resource_props: Props) -> Sequence[str] | None:
        """Return owners that Dagster takes: free text becomes a team."""
        props = self._tidied(dbt_resource_props)
        found = super().get_owners(props) or names.owners_of(props)
        texts = [found] if isinstance(found, str) else found
        owners = [names.owner(text) for text in texts if isinstance(text, str)]
        return list(dict.fromkeys(item for item in owners if item)) or None

    def get_tags(self, dbt_resource_props: Props) -> Mapping[str, str]:
        """Return dbt's tags; one that is no tag in Dagster is written with underscores."""
        props = self._tidied(dbt_resource_props)
        tags = _strings(props.get("tags"))
        found = {names.tag_key(tag): "" for tag in tags}
        found.update(super().get_tags({**props, "tags": tags}))
        return {key: value for key, value in found.items() if key and names.tag_key(key) == key}

    def get_group_name(self, dbt_resource_props: Props) -> str | None:
        """Return the group, written as Dagster takes it."""
        found = super().get_group_name(self._tidied(dbt_resource_props))
        return names.group_name(str(found)) if found else None

    def get_metadata(self, dbt_resource_props: Props) -> Mapping[str, Any]:
        """Return dagster-dbt's metadata, classified columns, and what dbt knows besides."""
        props = self._tidied(dbt_resource_props)
        found = dict(super().get_metadata(_without_columns(props)))
        classified = self._classified(props)
        columns = _columns(props, classified)
        if columns and COLUMN_SCHEMA not in found:
            found[COLUMN_SCHEMA] = TableSchema(columns=columns)
        return {**found, **_facts(props, classified), **self._places(props, found)}

    def get_automation_condition(
        self, dbt_resource_props: Props
    ) -> AutomationCondition[Any] | None:
        """Return the condition of ``meta.dagster.automation_condition``, or dagster-dbt's."""
        props = self._tidied(dbt_resource_props)
        return automation_of(props) or super().get_automation_condition(props)

    def get_partitions_def(self, dbt_resource_props: Props) -> PartitionsDefinition[Any] | None:
        """Return the partitions of ``meta.dagster.partitions``, or the inner translator's."""
        props = self._tidied(dbt_resource_props)
        return super().get_partitions_def(props) or partitions_of(props)

    def get_asset_check_spec(
        self,
        asset_spec: AssetSpec,
        manifest: Manifest,
        unique_id: str,
        project: DbtProject | None,
    ) -> AssetCheckSpec | None:
        """Return the check of the test *unique_id*, with dbt's own description and severity."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        props = self.get_resource_props(manifest, unique_id)
        return AssetCheckSpec(
            name=names.check_name(spec.name),
            asset=spec.asset_key,
            description=spec.description or props.get("description") or None,
            additional_deps=[
                dep for dep in spec.additional_deps if dep.asset_key != spec.asset_key
            ],
            blocking=spec.blocking,
            metadata={**spec.metadata, **_test_facts(props)},
            automation_condition=spec.automation_condition,
        )

    def get_unit_test_check_spec(self, asset_spec: AssetSpec, props: Props) -> AssetCheckSpec:
        """Return the check of the unit test *props* on *asset_spec*: dbt runs it before."""
        return AssetCheckSpec(
            name=names.check_name(props["name"]),
            asset=asset_spec.key,
            description=props.get("description") or "A dbt unit test.",
            blocking=True,
            metadata={UNIQUE_ID: props["unique_id"], "floe/test_type": "unit"},
        )

    def _tidied(self, props: Props) -> Props:
        """Return *props* tidied: the hooks are called one after the other with the same ones."""
        last = self._last_tidied
        if props is last:
            return last
        self._last_tidied = found = tidy(props)
        return found

    def _places(self, props: Props, found: Props) -> dict[str, Any]:
        """Return where the resource stands: its file, and its pages at the backends."""
        root, file = self._project_root, props.get("original_file_path")
        places: dict[str, Any] = {}
        is_told = self.settings.enable_code_references or _CODE_REFERENCES in found
        if root is not None and file and not is_told:
            places[_CODE_REFERENCES] = _code_reference(root / str(file), str(props["name"]))
        return {**places, **definition_links(self._links, self._namespace, props)}

    def _classified(self, props: Props) -> dict[str, dict[str, str]]:
        found = _project_classifications(props)
        for item in self._classifications.get(str(props.get("name")), ()):
            found[item.column_name] = classification_facts(
                item.classification, item.pii_type, item.sensitivity
            )
        return found


def _combined(cls: type[FloeTranslator], inner: type[DagsterDbtTranslator]) -> type[Any]:
    """Return a class in which ``super()`` leads from floe's hooks to those of *inner*."""
    return type(cls.__name__, (cls, inner), {"__doc__": cls.__doc__, "__module__": cls.__module__})


def _strings(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []


def _without_columns(props: Props) -> Props:
    """Return *props* for dagster-dbt, which cannot take every column; floe writes them itself."""
    return {**props, "columns": {}}


def _columns(props: Props, classified: Mapping[str, Mapping[str, str]]) -> list[TableColumn]:
    return [
        TableColumn(
            name=str(name),
            type=str(column.get("data_type") or UNKNOWN_TYPE),
            description=column.get("description"),
            constraints=_constraints(column),
            tags=_column_tags(column, classified.get(str(name), {})),
        )
        for name, column in names.mapping(props.get("columns")).items()
    ]


def _constraints(column: Props) -> TableColumnConstraints | None:
    kinds = {
        str(names.mapping(constraint).get("type")) for constraint in column.get("constraints") or ()
    }
    if not kinds & {"not_null", "unique", "primary_key"}:
        return None
    is_key = "primary_key" in kinds
    return TableColumnConstraints(
        nullable=not (is_key or "not_null" in kinds), unique=is_key or "unique" in kinds
    )


def _column_tags(column: Props, classified: Mapping[str, str]) -> dict[str, str]:
    tags = {names.tag_key(tag): "" for tag in _strings(column.get("tags"))}
    tags.update(classification_tags(classified))
    return {key: value for key, value in tags.items() if key}


def _project_classifications(props: Props) -> dict[str, dict[str, str]]:
    found = {}
    for name, column in names.mapping(props.get("columns")).items():
        meta = {
            **names.mapping(names.mapping(column.get("config")).get("meta")),
            **names.mapping(column.get("meta")),
        }
        floe = names.mapping(meta.get("floe"))
        if floe.get("classification") not in (None, ""):
            found[str(name)] = classification_facts(
                floe["classification"], floe.get("pii_type"), floe.get("sensitivity")
            )
    return found


def _facts(props: Props, classified: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return what dbt knows of the resource and dagster-dbt does not carry."""
    config = names.mapping(props.get("config"))
    owners, tags = names.owners_of(props), _strings(props.get("tags"))
    facts = {
        "floe/owner": ", ".join(owners) if owners else None,
        "floe/tags": ", ".join(tags) if any(names.tag_key(tag) != tag for tag in tags) else None,
        "floe/name": props["name"] if names.key_part(str(props["name"])) != props["name"] else None,
        "floe/resource_type": props.get("resource_type"),
        "floe/access": props.get("access"),
        "floe/version": None if props.get("version") is None else str(props["version"]),
        "floe/contract": True if names.mapping(config.get("contract")).get("enforced") else None,
        "floe/classifications": MetadataValue.json(dict(classified)) if classified else None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _test_facts(props: Props) -> dict[str, Any]:
    severity = names.mapping(props.get("config")).get("severity")
    kind = "generic" if props.get("test_metadata") else "singular"
    facts = {"floe/test_type": kind, "floe/severity": str(severity).lower() if severity else None}
    return {key: value for key, value in facts.items() if value is not None}


def _code_reference(path: Path, label: str) -> CodeReferencesMetadataValue:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)
        reference = LocalFileCodeReference(file_path=str(path), label=label)
        return CodeReferencesMetadataValue(code_references=[reference])
