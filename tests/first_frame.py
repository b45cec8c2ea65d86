"""The program, writing down its modules at the first frame: `python -m tests.first_frame FILE`.

Its clock jumps before that frame, as on a machine so slow that everything is due that may begin
some time after the start.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from textual.app import App

from fakegpt_tui.cli.main import run
from fakegpt_tui.ui.screens.chat import ChatScreen

_LATER = 60.0
_TURNS = 100
"""Of the event loop, in which what is due can begin."""


def main(report: Path) -> None:
    mount = ChatScreen.on_mount

    async def mount_late(screen: ChatScreen) -> None:
        await mount(screen)
        loop = asyncio.get_running_loop()
        clock = loop.time
        loop.time = lambda: clock() + _LATER  # type: ignore[method-assign]
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    ChatScreen.on_mount = mount_late  # type: ignore[method-assign]
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
