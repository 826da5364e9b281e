"""The stand-in for OpenLineage's package is not noticed; each time in a Python of its own."""

import subprocess
import sys

import pytest

HTTP = "{'requests', 'httpx', 'httpx2', 'urllib3', 'charset_normalizer'}"


def told(*lines: str) -> str:
    """Return what a fresh Python prints that runs *lines*; a warning fails it."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "error", "-c", "\n".join(lines)],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


def test_the_models_come_without_the_client_and_its_http_stacks() -> None:
    """It fails where OpenLineage's modules of models import more than they do now."""
    loaded = told(
        "import sys",
        "import floe.adapters.openlineage.emitter",
        f"print({HTTP} & set(sys.modules), 'openlineage.client.client' in sys.modules)",
    )

    assert loaded == "set() False\n"


def test_whoever_asks_for_the_client_gets_the_real_one_and_the_same_models() -> None:
    loaded = told(
        "import floe.adapters.openlineage.emitter",
        "from floe.adapters.openlineage.datasets import RunEvent",
        "from openlineage.client import OpenLineageClient, event_v2, set_producer",
        "from openlineage.client.transport.noop import NoopTransport, NoopConfig",
        "import openlineage.client",
        "client = OpenLineageClient(transport=NoopTransport(NoopConfig()))",
        "print(event_v2.RunEvent is RunEvent, openlineage.client.__version__ > '1')",
        "print(hasattr(openlineage.client, 'nothing_of_the_kind'))",
    )

    assert loaded == "True True\nFalse\n"


def test_a_package_that_is_there_already_stays() -> None:
    loaded = told(
        "import openlineage.client as before",
        "import floe.adapters.openlineage.emitter",
        "import openlineage.client as after",
        "print(before is after, type(after).__name__)",
    )

    assert loaded == "True module\n"


@pytest.mark.parametrize(
    "name", ["client", "transport", "transport.http", "run", "filter", "token_provider"]
)
def test_a_submodule_comes_as_it_comes_without_the_stand_in(name: str) -> None:
    asked = (
        "import importlib, sys",
        "try:",
        f"    module = importlib.import_module('openlineage.client.{name}')",
        "    print(module is sys.modules[module.__name__], module.__spec__.origin)",
        "    import openlineage.client as client",
        "    print(client.OpenLineageClient.__module__, client.event_v2.RunEvent.__module__)",
        "except ModuleNotFoundError as error: print(error)",
    )

    assert told("import floe.adapters.openlineage.emitter", *asked) == told(
        "import openlineage.client.event_v2", *asked
    )
