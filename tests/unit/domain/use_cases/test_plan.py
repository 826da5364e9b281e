from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.errors import ConfigurationError, FloeError
from floe.domain.model.pipeline import (
    Compute,
    DbtOrchestration,
    Dialect,
    EnvironmentContext,
    Governance,
    Observability,
    Orchestration,
    Pipeline,
    Transform,
)
from floe.domain.model.plan import PlanOptions, RunPlan
from floe.domain.use_cases.plan import plan, require_compute, require_project
from floe.domain.use_cases.settings_layers import contract_layer, standard_layer

_HOME = Path("/home/carol")
_SHOP = Path("/srv/shop")
_CONTEXT = EnvironmentContext(
    tenant_id="t",
    tenant_slug="acme",
    project_id="p",
    project_slug="shop",
    environment_id="e",
    environment_type="staging",
    governance_category="non_production",
)


class FixedProjectFiles:
    """Knows the projects and files that it was given."""

    def __init__(self, projects: Mapping[str, str | None], files: tuple[str, ...] = ()) -> None:
        self._projects = {Path(path): name for path, name in projects.items()}
        self._files = {Path(path) for path in files}

    def is_project(self, directory: Path) -> bool:
        return directory in self._projects

    def profile_name(self, directory: Path) -> str | None:
        return self._projects.get(directory)

    def project_name(self, directory: Path) -> str | None:
        return directory.name if self.is_project(directory) else None

    def exists(self, path: Path) -> bool:
        return path in self._files

    def last_run(self, directory: Path) -> None:
        del directory

    def variables_of_environment(self, directory: Path) -> frozenset[str]:
        del directory
        return frozenset()

    def fingerprint(self, directory: Path) -> str:
        return str(directory)


def _pipeline(**changes: Any) -> Pipeline:
    fields: dict[str, Any] = {
        "name": "shop",
        "dialect": Dialect.COMPILED_ARTIFACTS,
        "source": _SHOP / ".floe" / "compiled_artifacts.json",
        "compute": Compute(target="duckdb"),
        "transforms": (Transform(path="./dbt"),),
    }
    return Pipeline(**fields | changes)


def _plan(
    pipeline: Pipeline | None = None,
    *,
    files: FixedProjectFiles | None = None,
    environ: Mapping[str, str] | None = None,
    **options: Any,
) -> RunPlan:
    return plan(
        pipeline or _pipeline(),
        PlanOptions(**options),
        project_files=files or FixedProjectFiles({"/srv/shop/dbt": None}),
        environ=environ or {},
        working_dir=_HOME,
    )


