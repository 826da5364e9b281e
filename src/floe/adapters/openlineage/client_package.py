"""OpenLineage's models without the client around them, which imports every transport there is.

The package ``openlineage.client`` imports its client in its ``__init__``, and with it two HTTP
stacks: several times what the models cost that floe needs of it. An empty package stands in for
it, whose submodules are the real ones, until somebody asks for anything that is no model: a name
of its own or another submodule. Then its ``__init__`` runs first, as it always has.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import RLock
from types import ModuleType

_NAME = "openlineage.client"
_MODELS = {"constants", "event_v2", "facet_v2", "generated", "serde", "utils"}
"""Submodules that import none but one another."""


class _StandIn(ModuleType):
    """The package of *spec*, whose ``__init__`` has still to run."""

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__loader__ = spec.loader
        self.__package__ = spec.name
        self.__file__ = spec.origin
        self.__path__ = spec.submodule_search_locations or []
        self._running = RLock()
        self._has_run = False

    def __getattr__(self, name: str) -> object:
        """Return what ``__init__`` knows as *name*."""
        if not name.startswith("__"):
            self.run_init()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None

    def run_init(self) -> None:
        """Run ``__init__``, once."""
        with self._running:
            loader = self.__spec__.loader if self.__spec__ is not None else None
            if self._has_run or loader is None:
                return
            self._has_run = True  # what runs may ask for more
            try:
                loader.exec_module(self)
            except BaseException:
                self._has_run = False
                raise


class _PackageFirst(MetaPathFinder):
    """Has the package run before any submodule is imported that is no model."""

    def __init__(self, package: _StandIn) -> None:
        self._package = package

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - what a finder is told
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return what ``__init__`` has imported as *fullname*; else leave it to the next finder."""
        inside = fullname.removeprefix(f"{_NAME}.")
        if inside == fullname or inside.partition(".")[0] in _MODELS:
            return None
        self._package.run_init()
        module = sys.modules.get(fullname)
        if module is None:
            return None
        # The import goes by the spec of a module that has come meanwhile, and would load it again.
        module.__spec__ = ModuleSpec(fullname, _Imported(module))
        return module.__spec__


class _Imported(Loader):
    """Loads a *module* that is there already, and leaves it as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - what a loader is told
        """Return the module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Give *module* back the spec that it was loaded by."""
        module.__spec__ = self._spec


def stand_in() -> None:
    """Put the stand-in in the place of the package, unless that is imported already."""
    spec = find_spec(_NAME) if _NAME not in sys.modules else None
    if spec is not None:
        package = _StandIn(spec)
        sys.modules[_NAME] = package
        parent, _, name = _NAME.rpartition(".")
        setattr(sys.modules[parent], name, package)  # as an import does
        sys.meta_path.insert(0, _PackageFirst(package))
