"""The transcript: what it shows, how it moves, and what it costs."""

import subprocess
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.ui.themes import THEMES
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    CountingTranscript,
    TranscriptApp,
    drag,
    grow,
    long_conversation,
    many_lines,
    press,
    prompt,
    reply,
    show,
    shown,
)


async def test_messages_stand_one_below_the_other_with_their_speakers() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(
            pilot,
            prompt(0, "What is\n  *this*?"),
            reply(1, "an answer\nof two lines"),
            reply(2, "", status=MessageStatus.WAITING),
        )
        assert shown(app.transcript) == [
            "",
            "▌ You",
            "▌ What is",
            "▌   *this*?",
            "",
            "  Assistant · fake-1",
            "  an answer",
            "  of two lines",
            "",
            "  Assistant · fake-1 · waiting",
            "",
            "",
        ]


@pytest.mark.parametrize("status", [s for s in MessageStatus if s is not MessageStatus.COMPLETE])
async def test_the_header_names_a_status_other_than_complete(status: MessageStatus) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "text", status=status))
        assert shown(app.transcript)[1] == f"  Assistant · fake-1 · {status.value}"


@pytest.mark.parametrize(
    "status", [MessageStatus.FAILED, MessageStatus.INTERRUPTED, MessageStatus.STOPPED]
)
async def test_what_went_wrong_stands_below_what_arrived(status: MessageStatus) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 12)) as pilot:
        error = "The service said [/] \x1b[31mno, and it said it at length."
        await show(pilot, reply(0, "part", status=status, error=error))
        text = " ".join(line.removeprefix("  ") for line in shown(app.transcript)[2:6]).strip()
        word = status.value.capitalize()
        assert text == f"part {word}: The service said [/] ␛[31mno, and it said it at length."


@pytest.mark.parametrize(
    "status", [MessageStatus.FAILED, MessageStatus.INTERRUPTED, MessageStatus.STOPPED]
)
async def test_a_reply_that_ended_early_says_so_below_it_without_a_reason(
    status: MessageStatus,
) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(70, 12)) as pilot:
        await show(pilot, reply(0, "part", status=status))
        assert shown(app.transcript)[3].startswith(f"  {status.value.capitalize()}: ")


async def test_a_note_on_a_complete_reply_stands_below_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(70, 12)) as pilot:
        await show(pilot, reply(0, "part", error="The length limit was reached."))
        assert shown(app.transcript)[3] == "  The length limit was reached."


async def test_where_room_is_short_the_model_is_cut_before_the_status() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(36, 12)) as pilot:
        message = reply(0, "x", model="a-very-long-model-name", status=MessageStatus.STREAMING)
        await show(pilot, message)
        assert shown(app.transcript)[1] == "  Assistant · a-very-… · streaming"


@pytest.mark.parametrize(
    "text", ["[/]", "[@click=app.quit]x[/]", "a\x1b]0;evil\x07b\x9b", "\u202eab"]
)
async def test_foreign_text_is_literal_everywhere(text: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(
            pilot,
            prompt(0, text),
            reply(1, "x", model=text, status=MessageStatus.FAILED, error=text),
        )
        lines = shown(app.transcript)
        everything = "".join(lines)
        assert not any(
            ord(character) < 32 or 127 <= ord(character) < 160 for character in everything
        )
        assert "\u202e" not in everything
        if text.startswith("["):
            assert everything.count(text) == 3
        for y in range(12):
            await pilot.click(app.transcript, offset=(3, y))
        assert app.is_running


async def test_keys_in_an_empty_conversation_do_nothing() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 7)) as pilot:
        await show(pilot)
        await press(pilot, "up", "down", "G", "g", "y", "Y", "c", "pageup")
        assert not app.copied
        assert not any(shown(app.transcript))
        segments = [segment for strip in strips(app.transcript) for segment in strip]
        assert all(segment.style and segment.style.bgcolor for segment in segments)
        await show(pilot, prompt(0, "hello"))
        assert shown(app.transcript)[1:3] == ["  You", "  hello"]


async def test_a_conversation_opens_at_its_end() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation())
        assert shown(app.transcript)[-2:] == ["  m39 4", "  m39 5"]
        assert app.transcript.scroll_y == app.transcript.max_scroll_y


