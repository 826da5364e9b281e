"""What every profile generator promises; third parties inherit these tests for their own."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import JsonValue

from floe.domain.model.env_var import EnvVar
from floe.domain.model.errors import ProfileError
from floe.domain.model.literal_credentials import literal_credentials
from floe.domain.model.pipeline import Compute, Credentials, Dialect, Pipeline
from floe.domain.model.profile import ProfileGeneratorConfig
from floe.ports.profile_generator import ProfileGenerator

_CANARY = "canary-jK7fQ2wX"
_NAMES = ProfileGeneratorConfig(profile_name="shop", target_name="staging", threads=7)


class ProfileGeneratorContract:
    """Inherit it, and override ``generator`` and ``properties``."""

    @pytest.fixture
    def generator(self) -> ProfileGenerator:
        """Return the generator under test."""
        raise NotImplementedError

    @pytest.fixture
    def properties(self) -> Mapping[str, JsonValue]:
        """Return properties that the generator accepts."""
        raise NotImplementedError

    @pytest.fixture
    def pipeline(
        self, generator: ProfileGenerator, properties: Mapping[str, JsonValue]
    ) -> Pipeline:
        """Return a pipeline with *properties* for the target of *generator*."""
        return _pipeline(generator, properties)

    def test_names_its_target(self, generator: ProfileGenerator) -> None:
        """A target is a name in lower case."""
        assert generator.target
        assert generator.target == generator.target.lower()

    def test_makes_one_output_under_the_names_it_was_given(
        self, generator: ProfileGenerator, pipeline: Pipeline
    ) -> None:
        """Profile, target, type and threads are those of the caller."""
        profile = generator.generate(pipeline, _NAMES)

        assert (profile.name, profile.default_target) == ("shop", "staging")
        assert list(profile.outputs) == ["staging"]
        assert profile.outputs["staging"]["threads"] == 7
        assert profile.outputs["staging"]["type"]

    def test_makes_the_same_of_the_same(
        self,
        generator: ProfileGenerator,
        pipeline: Pipeline,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Neither an earlier call nor a variable of the environment changes the profile."""
        before = generator.generate(pipeline, _NAMES)
        for var in before.env_vars:
            monkeypatch.setenv(var.name, _CANARY)

        after = generator.generate(pipeline, _NAMES)

        assert after == before
        assert _CANARY not in repr(after)

    def test_never_lets_properties_change_the_type(
        self, generator: ProfileGenerator, properties: Mapping[str, JsonValue], pipeline: Pipeline
    ) -> None:
        """The compute target decides."""
        usual = generator.generate(pipeline, _NAMES).outputs["staging"]["type"]
        foreign = _pipeline(generator, {**properties, "type": "sqlite"})

        assert generator.generate(foreign, _NAMES).outputs["staging"]["type"] == usual

    def test_keeps_no_credential(self, generator: ProfileGenerator, pipeline: Pipeline) -> None:
        """A credential is a reference, and a secret one has neither default nor filter."""
        profile = generator.generate(pipeline, _NAMES)

        assert not list(literal_credentials(profile.outputs))
        assert all(var.default is None for var in profile.env_vars if var.secret)

    def test_writes_no_template_text(self, generator: ProfileGenerator, pipeline: Pipeline) -> None:
        """Dbt would render it; a reference is an ``EnvVar``."""
        texts = list(_texts(generator.generate(pipeline, _NAMES).outputs))

        assert not [text for text in texts if "{{" in text or "{%" in text or "{#" in text]

    @pytest.mark.parametrize("key", ["password", "token", "private_key", "client_secret"])
    def test_refuses_a_credential_in_plain_text_without_repeating_it(
        self, generator: ProfileGenerator, properties: Mapping[str, JsonValue], key: str
    ) -> None:
        """The error names the key."""
        pipeline = _pipeline(generator, {**properties, key: _CANARY})

        with pytest.raises(ProfileError, match=key) as refused:
            generator.generate(pipeline, _NAMES)

        assert _CANARY not in str(refused.value)

    @pytest.mark.parametrize(
        "text",
        ["{{ env_var('A') ~ env_var('B') }}", "{% if true %}x{% endif %}", "a{# b #}c"],
    )
    def test_refuses_template_text(
        self, generator: ProfileGenerator, properties: Mapping[str, JsonValue], text: str
    ) -> None:
        """Whoever writes the document must not read the environment of whoever runs it."""
        pipeline = _pipeline(generator, {**properties, "schema": text})

        with pytest.raises(ProfileError, match="schema"):
            generator.generate(pipeline, _NAMES)

    def test_refuses_the_pipeline_of_another_target(self, generator: ProfileGenerator) -> None:
        """A pipeline is for one target."""
        other = Pipeline(
            name="shop",
            dialect=Dialect.COMPILED_ARTIFACTS,
            source=Path("compiled_artifacts.json"),
            compute=Compute(target=f"not_{generator.target}"),
        )

        with pytest.raises(ProfileError):
            generator.generate(other, _NAMES)


def _pipeline(generator: ProfileGenerator, properties: Mapping[str, JsonValue]) -> Pipeline:
    return Pipeline(
        name="shop",
        dialect=Dialect.COMPILED_ARTIFACTS,
        source=Path("compiled_artifacts.json"),
        compute=Compute(target=generator.target, properties=properties, credentials=Credentials()),
    )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    else:
        assert value is None or isinstance(value, EnvVar | bool | int | float)
