"""Connections with a deadline that holds, whatever the other side does."""

import contextlib
import errno
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class ForbiddenAddressError(OSError):
    """The name of a backend leads to an address that no backend has."""

    def __init__(self, address: str) -> None:
        super().__init__(0, f"the name leads to {address}, which no backend may have")


class Connections:
    """One kept-alive connection, which is cut when its time is up.

    A forked child opens its own: to share one would mix up the answers.
    """

    def __init__(self, context: ssl.SSLContext | None, proxy: str | None) -> None:
        self._context = context
        self._proxy = proxy
        self._owner = 0
        self._pool: urllib3.PoolManager | None = None
        self._inherited: list[urllib3.PoolManager] = []

    @contextlib.contextmanager
    def within(self, timeout_s: float) -> Iterator[urllib3.PoolManager]:
        """Yield a pool whose connection is cut *timeout_s* seconds from now.

        Raises:
            TimeoutError: It was cut: what looks like an answer is the half of one.
        """
        with _LIVE.cut_after(timeout_s) as deadline:
            yield self._opened()
            if deadline.has_passed:
                raise TimeoutError(errno.ETIMEDOUT, "no whole answer in time")

    def close(self) -> None:
        """Close the connection, if it is ours."""
        if self._pool is not None and self._owner == os.getpid():
            self._pool.clear()
        self._pool = None

    def _opened(self) -> urllib3.PoolManager:
        if self._pool is not None and self._owner != os.getpid():
            self._inherited.append(self._pool)
            self._pool = None
        if self._pool is None:
            self._pool = self._open()
            self._owner = os.getpid()
        return self._pool

    def _open(self) -> urllib3.PoolManager:
        if self._proxy:
            return urllib3.ProxyManager(
                self._proxy, maxsize=1, retries=False, ssl_context=self._context
            )
        pool = urllib3.PoolManager(maxsize=1, retries=False, ssl_context=self._context)
        pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return pool


class _Live(threading.local):
    """The socket that this thread is using, and the alarm that cuts it."""

    deadline: "_Deadline | None" = None

    @contextlib.contextmanager
    def cut_after(self, timeout_s: float) -> "Iterator[_Deadline]":
        self.deadline = _Deadline(timeout_s)
        try:
            yield self.deadline
        finally:
            self.deadline.cancel()
            self.deadline = None

    def watch(self, connection: HTTPConnection) -> None:
        if self.deadline is not None:
            self.deadline.connection = connection


class _Deadline:
    def __init__(self, timeout_s: float) -> None:
        self.connection: HTTPConnection | None = None
        self.has_passed = False
        self._timer = threading.Timer(timeout_s, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.has_passed = True
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


_LIVE = _Live()


def _checked(sock: socket.socket) -> socket.socket:
    """Return *sock* unless it leads where only machines talk about themselves.

    The address is looked at after the name was resolved: a name may change its mind.
    """
    address = str(sock.getpeername()[0]).partition("%")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return sock
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
        sock.close()
        raise ForbiddenAddressError(address)
    return sock


class _HttpConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())

    def putrequest(self, method: str, url: str, *skips: bool, **named: bool) -> None:
        _LIVE.watch(self)
        super().putrequest(method, url, *skips, **named)


class _HttpsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())

    def connect(self) -> None:
        _LIVE.watch(self)
        super().connect()

    def putrequest(self, method: str, url: str, *skips: bool, **named: bool) -> None:
        _LIVE.watch(self)
        super().putrequest(method, url, *skips, **named)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection
