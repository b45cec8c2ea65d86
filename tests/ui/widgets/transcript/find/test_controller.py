"""Find in the open conversation."""

import pytest
from textual import events
from textual.pilot import Pilot

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.ui.widgets.transcript.line_ids import Fold
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    CountingTranscript,
    MarkdownApp,
    TranscriptApp,
    grow,
    many_lines,
    press,
    prompt,
    reply,
    show,
    shown,
)


def foot(pilot: Pilot[None]) -> str:
    return shown(pilot.app.query_one(Transcript))[-1]


def found(transcript: Transcript) -> list[str]:
    """What is underlined, row by row."""
    return [
        segment.text
        for strip in strips(transcript)
        for segment in strip
        if segment.style is not None and segment.style.underline
    ]


async def find(pilot: Pilot[None], words: str) -> None:
    await press(pilot, "slash", *("space" if letter == " " else letter for letter in words))


def opened(transcript: Transcript, messages: list[ChatMessage]) -> list[str]:
    """The messages with their reasoning unfolded."""
    return [
        each.id for each in messages if transcript.message_list.folds.of(each) is Fold.EVERYTHING
    ]


async def test_what_is_typed_is_found_marked_and_counted() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "a needle"), reply(1, "needle, Needle\nand no pin"))
        before = shown(app.transcript)
        await find(pilot, "needle")
        # Only the mark moves, to the message of the match.
        assert [line[1:] for line in shown(app.transcript)[:-1]] == [
            line[1:] for line in before[:-1]
        ]
        assert foot(pilot).startswith(" /needle")
        assert "1/3" in foot(pilot)
        assert found(app.transcript) == ["needle", "needle", "Needle"]
        await press(pilot, "escape")
        assert shown(app.transcript) == before
        assert found(app.transcript) == []


async def test_upper_case_letters_ask_for_upper_case() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(1, "needle, Needle"))
        await find(pilot, "Ne")
        assert found(app.transcript) == ["Ne"]
        assert "1/1" in foot(pilot)


async def test_n_goes_on_and_capital_n_goes_back_all_the_way_round() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, *(reply(n, many_lines(20) + f"\nneedle {n}") for n in range(4)))
        await press(pilot, "g")
        await find(pilot, "needle")
        await press(pilot, "enter")
        for number in (0, 1, 2, 3, 0):
            assert f"{number + 1}/4" in foot(pilot)
            assert f"  needle {number}" in shown(app.transcript)
            assert app.transcript.current_message is not None
            await press(pilot, "n")
        for number in (0, 3, 2):
            await press(pilot, "N")
            assert f"  needle {number}" in shown(app.transcript)


async def test_n_without_a_field_finds_again_what_was_found_last() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, "needle\n" + many_lines(50)))
        await press(pilot, "n")
        assert "needle" not in foot(pilot)
        await find(pilot, "needle")
        await press(pilot, "enter", "escape", "G", "n")
        assert "  needle" in shown(app.transcript)
        assert "1/1" in foot(pilot)


async def test_keys_of_the_transcript_are_letters_while_words_are_typed() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)))
        await find(pilot, "gy Ync")
        assert foot(pilot).startswith(" /gy Ync ")
        assert "not found  esc close" in foot(pilot)
        assert not app.copied
        await press(pilot, "backspace", "ctrl+w")
        assert foot(pilot).startswith(" /gy ")
        await press(pilot, "ctrl+u")
        assert foot(pilot).startswith(" / ")
        app.transcript.post_message(events.Paste("line\n49"))
        await pilot.pause()
        assert foot(pilot).startswith(" /line 49")
        assert "1/1" in foot(pilot)
        await press(pilot, "ctrl+u")
        app.transcript.post_message(events.Paste("line 7"))
        await pilot.pause()
        assert "  line 7" in shown(app.transcript)
        await press(pilot, "x")  # What is not found leaves the view as it was.
        assert "  line 48" in shown(app.transcript)
        await press(pilot, "backspace")
        assert "  line 7" in shown(app.transcript)
        await press(pilot, "escape")  # So does a query that is not kept.
        assert "  line 49" in shown(app.transcript)[-1:]


