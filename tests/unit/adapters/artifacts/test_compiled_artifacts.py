from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import (
    ClassificationSource,
    CredentialMode,
    Credentials,
    Dialect,
    SamplingType,
)
from tests.unit.adapters.artifacts.documents import (
    ENVIRONMENT,
    MINIMAL,
    RESOLVED,
    changed,
    read,
    refusal,
    without,
    write,
)

_RESOLVED_ONLY = {**without(MINIMAL, "compute"), "resolved_profiles": RESOLVED}
_OWN_REF = "my-creds"
_RESOLVED_REF = RESOLVED["compute"]["credentials"]["secret_ref"]
_REF = ("compute", "connection_secret_ref")
_MODE = ("resolved_profiles", "compute", "credentials")


# versions


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.0.7", "1.1.99"])
def test_versions_up_to_the_newest_are_read_without_a_word(tmp_path: Path, version: str) -> None:
    pipeline = read(tmp_path, {**MINIMAL, "version": version})

    assert pipeline.version == version
    assert pipeline.warnings == ()


def test_a_document_without_a_version_is_the_first(tmp_path: Path) -> None:
    assert read(tmp_path, without(MINIMAL, "version")).version == "1.0.0"


def test_a_later_minor_version_is_read_with_one_warning_that_names_both(tmp_path: Path) -> None:
    (warning,) = read(tmp_path, {**MINIMAL, "version": "1.7.0"}).warnings

    assert "1.7.0" in warning
    assert "1.1" in warning


def test_a_later_minor_version_may_bring_keys_that_are_not_known(tmp_path: Path) -> None:
    document = changed({**MINIMAL, "version": "1.2.0", "novelty": {"a": 1}}, *_NEW, to="x")

    warnings = read(tmp_path, document).warnings

    assert [text.split()[0] for text in warnings[1:]] == ["$.compute.novelty", "$.novelty"]


_NEW = ("compute", "novelty")


def test_a_later_minor_version_is_still_held_to_what_is_known(tmp_path: Path) -> None:
    document = {**MINIMAL, "version": "1.2.0", "novelty": 1, "transforms": {}}

    assert "$.transforms: must be a list" in refusal(tmp_path, document)


@pytest.mark.parametrize("version", ["2.0.0", "0.9.0", "10.1.0"])
def test_another_major_version_is_refused_with_what_to_do(tmp_path: Path, version: str) -> None:
    said = refusal(tmp_path, {**MINIMAL, "version": version})

    assert f"$.version: unsupported contract version: found {version}" in said
    assert "1.0.0 to 1.1.x" in said
    assert "upgrade" in said


@pytest.mark.parametrize(
    "version", ["", "1", "1.0", "v1.0.0", "1.0.0\n", "1.0.0-rc1", "one", "1.\u0660.0"]
)
def test_what_is_no_version_number_is_refused(tmp_path: Path, version: str) -> None:
    assert "unsupported contract version" in refusal(tmp_path, {**MINIMAL, "version": version})


@pytest.mark.parametrize("version", [1.0, 1, None, True, ["1.0.0"]])
def test_a_version_that_is_no_text_is_refused(tmp_path: Path, version: object) -> None:
    assert "$.version: must be a string" in refusal(tmp_path, {**MINIMAL, "version": version})


# keys


def test_schema_and_comment_at_the_top_are_ignored(tmp_path: Path) -> None:
    plain = read(tmp_path, MINIMAL)

    assert read(tmp_path, {**MINIMAL, "$schema": "x", "$comment": 1}) == plain