def _refusal(pipeline: Pipeline | None = None, **rest: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        _plan(pipeline, **rest)
    return str(refused.value)


def _observed(environ: Mapping[str, str] | None = None, **changes: Any) -> RunPlan:
    return _plan(_pipeline(observability=Observability(**changes)), environ=environ)


# places


@pytest.mark.parametrize(
    ("source", "dialect", "root"),
    [
        ("/srv/shop/.floe/compiled_artifacts.json", Dialect.COMPILED_ARTIFACTS, "/srv/shop"),
        ("/srv/shop/artifacts.json", Dialect.COMPILED_ARTIFACTS, "/home/carol"),
        ("/srv/shop/floe.yaml", Dialect.FLOE_YAML, "/srv/shop"),
        ("/srv/shop/compiled_artifacts.json", Dialect.SUCCESSOR, "/srv/shop"),
        ("/srv/shop/.floe/compiled_artifacts.json", Dialect.SUCCESSOR, "/srv/shop"),
        ("shop/.floe/compiled_artifacts.json", Dialect.COMPILED_ARTIFACTS, "/home/carol/shop"),
        ("../shop/floe.yaml", Dialect.FLOE_YAML, "/home/shop"),
    ],
)
def test_the_project_root_follows_from_where_the_document_stands(
    source: str, dialect: Dialect, root: str
) -> None:
    assert _plan(_pipeline(source=Path(source), dialect=dialect)).project_root == Path(root)


@pytest.mark.parametrize(("asked", "root"), [("/opt/x", "/opt/x"), ("x/../y", "/home/carol/y")])
def test_a_project_root_can_be_asked_for(asked: str, root: str) -> None:
    assert _plan(project_root=Path(asked)).project_root == Path(root)


@pytest.mark.parametrize(
    ("changes", "project"),
    [
        ({}, "/srv/shop/dbt"),
        ({"project_path": "other"}, "/srv/shop/other"),
        ({"project_path": "/abs"}, "/abs"),
        ({"orchestration": Orchestration(dbt=DbtOrchestration(project_dir="o"))}, "/srv/shop/o"),
        (
            {
                "project_path": "mine",
                "orchestration": Orchestration(dbt=DbtOrchestration(project_dir="o")),
            },
            "/srv/shop/mine",
        ),
        ({"transforms": (Transform(path="."),)}, "/srv/shop"),
    ],
)
def test_the_dbt_project_is_where_the_most_specific_word_says(
    changes: dict[str, Any], project: str
) -> None:
    made = _plan(_pipeline(**changes), files=FixedProjectFiles({project: None}))

    assert made.project_dir == Path(project)
    assert require_project(made) == Path(project)


def test_a_missing_project_is_only_a_problem_for_those_who_run_it() -> None:
    made = _plan(files=FixedProjectFiles({}))

    assert made.project_dir is None
    with pytest.raises(ConfigurationError, match=r"no dbt_project\.yml in /srv/shop/dbt"):
        require_project(made)


def test_nothing_to_run_is_only_a_problem_for_those_who_run_it() -> None:
    made = _plan(_pipeline(transforms=(), project_path="dbt"))

    with pytest.raises(ConfigurationError, match="nothing to run"):
        require_project(made)
    assert _plan(_pipeline(transforms=())).project_problem is not None


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_missing_target_is_only_a_problem_for_those_who_need_one(dialect: Dialect) -> None:
    made = _plan(_pipeline(compute=None, dialect=dialect))

    with pytest.raises(ConfigurationError, match="no compute target"):
        require_compute(made)


def test_a_target_that_is_there_is_returned() -> None:
    assert require_compute(_plan()).target == "duckdb"


@pytest.mark.parametrize(
    ("written", "files", "manifest"),
    [
        (None, (), "/srv/shop/dbt/target/manifest.json"),
        ("dbt/target/manifest.json", ("/srv/shop/dbt/target/manifest.json",), None),
        ("target/manifest.json", ("/srv/shop/dbt/target/manifest.json",), None),
        ("m.json", ("/srv/shop/m.json", "/srv/shop/dbt/m.json"), "/srv/shop/m.json"),
        ("m.json", ("/srv/shop/dbt/m.json",), None),
        ("gone.json", (), "/srv/shop/dbt/target/manifest.json"),
        ("/abs/manifest.json", ("/abs/manifest.json",), None),
    ],
)
def test_the_manifest_is_looked_for_under_the_root_then_the_project_then_its_usual_place(
    written: str | None, files: tuple[str, ...], manifest: str | None
) -> None:
    known = FixedProjectFiles({"/srv/shop/dbt": None}, files)

    made = _plan(_pipeline(manifest_path=written), files=known)

    assert made.manifest_path == Path(manifest or files[0])


def test_the_orchestrators_manifest_counts_where_the_document_names_none() -> None:
    dbt = Orchestration(dbt=DbtOrchestration(manifest_path="o/manifest.json"))
    known = FixedProjectFiles({"/srv/shop/dbt": None}, ("/srv/shop/o/manifest.json",))

    made = _plan(_pipeline(orchestration=dbt), files=known)

    assert made.manifest_path == Path("/srv/shop/o/manifest.json")


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        (".floe/profiles", "/srv/shop/.floe/profiles"),
        ("a/../b", "/srv/shop/b"),
        (".", "/srv/shop"),
        ("/etc/profiles", "/etc/profiles"),
        ("with space/プロファイル", "/srv/shop/with space/プロファイル"),
    ],
)
def test_profiles_go_where_the_document_says(written: str, folder: str) -> None:
    assert _plan(_pipeline(profiles_path=written)).profiles_dir == Path(folder)


@pytest.mark.parametrize("written", ["", "  ", "..", "../elsewhere", "a/../../b", "a\0b"])
def test_profiles_do_not_leave_the_project(written: str) -> None:
    assert "$.dbt_profiles_path: must" in _refusal(_pipeline(profiles_path=written))


@pytest.mark.parametrize("written", ["", "../elsewhere"])
def test_an_option_may_put_profiles_anywhere(written: str) -> None:
    made = _plan(_pipeline(profiles_path=written), profiles_dir=Path("../x"))

    assert made.profiles_dir == Path("/home/x")


