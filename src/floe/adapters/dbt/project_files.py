"""What stands in a dbt project's own files, read without dbt."""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from floe.domain.model.run import LastRun

_PROJECT_FILE = "dbt_project.yml"
_RESULTS_FILE = "run_results.json"
_ROOT_FILES = ("packages.yml", "dependencies.yml", "package-lock.yml", "selectors.yml")
_DEFAULT_PATHS = {
    "model-paths": ("models",),
    "seed-paths": ("seeds",),
    "snapshot-paths": ("snapshots",),
    "macro-paths": ("macros",),
    "test-paths": ("tests",),
    "analysis-paths": ("analyses",),
    "docs-paths": (),
    "function-paths": ("functions",),
}
_RENDERED = (".sql", ".yml", ".yaml", ".md", ".py")
_VARIABLE = re.compile(rb"""env_var\s*\(\s*['"]([A-Za-z_][A-Za-z0-9_]*)['"]""")
_SECOND_NS = 1_000_000_000
_IGNORED = frozenset({"target", "logs", ".git", ".venv", "__pycache__", "node_modules"})
_Entry: TypeAlias = tuple[os.DirEntry[str], os.stat_result]


class DiskProjectFiles:
    """Reads dbt projects on this machine's disk."""

    def is_project(self, directory: Path) -> bool:
        """Return whether *directory* holds a ``dbt_project.yml``."""
        return self.exists(directory / _PROJECT_FILE)

    def profile_name(self, directory: Path) -> str | None:
        """Return the ``profile:`` of the project; one that only dbt can render is None."""
        return _plain_text(directory, "profile")

    def project_name(self, directory: Path) -> str | None:
        """Return the ``name:`` of the project; one that only dbt can render is None."""
        return _plain_text(directory, "name")

    def exists(self, path: Path) -> bool:
        """Return whether there is a file at *path*."""
        try:
            return path.is_file()
        except (OSError, ValueError):
            return False

    def last_run(self, directory: Path) -> LastRun | None:
        """Return what the ``run_results.json`` of *directory* says; see the port."""
        try:
            said = json.loads(_content(directory / _RESULTS_FILE))
            variables, nodes = said["args"].get("vars"), len(said["results"])
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return None
        return LastRun(variables=variables if isinstance(variables, dict) else {}, nodes=nodes)

    def variables_of_environment(self, directory: Path) -> frozenset[str]:
        """Return the names in ``env_var(...)`` in every file that may call it."""
        texts = [*_settings(directory)]
        for name in _parsed_folders(directory):
            for _, files in _walked(str(directory / name)):
                texts += [Path(file.path) for file, _ in files if file.name.endswith(_RENDERED)]
        return frozenset(
            name.decode() for text in texts for name in _VARIABLE.findall(_content(text))
        )

    def fingerprint(self, directory: Path) -> str:
        """Return a digest of the names, sizes and times of every file that dbt parses.

        The content of the project's own settings counts too: they decide what is parsed.
        """
        digest = sha256()
        for file in _settings(directory):
            digest.update(f"{file.name}\0".encode() + _content(file))
        for name in _parsed_folders(directory):
            lines = "\n".join(_stats(str(directory / name)))
            digest.update(f"{name}\n{lines}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def _plain_text(directory: Path, key: str) -> str | None:
    text = _project(directory).get(key)
    return text if isinstance(text, str) and text and "{" not in text else None


def _project(directory: Path) -> Mapping[str, Any]:
    return _parsed(_content(directory / _PROJECT_FILE))


@lru_cache(maxsize=8)
def _parsed(content: bytes) -> Mapping[str, Any]:
    """Return the mapping that *content* holds; by the Python loader, for the C one can crash."""
    try:
        project = yaml.safe_load(content)
    except (ValueError, yaml.YAMLError, RecursionError):
        return {}
    return project if isinstance(project, dict) else {}


def _settings(directory: Path) -> Iterator[Path]:
    for name in (_PROJECT_FILE, *_ROOT_FILES):
        yield directory / name


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _parsed_folders(directory: Path) -> list[str]:
    project = _project(directory)
    names: set[str] = set()
    for key, default in _DEFAULT_PATHS.items():
        written = project.get(key, default)
        listed = written if isinstance(written, list | tuple) else default
        names.update(name for name in listed if isinstance(name, str))
    installed = project.get("packages-install-path", "dbt_packages")
    names.add(installed if isinstance(installed, str) and "{" not in installed else "dbt_packages")
    return sorted(name for name in names if "\0" not in name)


def _stats(root: str) -> Iterator[str]:
    """Yield a line for each file below *root*."""
    for folder, files in _walked(root):
        yield folder[len(root) :]
        for file, status in files:
            doubt = "" if status.st_mtime_ns % _SECOND_NS else _digest(file.path)
            yield f"{file.name}\0{status.st_size}\0{status.st_mtime_ns}{doubt}"


def _walked(root: str) -> Iterator[tuple[str, list[_Entry]]]:
    """Yield each folder below *root* with its files; links to folders are followed once."""
    waiting, seen = [root], set[tuple[int, int]]()
    while waiting:
        folder = waiting.pop()
        files = []
        for entry, status in _entries(folder):
            if not stat.S_ISDIR(status.st_mode):
                files.append((entry, status))
            elif entry.name not in _IGNORED and (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                waiting.append(entry.path)
        yield folder, files


def _entries(folder: str) -> Iterator[_Entry]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=attrgetter("name"))
    except OSError:
        return
    for entry in found:
        try:
            status = entry.stat()
        except OSError:
            continue
        yield entry, status


def _digest(path: str) -> str:
    """Return a digest of the content, for a file whose time is too coarse to tell a change."""
    return f"\0{sha256(_content(Path(path))).hexdigest()}"
