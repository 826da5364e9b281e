"""PostgreSQL: a password, a certificate, and who is turned away."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.engines.connected import Connected
from tests.integration.engines.postgres_server import (
    BY_CERTIFICATE,
    BY_PASSWORD,
    DATABASE,
    VERSION,
    PostgresServer,
)
from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.project import EngineProject, builds_well

pytestmark = pytest.mark.engine


def properties(server: PostgresServer, **more: Any) -> dict[str, Any]:
    return {"host": LOOPBACK, "database": DATABASE, "threads": 2, "port": server.port, **more}


def by_password(folder: Path, server: PostgresServer, schema: str) -> EngineProject:
    return EngineProject(
        folder,
        "postgres",
        properties(server, user=BY_PASSWORD, schema=schema),
        {"POSTGRES_PASSWORD": server.password},
    )


def by_certificate(folder: Path, server: PostgresServer, **more: str) -> EngineProject:
    files = {
        "POSTGRES_SSLROOTCERT": str(server.authority),
        "POSTGRES_SSLCERT": str(server.client.certificate),
        "POSTGRES_SSLKEY": str(server.client.key),
    }
    said = properties(
        server, user=BY_CERTIFICATE, schema="by_certificate", method="client-certificate"
    )
    return EngineProject(folder, "postgres", said, files | more)


def test_the_demo_builds_with_a_password(
    tmp_path: Path, postgres: PostgresServer, connected: Connected
) -> None:
    project = by_password(tmp_path, postgres, "by_password")

    builds_well(project, f"postgres://{LOOPBACK}:{postgres.port}", postgres.password)
    connected.to("postgres/password", f"{VERSION}, SCRAM")


def test_the_demo_builds_with_mutual_tls(
    tmp_path: Path, postgres: PostgresServer, connected: Connected
) -> None:
    project = by_certificate(tmp_path, postgres)

    key = postgres.client.key.read_text(encoding="ascii").splitlines()[1]
    builds_well(project, f"postgres://{LOOPBACK}:{postgres.port}", key)
    connected.to("postgres/client-certificate", f"{VERSION}, mutual TLS")


def test_a_password_file_will_do(
    tmp_path: Path, postgres: PostgresServer, connected: Connected
) -> None:
    escaped = postgres.password.replace(":", r"\:")
    kept = tmp_path / "pgpass"
    kept.touch(mode=0o600)
    kept.write_text(f"{LOOPBACK}:{postgres.port}:{DATABASE}:{BY_PASSWORD}:{escaped}\n")
    said = properties(postgres, user=BY_PASSWORD, schema="by_file", method="libpq")
    project = EngineProject(tmp_path, "postgres", said, {"PGPASSFILE": str(kept)})

    ended = project.sign_in()

    assert ended.code == 0, ended.out + ended.err
    assert list(project.traces_of(postgres.password, ended)) == []
    connected.to("postgres/libpq", f"{VERSION}, password file")


def test_a_wrong_password_is_refused_and_not_repeated(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    project = by_password(tmp_path, postgres, "refused")

    ended = project.sign_in(POSTGRES_PASSWORD="canary-wrong")  # noqa: S106 - wrong on purpose

    assert ended.code == 3
    assert "password authentication failed" in ended.out + ended.err
    assert list(project.traces_of("canary-wrong", ended)) == []


def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    project = by_certificate(tmp_path, postgres)

    ended = project.sign_in(
        POSTGRES_SSLCERT=str(postgres.stranger.certificate),
        POSTGRES_SSLKEY=str(postgres.stranger.key),
    )

    assert ended.code == 3
    assert "unknown ca" in ended.out + ended.err


def test_a_server_that_another_authority_signed_for_is_not_trusted(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    project = by_certificate(tmp_path, postgres)

    ended = project.sign_in(POSTGRES_SSLROOTCERT=str(postgres.stranger.certificate))

    assert ended.code == 3
    assert "certificate verify failed" in ended.out + ended.err
