"""From a compute target to a dbt profile."""

from typing import Protocol

from floe.domain.model.pipeline import Pipeline
from floe.domain.model.profile import Profile, ProfileGeneratorConfig


class ProfileGenerator(Protocol):
    """Make the profile of one kind of compute target.

    Third parties add targets under the entry-point group ``floe.profiles``: the entry point's
    name is the target, its object is called without arguments and returns a generator.
    """

    @property
    def target(self) -> str:
        """The compute target that this generator serves, which is also dbt's adapter type."""

    def generate(self, pipeline: Pipeline, config: ProfileGeneratorConfig) -> Profile:
        """Return a profile with one output, named as *config* says.

        Neither the environment nor the network is consulted: credentials become references.
        The same input gives an equal profile.

        Raises:
            ProfileError: A property is missing or wrong, or a credential stands there in plain
                text. Every problem at once, by target, method and property, never by value.
        """
