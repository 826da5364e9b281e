"""PostgreSQL, as dbt-postgres signs in to it."""

from floe.adapters.profiles.table import SQL_NAME, Field, Kind, Method, Table

TABLE = Table(
    name="postgres",
    package="dbt-postgres",
    fields=(
        Field("host", variable="POSTGRES_HOST"),
        Field(
            "port",
            Kind.INTEGER,
            variable="POSTGRES_PORT",
            follows="host",
            default=5432,
            minimum=1,
            maximum=65535,
        ),
        Field("user", variable="POSTGRES_USER"),
        Field(
            "password",
            aliases=("pass",),
            secret=True,
            empty=True,
            variable="POSTGRES_PASSWORD",
        ),
        Field(
            "dbname",
            aliases=("database",),
            variable="POSTGRES_DATABASE",
            label="DATABASE",
            pattern=SQL_NAME,
        ),
        Field("schema", variable="POSTGRES_SCHEMA", pattern=SQL_NAME),
        Field("connect_timeout", Kind.INTEGER, minimum=0),
        Field("role", pattern=SQL_NAME),
        Field("search_path", pattern=r'[\w$", -]+'),
        Field("keepalives_idle", Kind.INTEGER, minimum=0),
        Field(
            "sslmode",
            choices=("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
        ),
        Field("sslcert", variable="POSTGRES_SSLCERT"),
        Field("sslkey", variable="POSTGRES_SSLKEY"),
        Field("sslrootcert", variable="POSTGRES_SSLROOTCERT"),
        Field("application_name"),
        Field("autocommit", Kind.BOOLEAN),
        Field("retries", Kind.INTEGER, minimum=0),
    ),
    common=("host", "port", "user", "dbname", "schema"),
    methods=(
        Method("password", requires=("password",), accepts=("sslcert", "sslkey")),
        Method(
            "client-certificate",
            requires=("sslcert", "sslkey", "sslrootcert"),
            accepts=("password",),
            hints=("sslcert", "sslkey"),
            defaults={"password": "", "sslmode": "verify-full"},
        ),
        Method(
            "libpq",
            # A password file, a service file, Kerberos or trust: libpq finds it by itself. dbt
            # insists on a password all the same.
            defaults={"password": ""},
        ),
    ),
    together=(("sslcert", "sslkey"),),
)