def test_schema_further_down_is_not(tmp_path: Path) -> None:
    said = refusal(tmp_path, changed(MINIMAL, "compute", "$schema", to="x"))

    assert '$.compute["$schema"]: is not a key of the contract' in said


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        (("unknown",), "$.unknown"),
        (("metadata", "unknown"), "$.metadata.unknown"),
        (("compute", "threads"), "$.compute.threads"),
        (("transforms", 0, "unknown"), "$.transforms[0].unknown"),
        (("governance", "unknown"), "$.governance.unknown"),
        (("observability", "unknown"), "$.observability.unknown"),
        (("observability", "tracing", "endpoint"), "$.observability.tracing.endpoint"),
        (("observability", "logging", "sink"), "$.observability.logging.sink"),
        (("orchestration", "unknown"), "$.orchestration.unknown"),
        (("environment_context", "environment"), "$.environment_context.environment"),
        (("resolved_profiles", "unknown"), "$.resolved_profiles.unknown"),
        (("resolved_profiles", "compute", "target"), "$.resolved_profiles.compute.target"),
        ((*_MODE, "password"), "$.resolved_profiles.compute.credentials.password"),
        (("column_classifications", "m", "c", "kind"), "$.column_classifications.m.c.kind"),
    ],
)
def test_an_unknown_key_is_refused_wherever_it_stands(
    tmp_path: Path, steps: tuple[str | int, ...], place: str
) -> None:
    full = {**_RESOLVED_ONLY, "environment_context": ENVIRONMENT, "compute": None}
    document = MINIMAL if steps[0] == "compute" else full

    assert f"{place}: is not a key of the contract" in refusal(
        tmp_path, changed(document, *steps, to="x")
    )


def test_an_unknown_key_comes_with_those_that_are_known(tmp_path: Path) -> None:
    said = refusal(tmp_path, changed(MINIMAL, "compute", "tarjet", to="x"))

    assert "allowed here: target, connection_secret_ref, properties" in said
    assert "did you mean target?" in said


def test_an_unknown_key_that_nothing_is_known_about_is_to_be_removed(tmp_path: Path) -> None:
    classified = {"sensitivity": {"c": {"classification": "pii", "kind": "x"}}}

    said = refusal(tmp_path, {**MINIMAL, "column_classifications": classified})

    assert "$.column_classifications.sensitivity.c.kind: is not a key" in said
    assert "fix: remove it" in said


@pytest.mark.parametrize("key", ["metadata", "transforms"])
def test_a_required_section_must_be_there(tmp_path: Path, key: str) -> None:
    assert f"$.{key}: is required" in refusal(tmp_path, without(MINIMAL, key))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    document = changed(MINIMAL, "compute", "target", to="oracle")
    document = changed(document, "observability", "traces", to="perhaps")
    document = without(document, "transforms", 0, "path")

    said = refusal(tmp_path, document)

    assert "$.compute.target" in said
    assert "$.observability.traces" in said
    assert "$.transforms[0].path" in said


# values


