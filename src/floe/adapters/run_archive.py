"""The archive of runs: one JSON file a run in the state directory, the newest few kept."""

import contextlib
from pathlib import Path

from pydantic import ValidationError

from floe.domain.model.archived_run import ArchivedRun
from floe.files import replace_file

KEPT = 30


class JsonRunArchive:
    """Keep each run as ``<start time>-<run id>.json``, readable by its owner only."""

    def __init__(self, directory: Path, *, kept: int = KEPT) -> None:
        self._directory = directory
        self._kept = kept

    def keep(self, run: ArchivedRun) -> None:
        """Write *run* atomically; see the port."""
        started = run.summary.started_at.strftime("%Y%m%dT%H%M%S%f")
        name = f"{started}-{run.summary.run_id}.json"
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            content = run.model_dump_json(exclude_defaults=True).encode()
            replace_file(self._directory / name, content)
            for path in self._newest()[self._kept :]:
                path.unlink(missing_ok=True)

    def recent(self, limit: int) -> tuple[ArchivedRun, ...]:
        """Return up to *limit* runs, the newest first; see the port."""
        found: list[ArchivedRun] = []
        for path in self._newest():
            if len(found) >= limit:
                break
            run = _read(path)
            if run is not None:
                found.append(run)
        return tuple(found)

    def read(self, run_id: str) -> ArchivedRun | None:
        """Return the run *run_id*; see the port."""
        for path in self._newest():
            if path.stem.endswith(f"-{run_id}"):
                return _read(path)
        return None

    def _newest(self) -> list[Path]:
        return sorted(self._directory.glob("[0-9]*-*.json"), reverse=True)


def _read(path: Path) -> ArchivedRun | None:
    try:
        return ArchivedRun.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
