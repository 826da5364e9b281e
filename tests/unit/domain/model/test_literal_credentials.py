from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.env_var import EnvVar
from floe.domain.model.literal_credentials import (
    is_credential_key,
    literal_credentials,
    looks_like_credential,
)


def _paths(value: object, **rules: Any) -> list[str]:
    return [found.path for found in literal_credentials(value, **rules)]


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "pass",
        "PWD",
        "private_key",
        "private_key_id",
        "privateKey",
        "private-key",
        "private_key_passphrase",
        "token",
        "accessToken",
        "refresh_token",
        "client_secret",
        "access_key_id",
        "s3_secret_access_key",
        "spark.hadoop.fs.s3a.secret.key",
        "fs.azure.account.key.acme.dfs.core.windows.net",
        "connection_string",
        "keyfile_json",
        "apikey",
        "X-API-Key",
        "Authorization",
        "idp_auth_credentials",
    ],
)
def test_the_words_of_a_key_tell_a_credential(key: str) -> None:
    assert is_credential_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "user",
        "host",
        "private_key_path",
        "oidc_token_filepath",
        "token_uri",
        "token_endpoint",
        "access_token_name",
        "use_credential_provider",
        "primary_key",
        "partition_key",
        "keyfile",
        "sslkey",
        "client_id",
        "max_tokens",
        "tokenizer",
        "bypass",
        "compass",
        "secretary",
    ],
)
def test_other_keys_are_left_alone(key: str) -> None:
    assert not is_credential_key(key)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMIIE",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        "AKIAABCDEFGHIJKLMNOP",
        "dapi" + "0" * 32,
        "dose" + "a" * 32,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
        "ghp_" + "a" * 36,
        "ya29." + "a" * 30,
        "Bearer abcdefgh12345",
        "postgresql://floe:hunter2@pg/shop",
        "https://token@host/path",
        "floe:hunter2@pg:5432",
        "host=pg password=hunter2",
        "Driver=x;UID=floe;PWD=hunter2",
        "md:shop?motherduck_token=abc",
        "https://blob/x?sv=1&sig=abc",
        "AccountName=a;AccountKey=abc==",
    ],
)
def test_some_credentials_are_told_by_their_look(text: str) -> None:
    assert looks_like_credential(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shop.duckdb",
        "md:shop",
        "s3://bucket/path",
        "postgresql://pg:5432/shop",
        "floe@acme.iam.gserviceaccount.com",
        "//iam.googleapis.com/projects/1/providers/p",
        "https://acme.okta.com",
        "basic",
        "a=b",
        "password",
        "xy12345.eu-central-1",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert looks_like_credential(text) is None


def test_credentials_are_found_at_any_depth_by_path() -> None:
    nest = {
        "a": [{"token": "x"}, {"b": {"password": 7}}],
        "url": "https://u:p@host",
        "secrets": ["one", "two"],
    }

    assert _paths(nest) == ["a[0].token", "a[1].b.password", "url", "secrets[0]", "secrets[1]"]


def test_references_and_nothing_are_no_literals() -> None:
    nest = {
        "password": EnvVar(name="P", secret=True),
        "token": "{{ env_var('T') }}",
        "secret": None,
        "pwd": "",
        "use_token": True,
    }

    assert _paths(nest) == []


def test_what_an_owner_knows_overrules_the_name_of_a_key() -> None:
    nest = {"attach": [{"secret": "lake"}], "secrets": [{"key_id": "x"}]}

    assert _paths(nest, harmless_paths={"attach.secret"}) == []
    assert _paths(nest, secret_paths={"secrets.key_id"}) == [
        "attach[0].secret",
        "secrets[0].key_id",
    ]


@given(st.text(min_size=6), st.lists(st.sampled_from(["a", "b"]), max_size=4))
def test_the_value_is_never_told(secret: str, path: list[str]) -> None:
    nest: object = {"password": f"canary{secret}".replace("{", "")}
    for key in path:
        nest = {key: [nest]}

    [found] = literal_credentials(nest)

    assert "canary" not in f"{found.path} {found.reason}"
