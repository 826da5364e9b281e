"""Short ways to ask a generator, and to hear what it refuses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from floe.adapters.profiles.factory import ProfileFactory
from floe.domain.model.errors import ProfileError
from floe.domain.model.pipeline import Compute, Credentials, Dialect, Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig

STATIC = Credentials()
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "duckdb": {},
    "snowflake": {"account": "a", "database": "d", "warehouse": "w", "schema": "s"},
    "bigquery": {"project": "p", "dataset": "d"},
    "redshift": {"host": "h", "database": "d", "schema": "s"},
    "databricks": {"host": "h", "http_path": "/sql", "schema": "s"},
    "postgres": {"host": "h", "port": 5432, "database": "d", "schema": "s"},
    "spark": {"host": "h", "schema": "s"},
}


def document(
    target: str, properties: Mapping[str, Any], credentials: Credentials = STATIC
) -> Pipeline:
    return Pipeline(
        name="shop",
        dialect=Dialect.COMPILED_ARTIFACTS,
        source=Path("shop.json"),
        compute=Compute(
            target=target,
            properties={**NEEDED[target], **properties},
            credentials=credentials,
        ),
    )


def generate(
    target: str,
    credentials: Credentials = STATIC,
    template: str | None = None,
    /,
    **properties: Any,
) -> Profile:
    generator = ProfileFactory(secret_template=template).create(target)
    return generator.generate(document(target, properties, credentials), ProfileGeneratorConfig())


def output(
    target: str,
    credentials: Credentials = STATIC,
    template: str | None = None,
    /,
    **properties: Any,
) -> Mapping[str, Any]:
    return generate(target, credentials, template, **properties).outputs["dev"]


def refusals(
    target: str, credentials: Credentials = STATIC, /, **properties: Any
) -> dict[str, str]:
    """Return what is wrong by key path, without the root of the properties."""
    with pytest.raises(ProfileError) as refused:
        generate(target, credentials, **properties)
    found: dict[str, str] = {}
    for problem in refused.value.problems:
        path = problem.where.partition("$.compute.properties")[2].removeprefix(".")
        found[path] = "; ".join([*filter(None, [found.get(path)]), problem.what])
    return found
