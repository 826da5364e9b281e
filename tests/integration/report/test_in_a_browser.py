"""The report in a real browser, from a file and without a network."""

import re
import subprocess
from pathlib import Path

import pytest

from floe.adapters.report.page import HtmlReportWriter
from tests.integration.browser import FLAGS
from tests.unit.adapters.report.pages import page_columns, page_run

_ATTACK = (
    "</script><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
)

pytestmark = pytest.mark.engine


def _dom(browser: str, address: str, profile: Path) -> str:
    """Return the page as it stands after its script has run."""
    command = [browser, "--headless", *FLAGS, f"--user-data-dir={profile}", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603
    return done.stdout


def test_the_script_runs_under_the_pages_own_policy(browser: str, tmp_path: Path) -> None:
    page = HtmlReportWriter().write(page_run("word"), tmp_path / "r.html", columns=page_columns())
    text = page.read_text()
    page.write_text(text.replace(" open>", ">"))

    dom = _dom(browser, f"{page.as_uri()}#r0", tmp_path / "profile")

    assert len(re.findall(r'<details class="relation"', dom)) > 1
    assert re.findall(r'<details class="relation" id="(\w+)" open=""', dom) == ["r0"]


def test_a_click_lights_up_what_a_node_is_made_from_and_what_is_made_from_it(
    browser: str, tmp_path: Path
) -> None:
    page = HtmlReportWriter().write(page_run("word"), tmp_path / "r.html")
    click = "document.getElementById('n0').dispatchEvent(new MouseEvent('click'))"
    text = re.sub(r"<meta http-equiv=[^>]+>", "", page.read_text())
    page.write_text(text.replace("</body>", f"<script>{click}</script></body>"))

    dom = _dom(browser, page.as_uri(), tmp_path / "profile")

    boxes = re.findall(r'<g class="(box [^"]*)" id="(n\d+)"', dom)
    lit = {key for words, key in boxes if "lit" in words.split()}
    chosen = {key for words, key in boxes if "chosen" in words.split()}
    assert len(boxes) == 4
    assert (lit, chosen) == ({"n0", "n1", "n2", "n3"}, {"n0"})
    assert 'class="focused"' in dom


def test_text_that_attacks_stays_text(browser: str, tmp_path: Path) -> None:
    run = page_run(_ATTACK, message=_ATTACK)
    page = HtmlReportWriter().write(run, tmp_path / "r.html", columns=page_columns(_ATTACK))

    dom = _dom(browser, page.as_uri(), tmp_path / "profile")

    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title is not None
    assert title[1] != "pwned"
    assert "<img" not in dom
    assert dom.count("<script") == 1


def test_even_markup_that_slipped_in_could_not_run(browser: str, tmp_path: Path) -> None:
    page = HtmlReportWriter().write(page_run("word"), tmp_path / "r.html")
    broken = page.read_text().replace("<main", f"{_ATTACK.removeprefix('</script>')}<main")
    page.write_text(broken)
    without_policy = tmp_path / "without_policy.html"
    without_policy.write_text(re.sub(r"<meta http-equiv=[^>]+>", "", broken))

    guarded, open_ = (
        _dom(browser, path.as_uri(), tmp_path / "profile") for path in (page, without_policy)
    )

    assert "<title>pwned</title>" not in guarded
    assert "<title>pwned</title>" in open_


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_and_nothing_is_asked_of_a_network(
    browser: str, tmp_path: Path, width: int
) -> None:
    from playwright.sync_api import sync_playwright

    long = "a_very_long_name_of_a_model_or_a_test_that_dbt_made_up_of_many_parts_and_then_some"
    page = HtmlReportWriter().write(page_run(long), tmp_path / "r.html", columns=page_columns(long))
    asked: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        shown = chromium.new_page(viewport={"width": width, "height": 800})
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(page.as_uri())
        wide = shown.evaluate("document.documentElement.scrollWidth")
        chromium.close()

    assert wide <= width
    assert asked == [page.as_uri()]
