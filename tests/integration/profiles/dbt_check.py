"""What dbt and the adapters themselves say of a profile, without a connection."""

import warnings
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import yaml
from dbt.adapters.factory import load_plugin
from dbt.config.profile import Profile as DbtProfile
from dbt.config.renderer import ProfileRenderer
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context


def rendered(text: str, target: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the output *target* of the profiles.yml *text* as dbt's renderer leaves it."""
    name, profile = _prepared(text, environ)
    _, data = DbtProfile.render_profile(profile, name, target, ProfileRenderer({}))
    return dict(data)


def credentials(text: str, target: str, environ: Mapping[str, str]) -> Any:
    """Return what dbt makes of the output *target*: the adapter's own ``Credentials``."""
    name, profile = _prepared(text, environ)
    made = DbtProfile.from_raw_profile_info(profile, name, ProfileRenderer({}), target)
    return made.credentials


def credentials_class(adapter: str) -> Any:
    """Return the ``Credentials`` class of *adapter*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What vendors' modules say when they are imported.
        return load_plugin(adapter)


def _prepared(text: str, environ: Mapping[str, str]) -> tuple[str, Any]:
    set_from_args(Namespace(), None)
    set_invocation_context(dict(environ))  # env_var() reads this and not os.environ
    [(name, profile)] = yaml.safe_load(text).items()
    for output in profile["outputs"].values():
        credentials_class(output["type"])
    return name, profile
