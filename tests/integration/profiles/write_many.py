"""What a second process does to the file of the first; light, since processes import it anew."""

from pathlib import Path

from floe.adapters.profiles.writer import ProfileWriter
from floe.domain.model.env_var import EnvVar
from floe.domain.model.profile import Profile


def write_many(directory: Path, host: str, times: int) -> None:
    """Write *times* profiles that differ in their port into *directory*."""
    output = {"type": "postgres", "host": host, "password": EnvVar(name="P", secret=True)}
    for number in range(times):
        outputs = {"dev": output | {"port": number}}
        ProfileWriter().write(Profile(name="s", default_target="dev", outputs=outputs), directory)
