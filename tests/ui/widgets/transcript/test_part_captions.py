"""Each picture, file and source has a line: sources below the text, all else at its place."""

from dataclasses import replace

import pytest

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
)
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    TranscriptApp,
    drag,
    grow,
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


async def test_captions_stand_at_their_places_and_sources_last() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 16)) as pilot:
        await show(
            pilot,
            prompt(0, "Look at this", parts=(PICTURE, TextSpan(12), NOTES)),
            reply(1, "Tall [1].", parts=(TextSpan(9), SOURCE)),
        )
        lines = shown(app.transcript)
        assert lines[1:5] == [
            "▌ You",
            "▌ ▣ cat.png · PNG 1200×800 · 340 kB",
            "▌ Look at this",
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


@pytest.mark.parametrize("more", ["", "\n\nOne line more." * 2_000], ids=["short", "long"])
async def test_a_prompt_is_divided_by_what_was_attached_in_it(more: str) -> None:
    app = TranscriptApp()
    text = "Compare  with  please.\nBe brief." + more
    parts = (TextSpan(8), PICTURE, TextSpan(6), NOTES, TextSpan(9), PICTURE, TextSpan(99_999))
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, text, parts=parts))
        await press(pilot, "home")
        assert [line[2:] for line in shown(app.transcript)[2:9]] == [
            "Compare",
            "▣ cat.png · PNG 1200×800 · 340 kB",
            "with",
            "▤ notes.txt · text · 2 kB",
            "please.",
            "▣ cat.png · PNG 1200×800 · 340 kB",
            "Be brief.",
        ]
        assert await drag(pilot, (2, 2), (20, 8)) == text[:32]


async def test_a_picture_stays_between_the_blocks_of_a_reply_as_it_grows() -> None:
    app = MarkdownApp()
    before, after = "# One\n\nA *house*:", "\n\n- a\n- b"
    growing = reply(0, before, status=MessageStatus.STREAMING, parts=(TextSpan(17), PICTURE))
    caption = "  ▣ cat.png · PNG 1200×800 · 340 kB"
    async with app.run_test(size=(60, 14)) as pilot:
        await show(pilot, growing)
        assert shown(app.transcript)[2:6] == ["  One", "", "  A house:", caption]
        for end in range(1, len(after) + 1):
            grown = replace(growing, text=before + after[:end])
            await grow(pilot, replace(grown, parts=(*growing.parts, TextSpan(end))))
            assert shown(app.transcript)[4:6] == ["  A house:", caption]
        assert shown(app.transcript)[6:9] == ["", "  • a", "  • b"]


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


async def test_what_a_tool_was_asked_and_answered_folds_to_a_line() -> None:
    app = MarkdownApp()
    call = ToolCallPart("c1", "search", '{"query": "giraffes"}')
    answer = ToolResultPart("c1", "search", "one line\n  \x1b[31mand another, " + "long " * 20)
    parts = (TextSpan(6), call, answer, ToolResultPart("c2", "none"), TextSpan(9), answer)
    async with app.run_test(size=(60, 24)) as pilot:
        await show(pilot, reply(0, "Above.\n\nBelow.", parts=parts))
        begins = [line[2:30] for line in shown(app.transcript)]
        assert begins[2:9] == [
            "Above.",
            '▸ ⚒ search {"query": "giraff',
            "▸ ↳ search one line ␛[31mand",
            "↳ none",
            "",
            "Below.",
            "▸ ↳ search one line ␛[31mand",
        ]
        await pilot.click(app.transcript, offset=(5, 3))
        await pilot.pause()
        lines = [line[2:] for line in shown(app.transcript)]
        assert lines[3:5] == ['▾ ⚒ search {"query": "giraffes"}', '{"query": "giraffes"}']
        # All that is in the message opens, and then all but what is folded again.
        await press(pilot, "space")
        lines = [line[2:] for line in shown(app.transcript)]
        assert lines.count("one line") == 2
        assert lines[6] == "one line"
        assert lines[7].startswith("  ␛[31mand another, long")
        await pilot.click(app.transcript, offset=(5, 3))
        await pilot.pause()
        lines = [line[2:] for line in shown(app.transcript)]
        assert '{"query": "giraffes"}' not in lines
        assert lines.count("one line") == 2


async def test_what_tools_say_is_found_wherever_they_stand_and_opens() -> None:
    app = MarkdownApp()
    answers = [ToolResultPart("c", "read", f"{n} a needle\nand {'more ' * 9}") for n in range(4)]
    first, inner, other, last = answers
    parts = (first, TextSpan(8), inner, TextSpan(9), other, TextSpan(11), last)
    async with app.run_test(size=(60, 12)) as pilot:
        await show(
            pilot, reply(0, "A needle\n\nBelow.\n\nThe needle.", parts=parts), prompt(1, "x")
        )
        await press(pilot, "g", *"/needle", "enter")
        found = []
        # In each line of a tool it is, too.
        for _ in range(10):
            assert app.transcript.find.current is not None
            position, column = app.transcript.find.current
            line = app.transcript.message_list.layout(0).line(position.line).plain
            assert line[column:].startswith("needle")
            assert position in app.transcript.viewport.positions
            found += [] if line.startswith("▾") else [line]
            await press(pilot, "n")
        assert found == [
            *("0 a needle", "A needle", "1 a needle", "2 a needle", "The needle.", "3 a needle")
        ]
        assert "1/10" in shown(app.transcript)[-1]


async def test_very_long_answers_of_tools_are_cut() -> None:
    app = MarkdownApp()
    parts = (TextSpan(1), ToolResultPart("c1", "read", "word\n" * 10_000))
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, "x", parts=parts))
        await press(pilot, "space", "end")
        assert "  … 30,000 more characters" in shown(app.transcript)
