"""The message cursor, and what keeps it in view."""

from dataclasses import replace

from textual.pilot import Pilot

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.widgets.shown import shown as shown_exactly
from tests.ui.widgets.transcript.transcript_app import (
    TranscriptApp,
    grow,
    long_conversation,
    many_lines,
    press,
    prompt,
    reply,
    show,
    shown,
)


def marked(pilot: Pilot[None]) -> str | None:
    message = pilot.app.query_one(Transcript).current_message
    return None if message is None else message.id


async def test_the_marked_message_has_a_sign_and_a_heavy_bar_while_it_has_the_focus() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "hello"), reply(1, "one\ntwo"))
        assert shown_exactly(app.transcript)[4] == "  Assistant · fake-1"
        await press(pilot, "K")
        lines = shown_exactly(app.transcript)
        assert lines[1:3] == ["▶ You", "┃ hello"]
        await press(pilot, "J")
        lines = shown_exactly(app.transcript)
        assert lines[1:3] == ["▌ You", "▌ hello"]
        assert lines[4:7] == ["▶ Assistant · fake-1", "┃ one", "┃ two"]
        await grow(pilot, reply(2, "three"))
        lines = shown_exactly(app.transcript)
        assert lines[4:6] == ["  Assistant · fake-1", "  one"]
        assert lines[8:10] == ["▷ Assistant · fake-1", "│ three"], "no key has marked it"
        app.screen.set_focus(None)
        await pilot.pause()
        assert shown_exactly(app.transcript)[4] == "  Assistant · fake-1"


async def test_without_messages_nothing_is_marked() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot)
        await press(pilot, "K", "J", "space", "y", "slash", "n", "N")
        assert marked(pilot) is None
        assert not app.copied


async def test_the_mark_walks_over_messages_and_the_view_goes_with_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(20))
        assert marked(pilot) == "m19"
        for number in range(18, -1, -1):
            await press(pilot, "K")
            assert marked(pilot) == f"m{number}"
            assert any(line.startswith("▶") for line in shown_exactly(app.transcript))
        await press(pilot, "K")
        assert marked(pilot) == "m0"
        for number in range(1, 20):
            await press(pilot, "J")
            assert marked(pilot) == f"m{number}"
            assert f"  m{number} 5" in shown(app.transcript)
        await press(pilot, "J")
        assert shown(app.transcript)[-1] == "  m19 5"


async def test_the_mark_stays_in_view_when_the_view_moves() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(20))
        await press(pilot, "pageup", "pageup")
        seen = "\n".join(shown(app.transcript))
        assert f"  {marked(pilot)} " in seen
        await press(pilot, "g")
        assert marked(pilot) == "m0"
        await press(pilot, "pagedown", "pagedown", "pagedown")
        assert f"  {marked(pilot)} " in "\n".join(shown(app.transcript))
        await press(pilot, "G")
        assert marked(pilot) == "m19"


async def test_the_mark_goes_on_to_a_new_message_only_from_the_last_one() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, prompt(0, "a"), reply(1, "b"))
        await grow(pilot, prompt(2, "c"))
        assert marked(pilot) == "m2"
        await press(pilot, "K")
        await grow(pilot, reply(3, "d", status=MessageStatus.STREAMING))
        assert marked(pilot) == "m1"


async def test_y_copies_the_marked_message() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, prompt(0, "*a*"), reply(1, "b"), prompt(2, "c"))
        await press(pilot, "K", "K", "y")
        assert app.copied == [("*a*", "message")]


async def test_a_click_marks_a_message() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "a"), reply(1, "b"))
        await pilot.click(app.transcript, offset=(3, 1))
        await pilot.pause()
        assert marked(pilot) == "m0"


async def test_a_change_of_width_leaves_the_marked_line_on_its_row() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(80, 16)) as pilot:
        words = "\n".join(f"{n:04} " + "word " * 30 for n in range(12))
        await show(pilot, *(reply(number, words) for number in range(12)))
        await press(pilot, *["pageup"] * 5, "K", "k", "k", "k", "k")
        rows = shown_exactly(app.transcript)
        row = next(y for y, line in enumerate(rows) if line.lstrip().startswith("▶"))
        for width in (41, 120, 60, 30, 80):
            await pilot.resize_terminal(width, 16)
            await pilot.pause()
            assert shown_exactly(app.transcript)[row].lstrip().startswith("▶")
        assert shown_exactly(app.transcript) == rows


async def test_a_reading_position_can_be_stored_and_shown_again() -> None:
    first, later = TranscriptApp(), TranscriptApp()
    messages = long_conversation(30)
    async with first.run_test(size=(60, 10)) as pilot:
        assert first.transcript.reading_position is None
        await show(pilot, *messages)
        await press(pilot, *["pageup"] * 6, "k")
        seen, position = shown(first.transcript), first.transcript.reading_position
    assert position is not None
    kept = replace(position)
    async with later.run_test(size=(60, 10)) as pilot:
        later.transcript.show("a", messages, position=kept)
        await pilot.pause()
        assert shown(later.transcript) == seen
        await press(pilot, "g")
        top = shown(later.transcript)
        await show(pilot, conversation_id="b")
        later.transcript.show("a", messages, position=kept)
        await pilot.pause()
        assert shown(later.transcript) == top
        gone = replace(kept, message_id="nowhere")
        later.transcript.show("c", messages, position=gone)
        await pilot.pause()
        assert shown(later.transcript)[-1] == "  m29 5"


async def test_a_position_in_a_long_message_is_found_at_another_width() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(200)))
        await press(pilot, "g", *["pagedown"] * 9)
        top, position = shown(app.transcript)[0], app.transcript.reading_position
        assert position is not None
        assert not position.sticks_to_end
    assert top == "  line 79"
