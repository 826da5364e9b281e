"""Dagster's own page on the demo project, in a real browser.

With ``FLOE_SCREENSHOTS`` set, the pictures of the documentation are taken on the way.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from floe.testing.openlineage_rules import run_cycle_breaches
from tests.integration.browser import PATIENCE_MS, open_page
from tests.integration.engines.process import LOOPBACK
from tests.integration.main_job.conftest import Shop
from tests.integration.main_job.dev_server import DevServer, serving

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

_IMAGES = Path(__file__).parents[3] / "docs/images"
_LINKS = """
links:
  trace: https://traces.skerryline.example/trace/{trace_id}
  lineage: https://lineage.skerryline.example/job/{job_namespace}/{job_name}
"""
_ENDLESS = """{{ config(materialized='table') }}
select sum(a.range * b.range) as s from range(1000000) a, range(10000000) b
"""


class Site:
    """The page in its browser; *requested* are the addresses that it asked for."""

    def __init__(self, server: DevServer, page: Page, requested: list[str]) -> None:
        self.server = server
        self.page = page
        self.requested = requested

    def visit(self, path: str) -> Page:
        self.page.goto(f"{self.server.address}{path}")
        return self.page

    def picture(self, name: str, height: int = 850) -> None:
        """Keep what is seen now for the documentation, where that is asked for."""
        if os.environ.get("FLOE_SCREENSHOTS"):
            self.page.wait_for_timeout(1_500)
            path = _IMAGES / f"dagster-{name}.png"
            self.page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1360, "height": height})

    def materialize(self, path: str, button: str) -> None:
        """Click *button* on the page *path*, and follow the run that it starts."""
        page = self.visit(path)
        page.get_by_role("button", name=button).first.click()
        run = page.get_by_role("link", name="View", exact=True).get_attribute("href")
        self.visit(str(run))

    def expect_status(self, status: str) -> None:
        header = self.page.get_by_text(status, exact=True).first
        expect(header).to_be_visible(timeout=3 * PATIENCE_MS)


@pytest.fixture(scope="module")
def site(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    assert Shop(folder).floe("init", "shop").code == 0
    settings = folder / "shop/floe.settings.yaml"
    settings.write_text(settings.read_text() + _LINKS)
    requested: list[str] = []
    with serving(folder / "shop") as server, open_page(browser, requested) as page:
        yield Site(server, page, requested)


@pytest.fixture(scope="module")
def built(site: Site) -> Site:
    """Give the site after everything was built, which a click on its graph began."""
    site.materialize("/asset-groups", "Materialize all")
    page = site.page
    first = page.get_by_text("Materialized value").first
    expect(first).to_be_visible(timeout=2 * PATIENCE_MS)
    expect(page.get_by_role("button", name="Terminate")).to_be_visible()
    site.picture("live")
    site.expect_status("Success")
    return site


def test_a_click_builds_everything_and_the_log_is_live(built: Site) -> None:
    page = built.page
    page.get_by_text("stdout", exact=True).click()
    page.get_by_placeholder("Select a step").click()
    page.get_by_role("menuitem", name="skerryline_dbt").click()

    expect(page.get_by_text("OK created sql table model").first).to_be_visible()
    expect(page.get_by_text("Done. PASS=").first).to_be_visible()
    built.picture("log", height=820)  # below it stands the path of the file


def test_the_graph_has_the_projects_groups(built: Site) -> None:
    page = built.visit("/asset-groups")

    for group in ("exposures", "harbour_office", "ticket_desk", "ticket_office"):
        expect(page.get_by_text(group, exact=True).first).to_be_visible()
    expect(page.get_by_text("default", exact=True)).to_have_count(0)


def test_the_neighbours_of_an_asset_are_drawn(built: Site) -> None:
    page = built.visit("/assets/fct_bookings?view=lineage&lineageScope=neighbors&lineageDepth=1")

    for name in ("stg_bookings", "fct_bookings", "monthly_revenue", "passenger_notices"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    built.picture("graph")


def test_an_asset_tells_its_owner_its_classified_columns_and_its_links(built: Site) -> None:
    page = built.visit("/assets/passenger_notices")

    for text in (
        "ticket-desk@skerryline.example",
        "restricted",
        "Whom to tell that a sailing is off, and how to reach them.",
        "full_name",  # only `passengers.*` in its SQL, and classified upstream
        "floe/classification: pii",
        "floe/pii_type: name",
    ):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    for where in ("traces", "lineage"):
        link = page.locator(f"a[href^='https://{where}.skerryline.example/']")
        expect(link.first).to_be_attached()
    page.get_by_text("Description", exact=True).first.click()
    page.get_by_text("Columns", exact=True).first.scroll_into_view_if_needed()
    built.picture("asset")


def test_where_each_column_comes_from_is_a_table(built: Site) -> None:
    page = built.visit("/assets/passenger_notices?view=events")

    expect(page.get_by_text("made from", exact=True)).to_be_visible()
    expect(page.get_by_text("stg_passengers.email", exact=True)).to_be_visible()
    expect(page.get_by_text("fct_bookings.booking_id", exact=True)).to_be_visible()
    page.get_by_text("made from", exact=True).scroll_into_view_if_needed()
    page.get_by_text("stg_passengers.phone", exact=True).scroll_into_view_if_needed()
    built.picture("columns")


@pytest.fixture(scope="module")
def failed(built: Site) -> str:
    """Give the path of the page of a run that failed; what was wrong is put right since."""
    model = built.server.folder / "dbt/models/marts/dim_routes.sql"
    whole = model.read_text()
    model.write_text(whole.replace("route_id", "root_id", 1))
    built.materialize("/assets/dim_routes", "Materialize")
    built.expect_status("Failure")
    model.write_text(whole)
    return urlsplit(built.page.url).path


def test_a_run_that_fails_says_what_dbt_said_and_at_which_node(built: Site, failed: str) -> None:
    page = built.visit(failed)
    expect(page.get_by_text("root_id").first).to_be_visible()
    built.picture("failure")
    built.visit("/assets/dim_routes?view=events")
    expect(page.get_by_text("root_id").first).to_be_visible()
    expect(page.get_by_text("dbt error: ").first).to_be_visible()
    built.picture("failed-asset")


def test_a_click_runs_what_failed_again(built: Site, failed: str) -> None:
    before = len(lineage_of(built.server.folder))
    page = built.visit(failed)
    everything = page.get_by_role("button", name="Re-execute all")
    everything.locator("xpath=following::button[1]").click()  # what else it can do

    page.get_by_role("menuitem", name="From failure").click()

    page.wait_for_url(lambda address: "/runs/" in address and not address.endswith(failed))
    built.expect_status("Success")
    again = lineage_of(built.server.folder)[before:]
    told = [e["eventType"] for e in again if e["job"]["name"].endswith("dim_routes")]
    assert told == ["START", "COMPLETE"]
    assert built.server.runs()[0].tags["dagster/parent_run_id"] == failed.rpartition("/")[2]


def test_a_run_that_is_terminated_by_a_click_ends_dbt_and_its_lineage(built: Site) -> None:
    folder = built.server.folder
    endless = folder / "dbt/models/marts/endless.sql"
    endless.write_text(_ENDLESS)
    built.server.reload()
    built.materialize("/assets/endless", "Materialize")
    wait_until(lambda: any("endless" in event["job"]["name"] for event in lineage_of(folder)))

    built.page.get_by_role("button", name="Terminate").click()
    built.page.get_by_role("dialog").get_by_role("button", name="Terminate").click()

    built.expect_status("Canceled")
    assert [line for line in built.server.left_over() if "adapters.dbt" in line] == []
    events = lineage_of(folder)
    assert list(run_cycle_breaches(events)) == []
    assert events[-1]["eventType"] == "ABORT"
    endless.unlink()


def test_the_page_asks_nobody_but_its_own_server(built: Site) -> None:
    own = f"http://{LOOPBACK}:{built.server.port}/"

    assert built.requested
    assert [address for address in built.requested if not _stays(address, own)] == []


def lineage_of(folder: Path) -> list[dict[str, Any]]:
    return Shop(folder).events


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def _stays(address: str, own: str) -> bool:
    return address.startswith((own, "data:", "blob:"))
