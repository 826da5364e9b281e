"""Cut a project into steps, so that an executor can run them in many places."""

from collections import defaultdict
from enum import StrEnum

from floe.adapters.dagster.manifest import Manifest, Props, resource
from floe.adapters.dagster.names import check_name, mapping
from floe.adapters.dagster.specs import ProjectSpecs
from floe.adapters.dagster.translator import UNIQUE_ID


class Split(StrEnum):
    """By what a project is cut into steps; each step is one dbt command."""

    NONE = "none"
    NODE = "node"
    TAG = "tag"
    LAYER = "layer"


def split_specs(
    specs: ProjectSpecs, manifest: Manifest, split: Split, prefix: str
) -> dict[str, ProjectSpecs]:
    """Return name of a step → its assets and their checks; every asset is in one step.

    TAG goes by the first dbt tag, LAYER by the first directory below the models.
    """
    if split is Split.NONE:
        return {prefix: specs}
    step_of = {
        spec.key: f"{prefix}_{_part(resource(manifest, spec.metadata[UNIQUE_ID]) or {}, split)}"
        for spec in specs.assets
    }
    parts: dict[str, ProjectSpecs] = defaultdict(lambda: ProjectSpecs([], []))
    for spec in specs.assets:
        parts[step_of[spec.key]] = ProjectSpecs(
            [*parts[step_of[spec.key]].assets, spec], parts[step_of[spec.key]].checks
        )
    first = next(iter(parts), prefix)
    for check in specs.checks:
        step = step_of.get(check.asset_key, first)
        parts[step] = ProjectSpecs(parts[step].assets, [*parts[step].checks, check])
    return dict(parts)


def _part(props: Props, split: Split) -> str:
    if split is Split.NODE:
        text = ".".join(props["unique_id"].split(".")[1:])
    elif split is Split.TAG:
        tags = props.get("tags") or mapping(props.get("config")).get("tags") or ["untagged"]
        text = str(tags[0])
    else:
        fqn = props.get("fqn") or []
        text = str(fqn[1]) if len(fqn) > 2 else str(props["resource_type"]) + "s"  # noqa: PLR2004
    return check_name(text).replace(".", "_")
