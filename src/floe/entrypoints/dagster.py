"""What a Dagster code location loads: ``dagster dev -m floe.entrypoints.dagster``.

``FLOE_ARTIFACTS`` names the contract; without it, it is found upward from the working directory.
"""

import os
from pathlib import Path

from floe.container import discover
from floe.entrypoints.asset_factory import FloeAssetFactory

defs = FloeAssetFactory().create_definitions(
    os.environ.get("FLOE_ARTIFACTS") or discover(Path.cwd())
)
