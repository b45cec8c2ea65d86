"""Text that is selected with keys: what is selected, what is copied, where the cursor goes."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import MessageStatus, TextDelta
from fakegpt_tui.domain.parts import Blob, ImagePart, TextSpan
from fakegpt_tui.pictures.placement import CellSize
from fakegpt_tui.ui.graphemes import nearest_boundary, next_boundary
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.widgets.transcript.line_ids import is_written
from fakegpt_tui.ui.widgets.transcript.selection import message_selection
from fakegpt_tui.ui.widgets.transcript.text_cursor import TextCursor, TextPosition, word_at, words
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from fakegpt_tui.ui.widgets.transcript.visual_mode import (
    SelectionUnit,
    anchor_of,
    position_of,
    selection_between,
)
from tests.ui.running import running
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    drag,
    grow,
    many_lines,
    press,
    prompt,
    reply,
    show,
    shown,
)

LONG = "a **bold** word, and so many others that they go on in another row"
TEXT = f"# A **title**\n\n{LONG}\n\n```py\nx = 1\nlong = [{'1, ' * 20}]\n```\n\n- one\n- two"


async def select(pilot: Pilot[None], *keys: str) -> str | None:
    await press(pilot, *keys)
    return pilot.app.screen.get_selected_text()


def under_cursor(app: MarkdownApp) -> str:
    """What the cursor is on, as it is shown."""
    reverse = [
        segment.text
        for strip in strips(app.transcript)
        for segment in strip
        if segment.style is not None and segment.style.reverse
    ]
    return "".join(reverse)


def note(app: MarkdownApp) -> str:
    return shown(app.transcript)[0].strip()


async def test_of_a_reply_in_json_is_copied_what_was_written() -> None:
    written = '{\n  "name": "a boat",\n  "sizes": [1,\n    2]\n}'
    rows = written.split("\n")
    app = MarkdownApp()
    async with app.run_test(size=(50, 24)) as pilot:
        await show(pilot, reply(0, written), prompt(1, written))
        # Above it is the name of the language, which was not written.
        assert await select(pilot, "V", "g", "j", "j", "space") == rows[1]
        assert await select(pilot, "j") == "\n".join(rows[1:3])
        assert await select(pilot, "k", "v", "w", "w", "space", "e") == "name"
        assert await select(pilot, "G", "space", "V", "k") == "\n".join(rows[3:])
        assert await select(pilot, "g", "space", "G") == f"{written}\n\n{written}"
        await press(pilot, "escape", *"/boat", "enter")
        assert await select(pilot, "v", "v") == "boat"
        assert await select(pilot, "V") == rows[1]


async def test_characters_words_lines_and_messages_are_selected_and_copied_as_written() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(50, 24)) as pilot:
        await show(pilot, prompt(0, "*hello* there"), reply(1, TEXT))
        assert await select(pilot, "v") == "A"
        assert under_cursor(app) == "A"
        assert note(app) == "select characters"
        assert await select(pilot, "l", "l") == "A t"
        assert await select(pilot, "v", "j", "j", "w") == "# A **title**\n\na bold word"
        assert note(app) == "select words"
        assert await select(pilot, "V") == f"# A **title**\n\n{LONG}"
        await press(pilot, "space", "j", "j", "j", "j", "j")
        code = TEXT[TEXT.index("long =") :].partition("\n")[0]
        assert await select(pilot, "space") == code
        assert await select(pilot, "K") == f"{TEXT.partition(code)[0]}{code}"
        assert await select(pilot, "K") == f"*hello* there\n\n{TEXT.partition(code)[0]}{code}"
        assert await select(pilot, "V") == f"*hello* there\n\n{TEXT}"
        assert note(app) == "select messages"
        await press(pilot, "y")
        assert app.copied == [(f"*hello* there\n\n{TEXT}", "selection")]
        assert not under_cursor(app)
        async with asyncio.timeout(10):
            while app.screen.get_selected_text() is not None:  # what was copied flashes
                await pilot.pause()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = f(an_id) // two", ["x", "=", "f", "(", "an_id", ")", "//", "two"]),
        ("│ a │ ▌cafe\u0301", ["a", "cafe\u0301"]),
        ("שלום, 日本 👨‍👩‍👧!", ["שלום", ",", "日本", "👨‍👩‍👧!"]),
    ],
)
def test_words_are_letters_or_signs_and_nothing_that_is_drawn(text, expected) -> None:
    assert [text[slice(*span)] for span in words(text)] == expected
    assert [text[slice(*word_at(text, span.end - 1))] for span in words(text)] == expected


FAMILY = "👨\u200d👩\u200d👧"


def cursor_in(text: str, width: int = 50) -> tuple[TextCursor, VirtualList]:
    messages = VirtualList(Document)
    messages.set_width(width)
    messages.set_messages([reply(0, text)])
    return TextCursor(messages, TextPosition(messages.moved(LinePosition(0, 0), 2), 0)), messages


def character(cursor: TextCursor) -> str:
    column = cursor.position.column
    return cursor.text[column : next_boundary(cursor.text, column)]


def test_the_cursor_takes_whole_characters_and_goes_on_in_other_lines() -> None:
    cursor, _ = cursor_in(f"xe\u0301日{FAMILY} שָׁלוֹם end\n\nb\n\ncd ef")
    ways = [
        *[("by_character", 1)] * 3,
        *[("to_next_word",), ("by_character", 1), ("to_word_end",)],
        *[("to_line_end",), ("to_line_start",), ("to_next_word",), ("by_line", 1), ("by_line", 1)],
        *[("by_line", -2), ("by_line", 2), ("to_word_start",), ("to_word_end",), ("to_word_end",)],
        *[("to_last",), ("to_first",), ("by_line", -1), ("to_line_text",), ("by_character", -1)],
    ]
    seen = []
    for way, *step in ways:
        getattr(cursor, way)(*step)
        seen.append(character(cursor))
    assert seen == [
        *("e\u0301", "日", FAMILY, "שָׁ", "ל", "ם", "d", "x", FAMILY, "", "b"),
        *(FAMILY, "b", "e", "d", "b", "f", "x", "A", "A", ""),
    ]


def test_a_written_line_is_selected_whole_within_limits() -> None:
    for count, rows in ((60, 6), (20_000, 401)):
        cursor, messages = cursor_in("word " * count, width=54)
        selected = selection_between(messages, cursor.position, cursor.position, SelectionUnit.LINE)
        first, last = (messages.offset(LinePosition.at_row(each.y)) for each in selected)
        assert last - first + 1 == rows


def test_the_cursor_stands_on_no_row_of_a_picture() -> None:
    picture = ImagePart(Blob("ab" * 32, 340_000, "image/png", 200, 160), "cat.png")
    messages = VirtualList(Document)
    messages.change_appearance(picture_cell=CellSize(10, 20))
    messages.set_width(50)
    messages.set_messages([reply(0, "ab", parts=(TextSpan(1), picture, TextSpan(1), picture))])
    cursor = TextCursor(messages, TextPosition(LinePosition(0, 1), 0))
    seen = []
    for way in [("by_line", 1)] * 5 + [("to_last",), ("by_line", -1), ("by_line", -1)]:
        getattr(cursor, way[0])(*way[1:])
        seen.append(cursor.text.strip()[:9])
    assert set(seen) == {"ab", "▣ cat.png"}
    assert seen[-3:] == ["▣ cat.png", "▣ cat.png", "ab"]


@given(st.text("ab \n日\u0301שא-`*|", max_size=60), st.integers(4, 30), st.data())
def test_wherever_the_cursor_goes_it_is_on_a_character_and_found_again(text, width, data) -> None:
    cursor, messages = cursor_in(text, width)
    ways = st.sampled_from(
        ["by_character", "by_line", "by_message", "to_next_word", "to_word_start", "to_word_end"]
    )
    for way in data.draw(st.lists(ways, max_size=8)):
        move = getattr(cursor, way)
        move(data.draw(st.sampled_from([1, -1]))) if way.startswith("by") else move()
        (line, column), shown = cursor.position, cursor.text
        assert column == 0 or (column < len(shown) and nearest_boundary(shown, column) == column)
        anchor = anchor_of(messages, cursor.position)
        if shown[column : column + 1].strip() and is_written(line.line):
            assert position_of(messages, anchor) == cursor.position


async def test_the_view_goes_with_the_cursor_and_a_growing_reply_moves_neither() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(50, 10)) as pilot:
        growing = reply(1, many_lines(30).replace("\n", "  \n"), status=MessageStatus.STREAMING)
        await show(pilot, prompt(0, "go on"), growing)
        assert shown(app.transcript)[-1] == "  line 29"
        await press(pilot, "v", "G", "b", "b")
        assert under_cursor(app) == "l"
        before = shown(app.transcript)[:-1]
        # The paragraph that has the cursor goes on, and then a table is below it.
        for more in (" and **more** of", "it\n\n|a|b|\n|-|-|\n|c|d|\n\nend"):
            growing = replace(growing, text=growing.text + more)
            await grow(pilot, growing)
            assert shown(app.transcript)[:-1] == before
            assert under_cursor(app) == "l"
        assert "new lines" in shown(app.transcript)[-1]
        assert await select(pilot, "space", "e") == "line"
        await press(pilot, "o", "pageup", "pageup", "ctrl+u", "ctrl+d", "pagedown")
        assert under_cursor(app)
        await press(pilot, "g", "space")
        assert shown(app.transcript)[0].strip() == "select characters"
        assert await select(pilot, "V", "V", "J", "J") == f"go on\n\n{growing.text}"
        await press(pilot, "escape")
        assert app.screen.get_selected_text() is None


async def test_another_width_and_another_fold_leave_the_same_text_selected() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await show(pilot, reply(1, f"{LONG}\n\n{LONG}", reasoning="hm"))
        before = await select(pilot, "v", "w", "j", "j", "e", "o", "w", "w")
        at = under_cursor(app)
        assert at == "w"
        await pilot.resize_terminal(30, 24)
        await pilot.pause()
        app.transcript.action_fold()
        await pilot.pause()
        assert await select(pilot) == before
        assert under_cursor(app) == at


async def test_what_is_selected_is_found_taken_over_and_left() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(50, 12)) as pilot:
        await show(pilot, prompt(0, "one two"), reply(1, "two three two"))
        await press(pilot, "v", "asterisk")
        assert "/two" in shown(app.transcript)[-1]
        assert "2/3" in shown(app.transcript)[-1]
        await press(pilot, "n")
        # It begins with the match, and no key of messages works meanwhile.
        assert await select(pilot, "v", "b", "d", "o", "e") == "three two"
        await press(pilot, "escape")
        assert app.screen.get_selected_text() is None
        app.screen.selections = {app.transcript: message_selection(1)}
        assert await select(pilot, "v") == "two three two"
        assert under_cursor(app) == "o"
        await press(pilot, "escape")
        # What the mouse has selected goes on with keys, and the mouse ends that.
        assert await drag(pilot, (2, 2), (4, 2)) == "one"
        assert await select(pilot, "v", "w", "e") == "one two"
        assert await drag(pilot, (6, 2), (9, 2)) == "two"
        assert await select(pilot, "v") == "two"
        assert await drag(pilot, (2, 5), (4, 5)) == "two"
        assert not under_cursor(app)
        await press(pilot, "y")
        assert app.copied == [("one two", "message")]


async def test_in_the_program_esc_leaves_one_thing_and_keys_can_be_changed() -> None:
    script = [TextDelta("one two"), Gate()]
    async with running(script, keys={"visual.copy": "c", "visual.find": "y"}) as it:
        await it.ask("hi")
        await it.see("one two")
        screen = it.app.screen
        await it.command("select")
        await it.until(lambda: screen.query_one(Transcript).is_selecting)
        await it.pilot.press("e")
        await it.see("c Copy")
        assert screen.get_selected_text() == "one"
        await it.pilot.press("tab", "escape")
        await it.see("Nothing is selected any more.")
        assert not screen.query_one(Transcript).is_selecting
        screen.query_one(Transcript).focus()
        await it.pilot.press("V", "w", "y")
        await it.see("/one two")
        await it.pilot.press("v", "e", "f1")
        await it.see("While text is selected in the transcript")
        await it.pilot.press("escape", "escape")
        await it.see("r Again")
        assert screen.get_selected_text() is None
        assert len(it.chat.active_turns) == 1
