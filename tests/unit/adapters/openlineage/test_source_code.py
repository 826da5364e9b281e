"""Where the code is kept: read from git's own files, and never with a password in it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe.adapters.openlineage.source_code import Repository, web_address
from tests.unit.adapters.openlineage.emitting import repository

COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("https://me:token@github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("https://token@github.com/acme/shop?private=1#x", "https://github.com/acme/shop"),
        ("http://git.local:8080/shop.git", "http://git.local:8080/shop.git"),
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop.git"),
        ("ssh://git@git.local:2222/acme/shop.git", "https://git.local/acme/shop.git"),
        ("/srv/git/shop.git", None),
        ("../shop.git", None),
        ("file:///srv/git/shop.git", None),
        ("", None),
    ],
)
def test_a_remote_becomes_an_address_without_credentials(remote: str, address: str | None) -> None:
    assert web_address(remote) == address


@given(
    user=st.text("abcXYZ019-_.", min_size=1),
    password=st.text("abcXYZ019-_.~!$", min_size=8),
)
def test_no_user_and_no_password_survive(user: str, password: str) -> None:
    assert (
        web_address(f"https://{user}:{password}@git.example/x.git") == "https://git.example/x.git"
    )


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        (
            "git@github.com:acme/shop.git",
            f"https://github.com/acme/shop/blob/{COMMIT}/dbt/shop/m.sql",
        ),
        (
            "git@gitlab.com:acme/shop.git",
            f"https://gitlab.com/acme/shop/-/blob/{COMMIT}/dbt/shop/m.sql",
        ),
        (
            "git@bitbucket.org:acme/shop.git",
            f"https://bitbucket.org/acme/shop/src/{COMMIT}/dbt/shop/m.sql",
        ),
    ],
)
def test_a_file_has_an_address_at_its_commit(tmp_path: Path, remote: str, address: str) -> None:
    found = Repository.around(repository(tmp_path, remote))

    assert found is not None
    assert (found.address_of("m.sql"), found.path_of("m.sql")) == (address, "dbt/shop/m.sql")
    assert (found.commit, found.branch) == (COMMIT, "main")


def test_a_packed_reference_is_read(tmp_path: Path) -> None:
    project = repository(tmp_path, "git@github.com:acme/shop.git")
    (tmp_path / ".git" / "refs" / "heads" / "main").unlink()
    (tmp_path / ".git" / "packed-refs").write_text(
        f"# pack-refs with: peeled\n{'b' * 40} refs/heads/main\n", encoding="utf-8"
    )

    found = Repository.around(project)

    assert found is not None
    assert found.commit == "b" * 40


def test_a_detached_head_has_a_commit_and_no_branch(tmp_path: Path) -> None:
    found = Repository.around(repository(tmp_path, "git@github.com:acme/shop.git", "c" * 40))

    assert found is not None
    assert (found.commit, found.branch) == ("c" * 40, None)


def test_a_worktree_is_a_repository_too(tmp_path: Path) -> None:
    repository(tmp_path / "main", "git@github.com:acme/shop.git")
    git = tmp_path / "main" / ".git" / "worktrees" / "side"
    git.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (git / "commondir").write_text("../..\n", encoding="utf-8")
    side = tmp_path / "side"
    side.mkdir()
    (side / ".git").write_text(f"gitdir: {git}\n", encoding="utf-8")

    found = Repository.around(side)

    assert found is not None
    assert (found.url, found.commit, found.prefix) == (
        "https://github.com/acme/shop.git",
        COMMIT,
        "",
    )


def test_a_repository_without_a_remote_has_nothing_to_tell(tmp_path: Path) -> None:
    assert Repository.around(repository(tmp_path, None)) is None


@pytest.mark.parametrize("broken", ["HEAD", "config"])
def test_a_broken_repository_has_nothing_to_tell(tmp_path: Path, broken: str) -> None:
    project = repository(tmp_path, "git@github.com:acme/shop.git")
    (tmp_path / ".git" / broken).write_bytes(b"\xff\xfe\x00[")

    assert Repository.around(project) is None


def test_a_file_without_a_known_commit_is_where_the_repository_is(tmp_path: Path) -> None:
    project = repository(tmp_path, "git@github.com:acme/shop.git", "ref: refs/heads/new")

    found = Repository.around(project)

    assert found is not None
    assert found.address_of("m.sql") == "https://github.com/acme/shop.git"
