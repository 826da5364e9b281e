"""The factory of Dagster definitions for a project."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dagster import (
    AssetChecksDefinition,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Definitions,
    ExecutorDefinition,
    PartitionsDefinition,
    RetryPolicy,
    TimeWindowPartitionsDefinition,
    in_process_executor,
    multi_asset,
    multiprocess_executor,
)
from dagster_dbt import DagsterDbtTranslator

from floe.adapters.dagster import large_runs
from floe.adapters.dagster.collector import collector_paused
from floe.adapters.dagster.dask import going_on, require_parents
from floe.adapters.dagster.external import (
    exposure_specs,
    freshness_checks,
    one_for_each_key,
    source_specs,
)
from floe.adapters.dagster.invocation import (
    DbtRunConfig,
    command_of,
    dagster_events,
    run_context_of,
)
from floe.adapters.dagster.jobs import Schedulable, schedulables
from floe.adapters.dagster.names import key_part
from floe.adapters.dagster.partitions import window_of
from floe.adapters.dagster.results import DagsterEvent, ResultMapper
from floe.adapters.dagster.retries import attempt_of, unchecked_tests, what_is_left
from floe.adapters.dagster.run_end import STEP_TAG
from floe.adapters.dagster.run_watch import require_run
from floe.adapters.dagster.scratch_target import scratch_target
from floe.adapters.dagster.selection import (
    DbtSelection,
    Selected,
    dbt_selection,
    exactly,
    unique_ids_of,
    unique_ids_of_checks,
)
from floe.adapters.dagster.services import Project, Services, ServicesLoader
from floe.adapters.dagster.specs import ProjectSpecs, project_specs
from floe.adapters.dagster.splitting import Split, split_specs
from floe.adapters.dagster.translator import FloeTranslator
from floe.domain.model.errors import ConfigurationError


class StepOptions(NamedTuple):
    """How Dagster treats the step of a project; as dagster-dbt's ``@dbt_assets`` takes them."""

    partitions_def: PartitionsDefinition[Any] | None = None
    backfill_policy: BackfillPolicy | None = None
    op_tags: Mapping[str, Any] = MappingProxyType({})
    retry_policy: RetryPolicy | None = None
    pool: str | None = None


class FloeAssetFactory:
    """Makes Dagster definitions of a project.

    Args:
        loader: Makes a project ready to run from a plan or from the path of its contract
            document; without one only ready projects are taken.
    """

    def __init__(self, loader: ServicesLoader | None = None) -> None:
        self._loader = loader

    def create_dbt_assets(  # noqa: PLR0913 - dagster-dbt's own
        self,
        project: Project,
        *,
        select: str = "fqn:*",
        exclude: str | None = None,
        selector: str | None = None,
        name: str | None = None,
        translator: DagsterDbtTranslator | None = None,
        partitions_def: PartitionsDefinition[Any] | None = None,
        backfill_policy: BackfillPolicy | None = None,
        op_tags: Mapping[str, Any] | None = None,
        retry_policy: RetryPolicy | None = None,
        pool: str | None = None,
    ) -> AssetsDefinition:
        """Return the project's models, seeds and snapshots, with its tests as checks.

        The arguments mean what they mean to dagster-dbt's ``@dbt_assets``. One Dagster step runs
        all that is selected of them with one dbt command, observed.

        Raises:
            ConfigurationError: The contract document or the manifest cannot be used.
            DagsterInvalidDefinitionError: Two dbt resources claim one asset key.
        """
        services = self._ready(project)
        selection = DbtSelection.of(select, exclude, selector)
        floe_translator = translator_for(services, translator)
        with collector_paused():
            specs = specs_of(services, floe_translator, selection)
            return dbt_assets_definition(
                services,
                floe_translator,
                specs,
                selection,
                name=name or default_name(services),
                options=StepOptions(
                    partitions_def, backfill_policy, op_tags or {}, retry_policy, pool
                ),
            )

    def create_definitions(
        self,
        *projects: Project,
        select: str = "fqn:*",
        exclude: str | None = None,
        selector: str | None = None,
        translator: DagsterDbtTranslator | None = None,
        split: Split | str = Split.NONE,
        executor: ExecutorDefinition | None = None,
        retry_policy: RetryPolicy | None = None,
        exposures: bool = True,
    ) -> Definitions:
        """Return everything that a code location offers for *projects*.

        Assets and checks, sources and exposures as external assets, source freshness as checks,
        and the jobs, schedules and sensors of the contract.

        Args:
            projects: One or more, each with asset keys of its own. What one reads and another
                builds is an edge between them; what several read is there once.
            select: What of each project becomes assets, in dbt's selection syntax.
            exclude: What of it does not.
            selector: A selector of the project's, in place of both.
            translator: How dbt resources become assets, composed with floe's own rules.
            split: Into which steps a project is cut: ``node``, ``tag`` or ``layer``; by default
                it is one.
            executor: Dagster's executor; by default the steps run in the process of the run, or
                in processes of their own where a project is split: several at once, on DuckDB
                one after the other.
            retry_policy: For every step.
            exposures: Show dbt's exposures as external assets.

        Raises:
            ConfigurationError: A contract document or a manifest cannot be used.
            DagsterInvalidDefinitionError: Two dbt resources claim one asset key.
        """
        with collector_paused():
            ready, cut = [self._ready(project) for project in projects], Split(split)
            selection = DbtSelection.of(select, exclude, selector)
            options = StepOptions(retry_policy=retry_policy)
            parts = [_part(services, translator, selection) for services in ready]
            own = _executor(cut, [services.context.target for services in ready])
            return Definitions.merge(
                *(_definitions(part, selection, split=cut, options=options) for part in parts),
                _outside(parts, exposures=exposures),
                Definitions(executor=going_on(executor or own)),
            )

    def _ready(self, project: Project) -> Services:
        if isinstance(project, Services):
            return project
        if self._loader is None:
            raise ConfigurationError("only a ready project is taken: there is no loader")
        return self._loader(Path(project) if isinstance(project, str) else project)


