"""A summary is offered where the window is nearly full, is shown, and goes again."""

import asyncio
from dataclasses import replace

from fakegpt_tui.domain import ServiceKind
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.stubs import SERVICE
from tests.ui.controllers.test_messages import asked, to_transcript
from tests.ui.running import reply, running

API = replace(SERVICE, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9", window=64)


async def test_a_summary_is_offered_made_edited_and_removed() -> None:
    texts = [reply(f"reply {number}") for number in range(3)]
    pieces = [reply("They talked.")] * 4  # the window is too small to sum up all at once
    async with running(*texts, *pieces, service=API, size=(140, 36)) as it:
        for number in range(3):
            await asked(it, f"prompt {number} {'with some more words ' * 3}", f"reply {number}")
        await it.until(lambda: "% (/compact)" in it.header)
        await it.command("/compact")
        await it.see("From here on the model sees a summary of the first 2 messages.")
        await it.see("Summary, in place of the first 2 messages")
        await it.see("They talked.")
        await it.until(lambda: it.app.screen.query_one(Transcript).viewport.is_marked)
        await it.pilot.press("tab", "E", "end", *" A lot.", "enter")
        await it.see("They talked. A lot.")
        to_transcript(it)
        await it.pilot.press("d")
        await it.see("The summary is removed")
        await it.until(lambda: "They talked." not in it.text)
        await it.command("/undo")
        await it.see("They talked. A lot.")


async def test_what_cannot_be_summarised_is_told() -> None:
    for_ever = [asyncio.Event()]
    async with running(*(reply(each) for each in "abc"), for_ever, service=API) as it:
        await asked(it, "x", "a")
        await it.command("/compact")
        await it.see("There is too little here for a summary.")
        # A summary that is being written is told of until it is there, and can be stopped.
        for each in "bc":
            await asked(it, "more words " * 8, each)
        await it.command("/compact")
        await it.see("A summary is being written; esc stops it.")
        await it.until(lambda: it.backend.playing == 1)
        await it.pilot.press("escape")
        await it.see("It is stopped, and nothing has changed.")
        await it.until(lambda: it.backend.playing == 0)
        assert not any(message.summarizes for message in it.path)