async def test_growth_is_followed_from_the_end() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, prompt(0, "go"))
        for count in range(1, 30):
            message = reply(1, many_lines(count), status=MessageStatus.STREAMING)
            await grow(pilot, message)
            expected = f"  line {count - 1}"
            assert [line for line in shown(app.transcript) if line][-1] == expected
        assert not any("new" in line for line in shown(app.transcript))


async def test_what_is_shown_after_growth_is_what_a_fresh_transcript_shows() -> None:
    grown, fresh = TranscriptApp(), TranscriptApp()
    texts = ["a", "a\nb", "a\nb changed\nc", "a\n", many_lines(25), many_lines(24) + "\nend"]
    for text in texts:
        async with fresh.run_test(size=(60, 10)) as pilot:
            await show(pilot, prompt(0, "go"), reply(1, text))
            expected = shown(fresh.transcript)
        fresh = TranscriptApp()
        async with grown.run_test(size=(60, 10)) as pilot:
            await show(pilot, prompt(0, "go"))
            for other in texts[: texts.index(text) + 1]:
                await grow(pilot, reply(1, other, status=MessageStatus.STREAMING))
            await grow(pilot, reply(1, text))
            assert shown(grown.transcript) == expected
        grown = TranscriptApp()


async def test_only_lines_that_changed_are_drawn_again() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await show(pilot, prompt(0, "go"), reply(1, many_lines(20), status=MessageStatus.STREAMING))
        app.transcript.drawn = 0
        await grow(pilot, reply(1, many_lines(20) + " more", status=MessageStatus.STREAMING))
        assert app.transcript.drawn == 1
        await grow(pilot, reply(1, many_lines(20) + " more", status=MessageStatus.STREAMING))
        assert app.transcript.drawn == 1


async def test_nothing_moves_and_nothing_is_drawn_for_growth_out_of_sight() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50), status=MessageStatus.STREAMING))
        await press(pilot, "pageup", "pageup")
        before = shown(app.transcript)
        await grow(pilot, reply(0, many_lines(51), status=MessageStatus.STREAMING))
        after = shown(app.transcript)
        assert after[:-1] == before[:-1]
        assert after[-1].endswith(" ↓ 1 new line")
        app.transcript.drawn = 0
        await grow(pilot, reply(0, many_lines(53), status=MessageStatus.STREAMING))
        assert shown(app.transcript)[-1].endswith(" ↓ 3 new lines")
        assert app.transcript.drawn == 1


@pytest.mark.parametrize("key", ["G", "end"])
async def test_last_follows_again(key: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await press(pilot, "g")
        await grow(pilot, reply(0, many_lines(60)))
        assert shown(app.transcript)[-1].endswith("↓ 10 new lines")
        await press(pilot, key)
        assert shown(app.transcript)[-1] == "  line 59"
        await grow(pilot, reply(0, many_lines(61)))
        assert shown(app.transcript)[-1] == "  line 60"


async def test_a_click_on_the_mark_follows_again() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await press(pilot, "g")
        await grow(pilot, reply(0, many_lines(60)))
        await pilot.click(app.transcript, offset=(55, 9))
        await pilot.pause()
        assert shown(app.transcript)[-1] == "  line 59"


async def test_one_line_up_is_enough_to_stop_following() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await press(pilot, "up")
        await grow(pilot, reply(0, many_lines(51)))
        assert shown(app.transcript)[-2] == "  line 47"


@pytest.mark.parametrize(("downs", "follows"), [(5, False), (6, False), (7, True), (9, True)])
async def test_coming_within_three_lines_of_the_end_follows_again(
    downs: int, follows: bool
) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await press(pilot, *["up"] * 10, *["down"] * downs)
        await grow(pilot, reply(0, many_lines(60)))
        assert (shown(app.transcript)[-1] == "  line 59") is follows


async def test_new_lines_that_were_scrolled_past_are_no_longer_new() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await press(pilot, "up")
        await grow(pilot, reply(0, many_lines(70)))
        assert shown(app.transcript)[-1].endswith("↓ 20 new lines")
        await press(pilot, *["down"] * 6)
        assert shown(app.transcript)[-1].endswith("↓ 15 new lines")
        await press(pilot, "up", "up")
        assert shown(app.transcript)[-1].endswith("↓ 15 new lines")


@pytest.mark.parametrize(
    ("keys", "top"),
    [
        (("g",), 0),
        (("home",), 0),
        (("g", "down"), 1),
        (("g", "j", "j"), 2),
        (("g", "j", "j", "k"), 1),
        (("g", "down", "up"), 0),
        (("g", "up"), 0),
        (("g", "pagedown"), 9),
        (("g", "pagedown", "pagedown", "pageup"), 9),
        (("g", "ctrl+d"), 4),
        (("g", "ctrl+d", "ctrl+d", "ctrl+u"), 4),
        (("end",), 92),
        (("G",), 92),
        (("G", "down"), 92),
        (("end", "k"), 91),
    ],
)
async def test_keys_move_by_exact_lines(keys: tuple[str, ...], top: int) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(100)))
        await press(pilot, *keys)
        everything = ["", "  Assistant · fake-1", *(f"  line {n}" for n in range(100))]
        assert shown(app.transcript) == everything[top : top + 10]