@pytest.mark.parametrize(
    ("steps", "value", "message"),
    [
        (("metadata",), [], "$.metadata: must be an object"),
        (("metadata", "compiled_at"), "yesterday", "compiled_at: must be a date and time"),
        (("metadata", "compiled_at"), None, "compiled_at: must be a date and time"),
        (("metadata", "source_hash"), "", "source_hash: must not be empty"),
        (("metadata", "floe_core_version"), 1, "floe_core_version: must be a string"),
        (("compute",), "duckdb", "$.compute: must be an object"),
        (("compute", "target"), "DuckDB", "did you mean duckdb?"),
        (("compute", "target"), "postgresql", "did you mean postgres?"),
        (("compute", "target"), None, "target: must be a string"),
        (("compute", "properties"), None, "properties: must be an object"),
        (("compute", "properties"), ["x"], "properties: must be an object"),
        (_REF, "", "must match the pattern"),
        (_REF, "-starts", "must match the pattern"),
        (_REF, "env:NAME", "must match the pattern"),
        (_REF, "pg-creds\n", "must match the pattern"),
        (_REF, "a" * 254, "must match the pattern"),
        (_REF, "ü", "must match the pattern"),
        (("transforms",), None, "$.transforms: must be a list"),
        (("transforms", 0), "dbt", "$.transforms[0]: must be an object"),
        (("transforms", 0, "type"), "DBT", "type: must be one of dbt"),
        (("transforms", 0, "path"), None, "path: must be a string"),
        (("transforms", 0, "target"), 1, "target: must be a string"),
        (("governance",), None, "$.governance: must be an object"),
        (("governance", "classification_source"), "dbt", "must be one of dbt_meta, external"),
        (("governance", "policies"), None, "policies: must be an object"),
        (("governance", "emit_lineage"), "maybe", "must be true or false"),
        (("governance", "emit_lineage"), 2, "must be true or false"),
        (("observability",), None, "$.observability: must be an object"),
        (("observability", "lineage"), {"enabled": True}, "must be true or false"),
        (("observability", "otlp_endpoint"), 4317, "otlp_endpoint: must be a string"),
        (("observability", "attributes"), {"retries": 3}, "retries: must be a string"),
        (("observability", "attributes"), {"a": None}, "attributes.a: must be a string"),
        (("observability", "tracing", "sampling", "probability"), 1.5, "must be at most 1"),
        (("observability", "tracing", "sampling", "probability"), -0.1, "must be at least 0"),
        (("observability", "tracing", "sampling", "rate_limit"), 0, "must be at least 1"),
        (("observability", "tracing", "sampling", "sampling_type"), "on", "always_on"),
        (("observability", "logging", "level"), "debug", "did you mean DEBUG"),
        (("observability", "logging", "log_format"), "xml", "must be one of json, text"),
        (("observability", "metrics_config", "scrape_interval"), "15", "must match the pattern"),
        (("observability", "metrics_config", "retention_days"), 0, "must be at least 1"),
        (("observability", "compute_logs", "manager_type"), "ftp", "must be one of s3"),
        (("observability", "compute_logs", "upload_interval"), 301, "must be at most 300"),
        (("catalog",), "polaris", "$.catalog: must be an object or null"),
        (("consumption",), [], "$.consumption: must be an object or null"),
        (("resolved_layers",), 1, "$.resolved_layers: must be an object or null"),
        (("orchestration",), [], "$.orchestration: must be an object"),
        (("orchestration", "jobs"), [], "$.orchestration.jobs: must be an object or null"),
        (("orchestration", "asset_modules"), {}, "asset_modules: must be a list"),
        (("orchestration", "dbt"), {}, "dbt.manifest_path: is required"),
        (("orchestration", "dbt"), {"manifest_path": "m", "target": "1a"}, "must match"),
        (("orchestration", "dbt"), {"manifest_path": "m", "target": "a\n"}, "must match"),
        (("dbt_profiles_path",), None, "$.dbt_profiles_path: must be a string"),
        (("dbt_manifest_path",), 1, "$.dbt_manifest_path: must be a string"),
        (("lineage_namespace",), {}, "$.lineage_namespace: must be a string"),
        (("column_classifications",), [], "$.column_classifications: must be an object"),
        (("column_classifications", "m"), None, "$.column_classifications.m: must be an object"),
        (("column_classifications", "m", "c"), {}, "m.c.classification: is required"),
        (("column_classifications", "m", "c", "sensitivity"), "severe", "low, medium, high"),
        (("resolved_profiles",), {}, "$.resolved_profiles.compute: is required"),
    ],
)
def test_a_wrong_value_is_refused_by_its_json_path(
    tmp_path: Path, steps: tuple[str | int, ...], value: object, message: str
) -> None:
    assert message in refusal(tmp_path, changed(MINIMAL, *steps, to=value))


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({"mode": "oauth2"}, "mode oauth2 needs client_id and client_secret"),
        ({"mode": "oauth2", "client_id": "svc"}, "mode oauth2 needs client_secret"),
        (
            {"mode": "oauth2", "client_id": "", "client_secret": {"secret_ref": "s"}},
            "mode oauth2 needs client_id",
        ),
        ({"mode": "iam_role"}, "mode iam_role needs role_arn"),
        ({"mode": "basic"}, "credentials.mode: must be one of static"),
        ({"client_secret": "hunter2"}, "client_secret: must be a reference to a secret"),
        ({"client_secret": {"secret_ref": "a.b"}}, "client_secret.secret_ref: must match"),
        ({"client_id": {"secret_ref": "a b"}}, "credentials.client_id.secret_ref: must match"),
        ({"client_id": {"ref": "a"}}, "credentials.client_id.secret_ref: is required"),
        ({"client_id": 5}, "credentials.client_id: must be a string"),
        ({"role_arn": "arn:aws:iam::12:role/x"}, "role_arn: must match the pattern"),
        ({"role_arn": "arn:aws:iam::123456789012:role/x\n"}, "role_arn: must match the pattern"),
        ({"secret_ref": "a/b"}, "secret_ref: must match the pattern"),
    ],
)
def test_credentials_are_held_to_their_mode(
    tmp_path: Path, credentials: dict[str, Any], message: str
) -> None:
    said = refusal(tmp_path, changed(_RESOLVED_ONLY, *_MODE, to=credentials))

    assert message in said
    assert "hunter2" not in said


