import subprocess
import sys

HTTP = "{'requests', 'httpx', 'httpx2', 'urllib3', 'charset_normalizer'}"


def told(*lines: str) -> str:
    """Return what a fresh Python prints that runs *lines*."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, check=True, text=True
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