# names and numbers


@pytest.mark.parametrize(
    ("options", "project", "profiles", "name"),
    [
        ({"profile_name": "asked"}, "harbour", None, "asked"),
        ({}, "harbour", {"own": {}}, "harbour"),
        ({}, None, {"own": {}}, "own"),
        ({}, None, None, "floe"),
    ],
)
def test_the_profile_is_named_by_the_first_who_says(
    options: dict[str, Any], project: str | None, profiles: dict[str, Any] | None, name: str
) -> None:
    files = FixedProjectFiles({"/srv/shop/dbt": project})

    assert _plan(_pipeline(profiles=profiles), files=files, **options).profile.profile_name == name


def test_the_target_is_named_by_the_first_who_says() -> None:
    dbt = Orchestration(dbt=DbtOrchestration(target="orchestrated"))
    transforms = (Transform(path="./dbt", target="transformed"), Transform(path="x", target="no"))
    bare = _pipeline()
    in_context = _pipeline(environment=_CONTEXT)
    orchestrated = in_context.model_copy(update={"orchestration": dbt})
    transformed = orchestrated.model_copy(update={"transforms": transforms})

    assert _plan(bare).profile.target_name == "dev"
    assert _plan(in_context).profile.target_name == "staging"
    assert _plan(orchestrated).profile.target_name == "orchestrated"
    assert _plan(transformed).profile.target_name == "transformed"
    assert _plan(transformed, target_name="asked").profile.target_name == "asked"


@pytest.mark.parametrize("name", ["a-b", "ünï", "\uff11\uff12", "a b", "a\n", "x" * 101, "{{ x }}"])
def test_a_target_of_other_characters_is_refused_not_rewritten(name: str) -> None:
    said = _refusal(_pipeline(transforms=(Transform(path="dbt", target=name),)))

    assert "$.transforms[0].target: the target name must be 1 to 100 ASCII letters" in said
    assert name not in said


def test_a_profile_of_other_characters_is_refused() -> None:
    files = FixedProjectFiles({"/srv/shop/dbt": "jaffle-shop"})

    assert "the profile name must be" in _refusal(files=files)


@pytest.mark.parametrize(
    ("written", "threads"), [(None, 4), (8, 8), ("16", 16), (" 2 ", 2), (1, 1), (64, 64)]
)
def test_threads_come_from_the_properties(written: object, threads: int) -> None:
    properties = {} if written is None else {"threads": written}
    pipeline = _pipeline(compute=Compute(target="duckdb", properties=properties))

    assert _plan(pipeline).profile.threads == threads


@pytest.mark.parametrize(
    "written", [0, 65, -1, 4.5, "four", "", "٤", True, [4], "9" * 5000, 10**30, "4.0"]
)
def test_threads_that_are_no_number_from_1_to_64_are_left_to_who_reads_the_properties(
    written: object,
) -> None:
    pipeline = _pipeline(compute=Compute(target="duckdb", properties={"threads": written}))

    assert _plan(pipeline).profile.threads == 4


def test_threads_that_only_dbt_would_know_are_refused() -> None:
    properties = {"threads": "{{ env_var('THREADS') }}"}
    pipeline = _pipeline(compute=Compute(target="duckdb", properties=properties))

    assert "$.compute.properties.threads: threads must be a whole number" in _refusal(pipeline)


def test_threads_can_be_asked_for() -> None:
    assert _plan(threads=12).profile.threads == 12
    assert "threads must be" in _refusal(threads=65)


# lineage


def test_lineage_is_off_without_an_endpoint() -> None:
    assert not _plan().lineage.enabled


def test_lineage_goes_to_the_endpoint_of_the_document() -> None:
    lineage = _observed(lineage_endpoint="https://l.example:5001").lineage

    assert lineage.enabled
    assert lineage.endpoint == "https://l.example:5001/api/v1/lineage"


def test_the_environment_names_another_lineage_endpoint() -> None:
    environ = {"OPENLINEAGE_URL": "http://env.example", "OPENLINEAGE_ENDPOINT": "in/here"}

    endpoint = _observed(environ, lineage_endpoint="https://l.example").lineage.endpoint

    assert endpoint == "http://env.example/in/here"


