"""Find the document of the project that a person stands in."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from floe.adapters.artifacts.compiled_artifacts import NAME_ATTRIBUTE
from floe.domain.model.errors import ArtifactError, Problem
from floe.domain.model.pipeline import Dialect, Pipeline

SOURCE = Path("floe.yaml")
CANDIDATES = (Path(".floe/compiled_artifacts.json"), SOURCE)
"""What is looked for in each folder, in this order."""


def discover(
    start: Path, home: Path | None = None, candidates: Sequence[Path] = CANDIDATES
) -> Path:
    """Return the document that belongs to the folder *start*: the first of *candidates* there is.

    The search goes upward from *start*, and no further than a folder that holds ``.git`` or the
    *home* folder.

    Raises:
        ArtifactError: There is none.
    """
    last = home or _home()
    folder = start.absolute()
    while True:
        for candidate in candidates:
            if (folder / candidate).is_file():
                return folder / candidate
        if (folder / ".git").exists() or folder in {last, folder.parent}:
            break
        folder = folder.parent
    names = " or ".join(str(candidate) for candidate in candidates)
    what = f"there is no {names} here or in a folder above"
    fix = "run 'floe init' to begin a project, or name a document with --artifacts"
    raise ArtifactError(Problem(what, str(start), fix))


def changed_source(pipeline: Pipeline) -> Path | None:
    """Return the floe.yaml that *pipeline* was compiled from by floe, if it changed since.

    One whose source is gone, and one that another compiler wrote, has no changed source.
    """
    compiled = pipeline.dialect is Dialect.COMPILED_ARTIFACTS
    if not compiled or NAME_ATTRIBUTE not in pipeline.observability.attributes:
        return None
    folder = pipeline.source.absolute().parent
    source = (folder.parent if folder.name == ".floe" else folder) / SOURCE
    try:
        content = source.read_bytes()
    except OSError:
        return None
    return source if sha256(content).hexdigest() != pipeline.source_hash else None


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None
