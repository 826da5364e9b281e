from hashlib import sha256
from pathlib import Path

import pytest

from floe.adapters.artifacts.reader import DocumentReader
from floe.domain.model.errors import ArtifactError
from floe.domain.model.pipeline import CredentialMode, Dialect
from tests.unit.adapters.artifacts.documents import read, refusal, write

_INLINE = """\
name: tide-tables
version: "1.0.0"
compute:
  target: duckdb
  properties: {path: tides.duckdb, threads: 2}
transforms:
  - {type: dbt, path: ./dbt, target: demo}
"""
_TWO_TIER = """\
name: tide-tables
version: "1.0.0"
storage: default
catalog: default
compute: warehouse
service_account: loader
transforms:
  - {type: dbt, path: .}
observability:
  attributes: {service.name: tides, deployment.environment: "${FLOE_PLATFORM_ENV:-local}"}
"""
_PLATFORM = """\
version: "1.2.0"
layers: {bronze: {anything: goes}}
storage: {default: {bucket: lake}}
compute:
  warehouse:
    type: snowflake
    properties: {account: acme}
    credentials: {mode: oauth2, client_id: svc, client_secret: {secret_ref: sf-oauth}}
observability:
  otlp_endpoint: http://collector.example:4318
  lineage_endpoint: http://lineage.example
  attributes: {service.name: platform, region: eu}
"""


def test_the_older_form_names_its_target_itself(tmp_path: Path) -> None:
    pipeline = read(tmp_path, _INLINE, "floe.yaml")

    assert pipeline.dialect is Dialect.FLOE_YAML
    assert pipeline.name == "tide-tables"
    assert pipeline.compute is not None
    assert pipeline.compute.properties == {"path": "tides.duckdb", "threads": 2}
    assert pipeline.transforms[0].target == "demo"
    assert pipeline.source_hash == sha256(_INLINE.encode()).hexdigest()
    assert pipeline.warnings == ()


@pytest.mark.parametrize(
    "place",
    [
        "platform/local/platform.yaml",
        ".floe/local/platform.yaml",
        "platform/platform.yaml",
        ".floe/platform.yaml",
        "platform.yaml",
    ],
)
def test_the_two_tier_form_finds_its_target_in_platform_yaml(tmp_path: Path, place: str) -> None:
    write(tmp_path, _PLATFORM, place)
    pipeline = read(tmp_path, _TWO_TIER, "floe.yaml")

    assert pipeline.compute is not None
    assert pipeline.compute.target == "snowflake"
    assert pipeline.compute.credentials.mode is CredentialMode.OAUTH2
    assert pipeline.compute.source == "platform.yaml compute.warehouse"


def test_the_environment_chooses_among_platforms(tmp_path: Path) -> None:
    path = write(tmp_path, _TWO_TIER, "floe.yaml")
    write(tmp_path, _PLATFORM, "platform/platform.yaml")
    write(tmp_path, _PLATFORM.replace("acme", "acme_prod"), "platform/prod/platform.yaml")

    chosen = [DocumentReader(platform_env=name).read(path).compute for name in (None, "prod")]

    assert [compute and compute.properties["account"] for compute in chosen] == [
        "acme",
        "acme_prod",
    ]


def test_a_platform_file_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, _TWO_TIER, "floe.yaml")
    elsewhere = write(tmp_path, _PLATFORM, "elsewhere/p.yaml")

    compute = DocumentReader(platform_file=elsewhere).read(path).compute

    assert compute is not None
    assert compute.source == "p.yaml compute.warehouse"


def test_what_floe_yaml_leaves_open_the_platform_decides(tmp_path: Path) -> None:
    write(tmp_path, _PLATFORM, "platform.yaml")
    text = _TWO_TIER + "  lineage_endpoint: http://own.example\n"
    observability = read(tmp_path, text, "floe.yaml").observability

    assert observability.otlp_endpoint == "http://collector.example:4318"
    assert observability.lineage_endpoint == "http://own.example"
    assert observability.attributes == {
        "service.name": "tides",
        "region": "eu",
        "deployment.environment": "${FLOE_PLATFORM_ENV:-local}",
    }


def test_without_a_platform_the_target_is_unknown_and_that_is_said(tmp_path: Path) -> None:
    pipeline = read(tmp_path, _TWO_TIER, "floe.yaml")

    assert pipeline.compute is None
    assert "there is no platform.yaml" in pipeline.warnings[0]


def test_a_profile_that_the_platform_does_not_have_is_refused_with_those_it_has(
    tmp_path: Path,
) -> None:
    write(tmp_path, _PLATFORM, "platform.yaml")
    said = refusal(tmp_path, _TWO_TIER.replace("compute: warehouse", "compute: lake"), "floe.yaml")

    assert "floe.yaml: $.compute: names a compute profile" in said
    assert "name one of its profiles: warehouse" in said


def test_a_wrong_platform_is_refused_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, _PLATFORM.replace("type: snowflake", "type: snow"), "platform.yaml")
    said = refusal(tmp_path, _TWO_TIER, "floe.yaml")

    assert f"{tmp_path / 'platform.yaml'}: $.compute.warehouse.type: must be one of" in said
    assert "did you mean snowflake?" in said


def test_a_platform_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, _TWO_TIER, "floe.yaml")

    with pytest.raises(ArtifactError, match=r"gone\.yaml"):
        DocumentReader(platform_file=tmp_path / "gone.yaml").read(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version: "1.0.0"\n', "", "$.version: is required"),
        ('"1.0.0"', "1.0", "$.version: must be a string\n  fix: put it in quotes"),
        ("name: tide-tables\n", "", "$.name: is required"),
        ("tide-tables", "no", "$.name: must be a string\n  fix: put it in quotes"),
        ("tide-tables", "9lives", "$.name: must match the pattern"),
        ("tide-tables", f'"{"a" * 101}"', "$.name: must match the pattern"),
        ("target: duckdb", "target: quack", "$.compute.target: must be one of duckdb"),
        ("type: dbt", "type: spark", "$.transforms[0].type: must be one of dbt"),
        ("path: ./dbt, ", "", "$.transforms[0].path: is required"),
        ("transforms:", "transform:", "$.transform: is not a key"),
        ("target: demo", "target: no", "$.transforms[0].target: must be a string"),
    ],
)
def test_a_wrong_floe_yaml_is_refused_by_its_path(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert message in refusal(tmp_path, _INLINE.replace(old, new), "floe.yaml")


@pytest.mark.parametrize("profile", ['"123-invalid"', '"a b"', '""', "[]", "7"])
def test_a_compute_profile_needs_a_name(tmp_path: Path, profile: str) -> None:
    text = _TWO_TIER.replace("compute: warehouse", f"compute: {profile}")

    assert "$.compute: must" in refusal(tmp_path, text, "floe.yaml")


def test_orchestration_in_floe_yaml_is_read(tmp_path: Path) -> None:
    text = _INLINE + (
        "orchestration:\n"
        "  asset_modules: [shop.assets]\n"
        "  dbt: {manifest_path: dbt/target/manifest.json}\n"
        "  jobs: {all: {selection: ['*']}}\n"
    )
    orchestration = read(tmp_path, text, "floe.yaml").orchestration

    assert orchestration is not None
    assert orchestration.jobs[0].selection == ("*",)
