"""The mark that says how many lines have come below."""

from fakegpt_tui.domain import MessageStatus
from tests.ui.widgets.transcript_app import MarkdownApp, grow, press, reply, show, shown

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
