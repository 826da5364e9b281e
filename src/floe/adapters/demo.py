"""The demo project: a ferry line's pipeline, laid down in a folder of the user's."""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError, Problem

_MADE_BY_RUNNING = frozenset({".floe", "__pycache__", "dbt_packages", "logs", "target"})


def scaffold(directory: Path) -> tuple[Path, ...]:
    """Lay the demo project down in *directory* and return the files that were written, in order.

    A file that is there already and says the same is left alone, so that a second call writes
    nothing.

    Raises:
        ConfigurationError: A file that is there says something else; every one is named, and
            nothing was written.
        EnvironmentNotReadyError: The folder does not take the files.
    """
    files = dict(_files(resources.files("floe") / "demo_project", PurePosixPath()))
    missing = [name for name in files if not (directory / name).exists()]
    _refuse_to_overwrite(directory, {name: files[name] for name in files.keys() - set(missing)})
    try:
        return tuple(_write(directory / name, files[name]) for name in missing)
    except OSError as error:
        raise EnvironmentNotReadyError(
            Problem(
                f"the folder does not take the demo project: {error.strerror}",
                str(directory),
                "choose another one: floe init DIRECTORY",
            )
        ) from error


def _files(folder: Traversable, at: PurePosixPath) -> Iterator[tuple[PurePosixPath, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.is_dir():
            if item.name not in _MADE_BY_RUNNING:
                yield from _files(item, at / item.name)
        else:
            yield at / item.name, item.read_bytes()


def _refuse_to_overwrite(directory: Path, files: dict[PurePosixPath, bytes]) -> None:
    changed = [name for name in sorted(files) if _content(directory / name) != files[name]]
    if changed:
        raise ConfigurationError(
            *(
                Problem(
                    "there is another file of this name already",
                    str(directory / name),
                    "choose an empty folder: floe init DIRECTORY",
                )
                for name in changed
            )
        )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