@pytest.mark.parametrize("key", sorted(ENVIRONMENT))
def test_the_environment_context_is_all_or_nothing(tmp_path: Path, key: str) -> None:
    document = {**MINIMAL, "environment_context": without(ENVIRONMENT, key)}

    assert f"$.environment_context.{key}: is required" in refusal(tmp_path, document)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tenant_id", "acme", "must be a UUID"),
        ("project_id", 7, "must be a UUID"),
        ("tenant_slug", "", "must not be empty"),
        ("environment_type", "prod", "must be one of development, preview, staging, production"),
        ("governance_category", "Production", "did you mean production?"),
    ],
)
def test_the_environment_context_is_checked(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    document = {**MINIMAL, "environment_context": {**ENVIRONMENT, key: value}}

    said = refusal(tmp_path, document)

    assert f"$.environment_context.{key}: {message}" in said or message in said


# what is not read


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (("consumption",), {"port": "no port", "security": {"tenant_column": 1}}),
        (("consumption",), None),
        (("catalog",), {"type": "unheard-of", "scope": "free text"}),
        (("resolved_layers",), {"bronze": {"retention_days": 99999}}),
        (("resolved_profiles", "storage"), {"bucket": ""}),
        (("resolved_profiles", "storage"), None),
        (("resolved_profiles", "catalog"), {"anything": []}),
        (("orchestration", "assets"), {"a": 1}),
        (("orchestration", "partitions"), {"a": {"type": "lunar"}}),
        (("orchestration", "backfills"), None),
    ],
)
def test_the_content_of_a_section_that_is_not_read_is_no_reason_to_refuse(
    tmp_path: Path, steps: tuple[str, ...], value: object
) -> None:
    document = changed(_RESOLVED_ONLY, *steps, to=value)

    assert read(tmp_path, document) == read(tmp_path, changed(_RESOLVED_ONLY, *steps, to={}))


def test_jobs_and_schedules_that_can_be_used_are_used(tmp_path: Path) -> None:
    orchestration = {
        "dbt": {"manifest_path": "dbt/target/manifest.json", "target": "prod"},
        "jobs": {
            "nightly": {"type": "batch", "selection": ["tag:nightly"], "tags": {"a": "b"}},
            "vacuum": {"type": "ops", "target_function": "shop.ops.vacuum", "args": {"days": 3}},
            "broken": {"type": "magic"},
            "worse": 5,
        },
        "schedules": {
            "at_two": {"job": "nightly", "cron_schedule": "0 2 * * *", "enabled": False},
            "never": {"job": "nightly", "cron_schedule": "whenever"},
        },
        "sensors": {"watch": {"type": "custom"}},
    }

    pipeline = read(tmp_path, {**MINIMAL, "orchestration": orchestration})

    assert pipeline.orchestration is not None
    assert pipeline.orchestration.dbt is not None
    assert pipeline.orchestration.dbt.target == "prod"
    assert [(job.name, job.type) for job in pipeline.orchestration.jobs] == [
        ("nightly", "batch"),
        ("vacuum", "ops"),
    ]
    assert pipeline.orchestration.jobs[1].arguments == {"days": 3}
    (schedule,) = pipeline.orchestration.schedules
    assert (schedule.cron, schedule.timezone, schedule.enabled) == ("0 2 * * *", "UTC", False)
    assert pipeline.orchestration.sensors == {"watch": {"type": "custom"}}
    assert [text.split()[0] for text in pipeline.warnings] == [
        "$.orchestration.jobs.broken",
        "$.orchestration.jobs.worse",
        "$.orchestration.schedules.never",
    ]