async def test_the_wheel_moves_too() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(100)))
        app.transcript.post_message(wheel(events.MouseScrollUp, app.transcript))
        await pilot.pause()
        assert shown(app.transcript)[-1] == "  line 97"
        app.transcript.post_message(wheel(events.MouseScrollDown, app.transcript))
        await pilot.pause()
        assert shown(app.transcript)[-1] == "  line 99"


def wheel(kind: type[events.MouseEvent], widget: Transcript) -> events.MouseEvent:
    return kind(widget, 1, 1, 0, 0, 0, shift=False, meta=False, ctrl=False)


async def test_pages_up_through_unseen_messages_never_jump() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(30, 7))
        everything: list[str] = []
        for number in range(30):
            lines = [f"  m{number} {line}" for line in range(7)]
            everything += ["", "  Assistant · fake-1", *lines]
        top = len(everything) - 10
        while top > 0:
            await press(pilot, "pageup")
            top = max(0, top - 9)
            assert shown(app.transcript) == everything[top : top + 10]
        assert app.transcript.scroll_y == 0
        assert app.transcript.virtual_size.height == len(everything)


async def test_a_scroll_bar_reaches_every_part_and_both_ends() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(100, 20))
        middle = app.transcript.virtual_size.height // 2
        app.transcript.scroll_to(y=middle)
        await pilot.pause()
        name = next(line for line in shown(app.transcript) if line.startswith("  m")).split()[0]
        assert 40 <= int(name[1:]) <= 60
        app.transcript.scroll_to(y=0)
        await pilot.pause()
        assert shown(app.transcript)[2] == "  m0 0"
        app.transcript.scroll_to(y=1_000_000)
        await pilot.pause()
        assert shown(app.transcript)[-1] == "  m99 19"


async def test_each_conversation_keeps_its_reading_position() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        first = long_conversation(30)
        second = [replace(message, id=f"b{message.id}", conversation_id="b") for message in first]
        await show(pilot, *first)
        await press(pilot, "pageup", "pageup", "up")
        left = shown(app.transcript)
        await show(pilot, *second, conversation_id="b")
        assert shown(app.transcript)[-1] == "  m29 5"
        await press(pilot, "g")
        await show(pilot, *first)
        assert shown(app.transcript) == left
        await show(pilot, *second, conversation_id="b")
        assert shown(app.transcript)[2] == "  m0 0"


async def test_a_conversation_left_at_its_end_opens_at_its_new_end() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        messages = long_conversation(30)
        await show(pilot, *messages)
        await show(pilot, reply(0, "x", conversation_id="b"), conversation_id="b")
        await show(pilot, *messages, reply(30, many_lines(20, "new")))
        assert shown(app.transcript)[-1] == "  new 19"


async def test_a_position_in_a_message_that_is_gone_is_the_end() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        messages = long_conversation(30)
        await show(pilot, *messages)
        await press(pilot, "g")
        await show(pilot, conversation_id="b")
        await show(pilot, *messages[5:])
        assert shown(app.transcript)[-1] == "  m29 5"


async def test_messages_of_other_conversations_are_not_shown() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, prompt(0, "here"))
        before = shown(app.transcript)
        await grow(pilot, reply(1, "elsewhere", conversation_id="b"))
        assert shown(app.transcript) == before


