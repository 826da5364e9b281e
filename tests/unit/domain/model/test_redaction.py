"""No known secret gets through, in whatever form and wherever it stands."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.domain.model.redaction import MASK, SHORTEST_SECRET, Redactor, is_secret_name

secrets = st.text(min_size=SHORTEST_SECRET).filter(
    lambda text: len(text.strip()) >= SHORTEST_SECRET
)


@given(secrets, st.text(), st.text())
def test_a_known_secret_never_gets_through(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])

    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert secret not in redactor.text(f"{before}{form}{after}").replace(MASK, "")
        assert form not in redactor.text(f"{before}{form}{after}").replace(MASK, "")


@given(secrets.filter(lambda text: text.isprintable()), st.text(alphabet="xyz"))
def test_quoted_and_encoded_forms_do_not_get_through(secret: str, before: str) -> None:
    redactor = Redactor([secret])

    assert quote(secret, safe="") not in redactor.text(before + quote(secret, safe=""))
    assert quote_plus(secret) not in redactor.text(before + quote_plus(secret))


@given(st.text(min_size=12, alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_basic_authentication_does_not_get_through(password: str) -> None:
    header = base64.b64encode(f"user:{password}".encode()).decode()

    assert MASK in Redactor([password]).text(header) or len(password.strip()) < SHORTEST_SECRET


@given(
    secrets,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_nested_values_are_masked_and_stay_json(secret: str, value: object) -> None:
    nested = {"known": [secret, {secret: f"a {secret} b"}], "other": value}

    text = json.dumps(Redactor([secret]).value(nested), ensure_ascii=False)

    assert json.loads(text)["known"][0].replace(MASK, "").find(secret) == -1
    assert MASK in text


def test_every_line_of_a_key_is_a_secret() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nabcdefgh12345678\n-----END PRIVATE KEY-----\n"

    assert Redactor([key]).text("it said abcdefgh12345678") == f"it said {MASK}"


def test_without_secrets_nothing_is_touched() -> None:
    value = {"a": ["b", 1]}

    assert Redactor().value(value) is value
    assert Redactor(["abc"]).text("abc") == "abc"


def test_the_longest_secret_is_masked_first() -> None:
    assert Redactor(["hunter22", "hunter22-long"]).text("hunter22-long") == MASK


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SNOWFLAKE_PASSWORD", True),
        ("DBT_ENV_SECRET_X", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("GITHUB_TOKEN", True),
        ("SNOWFLAKE_PRIVATE_KEY", True),
        ("SNOWFLAKE_PRIVATE_KEY_PATH", False),
        ("TOKEN_URL", False),
        ("HOME", False),
    ],
)
def test_variables_are_known_by_their_names(name: str, expected: bool) -> None:  # noqa: FBT001
    assert is_secret_name(name) is expected


def test_the_environment_gives_what_is_named_and_what_looks_like_a_secret() -> None:
    redactor = Redactor.of_environment(
        {"ODD": "odd-value", "MY_TOKEN": "token-value", "HOME": "home-value"}, ["ODD", "UNSET"]
    )

    assert redactor.text("odd-value token-value home-value") == f"{MASK} {MASK} home-value"