async def test_words_are_found_over_the_end_of_a_line() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(24, 12)) as pilot:
        await show(pilot, reply(0, "some words and then a **needle in** a haystack, and so on"))
        await find(pilot, "needle in a hay")
        assert "".join(found(app.transcript)).replace(" ", "") == "needleinahay"
        assert "1/1" in foot(pilot)


async def test_markup_does_not_hide_matches_in_messages_that_were_never_drawn() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(60, 10)) as pilot:
        other = [reply(n, f"paragraph {n}\n\nand more") for n in range(1, 50)]
        await show(pilot, reply(0, "a **bold** `needle`"), *other)
        await find(pilot, "bold needle")
        assert "  a bold needle" in shown(app.transcript)
        assert "1/1" in foot(pilot)


async def test_what_is_only_in_the_source_is_not_found_in_the_end() -> None:
    app = TranscriptApp()
    app.transcript = CountingTranscript()
    async with app.run_test(size=(60, 10)) as pilot:
        other = [reply(n, "more") for n in range(2, 40)]
        hidden = reply(1, "[label](https://needle.example)")
        await show(pilot, reply(0, "a needle"), hidden, *other)
        await find(pilot, "needle")
        await press(pilot, "enter", "n", "n")
        assert "  a needle" in shown(app.transcript)
        assert "1/1" in foot(pilot)


async def test_words_are_found_where_two_parts_of_a_long_paragraph_meet() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 20)) as pilot:
        words = [f"w{number:04}" for number in range(600)]
        await show(pilot, reply(0, " ".join(words)))
        for number in range(150, 190):
            query = words[number : number + 3]
            app.transcript.find.search(" ".join(query))
            await press(pilot, "n")
            assert " ".join(found(app.transcript)).split() == query
            assert "1/1" in foot(pilot)


@pytest.mark.parametrize("between", [" ", "\n\n"])
async def test_finding_goes_on_however_often_the_words_are_not_shown(between: str) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 10)) as pilot:
        hidden = between.join(["[label](https://needle.example)"] * 60)
        replies = [reply(n, hidden) for n in range(1, 250)]
        await show(pilot, reply(0, "a needle"), *replies, reply(999, "the needle"))
        await press(pilot, "g")
        await find(pilot, "needle")
        await press(pilot, "enter")
        for line in ("the needle", "a needle"):
            await press(pilot, "n")
            assert f"  {line}" in shown(app.transcript)
        assert "1/2" in foot(pilot)


async def test_words_that_are_shown_nowhere_are_not_found_in_the_end() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 10)) as pilot:
        hidden = "[label](https://needle.example)"
        folded = [reply(n, f"<think>\n\n{hidden}\n\n</think>\n\ntext") for n in range(300)]
        await show(pilot, *folded)
        await press(pilot, "slash")
        app.transcript.post_message(events.Paste("needle"))
        while "not found" not in foot(pilot):
            await pilot.pause()
        assert not any("label" in line for line in shown(app.transcript))
        app.transcript.action_first()
        assert not any("label" in line for line in shown(app.transcript))


async def test_keys_do_not_wait_for_a_search() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 10)) as pilot:
        hidden = "[label](https://needle.example)\n\n" * 99
        await show(pilot, *(reply(n, hidden) for n in range(400)))
        app.transcript.focus()
        await pilot.press("slash")
        app.transcript.post_message(events.Paste("needle"))
        while "searching…" not in foot(pilot):
            await pilot.pause()
        await pilot.press("s")
        assert foot(pilot).startswith(" /needles")
        assert "not found" in foot(pilot)
        await pilot.press("escape")
        assert "/needle" not in foot(pilot)


@pytest.mark.parametrize("keys", [["escape"], ["s"], ["down"]])
async def test_a_search_that_is_dropped_leaves_no_fold_open(keys: list[str]) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 10)) as pilot:
        hidden = "[label](https://needle.example)\n\n" * 400
        folded = [reply(n, f"<think>\n\n{hidden}</think>\n\ntext") for n in range(99)]
        await show(pilot, *folded)
        before = opened(app.transcript, folded)
        app.transcript.focus()
        await pilot.press("slash")
        app.transcript.post_message(events.Paste("needle"))
        while not opened(app.transcript, folded):
            await pilot.pause()
        assert "searching…" in foot(pilot)
        await pilot.press(*keys, "escape")
        assert opened(app.transcript, folded) == before == []


