"""Backends from a package that somebody else made, found by entry point and chosen by name."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.integration.main_job.conftest import Shop

PROJECT = """
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"

    [project]
    name = "acme-floe"
    version = "1.0"

    [project.entry-points."floe.lineage"]
    acme = "acme_floe:AcmeLineage"

    [project.entry-points."floe.tracing"]
    acme = "acme_floe:AcmeTracer"

    [project.entry-points."floe.profiles"]
    acmedb = "acme_floe:AcmeProfileGenerator"

    [tool.hatch.build.targets.wheel]
    packages = ["acme_floe"]
"""

CODE = """
    from pathlib import Path

    from floe.domain.model.profile import Profile


    class AcmeLineage:
        def __init__(self, path):
            self.path = Path(path)

        def emit(self, transition):
            with self.path.open("a") as file:
                print(transition.state, transition.unique_id or "dbt", file=file)

        def close(self, timeout_s):
            return ()


    class AcmeTracer(AcmeLineage):
        def record(self, transition):
            self.emit(transition)

        def record_run(self, context, summary):
            with self.path.open("a") as file:
                print("RUN", summary.exit_code, file=file)


    class AcmeProfileGenerator:
        target = "acmedb"

        def generate(self, pipeline, config):
            output = {"type": "acmedb", "colour": pipeline.compute.properties["colour"]}
            return Profile(
                name=config.profile_name,
                default_target=config.target_name,
                outputs={config.target_name: output},
            )
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package is installed, by pip, without any network."""
    source = tmp_path_factory.mktemp("acme")
    (source / "acme_floe").mkdir()
    (source / "pyproject.toml").write_text(textwrap.dedent(PROJECT))
    (source / "acme_floe" / "__init__.py").write_text(textwrap.dedent(CODE))
    site = tmp_path_factory.mktemp("site")
    words = ["pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    words += ["--disable-pip-version-check", "--target", str(site), str(source)]
    subprocess.run([sys.executable, "-m", *words], check=True)  # noqa: S603 - our own words
    return site


def test_an_installed_backend_is_chosen_by_its_name(shop: Shop, packages: Path) -> None:
    shop.settings(
        "lineage: {kind: acme, options: {path: lineage.txt}}\n"
        "tracing: {kind: acme, options: {path: spans.txt}}\n"
    )

    ended = shop.floe("run", "-s", "fares", "--orchestrator", "direct", PYTHONPATH=str(packages))

    assert ended.code == 0, ended.err
    told = (shop.folder / "lineage.txt").read_text().splitlines()
    assert told[0] == "START dbt"
    assert "COMPLETE seed.skerryline.fares" in told
    assert (shop.folder / "spans.txt").read_text().splitlines() == [*told, "RUN 0"]


def test_an_installed_target_is_known_to_the_contract(shop: Shop, packages: Path) -> None:
    contract = shop.folder / "floe.yaml"
    text = contract.read_text().replace("target: duckdb", "target: acmedb")
    contract.write_text(text.replace("path: warehouse.duckdb", "colour: green"))

    ended = shop.floe("profiles", "--stdout", PYTHONPATH=str(packages))

    assert ended.code == 0, ended.err
    assert "type: acmedb" in ended.out
    assert "colour: green" in ended.out


def test_without_the_package_its_target_is_refused(shop: Shop) -> None:
    contract = shop.folder / "floe.yaml"
    contract.write_text(contract.read_text().replace("target: duckdb", "target: acmedb"))

    ended = shop.floe("profiles")

    assert ended.code == 2
    assert "$.compute.target" in ended.err
