"""What a Dagster code location loads: ``dagster dev -m floe.entrypoints.dagster``.

``FLOE_ARTIFACTS`` names the contract; without it, it is found upward from the working directory.
"""

import os

from floe.entrypoints.project import open_project

defs = open_project(os.environ.get("FLOE_ARTIFACTS")).definitions()
