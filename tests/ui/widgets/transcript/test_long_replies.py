"""Replies of any length: only what is looked at is drawn, and nothing moves for it."""

from collections.abc import Callable
from dataclasses import fields
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import VirtualList
from tests.ui.markdown.documents import DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.test_document import QUICK
from tests.ui.widgets.transcript.find.test_controller import find, foot, found
from tests.ui.widgets.transcript.transcript_app import (
    CountingTranscript,
    TranscriptApp,
    grow,
    press,
    reply,
    show,
    shown,
    upsert,
)

WIDTH = 40
SECTIONS = 6_000
LONG = "\n\n".join(
    f"# Section {number}\n\nSome words of section {number} and {'more words ' * (number % 30)}\n\n"
    f"- an item\n- needle{number}"
    for number in range(SECTIONS)
)
"""About a megabyte."""


class CountingPalette(Palette):
    """Knows how many headings were drawn."""

    headings_drawn: ClassVar[int] = 0

    def heading(self, level: int):
        CountingPalette.headings_drawn += 1
        return super().heading(level)


def counting_document(palette: Palette) -> Document:
    CountingPalette.headings_drawn = 0
    return Document(
        CountingPalette(**{field.name: getattr(palette, field.name) for field in fields(palette)})
    )


class LongApp(TranscriptApp):
    """Draws Markdown, and knows how much of it."""

    def __init__(self, make_document: Callable[[Palette], Document] = counting_document) -> None:
        super().__init__()
        self.transcript = CountingTranscript(make_document=make_document)


def text_of(viewport: Viewport) -> list[str]:
    lines = (
        (viewport.message_list.layout(position.message), position.line)
        for position in viewport.positions
    )
    return [layout.line(line).plain for layout, line in lines]


def reading(text: str, chapter: int, rows: int, **changes) -> Viewport:
    viewport = Viewport(VirtualList(lambda palette: Document(palette, chunk_size=chapter)))
    viewport.resize(WIDTH, rows)
    viewport.open([reply(0, "first"), reply(1, text, **changes)], None)
    return viewport


def whole(text: str, **changes) -> list[str]:
    viewport = reading(text, 8_192, 5, **changes)
    viewport.message_list.measure_below(viewport.message_list.position_at(0))
    viewport.resize(WIDTH, viewport.message_list.height)
    return text_of(viewport)


moves = st.lists(
    st.tuples(st.just("move"), st.integers(-60, 60))
    | st.tuples(st.sampled_from(["start", "end"]), st.just(0)),
    min_size=1,
    max_size=10,
)


@QUICK
@given(DOCUMENTS | LONG_DOCUMENTS, st.sampled_from([40, 300, 8_192]), st.integers(1, 30), moves)
def test_moving_through_what_was_never_drawn_shows_each_line_where_it_is(
    text: str, chapter: int, rows: int, steps: list[tuple[str, int]]
) -> None:
    everything = whole(text)
    viewport = reading(text, chapter, rows)
    last_top = max(0, len(everything) - rows)
    top, sticks = last_top, True
    for step, lines in steps:
        match step:
            case "move":
                viewport.scroll_by(lines)
                top = max(0, min(top + lines, last_top))
                sticks = top == last_top or (lines >= 0 and last_top - top <= 3)
            case "start":
                viewport.scroll_to_start()
                top, sticks = 0, last_top == 0
            case _:
                viewport.scroll_to_end()
                top, sticks = last_top, True
        assert text_of(viewport) == everything[top : top + rows]
        assert viewport.sticks_to_end is sticks


@QUICK
@given(
    DOCUMENTS | LONG_DOCUMENTS, st.sampled_from([40, 300, 8_192]), st.floats(0, 1), st.floats(0, 1)
)
def test_a_jump_and_another_width_keep_the_line_at_the_top(
    text: str, chapter: int, at: float, growth: float
) -> None:
    everything = whole(text)
    viewport = reading(text, chapter, 6)
    viewport.scroll_to_offset(int(at * viewport.message_list.height))
    before = text_of(viewport)
    assert any(everything[top : top + 6] == before for top in range(len(everything)))
    if viewport.sticks_to_end:
        return
    position = viewport.reading_position
    again = reading(text, chapter, 6)
    again.open(again.message_list.messages, position)
    assert text_of(again) == before
    viewport.resize(WIDTH + 1 + int(growth * 40), 6)
    viewport.resize(WIDTH, 6)
    assert [line for line in text_of(viewport) if line] or not any(before)


@QUICK
@given(
    DOCUMENTS | LONG_DOCUMENTS,
    st.sampled_from([40, 300, 8_192]),
    st.integers(1, 30),
    st.lists(st.tuples(st.floats(0, 1), st.integers(-60, 60)), max_size=6),
)
def test_what_is_seen_of_a_reply_that_grows_is_what_a_fresh_one_shows(
    text: str, chapter: int, rows: int, steps: list[tuple[float, int]]
) -> None:
    streaming = {"status": MessageStatus.STREAMING}
    cuts = sorted(cut for cut, _ in steps)
    viewport = reading("", chapter, rows, **streaming)
    for cut, (_, lines) in zip(cuts, steps, strict=True):
        part = text[: int(cut * len(text))]
        upsert(viewport, reply(1, part, **streaming))
        viewport.scroll_by(lines)
        everything, seen = whole(part, **streaming), text_of(viewport)
        assert any(everything[top : top + rows] == seen for top in range(len(everything)))
    upsert(viewport, reply(1, text))
    everything, seen = whole(text), text_of(viewport)
    assert any(everything[top : top + rows] == seen for top in range(len(everything)))
    if viewport.sticks_to_end:
        assert seen == everything[-rows:]


