from pathlib import Path

import pytest

from floe.adapters.artifacts.yaml_text import parse_yaml
from floe.domain.model.errors import ArtifactError

_HERE = Path("floe.yaml")
_LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing but a comment\n", "is empty"),
        ("- a\n- b\n", "must be a mapping"),
        ("just text", "must be a mapping"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        (_LAUGHS, "anchor or an alias: write the value out (line 1, column 4)"),
        ("a: 1\nb: *missing\n", "write the value out (line 2, column 4)"),
        ("a: !!python/object/apply:os.system [id]\n", "uses a tag"),
        ("a: !custom x\n", "uses a tag"),
        ("a: !!binary aGk=\n", "uses a tag"),
        ("a: 1\na: 2\n", "$.a: stands twice"),
        ("a: {b: 1, b: 1}\n", "$.a.b: stands twice"),
        ("on: 1\n", "a key that is no text"),
        ("1: x\n", "a key that is no text"),
        ("? [a, b]\n: c\n", "a key that is no text"),
        ("a: .nan\n", "$.a: is no plain finite number"),
        ("a: [0b_, 0x__]\n", "$.a[1]: is no plain finite number"),
        ("a: [-.inf]\n", "$.a[0]: is no plain finite number"),
        (f"a: {'9' * 5000}\n", "$.a: is no plain finite number"),
        ("a: 1:30\n", "$.a: is no plain finite number\n  fix: quote it"),
        ("a: 1" + ":1" * 50_000, "$.a: is no plain finite number"),
        ("a: " + "[" * 60 + "]" * 60, "nested more than 50 levels"),
        ("a: " + "[" * 100_000, "nested more than 50 levels"),
        ("a:\n\tb: 1\n", "not valid YAML (line 2, column 1)"),
        ("a: 'open", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("a: \x07", "not valid YAML"),
    ],
)
def test_what_is_more_than_plain_yaml_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArtifactError) as refused:
        parse_yaml(text, _HERE)

    assert message in str(refused.value)


def test_the_merge_key_is_a_key_like_any_other() -> None:
    assert parse_yaml("a: {<<: {b: 1}}", _HERE) == {"a": {"<<": {"b": 1}}}


def test_dates_stay_text() -> None:
    assert parse_yaml("at: 2026-01-02\n", _HERE) == {"at": "2026-01-02"}


def test_numbers_booleans_and_nothing_are_what_yaml_makes_of_them() -> None:
    read = parse_yaml("a: 1\nb: 1.5\nc: no\nd: ~\ne: '1'\n", _HERE)

    assert read == {"a": 1, "b": 1.5, "c": False, "d": None, "e": "1"}


def test_a_syntax_error_does_not_repeat_what_stands_there() -> None:
    with pytest.raises(ArtifactError) as refused:
        parse_yaml("a: *s3cr3t-alias %\n", _HERE)

    assert "s3cr3t" not in str(refused.value)
