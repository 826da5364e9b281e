"""Find out where everything that a pipeline names stands on this machine."""

import os
from pathlib import Path
from typing import NamedTuple

from floe.domain.model.findings import Findings
from floe.domain.model.pipeline import Dialect, Pipeline
from floe.domain.model.plan import PlanOptions
from floe.ports.dbt_project import DbtProjectFiles


class Places(NamedTuple):
    """Absolute paths; *wanted_project* is where the dbt project should be, *project* if it is."""

    root: Path
    profiles_dir: Path
    wanted_project: Path | None
    project: Path | None
    manifest: Path


def locate_project(
    pipeline: Pipeline,
    options: PlanOptions,
    *,
    project_files: DbtProjectFiles,
    working_dir: Path,
    findings: Findings,
) -> Places:
    """Return the places of *pipeline* for someone who stands in *working_dir*.

    A path that cannot be used is told to *findings*.
    """
    here = working_dir.absolute()
    root = _project_root(pipeline, options, here)
    wanted = _wanted_project(pipeline, root, findings)
    return Places(
        root=root,
        profiles_dir=_profiles_dir(pipeline, options, root, here, findings),
        wanted_project=wanted,
        project=wanted if wanted is not None and project_files.is_project(wanted) else None,
        manifest=_manifest(pipeline, root, wanted, project_files),
    )


def _project_root(pipeline: Pipeline, options: PlanOptions, here: Path) -> Path:
    if options.project_root is not None:
        return _absolute(options.project_root, here)
    folder = _absolute(pipeline.source, here).parent
    if folder.name == ".floe":
        return folder.parent
    return _absolute(here, here) if pipeline.dialect is Dialect.COMPILED_ARTIFACTS else folder


def _wanted_project(pipeline: Pipeline, root: Path, findings: Findings) -> Path | None:
    dbt = pipeline.orchestration.dbt if pipeline.orchestration else None
    places = (
        ("$.dbt_project_path", pipeline.project_path),
        ("$.orchestration.dbt.project_dir", dbt.project_dir if dbt else None),
        ("$.transforms[0].path", pipeline.transforms[0].path if pipeline.transforms else None),
    )
    key, path = next((place for place in places if place[1]), ("", None))
    return _written(path, root, key, findings) if path else None


def _profiles_dir(
    pipeline: Pipeline, options: PlanOptions, root: Path, here: Path, findings: Findings
) -> Path:
    if options.profiles_dir is not None:
        return _absolute(options.profiles_dir, here)
    written, key = pipeline.profiles_path, "$.dbt_profiles_path"
    if not written.strip():
        findings.refuse("must not be empty", key, "name a folder, as in .floe/profiles")
        return root
    path = _written(written, root, key, findings) or root
    if not Path(written).is_absolute() and not path.is_relative_to(root):
        fix = "name a folder inside the project, or give the folder as an option"
        findings.refuse("must not lead out of the project", key, fix)
    return path


def _manifest(pipeline: Pipeline, root: Path, project: Path | None, files: DbtProjectFiles) -> Path:
    dbt = pipeline.orchestration.dbt if pipeline.orchestration else None
    written = pipeline.manifest_path or (dbt.manifest_path if dbt else None)
    folders = [folder for folder in (root, project) if folder is not None]
    candidates = [_absolute(Path(written), folder) for folder in folders if written]
    candidates.append((project or root) / "target" / "manifest.json")
    found = (path for path in candidates if files.exists(path))
    return next(found, candidates[-1])


def _written(path: str, root: Path, key: str, findings: Findings) -> Path | None:
    if "\0" in path:
        findings.refuse("must be a path: it holds a null character", key, "remove it")
        return None
    return _absolute(Path(path), root)


def _absolute(path: Path, base: Path) -> Path:
    return Path(os.path.normpath(base / path))
