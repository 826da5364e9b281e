"""Every real document of the contract gives a profile that its own schema accepts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from floe.adapters.artifacts.reader import DocumentReader
from floe.adapters.profiles.factory import ProfileFactory
from floe.adapters.profiles.writer import ProfileWriter
from floe.domain.model.pipeline import CredentialMode, Pipeline
from floe.domain.model.profile import ProfileGeneratorConfig
from tests.integration.profiles import dbt_check
from tests.integration.profiles.cases import CASES, SNOWFLAKE, Case

CONTRACT = Path(__file__).parents[4] / "shared" / "contract"
SCHEMA = CONTRACT / "schemas" / "spec-003" / "dbt-profile.schema.json"
DOCUMENTS = sorted(
    [
        *CONTRACT.glob("golden/floe-runtime-*/*.json"),
        *CONTRACT.glob("generated/valid/*.json"),
    ]
)
with_contract = pytest.mark.skipif(
    not SCHEMA.exists(), reason="the contract's documents do not lie beside the project"
)


def _written(pipeline: Pipeline) -> tuple[str, dict[str, Any]]:
    assert pipeline.compute is not None
    generator = ProfileFactory().create(pipeline.compute.target)
    text = ProfileWriter().render(generator.generate(pipeline, ProfileGeneratorConfig()))
    return text, yaml.safe_load(text)


@with_contract
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_each_document_gives_a_profile_that_the_contract_and_dbt_accept(path: Path) -> None:
    pipeline = DocumentReader().read(path)
    if pipeline.compute is None:
        return
    text, profile = _written(pipeline)
    compute = pipeline.compute
    case = Case(compute.target, "", compute.properties, credentials=compute.credentials)
    if compute.credentials.mode is CredentialMode.IAM_ROLE:
        # The schema knows passwords only; who takes a role has no user.
        profile["floe"]["outputs"]["dev"].setdefault("user", "")

    jsonschema.validate(profile, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert dbt_check.credentials(text, "dev", case.environment).type == compute.target


@with_contract
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.method in ("file", "password", "database", "token", "oauth")],
    ids=lambda case: case.id,
)
def test_the_usual_methods_keep_to_the_schema_of_the_contract(case: Case) -> None:
    _, profile = _written(case.pipeline)

    jsonschema.validate(profile, json.loads(SCHEMA.read_text(encoding="utf-8")))


@with_contract
def test_the_schema_of_the_contract_tells_a_profile_with_a_hole() -> None:
    _, profile = _written(Case("snowflake", "password", SNOWFLAKE).pipeline)
    del profile["floe"]["outputs"]["dev"]["warehouse"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(profile, json.loads(SCHEMA.read_text(encoding="utf-8")))
