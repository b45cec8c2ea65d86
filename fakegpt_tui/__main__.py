"""The program: `fakegpt-tui`, or `python -m fakegpt_tui`."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    # Importing makes many objects and no garbage; a command has it collected again.
    gc.disable()
    from fakegpt_tui.cli.main import run  # noqa: PLC0415 - importing this module does nothing

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