async def test_what_this_program_writes_beside_code_is_not_searched() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "a copy\n\n```py\nx = 1\n```"))
        await find(pilot, "copy")
        assert found(app.transcript) == ["copy"]
        assert "1/1" in foot(pilot)


async def test_folds_open_where_something_is_found() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "a\nneedle"), reply(1, "text", reasoning="a pin"))
        await press(pilot, "K", "space")
        assert "  needle" not in shown(app.transcript)
        await find(pilot, "needle")
        assert "  needle" in shown(app.transcript)
        await press(pilot, "escape")
        await find(pilot, "pin")
        assert "  ┊ a pin" in shown(app.transcript)


async def test_reasoning_inside_a_reply_opens_where_a_match_is_in_it() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "<think>\n\na needle\n\n</think>\n\nthe text"))
        assert "needle" not in "".join(shown(app.transcript))
        await find(pilot, "needle")
        assert found(app.transcript) == ["needle"]
        assert "1/1" in foot(pilot)


async def test_matches_keep_up_with_a_reply_that_grows() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        streaming = {"status": MessageStatus.STREAMING}
        await show(pilot, reply(0, "needle", **streaming))
        await find(pilot, "needle")
        await grow(pilot, reply(0, "needle needle", **streaming))
        await grow(pilot, reply(1, "one needle", **streaming))
        assert found(app.transcript) == ["needle"] * 3
        assert "1/3" in foot(pilot)


@pytest.mark.parametrize("width", [24, 33, 47, 90])
async def test_the_current_match_stays_the_one_it_is_at_another_width(width: int) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 60)) as pilot:
        words = " ".join(f"and on to the next needle, {number} of ten," for number in range(10))
        await show(pilot, reply(0, f"- {words}\n\n{words}"))
        await find(pilot, "needle")
        await press(pilot, "enter", "n", "n")
        assert "3/20" in foot(pilot)
        await pilot.resize_terminal(width, 60)
        await pilot.pause()
        current = [
            segment.text
            for strip in strips(app.transcript)
            for segment in strip
            if segment.style is not None and segment.style.underline and segment.style.bold
        ]
        assert "".join(current) == "needle"
        for number in (4, 5, 6):
            await press(pilot, "n")
            assert f"{number}/20" in foot(pilot)
        await press(pilot, "N")
        assert "5/20" in foot(pilot)


async def test_five_thousand_messages_are_searched_without_laying_them_out() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        messages = [reply(n, f"text {n}\nneedle {n}" if n % 50 == 0 else "-") for n in range(5000)]
        await show(pilot, *messages)
        await find(pilot, "needle")
        await press(pilot, "enter", "n", "n")
        assert "3/100" in foot(pilot)
        assert len(app.documents.made) < 100


@pytest.mark.parametrize("words", ["(", "[/]", "\\", "a*b", "日本", "\u202e", "."])
async def test_any_words_will_do(words: str) -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, f"x {words} y"))
        await press(pilot, "slash")
        app.transcript.post_message(events.Paste(words))
        await pilot.pause()
        assert app.is_running
        assert "\u202e" not in foot(pilot)
        if words.isprintable():
            assert found(app.transcript) == [words]


async def test_another_conversation_closes_the_field() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, "needle"))
        await find(pilot, "needle")
        await show(pilot, reply(1, "needle", conversation_id="b"), conversation_id="b")
        assert found(app.transcript) == []
        assert "/needle" not in foot(pilot)


async def test_a_conversation_that_is_opened_while_something_is_found_has_all_rows() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(30, 6)) as pilot:
        await show(pilot, reply(0, many_lines(20)))
        await press(pilot, "slash", *"line")
        other = reply(1, many_lines(20, "other"), conversation_id="b")
        await show(pilot, other, conversation_id="b")
        assert shown(app.transcript)[-1] == "  other 19"
