"""The program, writing down its modules at the first frame: `python -m tests.first_frame FILE`."""

import json
import sys
from pathlib import Path
from typing import Any

from textual.app import App

from fakegpt_tui.cli.main import run


def main(report: Path) -> None:
    display = App._display  # noqa: SLF001 (what Textual calls for each frame)

    def note(app: App[Any], screen: Any, renderable: Any) -> None:
        display(app, screen, renderable)
        if type(screen).__name__ == "ChatScreen" and not report.exists():
            part = report.with_suffix(".part")
            part.write_text(json.dumps(sorted(sys.modules)))
            part.rename(report)

    App._display = note  # type: ignore[method-assign]  # noqa: SLF001
    run([])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
