"""No test of profiles talks to anyone."""

import socket
import sys
from types import ModuleType
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise AssertionError("a profile was read with the help of the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True)
def odbc_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt-spark looks whether pyodbc is there, which needs a library of the system."""
    monkeypatch.setitem(sys.modules, "pyodbc", ModuleType("pyodbc"))