# the effective target


def test_the_target_of_the_document_itself(tmp_path: Path) -> None:
    compute = read(tmp_path, changed(MINIMAL, *_REF, to=_OWN_REF)).compute

    assert compute is not None
    assert compute.target == "duckdb"
    assert compute.properties == {"path": ":memory:"}
    assert compute.credentials == Credentials(secret_ref=_OWN_REF)
    assert compute.source == "compute"


def test_a_resolved_target_goes_before_the_documents_own(tmp_path: Path) -> None:
    own = {"target": "postgres", "properties": {"host": "elsewhere"}}
    compute = read(tmp_path, {**_RESOLVED_ONLY, "compute": own}).compute

    assert compute is not None
    assert compute.properties["host"] == "db"
    assert compute.credentials == Credentials(secret_ref=_RESOLVED_REF)
    assert compute.source == "resolved_profiles.compute"


def test_two_different_targets_are_refused_by_name(tmp_path: Path) -> None:
    said = refusal(tmp_path, {**_RESOLVED_ONLY, "compute": {"target": "spark"}})

    assert "compute.target is spark" in said
    assert "resolved_profiles.compute.type is postgres" in said


def test_a_resolved_target_without_a_type_is_duckdb(tmp_path: Path) -> None:
    compute = read(tmp_path, changed(_RESOLVED_ONLY, "resolved_profiles", "compute", to={})).compute

    assert compute is not None
    assert compute.target == "duckdb"


def test_a_document_without_any_target_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, without(MINIMAL, "compute")).compute is None
    assert read(tmp_path, {**MINIMAL, "compute": None, "resolved_profiles": None}).compute is None


def test_oauth_credentials_are_references(tmp_path: Path) -> None:
    credentials = {
        "mode": "oauth2",
        "client_id": {"secret_ref": "id-ref"},
        "client_secret": {"secret_ref": _OWN_REF},
        "scope": "all",
    }
    compute = read(tmp_path, changed(_RESOLVED_ONLY, *_MODE, to=credentials)).compute

    assert compute is not None
    assert compute.credentials == Credentials(
        mode=CredentialMode.OAUTH2,
        client_id_ref="id-ref",
        client_secret_ref=_OWN_REF,
        scope="all",
    )