@pytest.mark.parametrize(
    "pipeline",
    [
        _pipeline(observability=Observability(lineage=False, lineage_endpoint="http://h")),
        _pipeline(
            observability=Observability(lineage_endpoint="http://h"),
            governance=Governance(emit_lineage=False),
        ),
        _pipeline(
            observability=Observability(lineage_transport="noop", lineage_endpoint="http://h")
        ),
    ],
)
def test_a_document_that_wants_no_lineage_gets_none(pipeline: Pipeline) -> None:
    lineage = _plan(pipeline, environ={"OPENLINEAGE_URL": "http://env.example"}).lineage

    assert not lineage.enabled
    assert lineage.endpoint is None


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_lineage_can_be_disabled_by_the_environment(value: str) -> None:
    made = _observed({"OPENLINEAGE_DISABLED": value}, lineage_endpoint="http://h")

    assert not made.lineage.enabled


def test_the_console_needs_no_endpoint() -> None:
    lineage = _observed(lineage_transport="console").lineage

    assert lineage.enabled
    assert (lineage.endpoint, lineage.transport) == (None, "console")


def test_the_namespace_is_the_documents_then_the_environments_then_floe() -> None:
    environ = {"OPENLINEAGE_NAMESPACE": "env"}

    assert _plan(_pipeline(lineage_namespace="own"), environ=environ).lineage.namespace == "own"
    assert _plan(_pipeline(lineage_namespace=""), environ=environ).lineage.namespace == "env"
    assert _plan().lineage.namespace == "floe"
    assert "at most 255" in _refusal(_pipeline(lineage_namespace="n" * 256))


# tracing


def test_tracing_is_off_without_an_endpoint() -> None:
    assert not _plan().tracing.enabled


def test_traces_go_to_the_endpoint_of_the_document() -> None:
    tracing = _observed(otlp_endpoint="http://o.example:4318", otlp_protocol="grpc").tracing

    assert tracing.enabled
    assert (tracing.endpoint, tracing.protocol) == ("http://o.example:4318", "grpc")


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://base"}, "http://base"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:4318/v1/traces"}, "http://t:4318"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://base",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/v1/traces",
            },
            "http://t",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, "http://o.example"),
    ],
)
def test_the_environment_names_another_collector(environ: dict[str, str], endpoint: str) -> None:
    assert _observed(environ, otlp_endpoint="http://o.example").tracing.endpoint == endpoint


@pytest.mark.parametrize(
    "environ", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}]
)
def test_tracing_can_be_disabled_by_the_environment(environ: dict[str, str]) -> None:
    assert not _observed(environ, otlp_endpoint="http://o.example").tracing.enabled


def test_metrics_go_on_without_traces() -> None:
    plan = _observed({"OTEL_TRACES_EXPORTER": "none"}, otlp_endpoint="http://o.example")
    neither = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}

    assert contract_layer(plan, {}).values["tracing"]["kind"] == "otlp_http"
    assert "tracing" not in contract_layer(_observed(neither, otlp_endpoint="http://o"), {}).values


@pytest.mark.parametrize(("insecure", "scheme"), [("true", "http"), ("false", "https")])
def test_over_grpc_the_collector_may_be_named_without_a_scheme(insecure: str, scheme: str) -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "collector.example:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_INSECURE": insecure,
    }

    assert _observed(environ).tracing.endpoint == f"{scheme}://collector.example:4317"


def test_the_console_needs_no_collector() -> None:
    environ = {"OTEL_TRACES_EXPORTER": "console"}

    assert standard_layer(_observed(environ), environ).values["tracing"] == {"kind": "console"}


def test_a_document_that_wants_no_traces_gets_none() -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://base"}

    assert not _observed(environ, traces=False, otlp_endpoint="http://o.example").tracing.enabled


def test_the_protocol_is_the_environments_before_the_documents() -> None:
    environ = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    traces = {**environ, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}

    assert _observed(environ, otlp_protocol="http/protobuf").tracing.protocol == "grpc"
    assert _observed(traces).tracing.protocol == "http/protobuf"


def test_an_unknown_protocol_is_refused_where_it_would_be_used() -> None:
    environ = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}
    pipeline = _pipeline(observability=Observability(otlp_endpoint="http://o.example"))

    assert "must be grpc or http/protobuf" in _refusal(pipeline, environ=environ)
    assert not _plan(environ=environ).tracing.enabled


def test_the_port_of_the_other_protocol_is_pointed_out() -> None:
    warned = _observed(otlp_endpoint="https://o.example:4317").warnings
    silent = _observed(otlp_endpoint="https://o.example:4317", otlp_protocol="grpc").warnings

    assert "port of OTLP over gRPC" in warned[0]
    assert silent == ()


