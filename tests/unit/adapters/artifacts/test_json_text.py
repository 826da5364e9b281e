from pathlib import Path

import pytest

from tests.unit.adapters.artifacts.documents import MINIMAL, refusal, write


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xe9"}', "not UTF-8 text (byte 7)"),
        (b'{"a": 1\x00}', "not UTF-8"),
        (b'{"version": "1.0.0", "metadata": {', "ends early"),
        (b'{"version": "1.0', "ends early"),
        (b"{'version': 1}", "not valid JSON (line 1, column 2)"),
        (b'{"a": 1,}', "not valid JSON"),
        (b'{"a": 1} {}', "not valid JSON"),
        (b"[]", "$: must be an object"),
        (b"null", "must be an object"),
        (b'"text"', "must be an object"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "$.a.b: stands twice"),
        (b'{"a": [{"b": NaN}]}', "a number that JSON does not have"),
        (b'{"a": -Infinity}', "a number that JSON does not have"),
        (b'{"a": [1, 1e999]}', "$.a[1]: must be a finite number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that JSON does not have"),
        (b'{"a": "\\ud800"}', "$.a: is not Unicode text"),
        (b'{"a": {"\\udc00": 1}}', "$.a: has a key that is not Unicode text"),
        (b'{"\\udc00": 1, "\\udc00": 2}', "$: has a key that is not Unicode text"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested more than 100 levels"),
        (b"[" * 200_000, "nested more than 100 levels"),
        (b'{"a":' * 200_000, "nested more than 100 levels"),
    ],
)
def test_text_that_is_no_plain_json_object_is_refused_in_one_message(
    tmp_path: Path, content: bytes, message: str
) -> None:
    said = refusal(tmp_path, content)

    assert message in said
    assert str(tmp_path / "compiled_artifacts.json") in said


def test_a_repeated_key_is_refused_although_both_values_are_equal(tmp_path: Path) -> None:
    said = refusal(tmp_path, '{"version": "1.0.0", "version": "1.0.0"}')

    assert "$.version: stands twice" in said


def test_every_repeated_key_is_named_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, '{"a": 1, "a": 2, "b": {"c": 1, "c": 2, "c": 3}}')

    assert "$.a: stands twice" in said
    assert said.count("$.b.c: stands twice") == 1


def test_a_key_that_is_no_plain_name_is_quoted_in_the_path(tmp_path: Path) -> None:
    said = refusal(tmp_path, '{"two words": {"\\n": 1e999}}')

    assert '$["two words"]["\\n"]: must be a finite number' in said


def test_a_long_key_is_cut(tmp_path: Path) -> None:
    said = refusal(tmp_path, '{"' + "k" * 100_000 + '": 1e999}')

    assert len(said) < 1000


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)

    assert "cannot be read" in _refusal_of(loop)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in _refusal_of(tmp_path)


def test_a_path_with_a_null_character_is_refused() -> None:
    assert "not usable" in _refusal_of(Path("a\0b.json"))


def test_a_document_larger_than_any_contract_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL)
    with path.open("ab") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    assert "larger than" in _refusal_of(path)


def _refusal_of(path: Path) -> str:
    from floe.adapters.artifacts.reader import DocumentReader
    from floe.domain.model.errors import ArtifactError

    with pytest.raises(ArtifactError) as refused:
        DocumentReader().read(path)
    return str(refused.value)
