"""What gRPC writes to standard error by itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "GRPC_VERBOSITY"


@contextmanager
def quiet_grpc() -> Iterator[None]:
    """Have gRPC, where it is imported in the block, keep its log off standard error.

    It has a line for each handshake that fails, and floe's one warning says the same. What the
    environment says of it stays, and after the block the environment is as it was.
    """
    if _VARIABLE in os.environ:
        yield
        return
    os.environ[_VARIABLE] = "NONE"
    try:
        yield
    finally:
        del os.environ[_VARIABLE]