class _Part(NamedTuple):
    """One project of a code location, and what of it becomes assets and checks."""

    services: Services
    translator: FloeTranslator
    specs: ProjectSpecs


def _part(
    services: Services, translator: DagsterDbtTranslator | None, selection: DbtSelection
) -> _Part:
    floe_translator = translator_for(services, translator)
    return _Part(services, floe_translator, specs_of(services, floe_translator, selection))


def _definitions(
    project: _Part, selection: DbtSelection, *, split: Split, options: StepOptions
) -> Definitions:
    services, floe_translator, specs = project
    parts = split_specs(specs, services.manifest, split, default_name(services))
    assets = [
        dbt_assets_definition(
            services,
            floe_translator,
            part,
            selection,
            name=name,
            whole=split is Split.NONE,
            options=options,
        )
        for name, part in parts.items()
    ]
    schedulable = _schedulable(services, floe_translator, specs, list(parts))
    return Definitions(
        assets=assets,
        jobs=schedulable.jobs,
        schedules=schedulable.schedules,
        sensors=schedulable.sensors,
    )


def _outside(parts: Sequence[_Part], *, exposures: bool) -> Definitions:
    """Return what the projects read and feed: one asset for each key, and none that one builds."""
    built = {spec.key for part in parts for spec in part.specs.assets}
    specs: list[AssetSpec] = []
    checks: list[AssetChecksDefinition] = []
    checked: set[AssetKey] = set()
    for services, translator, _ in parts:
        specs += source_specs(services.manifest, translator, built)
        specs += exposure_specs(services.manifest, translator) if exposures else []
        found = freshness_checks(services, translator, checked)
        checked.update(key.asset_key for item in found for key in item.check_keys)
        checks += found
    return Definitions(assets=one_for_each_key(specs), asset_checks=checks)


def translator_for(services: Services, inner: DagsterDbtTranslator | None) -> FloeTranslator:
    """Return floe's translator for a project, composed with *inner*."""
    return FloeTranslator(
        inner,
        classifications=services.classifications,
        links=services.links,
        namespace=services.context.namespace,
        project_root=services.command.project_dir,
    )


def specs_of(
    services: Services, translator: FloeTranslator, selection: DbtSelection
) -> ProjectSpecs:
    """Return the assets and checks of a project that *selection* selects."""
    project_dir = services.command.project_dir
    return project_specs(services.manifest, translator, selection, project_dir)


def default_name(services: Services) -> str:
    """Return the name of the project's step, and the beginning of all its names."""
    return key_part(services.context.pipeline).replace("-", "_").replace(".", "_") + "_dbt"


def dbt_assets_definition(
    services: Services,
    translator: FloeTranslator,
    specs: ProjectSpecs,
    selection: DbtSelection,
    *,
    name: str,
    whole: bool = True,
    options: StepOptions | None = None,
) -> AssetsDefinition:
    """Return one step that builds *specs*; *selection* selects them when they are a *whole*."""
    large_runs.remember_keys()
    large_runs.fetch_together()
    options = options or StepOptions()

    @multi_asset(
        name=name,
        specs=list(specs.assets),
        check_specs=list(specs.checks),
        can_subset=True,
        partitions_def=options.partitions_def,
        backfill_policy=options.backfill_policy or _backfill_policy(options.partitions_def, specs),
        op_tags={**STEP_TAG, **_selection_tags(selection), **options.op_tags},
        retry_policy=options.retry_policy,
        pool=options.pool,
        allow_arbitrary_check_specs=True,
    )
    def dbt(context: AssetExecutionContext, config: DbtRunConfig) -> Iterator[DagsterEvent]:
        require_run(context)
        require_parents(context)
        attempt = attempt_of(context.op_execution_context)
        chosen = _selected(context)
        checks = unique_ids_of_checks(specs.checks)
        asked = _asked(
            services, specs, chosen, selection if whole else None, context, attempt=attempt
        )
        if asked.selector and config.select:
            # Beside a selector dbt ignores every other criterion.
            asked = exactly(services.manifest, _ids(specs, chosen), ())
        window = window_of(context)
        run = run_context_of(services, context.op_execution_context, attempt, window)
        by_id = {unique_id: key for key, unique_id in checks.items()}
        mapper = ResultMapper(services, translator, run, chosen, by_id)
        with _target(services) as target:
            command = command_of(services, asked, config, window, target)
            yield from dagster_events(services, command, run, mapper, context)

    return dbt


