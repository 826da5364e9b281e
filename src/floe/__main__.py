"""``python -m floe`` is the same as ``floe``."""

from floe.entrypoints.cli import main

if __name__ == "__main__":
    main()
