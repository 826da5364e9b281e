"""OpenLineage's models without the client around them, which imports every transport there is.

The package ``openlineage.client`` imports its client in its ``__init__``, and with it two HTTP
stacks: several times what the models cost that floe needs of it. Until somebody asks the package
for a name of its own, an empty one stands in for it, whose submodules are the real ones.
"""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import RLock
from types import ModuleType

_NAME = "openlineage.client"


class _StandIn(ModuleType):
    """The package of *spec*, whose ``__init__`` runs when a name is missed for the first time."""

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
            self._run()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None

    def _run(self) -> None:
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


def stand_in() -> None:
    """Put the stand-in in the place of the package, unless that is imported already."""
    spec = find_spec(_NAME) if _NAME not in sys.modules else None
    if spec is not None:
        sys.modules[_NAME] = _StandIn(spec)
        parent, _, name = _NAME.rpartition(".")
        setattr(sys.modules[parent], name, sys.modules[_NAME])  # as an import does
