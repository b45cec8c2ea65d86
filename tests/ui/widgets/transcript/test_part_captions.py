"""Below a message stands a line for each picture, file and source that came with it."""

from fakegpt_tui.domain.parts import Blob, CitationPart, FilePart, ImagePart, TextSpan
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    TranscriptApp,
    press,
    prompt,
    reply,
    show,
    shown,
)

PICTURE = ImagePart(Blob("ab" * 32, 340_000, "image/png", 1200, 800), "cat.png")
NOTES = FilePart(Blob("cd" * 32, 2_000, "text/plain"), "notes.txt", as_text=True)
URL = "https://example.org/a-very-long-address/of-a-page/about-giraffes"
SOURCE = CitationPart(0, 4, URL, "Giraffes")


async def test_captions_stand_below_the_text_and_sources_last() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 16)) as pilot:
        await show(
            pilot,
            prompt(0, "Look at this", parts=(PICTURE, NOTES, TextSpan(12))),
            reply(1, "Tall [1].", parts=(TextSpan(9), SOURCE)),
        )
        lines = shown(app.transcript)
        assert lines[1:5] == [
            "▌ You",
            "▌ Look at this",
            "▌ ▣ cat.png · PNG 1200×800 · 340 kB",
            "▌ ▤ notes.txt · text · 2 kB",
        ]
        # All of an address can be read, and opened.
        assert lines[7] == "  Tall [1]."
        below = [line.removeprefix("│ ") for line in lines[8:11]]
        assert "".join(below).replace(" ", "") == f"[1]Giraffes·{URL}"
        hrefs = {
            segment.style.meta.get("href")
            for strip in strips(app.transcript)[8:10]
            for segment in strip
            if segment.style
        }
        assert URL in hrefs


async def test_a_folded_message_shows_no_captions() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await show(pilot, prompt(0, "Look", parts=(PICTURE, TextSpan(4))))
        await press(pilot, "space")
        assert not any("cat.png" in line for line in shown(app.transcript))


async def test_names_and_titles_are_foreign_text() -> None:
    app = TranscriptApp()
    hostile = "[red]x\x1b]0;y\x07\U0010eeee\u202egnp.exe"
    async with app.run_test(size=(60, 8)) as pilot:
        await show(
            pilot,
            prompt(0, "Look", parts=(ImagePart(PICTURE.blob, hostile), TextSpan(4))),
            reply(1, "x", parts=(TextSpan(1), CitationPart(0, 1, "javascript:x", hostile))),
        )
        text = "".join(shown(app.transcript))
        assert "[red]" in text
        assert not set(text) & set("\x1b\x07\U0010eeee\u202e")


async def test_a_caption_is_cut_where_there_is_no_room() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(20, 8)) as pilot:
        await show(pilot, prompt(0, "Look", parts=(PICTURE, TextSpan(4))))
        (line,) = [line for line in shown(app.transcript) if "cat.png" in line]
        assert line.endswith("…")