def test_a_literal_client_id_and_a_role(tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/loader"
    credentials = {"mode": "iam_role", "client_id": "svc", "role_arn": role}
    compute = read(tmp_path, changed(_RESOLVED_ONLY, *_MODE, to=credentials)).compute

    assert compute is not None
    assert compute.credentials.client_id == "svc"
    assert compute.credentials.role_arn == role


def test_targets_of_installed_packages_are_known_to_a_reader_that_was_told(tmp_path: Path) -> None:
    path = write(tmp_path, changed(MINIMAL, "compute", "target", to="quack"))

    with pytest.raises(ArtifactError):
        DocumentReader().read(path)
    compute = DocumentReader(targets=("duckdb", "quack")).read(path).compute
    assert compute is not None
    assert compute.target == "quack"


# lenient types


@pytest.mark.parametrize(
    ("value", "meant"),
    [("yes", True), ("off", False), (1, True), (0.0, False), ("TRUE", True), ("f", False)],
)
def test_booleans_in_other_clothes(tmp_path: Path, value: object, *, meant: bool) -> None:
    document = changed(MINIMAL, "observability", "lineage", to=value)

    assert read(tmp_path, document).observability.lineage is meant


@pytest.mark.parametrize(
    "value",
    [1770091506, 1770091506000, "1770091506", "2026-02-03T06:05:06+02:00", "2026-02-03 04:05:06"],
)
def test_times_in_other_clothes(tmp_path: Path, value: object) -> None:
    document = changed(MINIMAL, "metadata", "compiled_at", to=value)

    assert read(tmp_path, document).compiled_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_time_that_utc_cannot_hold_is_left_out(tmp_path: Path) -> None:
    document = changed(MINIMAL, "metadata", "compiled_at", to="0001-01-01T00:00:00+10:00")

    assert read(tmp_path, document).compiled_at is None


@pytest.mark.parametrize(
    "value",
    [
        "0000000000000000000000000000000A",
        "urn:uuid:00000000-0000-0000-0000-00000000000a",
        "{00000000-0000-0000-0000-00000000000A}",
    ],
)
def test_ids_in_other_clothes_are_kept_in_one_form(tmp_path: Path, value: str) -> None:
    document = {**MINIMAL, "environment_context": {**ENVIRONMENT, "tenant_id": value}}
    environment = read(tmp_path, document).environment

    assert environment is not None
    assert environment.tenant_id == ENVIRONMENT["tenant_id"]


# everything else


def test_observability_and_governance_are_read_whole(tmp_path: Path) -> None:
    document = {
        **MINIMAL,
        "governance": {"classification_source": "external", "policies": {"p": {"on": True}}},
        "observability": {
            "otlp_endpoint": "",
            "lineage_endpoint": "http://lineage.example",
            "attributes": {"a": "${HOME:-x}"},
            "tracing": {"sampling": {"sampling_type": "probabilistic", "probability": "0.5"}},
            "logging": {"level": "DEBUG"},
        },
        "column_classifications": {
            "fct-orders.v2": {"": {"classification": "pci", "sensitivity": "high"}},
            "empty": {},
        },
    }
    pipeline = read(tmp_path, document)

    assert pipeline.observability.otlp_endpoint is None
    assert pipeline.observability.lineage_endpoint == "http://lineage.example"
    assert pipeline.observability.attributes == {"a": "${HOME:-x}"}
    assert pipeline.observability.sampling is not None
    assert pipeline.observability.sampling.type is SamplingType.PROBABILISTIC
    assert pipeline.observability.sampling.probability == 0.5
    assert pipeline.observability.log_level == "DEBUG"
    assert pipeline.governance.classification_source is ClassificationSource.EXTERNAL
    assert pipeline.governance.policies == {"p": {"on": True}}
    (classified,) = pipeline.governance.classifications["fct-orders.v2"]
    assert (classified.column_name, classified.classification) == ("", "pci")
    assert pipeline.governance.classifications["empty"] == ()


def test_a_pipeline_is_named_by_its_service_then_its_project_then_its_folder(
    tmp_path: Path,
) -> None:
    in_context = {**MINIMAL, "environment_context": ENVIRONMENT}
    named = changed(in_context, "observability", "attributes", to={"service.name": "orders"})
    unsettled = changed(in_context, "observability", "attributes", to={"service.name": "${X}"})

    assert read(tmp_path, named).name == "orders"
    assert read(tmp_path, unsettled).name == "shop"
    assert read(tmp_path / "bakery", MINIMAL).name == "bakery"
    assert read(tmp_path / "bakery" / ".floe", MINIMAL).name == "bakery"


def test_the_pipeline_cannot_be_changed(tmp_path: Path) -> None:
    pipeline = read(tmp_path, MINIMAL)

    with pytest.raises(ValueError, match="frozen"):
        pipeline.name = "other"  # type: ignore[misc]


def test_the_source_and_dialect_are_kept(tmp_path: Path) -> None:
    pipeline = read(tmp_path, MINIMAL)

    assert pipeline.source == tmp_path / "compiled_artifacts.json"
    assert pipeline.dialect is Dialect.COMPILED_ARTIFACTS
    assert pipeline.source_hash == "abc"


def test_a_document_in_yaml_is_read_by_its_structure(tmp_path: Path) -> None:
    from yaml import safe_dump

    pipeline = read(tmp_path, safe_dump(MINIMAL), "artifacts.yaml")

    assert pipeline.dialect is Dialect.COMPILED_ARTIFACTS


@pytest.mark.parametrize(
    "document",
    [
        {"version": "2.0.0", "resolved_catalog": {}, "observability": {}, "orchestration": {}},
        {"version": "2.0.0", "resolved_layers": {}},
        {"resolved_compute": {}, "resolved_storage": {}},
    ],
)
def test_the_dictionary_that_floe_dagster_builds_gets_an_answer_of_its_own(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    said = refusal(tmp_path, document)

    assert "in memory" in said
    assert "floe compile" in said