async def test_five_thousand_messages_open_by_laying_out_a_screenful() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(80, 30)) as pilot:
        await show(pilot, *long_conversation(5000))
        assert len(app.documents.made) <= 6
        assert app.documents.laid_out <= 6
        await press(pilot, "g")
        assert shown(app.transcript)[2] == "  m0 0"
        assert len(app.documents.made) <= 12


async def test_documents_out_of_use_are_let_go() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(400, 1))
        for _ in range(140):
            app.transcript.action_page(-1)
        assert len(app.documents.made) == 400
        await press(pilot, "g", "G")
        assert shown(app.transcript)[-1] == "  m399 0"
        assert len(app.documents.made) > 400


async def test_a_change_of_width_keeps_the_text_at_the_top() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(80, 20)) as pilot:
        words = "\n".join(f"{n:04}" + "x" * 96 for n in range(200))
        await show(pilot, prompt(0, "before"), reply(1, words), *long_conversation(20))
        await press(pilot, "g", *["pagedown"] * 3)
        top = next(line for line in shown(app.transcript) if line[2:6].isdigit())[2:6]
        for width in (41, 120, 60, 19, 80):
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            assert any(top in line for line in shown(app.transcript)[:4])


async def test_a_change_of_height_keeps_the_top_and_the_end() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(40))
        for height in (30, 5, 12):
            await pilot.resize_terminal(60, height)
            await pilot.pause()
            assert shown(app.transcript)[-1] == "  m39 5"
        await press(pilot, *["pageup"] * 5)
        top = shown(app.transcript)[0]
        for height in (30, 5, 12):
            await pilot.resize_terminal(60, height)
            await pilot.pause()
            assert shown(app.transcript)[0] == top


@pytest.mark.parametrize("attribute", ["display", "height"])
async def test_a_hidden_transcript_keeps_its_position_and_new_messages(attribute: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        messages = long_conversation(40)
        await show(pilot, *messages)
        await press(pilot, *["pageup"] * 3)
        before = shown(app.transcript)
        setattr(app.transcript.styles, attribute, "none" if attribute == "display" else 0)
        await pilot.pause()
        await grow(pilot, reply(40, many_lines(5, "new"), status=MessageStatus.STREAMING))
        setattr(app.transcript.styles, attribute, "block" if attribute == "display" else "100%")
        await pilot.pause()
        assert shown(app.transcript)[:-1] == before[:-1]
        assert shown(app.transcript)[-1].endswith("↓ 7 new lines")


async def test_a_change_of_theme_keeps_the_position_and_changes_the_colours() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(40))
        await press(pilot, "pageup")
        before, palette = shown(app.transcript), app.documents.made[0].palette
        styles = strips(app.transcript)
        app.theme = "textual-light"
        await pilot.pause()
        assert shown(app.transcript) == before
        assert app.documents.made[0].palette != palette
        assert strips(app.transcript) != styles


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord"])
async def test_every_cell_stands_on_the_background_of_the_theme(theme: str) -> None:
    app = TranscriptApp()
    app.theme = theme
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, prompt(0, "typed"), reply(1, many_lines(30)))
        await press(pilot, "up")
        await grow(pilot, reply(1, many_lines(31)))
        expected = app.transcript.rich_style
        for strip in strips(app.transcript)[:-1]:
            for segment in strip:
                assert segment.style is not None
                assert segment.style.bgcolor == expected.bgcolor


async def test_a_click_on_a_link_says_where_it_leads() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, "text\nlink https://example.org/"))
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.click(app.transcript, offset=(5, 3))
        pressed = [m for m in app.heard if isinstance(m, Transcript.LinkPressed)]
        assert [message.href for message in pressed] == ["https://example.org/"]


async def test_the_end_is_reported_once_each_time_it_comes_into_view() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:

        def times() -> int:
            return sum(isinstance(message, Transcript.ReadToEnd) for message in app.heard)

        await show(pilot, reply(0, many_lines(50)))
        assert times() == 1
        await grow(pilot, reply(0, many_lines(51)))
        assert times() == 1
        await press(pilot, "g")
        await grow(pilot, reply(0, many_lines(52)))
        assert times() == 1
        await press(pilot, "G")
        assert times() == 2


