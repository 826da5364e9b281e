"""Every profile generator, floe's own and another's, keeps the promises of its port."""

from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from floe.adapters.profiles.factory import GENERATORS
from floe.adapters.profiles.generator import TabularProfileGenerator
from floe.adapters.profiles.table import Field, Method, Table
from floe.domain.model.env_var import EnvVar
from floe.domain.model.errors import Problem, ProfileError
from floe.domain.model.literal_credentials import literal_credentials
from floe.domain.model.pipeline import Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig
from floe.ports.profile_generator import ProfileGenerator
from floe.testing.profile_generator import ProfileGeneratorContract


class TestOwnProfileGenerators(ProfileGeneratorContract):
    @pytest.fixture(params=list(GENERATORS))
    def generator(self, request: pytest.FixtureRequest) -> ProfileGenerator:
        return GENERATORS[request.param]()

    @pytest.fixture
    def properties(self) -> Mapping[str, JsonValue]:
        return {}


class TestTabularProfileGeneratorOfAnotherTarget(ProfileGeneratorContract):
    """An eighth target is a table, for whoever likes tables."""

    @pytest.fixture
    def generator(self) -> ProfileGenerator:
        class TrinoProfileGenerator(TabularProfileGenerator):
            table = Table(
                name="trino",
                package="dbt-trino",
                fields=(
                    Field("host", variable="TRINO_HOST"),
                    Field("schema"),
                    Field("password", secret=True, variable="TRINO_PASSWORD"),
                ),
                methods=(Method("ldap", requires=("password",)),),
                common=("host", "schema"),
            )

        return TrinoProfileGenerator()

    @pytest.fixture
    def properties(self) -> Mapping[str, JsonValue]:
        return {"host": "trino", "schema": "mart"}


class HandWrittenProfileGenerator:
    """What a package might bring that knows nothing of floe but its port and its values."""

    target = "sqlite"

    def generate(self, pipeline: Pipeline, config: ProfileGeneratorConfig) -> Profile:
        compute = pipeline.compute
        if compute is None or compute.target != self.target:
            raise ProfileError("this is not for sqlite")
        problems = [
            Problem(each.reason, each.path) for each in literal_credentials(compute.properties)
        ]
        problems += [
            Problem("is a template", key)
            for key, value in compute.properties.items()
            if isinstance(value, str) and "{" in value
        ]
        if problems:
            raise ProfileError(*problems)
        output = {
            **compute.properties,
            "type": self.target,
            "threads": config.threads,
            "password": EnvVar(name="SQLITE_PASSWORD", secret=True),
        }
        return Profile(
            name=config.profile_name,
            default_target=config.target_name,
            outputs={config.target_name: output},
        )


class TestHandWrittenProfileGenerator(ProfileGeneratorContract):
    @pytest.fixture
    def generator(self) -> ProfileGenerator:
        return HandWrittenProfileGenerator()

    @pytest.fixture
    def properties(self) -> Mapping[str, JsonValue]:
        return {"schema": "main"}
