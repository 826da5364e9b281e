"""The configuration of openlineage-python, as its users know it and as data."""

import json
from pathlib import Path

import pytest

from floe.adapters.openlineage_config import auth_in_file, auth_in_variables, client_settings
from floe.domain.model.errors import ConfigurationError, EnvironmentNotReadyError
from floe.domain.use_cases.resolve_settings import Layer, resolve_settings

HTTP = """
transport:
  type: http
  url: https://backend.example:5000
  endpoint: api/v1/lineage
  timeout: 3
  compression: gzip
  verify: /etc/ca.pem
  custom_headers: {X-Team: data}
  auth: {type: api_key, apiKey: s3cr3t}
facets:
  environment_variables: [AWS_SECRET_ACCESS_KEY]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "openlineage.yml"
    path.write_text(HTTP)
    return path


def test_a_file_that_the_user_points_at_is_the_backend(config: Path) -> None:
    found = client_settings({"OPENLINEAGE_CONFIG": str(config)})

    assert found == {
        "lineage": {
            "kind": "http",
            "url": "https://backend.example:5000/api/v1/lineage",
            "timeout_s": 3,
            "compress": True,
            "headers": {"X-Team": "data"},
            "ca_bundle": "/etc/ca.pem",
            "auth_file": str(config),
        }
    }
    assert resolve_settings([Layer("file", found)]).settings.lineage.kind == "http"
    assert "s3cr3t" not in str(found)


def test_how_to_sign_in_is_read_when_it_is_needed(config: Path) -> None:
    assert auth_in_file(config) == {"type": "api_key", "apiKey": "s3cr3t"}
    config.unlink()
    with pytest.raises(EnvironmentNotReadyError):
        auth_in_file(config)


def test_a_file_of_the_working_directory_is_nobodys(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)

    assert client_settings({}) == {}


def test_variables_with_two_underscores_are_sections() -> None:
    environ = {
        "OPENLINEAGE__TRANSPORT__TYPE": "async_http",
        "OPENLINEAGE__TRANSPORT__URL": "https://backend.example",
        "OPENLINEAGE__TRANSPORT__AUTH__TYPE": "api_key",
        "OPENLINEAGE__TRANSPORT__AUTH__APIKEY": "s3cr3t",
        "OPENLINEAGE__FACETS__ENVIRONMENT_VARIABLES": '["HOME"]',
    }

    found = client_settings(environ)["lineage"]

    assert (found["kind"], found["url"]) == ("http", "https://backend.example/api/v1/lineage")
    assert "s3cr3t" not in str(found)
    auth = auth_in_variables(found["auth_env"], environ)
    assert auth == {"type": "api_key", "apikey": "s3cr3t"}


def test_a_variable_may_hold_json() -> None:
    auth = {"type": "api_key", "apiKey": "s3cr3t"}
    environ = {"OPENLINEAGE__TRANSPORT__AUTH": json.dumps(auth)}

    assert auth_in_variables("OPENLINEAGE__TRANSPORT__AUTH", environ) == auth
    with pytest.raises(EnvironmentNotReadyError):
        auth_in_variables("OPENLINEAGE__TRANSPORT__AUTH", {})


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        ("{type: console}", {"kind": "console"}),
        ("{type: noop}", {"kind": "noop"}),
        (
            "{type: file, log_file_path: /tmp/x, append: true}",
            {
                "kind": "transport",
                "config": {"type": "file", "log_file_path": "/tmp/x", "append": True},  # noqa: S108
            },
        ),
    ],
)
def test_other_transports_are_destinations(
    config: Path, transport: str, expected: dict[str, object]
) -> None:
    config.write_text(f"transport: {transport}")

    assert client_settings({"OPENLINEAGE_CONFIG": str(config)}) == {"lineage": expected}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "transport: http", "transport: {}", "transport: {type: http}", "a: [", "\x00"],
)
def test_what_cannot_be_used_is_said_without_quoting_it(config: Path, text: str) -> None:
    config.write_text(f"{text}\n# s3cr3t")

    with pytest.raises(ConfigurationError) as refused:
        client_settings({"OPENLINEAGE_CONFIG": str(config)})

    assert "s3cr3t" not in str(refused.value)


def test_switched_off_is_switched_off(config: Path) -> None:
    environ = {"OPENLINEAGE_CONFIG": str(config), "OPENLINEAGE_DISABLED": "true"}

    assert client_settings(environ) == {}