async def test_y_copies_the_message_in_view_as_it_was_written() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, prompt(0, many_lines(20, "*p*")), reply(1, many_lines(20)))
        await press(pilot, "y", "g", "y")
        assert app.copied == [
            (many_lines(20), "message"),
            (many_lines(20, "*p*"), "message"),
        ]


async def test_capital_y_copies_the_conversation() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, prompt(0, "one"), reply(1, "*two*"))
        await press(pilot, "Y")
        assert app.copied == [("You:\n\none\n\nAssistant:\n\n*two*", "conversation")]


async def test_c_copies_one_code_block_after_the_other_from_here_on() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(
            pilot,
            reply(0, "```py\nzero\n```\n" + many_lines(20)),
            reply(1, "text\n\n```py\none\n  two\n```\n\n- x\n\n  ~~~\n  three\n  ~~~\n"),
            reply(2, "no code"),
        )
        await press(pilot, "g", "pagedown", "c", "c", "c")
        texts = [text for text, _ in app.copied]
        assert texts == ["one\n  two\n", "three\n", "one\n  two\n"]
        await press(pilot, "g", "c")
        assert app.copied[-1] == ("zero\n", "code block")


async def test_text_can_be_selected_with_the_mouse() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "alpha beta\n日本語 text\ngamma"), reply(1, "end"))
        await press(pilot)
        plain = strips(app.transcript)
        assert await drag(pilot, (2, 2), (6, 2)) == "alpha"
        assert strips(app.transcript)[2] != plain[2]
        assert strips(app.transcript)[3] == plain[3]
        assert await drag(pilot, (8, 2), (4, 3)) == "beta\n日本"
        assert await drag(pilot, (0, 2), (58, 4)) == "alpha beta\n日本語 text\ngamma"
        await pilot.click(app.transcript, offset=(30, 9))
        assert app.screen.get_selected_text() is None
        assert strips(app.transcript) == plain


@pytest.mark.parametrize("theme", ["fakegpt-dark", "fakegpt-light", "nord", "ansi-dark"])
async def test_selected_text_is_marked_and_can_still_be_read(theme: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 8)) as pilot:
        for each in THEMES:
            app.register_theme(each)
        app.theme = theme
        await show(pilot, reply(1, "some words to select"))
        transcript = app.transcript
        before = [each.style for each in transcript.render_line(2) if "words" in each.text]
        await drag(pilot, (7, 2), (11, 2))
        (style,) = [each.style for each in transcript.render_line(2) if each.text == "words"]
        assert style is not None
        assert style.color != style.bgcolor
        assert style.bgcolor not in [each.bgcolor for each in before if each is not None]


async def test_a_selection_over_messages_takes_whole_ones_as_they_were_written() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(30, 20)) as pilot:
        long = "word " * 20
        await show(pilot, reply(0, "first"), prompt(1, long), reply(2, "third one"))
        rows = shown(app.transcript)
        last = rows.index("  third one")
        assert await drag(pilot, (2, 2), (6, last)) == f"first\n\n{long}\n\nthird"


async def test_a_click_on_the_mark_of_a_code_block_copies_its_code() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "x"), reply(1, "```py\none\n```\n\n> ```\n> two\n> ```"))
        await pilot.click(app.transcript, offset=(3, 5))
        await pilot.pause()
        assert app.copied == [("one\n", "code block")]


async def test_blocks_that_are_selected_whole_are_copied_as_they_were_written() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(40, 16)) as pilot:
        text = "# Title\n\nSome **bold** words\n\n- `one`\n- two\n\nThe *end* of all"
        await show(pilot, reply(0, text), prompt(1, "*so*"), prompt(2, "x"))
        rows = shown(app.transcript)
        bold, end = rows.index("  Some bold words"), rows.index("  The end of all")
        assert await drag(pilot, (2, bold), (30, end)) == text[text.index("Some") :]
        assert await drag(pilot, (7, bold), (8, end)) == ("bold words\n\n- `one`\n- two\n\nThe end")
        last = rows.index("▌ *so*")
        assert (await drag(pilot, (2, end), (30, last)) or "").startswith("The *end* of all\n\n")


REASONING = "<think>\n\nfirst *this*\n\nsecond that\n\n</think>\n\nso it *is* and more\n\nthe end"


