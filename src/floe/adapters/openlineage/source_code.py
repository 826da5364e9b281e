"""Where a project's code is kept, read from ``.git`` as data: no git program is run."""

import re
from configparser import ConfigParser, Error
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?P<path>[^/\s].*)")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BROWSING = {"gitlab": "/-/blob/", "bitbucket": "/src/"}


class Repository(NamedTuple):
    """A git repository with a remote: *url* without credentials, *commit* a full hash.

    *prefix* is the path of the dbt project within it.
    """

    url: str
    commit: str | None
    branch: str | None
    prefix: str

    @classmethod
    def around(cls, project_dir: Path | None) -> Self | None:
        """Return the repository that *project_dir* is in; None where there is nothing to tell."""
        if project_dir is None:
            return None
        try:
            found = _git_directory(project_dir.resolve())
            if found is None:
                return None
            root, git = found
            common = _common_directory(git)
            url = _remote(common)
            commit, branch = _head(git, common)
        except (OSError, UnicodeDecodeError, Error, ValueError):
            return None
        prefix = project_dir.resolve().relative_to(root).as_posix()
        return None if url is None else cls(url, commit, branch, "" if prefix == "." else prefix)

    def path_of(self, path: str) -> str:
        """Return *path* of the dbt project as a path of the repository."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def address_of(self, path: str) -> str:
        """Return where a person can look at *path*, at this commit where it is known."""
        if self.commit is None:
            return self.url
        host = urlsplit(self.url).hostname or ""
        view = next((view for name, view in _BROWSING.items() if name in host), "/blob/")
        base = self.url.removesuffix(".git")
        return f"{base}{view}{self.commit}/{quote(self.path_of(path))}"


def web_address(remote: str) -> str | None:
    """Return the http address of a git remote, without user, password, query or fragment."""
    if "://" not in remote:
        scp = _SCP.fullmatch(remote)
        return f"https://{scp['host']}/{quote(scp['path'])}" if scp else None
    parts = urlsplit(remote)
    if not parts.hostname or parts.scheme not in {"http", "https", "ssh", "git", "git+ssh"}:
        return None
    web = parts.scheme in {"http", "https"}
    port = f":{parts.port}" if parts.port and web else ""
    return f"{parts.scheme if web else 'https'}://{parts.hostname}{port}{quote(parts.path)}"


def _git_directory(start: Path) -> tuple[Path, Path] | None:
    for directory in (start, *start.parents):
        git = directory / ".git"
        if git.is_dir():
            return directory, git
        if git.is_file():
            named = git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            return directory, (directory / named).resolve()
    return None


def _common_directory(git: Path) -> Path:
    """Return what all worktrees share: the configuration and the packed references."""
    shared = git / "commondir"
    return (git / shared.read_text(encoding="utf-8").strip()).resolve() if shared.exists() else git


def _remote(common: Path) -> str | None:
    config = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    config.read_string(_unindented((common / "config").read_text(encoding="utf-8")))
    sections = [name for name in config.sections() if name.startswith("remote ")]
    sections.sort(key=lambda name: name != 'remote "origin"')
    urls = (config.get(name, "url", fallback=None) for name in sections)
    return next((web for web in (web_address(url) for url in urls if url) if web), None)


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _head(git: Path, common: Path) -> tuple[str | None, str | None]:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return (head if _SHA.fullmatch(head) else None), None
    name = head.removeprefix("ref:").strip()
    return _commit(name, git, common), name.removeprefix("refs/heads/")


def _commit(name: str, git: Path, common: Path) -> str | None:
    for directory in (git, common):
        loose = directory / name
        if loose.is_file():
            commit = loose.read_text(encoding="utf-8").strip()
            return commit if _SHA.fullmatch(commit) else None
    packed = common / "packed-refs"
    for line in packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else ():
        commit, _, reference = line.partition(" ")
        if reference == name and _SHA.fullmatch(commit):
            return commit
    return None
