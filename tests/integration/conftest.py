"""What several kinds of integration tests need."""

import pytest

from tests.integration.browser import BROWSERS, find_browser


@pytest.fixture(scope="session")
def browser() -> str:
    """Give the path of a browser; without one the test is skipped and says so."""
    found = find_browser()
    if found is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(BROWSERS)}")
    return found