@pytest.mark.parametrize(
    ("begin", "end", "copied"),
    [
        ("Assistant", "so it is", "so it is"),
        ("Assistant", "the end", REASONING),
        ("▸ Thinking", "so it is", "so it is"),
        ("▸ Thinking", "▸ Thinking", "▸ Thinking"),
    ],
)
async def test_of_folded_reasoning_no_tag_is_copied_alone(
    begin: str, end: str, copied: str
) -> None:
    assert await selected(REASONING, begin, end) == copied


@pytest.mark.parametrize(
    ("begin", "end", "copied"),
    [
        ("Assistant", "first th", "first th"),
        ("Assistant", "second", "first *this*\n\nsecond"),
        ("▾ Thinking", "</think>", REASONING[: REASONING.index("</think>") + 8]),
        (
            "first",
            "so it is and more",
            REASONING[REASONING.index("first") :].partition("\n\nthe end")[0],
        ),
    ],
)
async def test_of_open_reasoning_no_tag_is_copied_alone(begin: str, end: str, copied: str) -> None:
    assert await selected(REASONING, begin, end, is_open=True) == copied


async def test_reasoning_in_the_middle_of_a_reply_leaves_what_is_above_it() -> None:
    text = f"so *far*\n\n{REASONING}"
    assert await selected(text, "so far", "so it is") == "so *far*\n\nso it is"
    copied = "so *far*\n\nfirst *this*\n\nsecond"
    assert await selected(text, "so far", "second", is_open=True) == copied


async def test_reasoning_without_an_end_is_copied_as_it_was_written() -> None:
    text = REASONING.partition("\n\n</think>")[0]
    assert await selected(text, "Assistant", "second that", is_open=True) == text


async def selected(text: str, begin: str, end: str, *, is_open: bool = False) -> str | None:
    """What is selected from the row that begins with `begin` to the end of `end` in its row."""
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(40, 20)) as pilot:
        await show(pilot, reply(0, text))
        if is_open:
            await press(pilot, "K", "space")
        rows = [row[2:] for row in shown(app.transcript)]
        first, last = (
            next(y for y, row in enumerate(rows) if row.startswith(words)) for words in (begin, end)
        )
        return await drag(pilot, (2, first), (1 + len(end), last))


async def test_part_of_a_wrapped_paragraph_is_copied_as_it_is_shown() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(30, 16)) as pilot:
        await show(pilot, reply(0, "Some **bold** words that go on and on to a second line."))
        assert await drag(pilot, (2, 2), (28, 2)) == "Some bold words that go on"


COMMAND = "aws ecr get-login --region eu-central-7 | docker login --password-stdin"
ADDRESS = "https://example.com/" + "abcdefghij" * 6


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (f"Run `{COMMAND}` now.", COMMAND),
        (f"See {ADDRESS} there.", ADDRESS),
        (f"- an item\n- one with {COMMAND} in it", COMMAND),
        (f"> quoted {COMMAND} in it", COMMAND),
        (f"before\\\nthe {ADDRESS} after", ADDRESS),
        (
            "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏閏餘成歲",
            "洪荒日月盈昃辰宿列張寒來暑往秋收冬藏",
        ),
    ],
)
@pytest.mark.parametrize("role", ["reply", "prompt"])
async def test_a_selection_joins_rows_that_were_wrapped(text: str, part: str, role: str) -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(34, 20)) as pilot:
        await show(pilot, reply(0, text) if role == "reply" else prompt(0, text))
        rows = shown(app.transcript)
        first, last = part[:2], part[-3:]
        top = next(y for y, row in enumerate(rows) if first in row)
        bottom = next(y for y, row in reversed([*enumerate(rows)]) if last in row)
        begin = cell_len(rows[top][: rows[top].index(first)])
        end = cell_len(rows[bottom][: rows[bottom].rindex(last) + len(last) - 1])
        assert await drag(pilot, (begin, top), (end, bottom)) == part


async def test_a_selection_keeps_the_line_ends_that_were_written() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(30, 16)) as pilot:
        await show(pilot, prompt(0, "first line\n    second line that goes on\nthird"))
        copied = await drag(pilot, (8, 2), (4, 5)) or ""
        assert copied == "line\n    second line that goes on\nthi"


