"""dbt's messages as they may leave the machine: without colours and without its paths."""

import re
from pathlib import Path

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*(?:\x07|\x1b\\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PACKAGES = re.compile(r"(?:/[^\s/:'\"]+)+/(?:site|dist)-packages/")


def clean_message(text: str, project_dir: Path | None = None) -> str:
    """Return *text* without escape sequences, paths relative to *project_dir* where they are."""
    plain = _CONTROL.sub("", _ANSI.sub("", text))
    plain = _PACKAGES.sub("", plain)
    if project_dir is not None:
        for root in dict.fromkeys((str(project_dir), str(project_dir.resolve()))):
            plain = plain.replace(f"{root}/", "").replace(root, ".")
    home = str(Path.home())
    if len(home) > 1:
        plain = plain.replace(f"{home}/", "~/")
    return plain.strip()
