"""Running the small apps."""

import os
import sys
from pathlib import Path

from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent


def small_app(
    kind: str, *arguments: str, size: tuple[int, int] = (80, 24), before: str = ""
) -> Terminal:
    """A small app on a terminal; `before` is what a shell is to do first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEXTUAL")}
    command = [sys.executable, "-m", "tests.ui.small_app", kind, *arguments]
    if before:
        command = ["sh", "-c", f'{before}; exec "$@"', "sh", *command]
    return Terminal(
        command,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::ResourceWarning"},
        size=size,
    )