def _target(services: Services) -> AbstractContextManager[Path | None]:
    """Return where dbt writes: a directory of the run's own, or None for the project's."""
    if not services.scratch_targets:
        return nullcontext()
    return scratch_target(services.manifest_path.parent / "partial_parse.msgpack")


def _selected(context: AssetExecutionContext) -> Selected:
    """Return what this run is about; tests of the sources that it reads come along."""
    assets, checks = _of_run(context)
    definition = context.assets_def
    specs_by_key = {spec.key: spec for spec in definition.specs}
    read = {dep.asset_key for key in assets for dep in specs_by_key[key].deps}
    of_sources = {
        spec.key
        for spec in definition.node_check_specs_by_output_name.values()
        if spec.asset_key in read and spec.asset_key not in specs_by_key
    }
    return Selected(assets, checks | of_sources)


def _of_run(context: AssetExecutionContext) -> Selected:
    """Return what the run selects of this step: Dask's executor hands on the step as a whole."""
    assets, checks, run = (
        context.selected_asset_keys,
        context.selected_asset_check_keys,
        context.run,
    )
    if not run.asset_selection and not run.asset_check_selection:
        return Selected(assets, checks)
    assets = assets & (run.asset_selection or set())  # a new set: this one is the definition's
    if run.asset_check_selection is not None:
        return Selected(assets, checks & run.asset_check_selection)
    return Selected(assets, {key for key in checks if key.asset_key in assets})


def _asked(
    services: Services,
    specs: ProjectSpecs,
    chosen: Selected,
    default: DbtSelection | None,
    context: AssetExecutionContext,
    *,
    attempt: int,
) -> DbtSelection:
    """Return what dbt is to run for *chosen*: on a retry, what earlier attempts left of it."""
    manifest = services.manifest
    assets, checks = unique_ids_of(specs.assets), unique_ids_of_checks(specs.checks)
    asked = dbt_selection(chosen, assets, checks, manifest, default)
    about = [assets[key] for key in chosen.assets]
    come_along = () if asked.arguments else unchecked_tests(manifest, about, set(checks.values()))
    left = what_is_left(context, chosen, assets, checks, come_along, attempt=attempt)
    if left is None:
        return asked
    context.log.info("earlier attempts left %d nodes to run", len(left))
    return exactly(manifest, left, asked.exclude)


def _ids(specs: ProjectSpecs, chosen: Selected) -> list[str]:
    assets, checks = unique_ids_of(specs.assets), unique_ids_of_checks(specs.checks)
    return [
        *(assets[key] for key in chosen.assets),
        *(checks[key] for key in chosen.checks if key in checks),
    ]


def _selection_tags(selection: DbtSelection) -> dict[str, str]:
    """Return the tags by which dagster-dbt's own functions know how assets were selected."""
    tags = {
        "dagster_dbt/select": " ".join(selection.select) or "fqn:*",
        "dagster_dbt/exclude": " ".join(selection.exclude),
        "dagster_dbt/selector": selection.selector or "",
    }
    return {key: value for key, value in tags.items() if value}


def _backfill_policy(
    partitions_def: PartitionsDefinition[Any] | None, specs: ProjectSpecs
) -> BackfillPolicy | None:
    """Return dagster-dbt's rule: a backfill of time windows is one run of dbt."""
    found = [partitions_def, *(spec.partitions_def for spec in specs.assets)]
    is_windowed = any(isinstance(item, TimeWindowPartitionsDefinition) for item in found)
    return BackfillPolicy.single_run() if is_windowed else None


def _executor(split: Split, targets: Collection[str]) -> ExecutorDefinition:
    """Return the executor that costs least: a process of its own only where there are steps.

    Each is forked from one that has everything imported. DuckDB lets one process write: there
    one step waits for another.
    """
    if split is Split.NONE:
        return in_process_executor
    preloaded = {"forkserver": {"preload_modules": ["floe.adapters.dagster.assets"]}}
    limit = {"max_concurrent": 1} if "duckdb" in targets else {}
    return multiprocess_executor.configured({"start_method": preloaded, **limit})


def _schedulable(
    services: Services, translator: FloeTranslator, specs: ProjectSpecs, steps: Sequence[str]
) -> Schedulable:
    """Return the contract's jobs over *specs*, which may be a part of the project."""
    if services.orchestration is None:
        return Schedulable()
    assets = {spec.key for spec in specs.assets}
    checks = {spec.key for spec in specs.checks}

    def select(criterion: str) -> ProjectSpecs:
        found = specs_of(services, translator, DbtSelection((criterion,)))
        return ProjectSpecs(
            [spec for spec in found.assets if spec.key in assets],
            [spec for spec in found.checks if spec.key in checks],
        )

    return schedulables(services.orchestration, select, steps)
