from pathlib import Path
from typing import Any

import pytest

from floe.domain.model.pipeline import Dialect, SamplingType
from tests.unit.adapters.artifacts.documents import SUCCESSOR, changed, read, refusal, without

_PROFILES = {
    "tide_tables": {
        "target": "prod",
        "outputs": {"prod": {"type": "postgres", "host": "h", "password": "{{ env_var('P') }}"}},
    }
}


def test_a_document_of_the_successor_is_read(tmp_path: Path) -> None:
    pipeline = read(tmp_path, SUCCESSOR)

    assert pipeline.dialect is Dialect.SUCCESSOR
    assert pipeline.name == "tide-tables"
    assert pipeline.version == "0.10.0"
    assert pipeline.lineage_namespace == "tides"
    assert pipeline.compute is not None
    assert (pipeline.compute.target, pipeline.compute.source) == ("duckdb", "plugins.compute")
    assert pipeline.compute.properties == {"path": "tides.duckdb"}
    assert [transform.path for transform in pipeline.transforms] == ["."]
    assert pipeline.warnings == ()


def test_its_telemetry_is_told_in_the_words_of_opentelemetry(tmp_path: Path) -> None:
    observability = read(tmp_path, SUCCESSOR).observability

    assert observability.otlp_endpoint == "http://collector.example:4318"
    assert observability.otlp_protocol == "http/protobuf"
    assert observability.attributes == {
        "service.name": "tides",
        "deployment.environment.name": "prod",
    }
    assert observability.sampling is not None
    assert observability.sampling.type is SamplingType.PROBABILISTIC
    assert observability.sampling.probability == 0.25


def test_masked_credentials_of_its_telemetry_are_left_where_they_are(tmp_path: Path) -> None:
    masked = {"auth_type": "bearer", "bearer_token": "**********"}
    document = changed(SUCCESSOR, "observability", "telemetry", "authentication", to=masked)

    assert "**********" not in repr(read(tmp_path, document))


@pytest.mark.parametrize(
    ("changes", "target", "source"),
    [
        (
            {"plugins": {"compute": {"type": "postgres", "config": None}}},
            "postgres",
            "plugins.compute",
        ),
        (
            {"plugins": None, "transforms": {"default_compute": "spark"}},
            "spark",
            "transforms.default_compute",
        ),
        ({"plugins": None, "dbt_profiles": _PROFILES}, "postgres", "dbt_profiles"),
    ],
)
def test_the_target_is_found_where_the_document_has_it(
    tmp_path: Path, changes: dict[str, Any], target: str, source: str
) -> None:
    compute = read(tmp_path, {**SUCCESSOR, **changes}).compute

    assert compute is not None
    assert (compute.target, compute.source) == (target, source)


def test_a_ready_profile_is_kept_as_it_is_with_its_target(tmp_path: Path) -> None:
    pipeline = read(tmp_path, {**SUCCESSOR, "dbt_profiles": _PROFILES})

    assert pipeline.profiles == _PROFILES
    assert pipeline.transforms[0].target == "prod"


@pytest.mark.parametrize("profiles", [None, {}])
def test_a_document_may_name_no_target_at_all(tmp_path: Path, profiles: object) -> None:
    pipeline = read(tmp_path, {**SUCCESSOR, "plugins": None, "dbt_profiles": profiles})

    assert pipeline.compute is None
    assert pipeline.profiles is None


def test_the_lineage_backend_is_used_where_no_endpoint_is_named(tmp_path: Path) -> None:
    backend = {"type": "marquez", "config": {"url": "http://marquez.example"}}
    document = changed(SUCCESSOR, "plugins", "lineage_backend", to=backend)
    named = changed(document, "observability", "lineage_endpoint", to="http://named.example")

    assert read(tmp_path, document).observability.lineage_endpoint == "http://marquez.example"
    assert read(tmp_path, named).observability.lineage_endpoint == "http://named.example"


def test_without_telemetry_nothing_is_traced(tmp_path: Path) -> None:
    observability = read(tmp_path, without(SUCCESSOR, "observability", "telemetry")).observability

    assert not observability.traces
    assert observability.otlp_endpoint is None


def test_unknown_keys_are_no_reason_to_refuse(tmp_path: Path) -> None:
    document = {**SUCCESSOR, "novelty": 1, "$comment": "golden"}

    assert read(tmp_path, document) == read(tmp_path, SUCCESSOR)


def test_a_newer_minor_version_is_read_with_a_warning(tmp_path: Path) -> None:
    (warning,) = read(tmp_path, {**SUCCESSOR, "version": "0.11.0"}).warnings

    assert "0.11.0" in warning


@pytest.mark.parametrize("version", ["1.0.0", "0.10", "", "0.1.0\n"])
def test_another_version_is_refused(tmp_path: Path, version: str) -> None:
    said = refusal(tmp_path, {**SUCCESSOR, "version": version})

    assert "unsupported contract version" in said
    assert "0.1.0 to 0.10.x" in said


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (without(SUCCESSOR, "observability"), "$.observability: is required"),
        (without(SUCCESSOR, "identity"), "$.identity: is required"),
        (without(SUCCESSOR, "metadata"), "$.metadata: is required"),
        (changed(SUCCESSOR, "version", to=1), "$.version: must be a string"),
        (changed(SUCCESSOR, "observability", "lineage", to="perhaps"), "must be true or false"),
        (
            changed(SUCCESSOR, "observability", "lineage_transport", to="smoke"),
            "must be one of http",
        ),
        (changed(SUCCESSOR, "plugins", "compute", "type", to="DuckDB"), "did you mean duckdb?"),
        (
            changed(SUCCESSOR, "dbt_profiles", to={"a": {"outputs": []}}),
            "outputs: must be an object",
        ),
        (
            changed(SUCCESSOR, "observability", "telemetry", "otlp_protocol", to="udp"),
            "one of grpc",
        ),
    ],
)
def test_what_floe_reads_of_it_is_checked(
    tmp_path: Path, document: dict[str, Any], message: str
) -> None:
    assert message in refusal(tmp_path, document)


def test_a_floe_core_document_with_a_foreign_key_is_not_taken_for_the_successors(
    tmp_path: Path,
) -> None:
    document = changed(SUCCESSOR, "metadata", "floe_core_version", to="0.1.0")

    assert "unsupported contract version" in refusal(tmp_path, document)
    assert "$.identity: is not a key" in refusal(tmp_path, {**document, "version": "1.0.0"})
