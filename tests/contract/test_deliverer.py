import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from floe.adapters.delivery.console import ConsoleDeliverer
from floe.adapters.delivery.file import FileDeliverer
from floe.adapters.delivery.http import HttpDeliverer
from floe.adapters.delivery.openlineage_http import OpenLineageHttpDeliverer
from floe.adapters.delivery.openlineage_transport import TransportDeliverer
from floe.ports.deliverer import Deliverer
from floe.testing.deliverer import DelivererContract, event_body
from floe.testing.fault_server import FaultServer, Mode


class TestHttpDeliverer(DelivererContract):
    @pytest.fixture
    def server(self) -> Iterator[FaultServer]:
        with FaultServer() as server:
            yield server

    @pytest.fixture
    def deliverer(self, server: FaultServer) -> Deliverer:
        return HttpDeliverer(server.url)

    @pytest.fixture
    def received(self, server: FaultServer) -> Callable[[], list[bytes]]:
        return lambda: server.bodies

    @pytest.fixture(params=[Mode.REFUSE, Mode.HANG, Mode.GARBAGE, Mode.RESET, Mode.DRIP])
    def broken(self, request: pytest.FixtureRequest) -> Iterator[Deliverer]:
        with FaultServer(request.param) as server:
            yield HttpDeliverer(server.url, timeout_s=0.3)


class TestCompressingHttpDeliverer(TestHttpDeliverer):
    @pytest.fixture
    def deliverer(self, server: FaultServer) -> Deliverer:
        return HttpDeliverer(server.url, compress=True)


class TestOpenLineageHttpDeliverer(TestHttpDeliverer):
    @pytest.fixture
    def deliverer(self, server: FaultServer) -> Deliverer:
        return OpenLineageHttpDeliverer(HttpDeliverer(server.url))


class TestFileDeliverer(DelivererContract):
    @pytest.fixture
    def deliverer(self, tmp_path: Path) -> Deliverer:
        return FileDeliverer(tmp_path / "new" / "events.jsonl")

    @pytest.fixture
    def received(self, tmp_path: Path) -> Callable[[], list[bytes]]:
        return lambda: (tmp_path / "new" / "events.jsonl").read_bytes().splitlines()

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Deliverer:
        return FileDeliverer(tmp_path)


class TestConsoleDeliverer(DelivererContract):
    @pytest.fixture
    def stream(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def deliverer(self, stream: io.StringIO) -> Deliverer:
        return ConsoleDeliverer(stream)

    @pytest.fixture
    def received(self, stream: io.StringIO) -> Callable[[], list[bytes]]:
        return lambda: stream.getvalue().encode().splitlines()

    @pytest.fixture
    def broken(self) -> Deliverer:
        stream = io.StringIO()
        stream.close()
        return ConsoleDeliverer(stream)


class TestTransportDeliverer(DelivererContract):
    """openlineage-python writes JSON in its own style: what is in the events is compared."""

    @pytest.fixture
    def deliverer(self, tmp_path: Path) -> Deliverer:
        path = str(tmp_path / "events.jsonl")
        return TransportDeliverer({"type": "file", "log_file_path": path, "append": True})

    @pytest.fixture
    def received(self, tmp_path: Path) -> Callable[[], list[bytes]]:
        def read() -> list[bytes]:
            lines = (tmp_path / "events.jsonl").read_text().splitlines()
            return [event_body(json.loads(line)["job"]["name"]) for line in lines]

        return read

    @pytest.fixture
    def broken(self, tmp_path: Path) -> Deliverer:
        missing = str(tmp_path / "missing" / "events.jsonl")
        return TransportDeliverer({"type": "file", "log_file_path": missing, "append": True})
