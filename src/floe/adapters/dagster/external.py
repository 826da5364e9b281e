"""What a dbt project reads and feeds but does not build: sources and exposures."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    MetadataValue,
    multi_asset_check,
)

from floe.adapters.dagster import names
from floe.adapters.dagster.executor_watch import not_outliving_executor
from floe.adapters.dagster.invocation import dbt_events, run_context_of
from floe.adapters.dagster.live_streams import live
from floe.adapters.dagster.manifest import Manifest, Props, relations_read
from floe.adapters.dagster.results import plain
from floe.adapters.dagster.retries import attempt_of
from floe.adapters.dagster.run_end import STEP_TAG, ending_run
from floe.adapters.dagster.selection import escaped
from floe.adapters.dagster.services import Services
from floe.adapters.dagster.translator import UNIQUE_ID, FloeTranslator
from floe.domain.model.node_event import NodeFinished, NodeStatus
from floe.domain.model.run import DbtVerb

FRESHNESS = "freshness"
"""The name of the check of a source's freshness."""


def source_specs(
    manifest: Manifest, translator: FloeTranslator, built: AbstractSet[AssetKey]
) -> list[AssetSpec]:
    """Return the sources as external assets, once each, without those that are *built*."""
    sources = names.mapping(manifest.get("sources"))
    specs = {
        spec.key: _grouped(spec, str(props["source_name"]))
        for unique_id, props in sources.items()
        if (spec := translator.get_asset_spec(manifest, unique_id, None)).key not in built
    }
    return list(specs.values())


def exposure_specs(manifest: Manifest, translator: FloeTranslator) -> list[AssetSpec]:
    """Return the exposures as external assets that depend on what they show."""
    exposures = names.mapping(manifest.get("exposures")).values()
    return [_exposure_spec(manifest, translator, props) for props in exposures]


def one_for_each_key(specs: Iterable[AssetSpec]) -> list[AssetSpec]:
    """Return *specs* with one for each key, the first, which depends on what any of them does."""
    found: dict[AssetKey, AssetSpec] = {}
    for spec in specs:
        known = found.get(spec.key)
        found[spec.key] = spec if known is None else _with_deps_of(known, spec)
    return list(found.values())


def _with_deps_of(known: AssetSpec, other: AssetSpec) -> AssetSpec:
    deps = {dep.asset_key: dep for dep in (*known.deps, *other.deps)}
    return known.replace_attributes(deps=deps.values())


def freshness_checks(
    services: Services, translator: FloeTranslator, checked: AbstractSet[AssetKey]
) -> Sequence[AssetChecksDefinition]:
    """Return one step that asks dbt how fresh the sources are, where any has a limit.

    Those that are *checked* already are left out.
    """
    manifest = services.manifest
    limited = {
        key: props
        for unique_id, props in names.mapping(manifest.get("sources")).items()
        if _has_limit(props)
        and (key := translator.get_asset_spec(manifest, unique_id, None).key) not in checked
    }
    if not limited:
        return ()
    specs = [_freshness_spec(key, props) for key, props in limited.items()]
    name = names.check_name(f"{services.context.pipeline}_source_freshness").replace(".", "_")

    @multi_asset_check(name=name, specs=specs, can_subset=True, op_tags=STEP_TAG)
    def source_freshness(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        by_id = {str(props["unique_id"]): key for key, props in limited.items() if key in chosen}
        command = services.command.model_copy(
            update={
                "verb": DbtVerb.SOURCE_FRESHNESS,
                "select": tuple(_source_criterion(limited[key]) for key in sorted(chosen)),
            }
        )
        step = context.op_execution_context
        run = run_context_of(services, step, attempt_of(step))
        events = dbt_events(ending_run(services, context.op_execution_context), command, run)
        with not_outliving_executor(context.op_execution_context), live(events):
            for event in events:
                if isinstance(event, NodeFinished) and event.unique_id in by_id:
                    yield _freshness_result(by_id[event.unique_id], event)

    return (source_freshness,)


def _grouped(spec: AssetSpec, group: str) -> AssetSpec:
    """Return *spec* in *group* where the project puts it in none."""
    name = names.group_name(group)
    return spec if spec.group_name or name is None else spec.replace_attributes(group_name=name)


def _exposure_spec(manifest: Manifest, translator: FloeTranslator, props: Props) -> AssetSpec:
    parents = relations_read(manifest, props)
    owner = names.mapping(props.get("owner"))
    owners = [names.owner(str(owner.get("email") or owner.get("name") or ""))]
    metadata = {
        UNIQUE_ID: props["unique_id"],
        "floe/resource_type": "exposure",
        "floe/maturity": props.get("maturity"),
        "floe/url": MetadataValue.url(str(props["url"])) if props.get("url") else None,
    }
    return AssetSpec(
        key=AssetKey(["exposures", names.key_part(str(props["name"]))]),
        group_name="exposures",
        deps=[translator.get_asset_spec(manifest, parent, None).key for parent in parents],
        description=props.get("description") or props.get("label") or None,
        owners=[item for item in owners if item],
        tags={key: "" for tag in props.get("tags") or () if (key := names.tag_key(str(tag)))},
        kinds={"dbt", names.check_name(str(props.get("type") or "exposure"))},
        metadata={key: value for key, value in metadata.items() if value is not None},
    )


def _has_limit(props: Props) -> bool:
    limits = names.mapping(props.get("freshness"))
    return any(
        names.mapping(limits.get(limit)).get("count") for limit in ("warn_after", "error_after")
    )


def _freshness_spec(key: AssetKey, props: Props) -> AssetCheckSpec:
    return AssetCheckSpec(
        name=FRESHNESS,
        asset=key,
        description="How long ago the source was loaded, as dbt measures it.",
        metadata={UNIQUE_ID: props["unique_id"], "floe/test_type": FRESHNESS},
    )


def _source_criterion(props: Props) -> str:
    parts = (props["package_name"], props["source_name"], props["name"])
    return f"source:{escaped('.'.join(map(str, parts)))}"


def _freshness_result(key: AssetKey, event: NodeFinished) -> AssetCheckResult:
    passed = event.status in {NodeStatus.PASS, NodeStatus.SUCCESS}
    is_warning = event.status is NodeStatus.WARN
    return AssetCheckResult(
        asset_key=key,
        check_name=FRESHNESS,
        passed=passed,
        severity=AssetCheckSeverity.WARN if is_warning else AssetCheckSeverity.ERROR,
        description=plain(event.message) if event.message else None,
        metadata={"status": str(event.status), "Execution Duration": event.execution_time_s},
    )
