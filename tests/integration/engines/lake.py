"""A bucket on the loopback, and the extensions by which DuckDB reads one and keeps a lake.

DuckDB fetches an extension from its makers when one is asked for. Packages of a registry hold the
same files for an older DuckDB, which stands before the newer one where ``PYTHONPATH`` says so.
"""

import re
from importlib.metadata import distributions
from pathlib import Path

import duckdb

from tests.integration.engines.amazon import is_signed
from tests.integration.engines.web import Answer, Request, Service

PACKAGES = Path(__file__).parents[3] / ".duckdb-extensions"
BUCKET = "lake"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


def why_not() -> str | None:
    """Return why this machine has no extensions of DuckDB; None when it has."""
    if not (PACKAGES / "duckdb").exists():
        return f"no {PACKAGES.name}, which make engine-test fills for DuckDB's extensions"
    return None


def version() -> str:
    """Return the version of the DuckDB that the extensions are for."""
    [found] = distributions(name="duckdb", path=[str(PACKAGES)])
    return found.version


def environment(home: Path) -> dict[str, str]:
    """Return the variables of a program that is to have the extensions; *home* is its own."""
    [(platform,)] = duckdb.sql("pragma platform").fetchall()
    place = home / f".duckdb/extensions/v{version()}/{platform}"
    place.mkdir(parents=True)
    for extension in PACKAGES.glob("duckdb_extension_*/extensions/*/*.duckdb_extension"):
        (place / extension.name).symlink_to(extension)
    return {"PYTHONPATH": str(PACKAGES), "HOME": str(home)}


def bucket(name: str, content: bytes) -> Service:
    """Return a bucket that shows *content* as the object *name* to who has Amazon's key."""

    def answer(request: Request) -> Answer:
        if not is_signed(request.method, request.url, dict(request.headers), request.body):
            return Answer(403)
        if request.path != f"/{BUCKET}/{name}":
            return Answer(404)
        wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
        if wanted is None:
            return Answer(body=content, headers={"Accept-Ranges": "bytes"})
        first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        said = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return Answer(206, content[first : last + 1], headers=said)

    return answer