def test_the_service_is_the_documents_then_the_environments_then_floe() -> None:
    environ = {"OTEL_SERVICE_NAME": "env"}
    own = _observed(environ, attributes={"service.name": "own"})

    assert own.tracing.service_name == "own"
    assert _observed(environ).tracing.service_name == "env"
    assert _observed(attributes={"service.name": ""}).tracing.service_name == "floe"
    assert "at most 255" in _refusal(
        _pipeline(observability=Observability(attributes={"service.name": "s" * 256}))
    )


def test_every_span_says_whose_it_is() -> None:
    observability = Observability(attributes={"region": "eu", "floe.tenant.id": "lie"})
    made = _plan(_pipeline(observability=observability, environment=_CONTEXT))

    assert made.tracing.attributes == {
        "region": "eu",
        "floe.tenant.id": "t",
        "floe.tenant.slug": "acme",
        "floe.project.id": "p",
        "floe.project.slug": "shop",
        "floe.environment.id": "e",
        "floe.environment.type": "staging",
        "floe.governance.category": "non_production",
    }


def test_metrics_can_be_switched_off_alone() -> None:
    assert not _observed(metrics=False).tracing.metrics
    assert not _observed({"OTEL_METRICS_EXPORTER": "none"}).tracing.metrics
    assert _observed().tracing.metrics


# endpoints


@pytest.mark.parametrize("field", ["lineage_endpoint", "otlp_endpoint"])
@pytest.mark.parametrize("url", ["host:4317", "ftp://h", "http://", "http://h\n", "h${X}"])
def test_an_endpoint_that_is_no_address_is_refused_by_its_place(field: str, url: str) -> None:
    said = _refusal(_pipeline(observability=Observability(**{field: url})))

    assert f"$.observability.{field}: must be an http or https URL" in said
    assert url not in said


def test_credentials_in_an_endpoint_are_refused_and_only_the_host_is_shown() -> None:
    url = "https://carol:hunter2@lineage.example"

    said = _refusal(
        _pipeline(observability=Observability(lineage_endpoint=url)),
        environ={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://dave:swordfish@o.example"},
    )

    assert "lineage.example" in said
    assert "OTEL_EXPORTER_OTLP_ENDPOINT: must not carry credentials (the host is o.example)" in said
    assert not any(secret in said for secret in ("carol", "hunter2", "dave", "swordfish"))


def test_every_problem_is_told_at_once() -> None:
    said = _refusal(
        _pipeline(
            profiles_path="",
            transforms=(Transform(path="dbt", target="a-b"),),
            observability=Observability(lineage_endpoint="x", otlp_endpoint="y"),
        ),
        threads=0,
    )

    assert said.count("fix: ") == 5


def test_the_warnings_of_the_document_are_kept() -> None:
    assert _plan(_pipeline(warnings=("look here",))).warnings == ("look here",)


_TEXT = st.text(max_size=30)


@given(
    profiles_path=_TEXT,
    path=_TEXT,
    target=st.none() | _TEXT,
    manifest_path=st.none() | _TEXT,
    project_path=st.none() | _TEXT,
    namespace=st.none() | _TEXT,
    endpoints=st.tuples(_TEXT | st.just("http://h"), _TEXT | st.just("http://h:4317")),
    threads=st.none() | st.integers() | _TEXT | st.booleans(),
)
def test_any_pipeline_is_planned_with_absolute_paths_or_refused(
    *,
    profiles_path: str,
    path: str,
    target: str | None,
    manifest_path: str | None,
    project_path: str | None,
    namespace: str | None,
    endpoints: tuple[str, str],
    threads: object,
) -> None:
    pipeline = _pipeline(
        profiles_path=profiles_path,
        transforms=(Transform(path=path, target=target),),
        manifest_path=manifest_path,
        project_path=project_path,
        lineage_namespace=namespace,
        observability=Observability(lineage_endpoint=endpoints[0], otlp_endpoint=endpoints[1]),
        compute=Compute(target="duckdb", properties={"threads": threads}),
    )
    try:
        made = _plan(pipeline)
    except FloeError:
        return
    paths = (made.project_root, made.profiles_dir, made.project_dir, made.manifest_path)

    assert all(path.is_absolute() for path in paths if path is not None)