async def test_a_long_reply_opens_by_drawing_a_screenful() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        assert shown(app.transcript)[-1] == f"  • needle{SECTIONS - 1}"
        await press(pilot, "pageup", "pageup", "g", "pagedown", "G")
        assert shown(app.transcript)[-1] == f"  • needle{SECTIONS - 1}"
        assert app.transcript.scroll_y == app.transcript.max_scroll_y
        assert CountingPalette.headings_drawn < 100


async def test_pages_up_show_each_section_once_and_in_order() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, reply(0, LONG))
        seen = shown(app.transcript)
        for _ in range(25):
            await press(pilot, "pageup")
            page = shown(app.transcript)
            assert page[-1] == seen[0]
            seen[:0] = page[:-1]
        numbers = [int(line.split()[1]) for line in seen if line.startswith("  Section")]
        assert numbers == list(range(numbers[0], SECTIONS))
        assert len(numbers) > 60


async def test_a_scroll_bar_reaches_the_middle_without_drawing_what_is_above() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        app.transcript.scroll_to(y=app.transcript.virtual_size.height // 2)
        await pilot.pause()
        heading = next(line for line in shown(app.transcript) if line.startswith("  Section"))
        assert SECTIONS * 0.4 < int(heading.split()[1]) < SECTIONS * 0.6
        assert CountingPalette.headings_drawn < 200


@pytest.mark.parametrize("width", [41, 100])
async def test_another_width_keeps_the_line_and_draws_a_screenful(width: int) -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        app.transcript.scroll_to(y=app.transcript.virtual_size.height // 3)
        await pilot.pause()
        await press(pilot, *["down"] * 8)
        top = next(line for line in shown(app.transcript) if line.startswith("  Section"))
        drawn = CountingPalette.headings_drawn
        await pilot.resize_terminal(width, 20)
        await pilot.pause()
        assert top in shown(app.transcript)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert top in shown(app.transcript)
        assert CountingPalette.headings_drawn - drawn < 200


async def test_another_theme_keeps_the_lines() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        await press(pilot, *["pageup"] * 4)
        before = shown(app.transcript)
        app.theme = "textual-light"
        await pilot.pause()
        assert shown(app.transcript) == before


async def test_matches_are_found_in_parts_that_were_never_drawn() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        await find(pilot, "needle3000")
        assert "1/1" in foot(pilot)
        assert "  • needle3000" in shown(app.transcript)
        await press(pilot, "escape")
        await find(pilot, "an item")
        await press(pilot, "enter")
        assert f"{SECTIONS}" in foot(pilot)
        await press(pilot, "n", "N", "escape")
        await find(pilot, "words of section 17 and")
        await press(pilot, "enter", "n")
        assert "1/1" in foot(pilot)
        assert "words of section 17 and" in found(app.transcript)
        assert CountingPalette.headings_drawn < 400


async def test_matches_are_counted_and_gone_through_in_order_both_ways() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        await press(pilot, "g")
        await find(pilot, "needle12")
        await press(pilot, "enter")
        expected = [12, *range(120, 130), *range(1200, 1300)]
        for nth, number in enumerate(expected[:14]):
            assert f" {nth + 1}/{len(expected)}" in foot(pilot)
            assert f"  • needle{number}" in shown(app.transcript)
            await press(pilot, "n")
        for nth in range(13, 8, -1):
            await press(pilot, "N")
            assert f" {nth + 1}/{len(expected)}" in foot(pilot)
            assert f"  • needle{expected[nth]}" in shown(app.transcript)
        await press(pilot, *["N"] * 10)
        assert f"{len(expected)}/{len(expected)}" in foot(pilot)


async def test_lines_that_come_out_of_sight_are_counted_exactly() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG, status=MessageStatus.STREAMING))
        await press(pilot, "pageup", "pageup")
        before = shown(app.transcript)[:-1]
        more = "".join(f"\n- item {number}" for number in range(300))
        for end in range(0, len(more), 97):
            await grow(pilot, reply(0, LONG + more[:end], status=MessageStatus.STREAMING))
        await grow(pilot, reply(0, LONG + more))
        assert shown(app.transcript)[:-1] == before
        assert shown(app.transcript)[-1].endswith("↓ 300 new lines")
        await press(pilot, "G")
        assert shown(app.transcript)[-1] == "  • item 299"


async def test_a_selection_from_the_middle_to_the_end_is_copied_as_it_was_written() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        await press(pilot, "g", "pagedown")
        rows = shown(app.transcript)
        row = next(y for y, line in enumerate(rows) if line.startswith("  Section"))
        section = rows[row].removeprefix("  ")
        await pilot.mouse_down(app.transcript, offset=(2, row))
        await press(pilot, "G")
        await pilot.hover(app.transcript, offset=(30, 19))
        await pilot.mouse_up(app.transcript, offset=(30, 19))
        await pilot.pause()
        text = app.screen.get_selected_text()
        assert text == LONG[LONG.index(f"# {section}\n") :]
        assert CountingPalette.headings_drawn < 400


async def test_a_selection_stays_on_its_words_while_heights_above_it_are_put_right() -> None:
    app = LongApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(0, LONG))
        await press(pilot, *["up"] * 40)
        row = next(y for y, line in enumerate(shown(app.transcript)) if "needle" in line)
        await pilot.mouse_down(app.transcript, offset=(4, row))
        await pilot.hover(app.transcript, offset=(14, row))
        await pilot.mouse_up(app.transcript, offset=(14, row))
        selected = app.screen.get_selected_text()
        assert selected is not None
        assert selected.startswith("needle")
        await press(pilot, *["pageup"] * 10)
        assert app.screen.get_selected_text() == selected
