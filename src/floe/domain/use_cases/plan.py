"""Decide, once and for all, what a pipeline means on this machine.

What a caller asks for goes before what the environment says, and that before the pipeline's own
word, except for names that identify the pipeline itself: its lineage namespace and service name.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from floe.domain.model.endpoint import endpoint_fault, lineage_endpoint, otlp_base
from floe.domain.model.errors import ConfigurationError, Problem
from floe.domain.model.pipeline import Compute, Dialect, Pipeline
from floe.domain.model.plan import LineagePlan, PlanOptions, RunPlan, TracingPlan
from floe.domain.model.profile import ProfileGeneratorConfig
from floe.domain.model.value import identifier
from floe.ports.dbt_project import DbtProjectFiles

_MOST_THREADS = 64
_DEFAULT_THREADS = 4
_LONGEST_NAME = 255
_GRPC_PORT = ":4317"
_PROTOCOLS = ("grpc", "http/protobuf")
_TRUE = frozenset({"true", "1", "yes", "on"})


def plan(
    pipeline: Pipeline,
    options: PlanOptions,
    *,
    project_files: DbtProjectFiles,
    environ: Mapping[str, str],
    working_dir: Path,
) -> RunPlan:
    """Return the plan of *pipeline* under *options*, for someone who stands in *working_dir*.

    *environ* is consulted for the standard ``OPENLINEAGE_*`` and ``OTEL_*`` variables only.

    Raises:
        ConfigurationError: A name, a number, a path or an address cannot be used; every problem
            at once.
    """
    decision = _Decision(pipeline, options, project_files, environ, working_dir)
    return decision.plan()


def require_compute(plan: RunPlan) -> Compute:
    """Return the compute target of *plan*.

    Raises:
        ConfigurationError: The pipeline names none.
    """
    if plan.pipeline.compute is not None:
        return plan.pipeline.compute
    fix = {
        Dialect.FLOE_YAML: "add a compute section with a target, or a platform.yaml beside it",
        Dialect.COMPILED_ARTIFACTS: "add resolved_profiles.compute or compute, or compile again",
        Dialect.SUCCESSOR: "add plugins.compute or dbt_profiles, or compile again",
    }[plan.pipeline.dialect]
    raise ConfigurationError(Problem("no compute target", f"{plan.pipeline.source}: $", fix))


def require_project(plan: RunPlan) -> Path:
    """Return the dbt project of *plan*, for a command that runs it.

    Raises:
        ConfigurationError: There is nothing to run, or no dbt project where it should be.
    """
    where = f"{plan.pipeline.source}: $.transforms"
    if not plan.pipeline.transforms:
        fix = "add a transform of type dbt with the path of the project"
        raise ConfigurationError(Problem("nothing to run: there are no transforms", where, fix))
    if plan.project_dir is None:
        what = plan.project_problem or "there is no dbt project"
        raise ConfigurationError(Problem(what, where, "correct the path, or run 'dbt init' there"))
    return plan.project_dir


class _Decision:
    """One pass over a pipeline; *problems* grows on the way and is reported at the end."""

    def __init__(
        self,
        pipeline: Pipeline,
        options: PlanOptions,
        project_files: DbtProjectFiles,
        environ: Mapping[str, str],
        working_dir: Path,
    ) -> None:
        self._pipeline = pipeline
        self._options = options
        self._files = project_files
        self._environ = environ
        self._working_dir = working_dir.absolute()
        self._problems: list[Problem] = []
        self._warnings: list[str] = list(pipeline.warnings)

    def plan(self) -> RunPlan:
        root = self._project_root()
        wanted = self._wanted_project(root)
        project = wanted if wanted is not None and self._files.is_project(wanted) else None
        profiles_dir = self._profiles_dir(root)
        names = (self._profile_name(project), self._target_name(), self._threads())
        lineage, tracing = self._lineage(), self._tracing()
        if self._problems:
            raise ConfigurationError(*self._problems)
        profile, target, threads = names
        return RunPlan(
            pipeline=self._pipeline,
            profile=ProfileGeneratorConfig(
                profile_name=profile, target_name=target, threads=threads
            ),
            project_root=root,
            profiles_dir=profiles_dir,
            project_dir=project,
            project_problem=_project_problem(wanted) if project is None else None,
            manifest_path=self._manifest(root, wanted),
            lineage=lineage,
            tracing=tracing,
            warnings=tuple(self._warnings),
        )

    def _refuse(self, what: str, key: str, fix: str = "") -> None:
        self._problems.append(Problem(what, f"{self._pipeline.source}: {key}", fix))

    # places

    def _project_root(self) -> Path:
        if self._options.project_root is not None:
            return self._absolute(self._options.project_root, self._working_dir)
        folder = self._absolute(self._pipeline.source, self._working_dir).parent
        if folder.name == ".floe":
            return folder.parent
        beside = self._pipeline.dialect is not Dialect.COMPILED_ARTIFACTS
        return folder if beside else self._absolute(self._working_dir, self._working_dir)

    def _wanted_project(self, root: Path) -> Path | None:
        dbt = self._pipeline.orchestration.dbt if self._pipeline.orchestration else None
        transforms = self._pipeline.transforms
        places = (
            ("$.dbt_project_path", self._pipeline.project_path),
            ("$.orchestration.dbt.project_dir", dbt.project_dir if dbt else None),
            ("$.transforms[0].path", transforms[0].path if transforms else None),
        )
        key, path = next((place for place in places if place[1]), ("", None))
        return self._written(path, root, key) if path else None

    def _profiles_dir(self, root: Path) -> Path:
        if self._options.profiles_dir is not None:
            return self._absolute(self._options.profiles_dir, self._working_dir)
        written, key = self._pipeline.profiles_path, "$.dbt_profiles_path"
        if not written.strip():
            self._refuse("must not be empty", key, "name a folder, as in .floe/profiles")
            return root
        path = self._written(written, root, key) or root
        if not Path(written).is_absolute() and not path.is_relative_to(root):
            fix = "name a folder inside the project, or give the folder as an option"
            self._refuse("must not lead out of the project", key, fix)
        return path

    def _manifest(self, root: Path, project: Path | None) -> Path | None:
        dbt = self._pipeline.orchestration.dbt if self._pipeline.orchestration else None
        written = self._pipeline.manifest_path or (dbt.manifest_path if dbt else None)
        folders = [folder for folder in (root, project) if folder is not None]
        candidates = [self._absolute(Path(written), folder) for folder in folders if written]
        if project is not None:
            candidates.append(project / "target" / "manifest.json")
        found = (path for path in candidates if self._files.exists(path))
        return next(found, candidates[-1] if candidates else None)

    def _written(self, path: str, root: Path, key: str) -> Path | None:
        if "\0" in path:
            self._refuse("must be a path: it holds a null character", key)
            return None
        return self._absolute(Path(path), root)

    @staticmethod
    def _absolute(path: Path, base: Path) -> Path:
        return Path(os.path.normpath(base / path))

    # names and numbers

    def _profile_name(self, project: Path | None) -> str:
        in_project = self._files.profile_name(project) if project is not None else None
        own = next(iter(self._pipeline.profiles or {}), None)
        name = self._options.profile_name or in_project or own or "floe"
        fix = "rename the profile, or name another one as an option"
        return self._identifier(name, "the profile name", "", fix)

    def _target_name(self) -> str:
        fix = "use ASCII letters, digits and underscores only"
        return next(
            self._identifier(name, "the target name", key, fix)
            for key, name in self._target_names()
            if name
        )

    def _target_names(self) -> Iterator[tuple[str, str | None]]:
        pipeline = self._pipeline
        yield "", self._options.target_name
        yield (
            "$.transforms[0].target",
            pipeline.transforms[0].target if pipeline.transforms else None,
        )
        dbt = pipeline.orchestration.dbt if pipeline.orchestration else None
        yield "$.orchestration.dbt.target", dbt.target if dbt else None
        environment = pipeline.environment
        yield "$.environment_context", environment.environment_type if environment else None
        yield "", "dev"

    def _identifier(self, name: str, what: str, key: str, fix: str) -> str:
        try:
            return identifier(name)
        except ValueError as error:
            self._refuse(f"{what} {error}", key or "$", fix)
            return name

    def _threads(self) -> int:
        if self._options.threads is not None:
            return self._thread_count(self._options.threads, "$")
        compute = self._pipeline.compute
        written = compute.properties.get("threads") if compute is not None else None
        if compute is None or written is None:
            return _DEFAULT_THREADS
        return self._thread_count(written, "$.compute.properties.threads")

    def _thread_count(self, written: JsonValue, key: str) -> int:
        threads = _whole_number(written)
        if threads is None or not 1 <= threads <= _MOST_THREADS:
            what = f"threads must be a whole number from 1 to {_MOST_THREADS}"
            self._refuse(what, key, f"use {_DEFAULT_THREADS}, say")
            return _DEFAULT_THREADS
        return threads

    # backends

    def _lineage(self) -> LineagePlan:
        observability = self._pipeline.observability
        namespace = self._bounded(
            self._pipeline.lineage_namespace or self._environ.get("OPENLINEAGE_NAMESPACE"),
            "floe",
            "$.lineage_namespace",
        )
        transport = observability.lineage_transport
        wanted = observability.lineage and self._pipeline.governance.emit_lineage
        if not wanted or transport == "noop" or self._is_set("OPENLINEAGE_DISABLED"):
            return LineagePlan(namespace=namespace, transport=transport)
        endpoint = self._lineage_endpoint()
        if endpoint is None and transport != "console":
            return LineagePlan(namespace=namespace, transport=transport)
        return LineagePlan(
            enabled=True, endpoint=endpoint, namespace=namespace, transport=transport
        )

    def _lineage_endpoint(self) -> str | None:
        url, key = self._environ.get("OPENLINEAGE_URL", "").strip(), "OPENLINEAGE_URL"
        path = self._environ.get("OPENLINEAGE_ENDPOINT", "").strip() if url else ""
        if not url:
            written = self._pipeline.observability.lineage_endpoint
            url, key = written or "", "$.observability.lineage_endpoint"
        return lineage_endpoint(url, path) if self._is_endpoint(url, key) else None

    def _tracing(self) -> TracingPlan:
        observability, environment = self._pipeline.observability, self._pipeline.environment
        attributes = dict(observability.attributes)
        attributes |= environment.attributes if environment else {}
        named = attributes.get("service.name") or self._environ.get("OTEL_SERVICE_NAME")
        service = self._bounded(named, "floe", '$.observability.attributes["service.name"]')
        off = self._is_set("OTEL_SDK_DISABLED") or self._is_none("OTEL_TRACES_EXPORTER")
        endpoint = None if off or not observability.traces else self._otlp_endpoint()
        return TracingPlan(
            enabled=endpoint is not None,
            endpoint=endpoint,
            protocol=self._otlp_protocol(endpoint),
            service_name=service,
            attributes=attributes,
            sampling=observability.sampling,
            metrics=observability.metrics and not self._is_none("OTEL_METRICS_EXPORTER"),
        )

    def _otlp_endpoint(self) -> str | None:
        complete = self._environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
        base = self._environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
        if complete:
            usable = self._is_endpoint(complete, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
            return otlp_base(complete) if usable else None
        url, key = base, "OTEL_EXPORTER_OTLP_ENDPOINT"
        if not url:
            written = self._pipeline.observability.otlp_endpoint
            url, key = written or "", "$.observability.otlp_endpoint"
        return url if self._is_endpoint(url, key) else None

    def _otlp_protocol(self, endpoint: str | None) -> str | None:
        names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
        said = next((self._environ[name] for name in names if self._environ.get(name)), None)
        if said is not None and said not in _PROTOCOLS and endpoint is not None:
            what = "the OTLP protocol must be grpc or http/protobuf"
            self._problems.append(Problem(what, "OTEL_EXPORTER_OTLP_PROTOCOL"))
        protocol = said or self._pipeline.observability.otlp_protocol
        if endpoint is not None and protocol is None and endpoint.rstrip("/").endswith(_GRPC_PORT):
            self._warnings.append(
                "$.observability.otlp_endpoint has the port of OTLP over gRPC, but HTTP is spoken: "
                "use port 4318, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc"
            )
        return protocol

    def _is_endpoint(self, url: str, key: str) -> bool:
        """Return whether *url* is there and can be used; refuse it when it cannot."""
        fault = endpoint_fault(url) if url.strip() else None
        if fault is not None:
            where = f"{self._pipeline.source}: {key}" if key.startswith("$") else key
            fix = "write scheme, host and port; give credentials by their own variables"
            self._problems.append(Problem(fault, where, fix))
        return bool(url.strip()) and fault is None

    def _bounded(self, name: str | None, default: str, key: str) -> str:
        if name and len(name) > _LONGEST_NAME:
            self._refuse(f"must have at most {_LONGEST_NAME} characters", key)
            return default
        return name or default

    def _is_set(self, variable: str) -> bool:
        return self._environ.get(variable, "").strip().lower() in _TRUE

    def _is_none(self, variable: str) -> bool:
        return self._environ.get(variable, "").strip().lower() == "none"


def _project_problem(wanted: Path | None) -> str:
    if wanted is None:
        return "nothing to run: there are no transforms"
    return f"there is no dbt_project.yml in {wanted}"


def _whole_number(written: JsonValue) -> int | None:
    if isinstance(written, str) and written.strip().isascii() and written.strip().isdigit():
        return int(written) if len(written.strip()) <= len(str(_MOST_THREADS)) else None
    return written if isinstance(written, int) and not isinstance(written, bool) else None
