"""Load dagster-dbt without loading dbt, of which it wants only a few names, and sqlglot.

Its module ``compat`` takes three enumerations of dbt's, and three classes for annotations. That
imports most of dbt: twice the time that Dagster itself needs and as much memory again, in every
process that loads the definitions and never runs dbt. The same module has those names at hand for
installations where dbt is no Python package. Here it is loaded with these, and told the version of
dbt all the same, by which the rest of dagster-dbt decides what it may import later. There is no
public switch. Where the module has moved, dagster-dbt is loaded as ever, and a test says so.

sqlglot, half as large as Dagster, is imported when its column lineage is worked out, for which
floe has a way of its own.
"""

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from packaging.version import Version

from floe.adapters.dagster.collector import collector_paused
from floe.adapters.dagster.named_later import named_later

_PACKAGE = "dagster_dbt"
_NAMES = f"{_PACKAGE}.compat"
_DBT = "dbt.version"
"""What the module asks first, to find out whether dbt is there."""
_VERSION = "DBT_PYTHON_VERSION"
_READS_SQL = f"{_PACKAGE}.core.dbt_cli_event"
_SQL = "sqlglot"


def load_dagster_dbt() -> bool:
    """Import dagster-dbt, without dbt where that can be; return whether it could.

    Where either of them is imported already there is nothing to gain, and nothing is changed.
    """
    if _PACKAGE in sys.modules or _DBT in sys.modules:
        return False
    names = _names_without_dbt()
    if names is None:
        return False
    sys.modules[_NAMES] = names
    with collector_paused(), named_later(_READS_SQL, _SQL):
        package = importlib.import_module(_PACKAGE)
    package.compat = names  # type: ignore[attr-defined]
    return True


def _names_without_dbt() -> ModuleType | None:
    spec = _spec()
    try:
        dbt_version = Version(version("dbt-core"))
    except PackageNotFoundError:
        return None
    if spec is None or spec.loader is None:
        return None
    names = module_from_spec(spec)
    sys.modules[_DBT] = None  # type: ignore[assignment]
    try:
        spec.loader.exec_module(names)
    except ImportError:
        return None
    finally:
        del sys.modules[_DBT]
    if getattr(names, _VERSION, dbt_version) is not None:
        return None
    setattr(names, _VERSION, dbt_version)
    return names


def _spec() -> ModuleSpec | None:
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).with_name("compat.py")
    return spec_from_file_location(_NAMES, file) if file.is_file() else None
