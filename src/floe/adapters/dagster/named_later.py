"""Load a module of another package without one that it imports: its names are found when used.

The module is executed with an ``__import__`` of its own. Nobody else sees that, neither other
modules nor other threads, and the names do the same as ever once they are called or looked into.
"""

import builtins
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import Any


class NamedLater:
    """Stands for *name* of *module*, which is imported when this is called or looked into."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *arguments: object, **options: object) -> Any:  # noqa: ANN401 - the other's
        """Call what this stands for."""
        return self._found()(*arguments, **options)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the other's
        """Return the attribute of what this stands for."""
        return getattr(self._found(), name)

    def _found(self) -> Any:  # noqa: ANN401 - the other's
        return getattr(import_module(self._module), self._name)


@contextmanager
def named_later(module: str, package: str) -> Iterator[None]:
    """Load *module*, if that happens in here, without importing *package* for it."""
    finder = _Finder(module, package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder:
    def __init__(self, module: str, package: str) -> None:
        self._module = module
        self._package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(name, spec.loader.path, self._package)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, package: str) -> None:
        super().__init__(name, path)
        self._package = package

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
        super().exec_module(module)

    def _import(
        self,
        name: str,
        globals: Any = None,  # noqa: A002, ANN401 - as Python's own
        locals: Any = None,  # noqa: A002, ANN401 - as Python's own
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:  # noqa: ANN401 - a module or what stands for it
        if fromlist and level == 0 and name.partition(".")[0] == self._package:
            return SimpleNamespace(**{asked: NamedLater(name, asked) for asked in fromlist})
        return builtins.__import__(name, globals, locals, fromlist or (), level)
