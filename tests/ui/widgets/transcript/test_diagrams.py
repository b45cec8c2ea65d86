"""Diagrams in the transcript: drawn when a fence is complete, copied as they were written."""

import asyncio
from dataclasses import replace

from textual.pilot import Pilot

from fakegpt_tui.domain import MessageStatus, ReplyEnded, TextDelta
from tests.patience import PATIENCE
from tests.ui.running import running
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    drag,
    grow,
    many_lines,
    press,
    reply,
    show,
    shown,
)

FENCE = "```mermaid\ngraph LR\n A[One] --> B[Two]\n```"


async def see(pilot: Pilot[None], app: MarkdownApp, wanted: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while wanted not in "\n".join(shown(app.transcript)):
            await pilot.pause(0.01)


async def test_a_complete_fence_is_drawn_and_its_source_is_copied() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 16)) as pilot:
        growing = reply(0, FENCE.removesuffix("```"), status=MessageStatus.STREAMING)
        await show(pilot, growing)
        assert "   graph LR" in shown(app.transcript)
        growing = replace(growing, text=f"{FENCE}\n\nand then")
        await grow(pilot, growing)
        await see(pilot, app, "│ One ├───►│ Two │")
        assert "graph LR" not in "\n".join(shown(app.transcript))
        await grow(pilot, replace(growing, text=f"{FENCE}\n\nand then some"))
        await see(pilot, app, "and then some")
        assert "│ One ├───►│ Two │" in "\n".join(shown(app.transcript))
        # A part of a drawing is no part of a text.
        assert await drag(pilot, (5, 4), (9, 4)) == FENCE
        await press(pilot, "c")
        assert app.copied[-1][0] == "graph LR\n A[One] --> B[Two]\n"
        await pilot.resize_terminal(14, 16)
        await see(pilot, app, "A[One]")


async def test_what_is_read_stays_where_it_is_when_a_diagram_above_is_drawn() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 6)) as pilot:
        below = many_lines(30).replace("\n", "\n\n")
        await show(pilot, reply(0, f"{FENCE}\n\n{below}"))
        app.transcript.action_first()
        app.transcript.action_move(6)
        before, offset = shown(app.transcript), app.transcript.viewport.offset
        assert before[0] == "  line 0"
        async with asyncio.timeout(PATIENCE):
            while app.transcript.viewport.offset == offset:
                await pilot.pause(0.01)
        assert shown(app.transcript) == before


async def test_a_setting_leaves_diagrams_as_they_were_written() -> None:
    async with running([TextDelta(FENCE), ReplyEnded()], values={"diagrams": "off"}) as it:
        await it.ask("draw")
        await it.see("graph LR")
        await it.until(lambda: not len(it.chat.active_turns))
        await it.pilot.pause()
        assert not [worker for worker in it.app.workers if worker.group == "diagrams"]
        assert "graph LR" in it.text