async def test_a_selection_over_messages_leaves_their_headers_out() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(40, 16)) as pilot:
        await show(pilot, prompt(0, "one two"), reply(1, "three four"))
        rows = shown(app.transcript)
        top, bottom = rows.index("▌ one two"), rows.index("  three four")
        assert await drag(pilot, (6, top), (6, bottom)) == "two\n\nthree"


async def test_a_selection_stays_on_its_text_while_heights_are_put_right() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *long_conversation(40))
        assert await drag(pilot, (2, 8), (6, 9)) == "m39 4\nm39 5"
        await press(pilot, "pageup", "pageup", "G")
        assert app.screen.get_selected_text() == "m39 4\nm39 5"


async def test_a_selection_ends_where_its_lines_no_longer_exist() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, "alpha beta"))
        assert await drag(pilot, (2, 2), (6, 2)) == "alpha"
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert app.screen.get_selected_text() is None
        assert await drag(pilot, (2, 2), (6, 2)) == "alpha"
        await show(pilot, reply(1, "other", conversation_id="b"), conversation_id="b")
        assert app.screen.get_selected_text() is None


async def test_a_double_click_selects_one_message() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "one *two*"), reply(1, "three"))
        await pilot.click(app.transcript, offset=(4, 2), times=2)
        await pilot.pause()
        assert app.screen.get_selected_text() == "one *two*"


async def test_dragging_over_a_link_does_not_press_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "link https://example.org/"))
        assert await drag(pilot, (2, 2), (5, 2)) == "link"
        assert not any(isinstance(m, Transcript.LinkPressed) for m in app.heard)


async def test_markdown_is_drawn_and_what_is_hostile_in_it_is_not_obeyed() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(60, 16)) as pilot:
        text = "# Title\n\n- [/] **bold**\n\n[@click=app.quit]x[/]\n\n```py\n\x1b]0;x\x07 = 1\n```"
        await show(pilot, reply(0, text))
        everything = "\n".join(shown(app.transcript))
        for part in ("Title", "[/] bold", "[@click=app.quit]x[/]", "␛]0;x␇ = 1"):
            assert part in everything
        assert "**" not in everything
        for y in range(16):
            await pilot.click(app.transcript, offset=(5, y))
        assert app.is_running


async def test_streamed_markdown_shows_what_the_whole_of_it_shows() -> None:
    text = "## Two\n\nSome *words*.\n\n- one\n- two\n\n```py\nx = 1\n```\n\n> quoted\n\nThe end."
    whole, grown = TranscriptApp(), TranscriptApp()
    whole.transcript, grown.transcript = CountingTranscript(), CountingTranscript()
    async with whole.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "go"), reply(1, text))
        expected = shown(whole.transcript)
    async with grown.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "go"))
        for end in range(1, len(text), 3):
            await grow(pilot, reply(1, text[:end], status=MessageStatus.STREAMING))
        await grow(pilot, reply(1, text))
        assert shown(grown.transcript) == expected


def test_importing_the_widgets_needs_neither_parser_nor_highlighter() -> None:
    program = (
        "import sys, fakegpt_tui.ui.widgets.conversation_list;"
        "import fakegpt_tui.ui.widgets.transcript.view;"
        "print([name for name in ('markdown_it', 'pygments') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 1), (1, 10), (3, 3), (10, 2), (19, 6), (20, 6), (40, 12), (200, 60)]
)
async def test_any_size_will_do(size: tuple[int, int]) -> None:
    app = TranscriptApp()
    async with app.run_test(size=size) as pilot:
        error = "日本語 broke"
        failed = reply(2, "日本語 " * 30, status=MessageStatus.FAILED, error=error)
        await show(pilot, prompt(0, "日本語 " * 30), reply(1, many_lines(80)), failed)
        await press(pilot, "g", "pagedown", "ctrl+u", "k")
        await grow(pilot, reply(3, many_lines(30), status=MessageStatus.STREAMING))
        assert len(strips(app.transcript)) == app.transcript.size.height
        assert all(s.cell_length == app.transcript.size.width for s in strips(app.transcript))
        await press(pilot, "G", "y", "c")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert shown(app.transcript)[-1] == "  line 29"
