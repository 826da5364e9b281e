"""Find the document of the project that a person stands in."""

from pathlib import Path

from floe.domain.model.errors import ArtifactError, Problem

CANDIDATES = (Path(".floe/compiled_artifacts.json"), Path("floe.yaml"))
"""What is looked for in each folder, in this order."""


def discover(start: Path, home: Path | None = None) -> Path:
    """Return the document that belongs to the folder *start*.

    The search goes upward from *start*, and no further than a folder that holds ``.git`` or the
    *home* folder.

    Raises:
        ArtifactError: There is none.
    """
    last = home or _home()
    folder = start.absolute()
    while True:
        for candidate in CANDIDATES:
            if (folder / candidate).is_file():
                return folder / candidate
        if (folder / ".git").exists() or folder in {last, folder.parent}:
            break
        folder = folder.parent
    names = " or ".join(str(candidate) for candidate in CANDIDATES)
    what = f"there is no {names} here or in a folder above"
    fix = "run 'floe init' to begin a project, or name a document with --artifacts"
    raise ArtifactError(Problem(what, str(start), fix))


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None
