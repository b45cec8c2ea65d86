"""The scroll bar of a transcript, of which only cells that change are drawn again."""

import pytest
from textual.pilot import Pilot

from fakegpt_tui.domain import MessageStatus
from tests.ui.screen_text import screen_text
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    TranscriptApp,
    grow,
    long_conversation,
    many_lines,
    press,
    reply,
    show,
    shown,
)

LINKS = "\n\n".join(f"{n} [link](https://example.com/{'page' * 20}) here" for n in range(400))
SEEN = LINKS.index("\n\n60 ")


async def test_new_lines_are_counted_exactly_at_every_width() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(70, 14)) as pilot:
        await show(pilot, reply(0, LINKS[:SEEN], status=MessageStatus.STREAMING))
        await press(pilot, "g")
        await grow(pilot, reply(0, LINKS))
        for width in (70, 45, 70):
            await pilot.resize_terminal(width, 14)
            await pilot.pause()
            assert shown(app.transcript)[-1].endswith(f"↓ {340 * 2} new lines")


STREAMING = MessageStatus.STREAMING


def bar(app: TranscriptApp) -> str:
    edge = app.size.width - 1
    return "".join(line[edge:] or " " for line in screen_text(app).split("\n"))


async def drawn_anew(pilot: Pilot[None], app: TranscriptApp) -> str:
    app.transcript.vertical_scrollbar.refresh()
    await pilot.pause()
    return bar(app)


@pytest.mark.parametrize("height", [3, 8, 12, 37])
@pytest.mark.parametrize("lines", [1, 3, 9, 40])
async def test_it_is_exact_once_a_reply_is_whole(height: int, lines: int) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, height)) as pilot:
        await show(pilot, *long_conversation(5), reply(9, "", status=STREAMING))
        for length in range(1, lines):
            await grow(pilot, reply(9, many_lines(length), status=STREAMING))
        await grow(pilot, reply(9, many_lines(lines)))
        assert bar(app) == await drawn_anew(pilot, app)


@pytest.mark.parametrize("height", [3, 8, 12, 37])
@pytest.mark.parametrize("keys", [[], ["up"] * 9, ["home"], ["pageup", "pageup"]])
async def test_it_is_exact_after_changes_of_size(height: int, keys: list[str]) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, *long_conversation(5), reply(9, "word " * 200, status=STREAMING))
        await press(pilot, *keys)
        for size in ((30, height), (60, height + 1), (60, height)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert bar(app) == await drawn_anew(pilot, app)
        await grow(pilot, reply(9, "word " * 300))
        assert bar(app) == await drawn_anew(pilot, app)


@pytest.mark.parametrize("sizes", [(3, 12), (12, 3), (37, 8), (12, 12)])
async def test_it_is_exact_where_it_was_not_there_when_the_size_changed(
    sizes: tuple[int, int],
) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, *long_conversation(5))
        await pilot.resize_terminal(60, sizes[0])
        await show(pilot, reply(0, ""), conversation_id="b")
        await pilot.resize_terminal(60, sizes[1])
        await pilot.pause()
        await show(pilot, *long_conversation(5))
        await press(pilot, "home")
        assert bar(app) == await drawn_anew(pilot, app)
        await press(pilot, "end")
        assert bar(app) == await drawn_anew(pilot, app)
