"""The page: complete in itself, and deaf to whatever foreign text tries to tell a browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from floe.adapters.report.page import render
from floe.domain.model.archived_run import ArchivedRun
from floe.domain.model.run import RunSummary
from tests.fakes import NOON, RUN_ID
from tests.unit.adapters.report.pages import page_columns, page_run

ATTACKS = (
    "</script><script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "' onmouseover='document.title=1' x='",
    '"><svg onload=alert(1)>',
    "</title><style>*{display:none}</style>",
    "<!-- ]]> {{ 7 * 7 }} {% raw %} &lt;b&gt;",
    "javascript:alert(1)",
)


class _Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes; what they say is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append((f"/{tag}",))


def _skeleton(text: str) -> list[tuple[str, ...]]:
    run = page_run(text, message=text)
    page = render(run, earlier=(page_run(text, minutes=-5),), columns=page_columns(text))
    parser = _Skeleton()
    parser.feed(page)
    return parser.parts


_PLAIN = [part for part in _skeleton("word") if part[0] not in {"text", "/text"}]


def _without_bar_labels(parts: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out SVG labels: whether a bar has one depends on how long its name is."""
    return [part for part in parts if part[0] not in {"text", "/text"}]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_every_field_changes_nothing_but_words(attack: str) -> None:
    assert _without_bar_labels(_skeleton(attack)) == _PLAIN


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_no_text_whatsoever_changes_the_structure_of_the_page(text: str) -> None:
    if text.strip() and text.strip().lower() != "digest":
        assert _without_bar_labels(_skeleton(text)) == _PLAIN


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    page = render(page_run(), columns={})

    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    allowed = {}
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content is not None
        digest = hashlib.sha256(content[1].encode()).digest()
        allowed[tag] = f"'sha256-{base64.b64encode(digest).decode()}'"
    assert policy[1].split("; ") == [
        "default-src 'none'",
        f"style-src {allowed['style']}",
        f"script-src {allowed['script']}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_page_asks_for_no_other_resource() -> None:
    page = render(page_run(), columns=page_columns())

    assert not re.findall(r'(?:src|srcset|action|data|poster)\s*=\s*["\']', page)
    assert not re.findall(r'href="(?!#)', page)
    assert "url(" not in page
    assert "@import" not in page
    assert ' style="' not in page


def test_a_failure_is_shown_with_its_message_and_its_sql() -> None:
    page = render(page_run("stg_orders", message="no such table: o"), columns={})

    failures = page[page.index('id="failures"') : page.index('id="time"')]
    assert '<pre class="message">no such table: o</pre>' in failures
    assert '<pre class="sql">stg_orders</pre>' in failures


def test_masking_and_inheritance_are_told_apart() -> None:
    page = render(page_run("word"), columns=page_columns())

    assert '<span class="how masked">masked</span>' in page
    assert re.search(r'class="badge medium inherited">pii · email<', page)


def test_a_run_that_could_not_start_says_what_dbt_said() -> None:
    summary = RunSummary(
        run_id=RUN_ID,
        pipeline="shop",
        started_at=NOON,
        finished_at=NOON,
        exit_code=2,
        message="Compilation Error: <model>",
    )

    page = render(ArchivedRun(summary=summary), columns={})

    assert "Compilation Error: &lt;model&gt;" in page
    assert "No node ran." in page


def test_the_same_run_gives_the_same_bytes() -> None:
    assert render(page_run(), columns={}) == render(page_run(), columns={})
