"""How wide ambiguous characters are may turn out, or be changed, while the program runs."""

from collections.abc import Iterator

import pytest

from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.ui.messages import ApplySetting
from fakegpt_tui.ui.terminal.cell_widths import WidthProfile, use_profile
from fakegpt_tui.ui.terminal.input_parser import TolerantParser
from fakegpt_tui.ui.terminal.width_detection import (
    AmbiguousWidth,
    CellReported,
    WidthProbe,
    WidthReported,
    build_width_query,
    parse_width_report,
)
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import Running, running

REPLY = "\n\n".join(f"{number}: Größe § {'é' * 60} — “done”" for number in range(40))


@pytest.fixture(autouse=True)
def counting_as_before() -> Iterator[None]:
    """It holds for the process, and so for tests of other things."""
    yield
    use_profile(WidthProfile())


def take(program: Running, width: AmbiguousWidth) -> None:
    program.app.post_message(ApplySetting("ambiguous_width", width.value))


def without_bar(text: str) -> list[str]:
    """Transcript and prompt, but for the scroll bar, which goes by heights that are guessed now."""
    return [line[30:99].rstrip() for line in text.split("\n")[1:-2]]


def written_on(transcript: Transcript, row: int) -> tuple[int, int] | None:
    """The range of the text that a row shows."""
    message, line = transcript.viewport.positions[row]
    return transcript.message_list.layout(message).line(line).source


async def test_what_was_narrow_is_wide_and_narrow_again() -> None:
    async with running([TextDelta(REPLY), ReplyEnded()]) as program:
        await program.ask("§ und é")
        await program.see("39: Größe")
        await program.until(lambda: "tok/s" not in program.text)
        program.prompt.insert("§" * 100)
        await program.until(lambda: program.text.count("│ §") == 2)
        before = without_bar(program.text)
        assert "╭──" in program.text
        assert program.prompt.wrapped_document.height == 2
        take(program, AmbiguousWidth.WIDE)
        await program.see("+---")
        assert program.prompt.wrapped_document.height == 4
        await program.until(lambda: not set(program.text) & set("─│…▌"))
        take(program, AmbiguousWidth.NARROW)
        await program.until(lambda: without_bar(program.text) == before)


async def test_the_reader_stays_where_the_text_was() -> None:
    async with running([TextDelta(REPLY), ReplyEnded()]) as program:
        await program.ask("go")
        await program.see("39: Größe")
        transcript = program.app.screen.query_one(Transcript)
        transcript.viewport.scroll_by(-40)
        transcript.sync_view()
        await program.pilot.pause()
        read = written_on(transcript, transcript.viewport.cursor_row)
        assert read is not None
        take(program, AmbiguousWidth.WIDE)
        await program.see("+---")
        assert written_on(transcript, transcript.viewport.cursor_row) == read
        assert not transcript.viewport.sticks_to_end


async def test_a_dialog_and_what_is_behind_it_are_drawn_anew() -> None:
    async with running() as program:
        await program.pilot.press("f1")
        await program.see("Type to search")
        program.app.post_message(WidthReported(WidthProbe.AMBIGUOUS, 2))
        await program.until(lambda: "─" not in program.text)
        program.app.post_message(WidthReported(WidthProbe.AMBIGUOUS, 1))
        await program.until(lambda: "+--" not in program.text)


async def test_a_report_counts_for_nothing_against_the_setting() -> None:
    async with running(ambiguous_width=AmbiguousWidth.NARROW) as program:
        program.app.post_message(WidthReported(WidthProbe.AMBIGUOUS, 2))
        await program.pilot.pause()
        await program.see("╭──")
    async with running(ambiguous_width=AmbiguousWidth.WIDE) as program:
        program.app.post_message(WidthReported(WidthProbe.AMBIGUOUS, 1))
        await program.pilot.pause()
        await program.see("+--")
    async with running() as program:
        await program.see("╭──")


@pytest.mark.parametrize(
    ("sample", "cells", "shown"),
    [
        (WidthProbe.SELECTED, 1, "[❤ ][👩\u200d💻][👍🏽][1\u20e3 ]"),
        (WidthProbe.JOINED, 5, "[❤️][👩][👍🏽][1️⃣]"),
        (WidthProbe.TONED, 4, "[❤️][👩\u200d💻][👍][1️⃣]"),
    ],
)
async def test_what_the_terminal_does_not_compose_is_written_simply(
    sample: WidthProbe, cells: int, shown: str
) -> None:
    text = "[❤️][👩\u200d💻][👍🏽][1️⃣]"
    async with running([TextDelta(text), ReplyEnded()]) as program:
        await program.ask("go")
        await program.see(text)
        program.app.post_message(WidthReported(sample, cells))
        await program.see(shown)
        assert program.path[-1].text == text
        program.app.post_message(WidthReported(sample, 2))
        await program.see(text)


async def test_where_isolates_take_cells_there_are_none() -> None:
    async with running([TextDelta("- שלום"), ReplyEnded()]) as program:
        await program.ask("go")
        await program.see("\u2068שלום\u2069")
        program.app.post_message(WidthReported(WidthProbe.ISOLATED, 2))
        await program.see("• שלום")


@pytest.mark.parametrize(
    ("typed", "sample", "cells", "lines"),
    [
        ("का" * 55, WidthProbe.SPACED, 1, (1, 1)),
        ("का" * 55, WidthProbe.SPACED, 2, (1, 2)),
        ("☰" * 55, WidthProbe.RECENT, 2, (2, 2)),
        ("☰" * 55, WidthProbe.RECENT, 1, (2, 1)),
    ],
)
async def test_lines_break_where_the_terminal_counts_to_their_end(
    typed: str, sample: WidthProbe, cells: int, lines: tuple[int, int]
) -> None:
    async with running() as program:
        program.prompt.insert(typed)
        await program.pilot.pause()
        assert program.prompt.wrapped_document.height == lines[0]
        program.app.post_message(WidthReported(sample, cells))
        await program.pilot.pause()
        assert program.prompt.wrapped_document.height == lines[1]


def test_every_report_tells_what_it_is_of() -> None:
    for place, sample in enumerate(WidthProbe):
        for cells in range(6):
            report = parse_width_report(f"\x1b[2;{1 + 6 * place + cells}R")
            assert report is not None
            assert (report.probe, report.cells) == (sample, cells)
    for other in ("\x1b[2;99R", "\x1b[3;3R", "\x1b[2;0R", "\x1b[2R", "\x1b[?2;3R", "a"):
        assert parse_width_report(other) is None


def test_a_cell_is_reported_by_its_height_and_width_in_pixels() -> None:
    (report,) = TolerantParser().feed("\x1b[6;32;15t")
    assert isinstance(report, CellReported)
    assert (report.width, report.height) == (15, 32)
    for other in ("\x1b[4;600;800t", "\x1b[8;24;80t", "\x1b[6;32t", "\x1b[6;;15t"):
        assert not any(isinstance(each, CellReported) for each in TolerantParser().feed(other))


def test_only_what_there_is_room_for_is_asked() -> None:
    assert [
        build_width_query(columns, isolates=True).count("\x1b[6n") for columns in (5, 6, 20, 200)
    ] == [
        0,
        1,
        3,
        len(WidthProbe),
    ]
    assert "\u2068" not in build_width_query(200, isolates=False)
