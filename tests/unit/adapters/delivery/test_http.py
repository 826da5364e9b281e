import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from floe.adapters.delivery.credentials import bearer_from, from_provider, headers_from
from floe.adapters.delivery.http import HttpDeliverer
from floe.domain.model.delivery import Outcome
from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError
from floe.testing.fault_server import FaultServer, Mode
from floe.testing.outbox import envelope


@pytest.fixture
def backend() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def test_sends_type_key_and_own_headers(backend: FaultServer) -> None:
    payload = envelope().model_copy(update={"content_type": "application/x-protobuf"})
    HttpDeliverer(backend.url, headers={"X-Team": "data"}).deliver(payload)

    (request,) = backend.received
    assert request.path == "/api/v1/lineage"
    assert request.headers["Content-Type"] == "application/x-protobuf"
    assert request.headers["Idempotency-Key"] == payload.envelope_id
    assert request.headers["X-Team"] == "data"
    assert "Authorization" not in request.headers


def test_a_large_body_is_compressed_when_asked(backend: FaultServer) -> None:
    deliverer = HttpDeliverer(backend.url, compress=True)
    deliverer.deliver(envelope("x" * 5000))
    deliverer.deliver(envelope("small"))

    large, small = backend.received
    assert large.headers["Content-Encoding"] == "gzip"
    assert int(large.headers["Content-Length"]) < 500
    assert "Content-Encoding" not in small.headers


def test_a_netrc_and_a_proxy_of_the_environment_are_not_read(
    backend: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    credentials = bearer_from("TOKEN", {"TOKEN": "mine"})

    assert HttpDeliverer(backend.url, credentials=credentials).deliver(envelope()).status == 201
    assert backend.received[0].headers["Authorization"] == "Bearer mine"


def test_a_redirect_is_neither_followed_nor_success(backend: FaultServer) -> None:
    backend.mode = Mode.REDIRECT
    verdict = HttpDeliverer(backend.url).deliver(envelope())

    assert verdict.outcome is Outcome.PAUSE
    assert backend.sign_ins == 0


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.DRIP])
def test_a_request_ends_in_time_however_the_answer_drips(backend: FaultServer, mode: Mode) -> None:
    backend.mode = mode
    started = time.monotonic()
    verdict = HttpDeliverer(backend.url, timeout_s=0.4).deliver(envelope())

    assert verdict.outcome is Outcome.RETRY
    assert time.monotonic() - started < 2


def test_a_connection_that_the_backend_closed_is_opened_again(backend: FaultServer) -> None:
    deliverer = HttpDeliverer(backend.url, timeout_s=0.5)
    outcomes = []
    for mode in (Mode.OK, Mode.RESET, Mode.OK, Mode.REFUSE, Mode.OK):
        backend.mode = mode
        outcomes.append(deliverer.deliver(envelope()).outcome)

    assert outcomes[0] is outcomes[2] is outcomes[4] is Outcome.DELIVERED
    assert outcomes[1] is Outcome.RETRY


@pytest.mark.parametrize(
    "url",
    [
        "https://user:s3cr3t@backend.example/api",
        "https://s3cr3t@backend.example/api",
        "ftp://backend.example/s3cr3t",
        "backend.example/s3cr3t",
        "file:///etc/s3cr3t",
        "http:///s3cr3t",
        "http://[s3cr3t",
        "",
    ],
)
def test_an_address_that_cannot_be_right_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        HttpDeliverer(url)
    assert "s3cr3t" not in str(refused.value)


def test_a_token_does_not_travel_in_the_clear() -> None:
    credentials = bearer_from("TOKEN", {"TOKEN": "mine"})

    with pytest.raises(ConfigurationError, match="in the clear"):
        HttpDeliverer("http://backend.example/api", credentials=credentials)
    for url in ("http://localhost/x", "http://127.0.0.1/x", "http://[::1]/x", "https://b.example"):
        HttpDeliverer(url, credentials=credentials)
    HttpDeliverer("http://backend.example/api", credentials=credentials, insecure=True)
    HttpDeliverer("http://backend.example/api")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254"])
def test_addresses_where_machines_talk_about_themselves_get_nothing(
    backend: FaultServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    import socket

    monkeypatch.setattr(socket.socket, "getpeername", lambda _: (address, 80))
    verdict = HttpDeliverer(backend.url).deliver(envelope())

    assert verdict.outcome is Outcome.RETRY
    assert backend.attempts == 0


def test_a_ca_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate")

    for path in (bundle, tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match="CA bundle"):
            HttpDeliverer("https://backend.example", ca_bundle=path)


def test_a_missing_token_pauses_and_names_its_variable(backend: FaultServer) -> None:
    environ: dict[str, str] = {}
    deliverer = HttpDeliverer(backend.url, credentials=bearer_from("LINEAGE_TOKEN", environ))
    verdict = deliverer.deliver(envelope())

    assert verdict.outcome is Outcome.PAUSE
    assert "LINEAGE_TOKEN" in verdict.reason
    environ |= {"LINEAGE_TOKEN": " fresh\n"}
    assert deliverer.deliver(envelope()).outcome is Outcome.DELIVERED
    assert backend.received[0].headers["Authorization"] == "Bearer fresh"


def test_a_token_provider_that_fails_is_tried_again_and_not_quoted(backend: FaultServer) -> None:
    def broken() -> dict[str, str]:
        raise RuntimeError("https://issuer.example?client_secret=s3cr3t")

    verdict = HttpDeliverer(backend.url, credentials=broken).deliver(envelope())

    assert verdict.outcome is Outcome.RETRY
    assert "s3cr3t" not in verdict.reason


def test_headers_of_the_standard_variable_are_understood() -> None:
    environ = {"OTEL_EXPORTER_OTLP_HEADERS": "X-Key=abc%20def, authorization=Basic%20Zm9v,,="}
    headers = headers_from("OTEL_EXPORTER_OTLP_HEADERS", environ)

    assert headers() == {"x-key": "abc def", "authorization": "Basic Zm9v"}
    with pytest.raises(EnvironmentNotReadyError, match="OTHER"):
        headers_from("OTHER", environ)()


def test_token_providers_of_openlineage_are_understood() -> None:
    assert from_provider({"type": "api_key", "apiKey": "k"})() == {"Authorization": "Bearer k"}
    with pytest.raises(ConfigurationError, match="api_key, jwt, oauth2"):
        from_provider({"type": "evil.module.Provider"})
    with pytest.raises(ConfigurationError):
        from_provider({"type": "oauth2", "clientId": "me"})


def test_an_untrusted_certificate_pauses_and_is_never_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def distrust(*_: object, **__: object) -> None:
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    with FaultServer() as backend:
        monkeypatch.setattr(ssl.SSLContext, "wrap_socket", distrust)
        url = backend.url.replace("http:", "https:")
        verdict = HttpDeliverer(url).deliver(envelope())

    assert verdict.outcome is Outcome.PAUSE
    assert "self-signed" in verdict.reason
    assert backend.attempts == 0


def test_a_request_whose_sender_died_before_its_end_has_not_arrived(backend: FaultServer) -> None:
    address = urlsplit(backend.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as connection:
        connection.sendall(b"POST /api/v1/lineage HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""

    assert backend.received == []
