"""Folding messages, and the reasoning above a reply."""

from dataclasses import replace
from datetime import timedelta

from fakegpt_tui.domain import FinishReason, MessageStatus, Usage
from fakegpt_tui.ui.widgets.transcript.appearance import MessageLabel
from fakegpt_tui.ui.widgets.transcript.hint_targets import find_spots
from tests.ui.widgets.shown import shown as shown_exactly
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
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


async def test_space_folds_the_marked_message_and_unfolds_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, prompt(0, "hello"), reply(1, "the *first* line\n" + many_lines(3)))
        before = shown(app.transcript)
        await press(pilot, "space")
        assert shown(app.transcript)[4:7] == [
            "  Assistant · fake-1",
            "  ▸ the *first* line line 0 line 1 line 2",
            "",
        ]
        await press(pilot, "space")
        assert shown(app.transcript)[:6] == before[:6]


async def test_reasoning_is_folded_above_its_reply_until_it_is_asked_for() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        thoughtful = reply(0, "so it is", reasoning="first this\nthen that")
        await show(pilot, thoughtful)
        label = "  ▸ Reasoning · 20 characters"
        assert shown(app.transcript)[1:5] == ["  Assistant · fake-1", label, "  so it is", ""]
        await press(pilot, "space")
        opened = [label.replace("▸", "▾"), "  ┊ first this", "  ┊ then that", "  so it is"]
        assert shown(app.transcript)[2:6] == opened
        await press(pilot, "space")
        assert shown(app.transcript)[2] == "  ▸ so it is"
        await press(pilot, "space")
        assert shown(app.transcript)[2:4] == [label, "  so it is"]


async def test_reasoning_is_shown_as_it_comes_and_then_how_long_it_took() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 14)) as pilot:
        thinking = reply(0, "", reasoning=many_lines(9, "thought"), status=MessageStatus.WAITING)
        await show(pilot, thinking)
        assert shown(app.transcript)[2:8] == [
            "  ▸ Thinking …",
            *(f"  ┊ thought {number}" for number in range(5, 9)),
            "",
        ]
        await grow(pilot, replace(thinking, reasoning=f"{thinking.reasoning}\nand more"))
        assert shown(app.transcript)[6] == "  ┊ and more"
        words = " ".join(f"thought{number}" for number in range(90))
        await grow(pilot, replace(thinking, reasoning=words))
        assert all(line.startswith("  ┊ thought") for line in shown(app.transcript)[3:7])
        await grow(pilot, thinking)
        answering = replace(
            thinking,
            text="so it is",
            status=MessageStatus.STREAMING,
            thought_for=timedelta(seconds=6.2),
        )
        await grow(pilot, answering)
        label = "  ▸ Thought for 6.2 s · 89 characters"
        assert shown(app.transcript)[2:5] == [label, "  so it is", ""]


async def test_the_header_says_what_goes_on_while_a_reply_is_under_way() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await show(pilot, reply(0, "x"), reply(1, "", status=MessageStatus.WAITING))
        app.transcript.set_activity("⠋ thinking 4 s")
        await pilot.pause()
        headers = [line for line in shown(app.transcript) if "Assistant" in line]
        assert headers == ["  Assistant · fake-1", "  Assistant · fake-1 · ⠋ thinking 4 s"]


async def test_a_header_says_when_and_how_long_as_far_as_there_is_room() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 14)) as pilot:
        timed = reply(0, "x", ended_after=timedelta(minutes=2, seconds=5.9))
        label = MessageLabel(time="14:02", cost="≈ 9 tokens")
        app.transcript.show("a", [timed], labels={"m0": label})
        for width, facts in (
            (60, " · 14:02 · 2 min 5 s · ≈ 9 tokens"),
            (50, " · 14:02 · 2 min 5 s"),
            (40, " · 2 min 5 s"),
            (30, " · 14:02"),
        ):
            await pilot.resize_terminal(width, 14)
            await pilot.pause()
            assert shown(app.transcript)[1] == f"  Assistant · fake-1{facts}"


async def test_a_click_on_the_label_opens_the_reasoning_and_closes_it() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, "so it is", reasoning="first this"))
        closed = shown(app.transcript)
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.pause()
        assert shown(app.transcript)[3] == "  ┊ first this"
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.pause()
        assert shown(app.transcript) == closed


REASONINGFUL = "<think>\nfirst this\n</think>\n\nso it is"


async def test_a_click_on_the_label_of_reasoning_opens_it_and_closes_it() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, REASONINGFUL))
        assert shown(app.transcript)[2:5] == ["  ▸ Thinking", "", "  so it is"]
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.pause()
        assert "first this" in shown(app.transcript)[4]
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.pause()
        assert "so it is" in shown(app.transcript)[4]


async def test_space_opens_reasoning_too() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, reply(0, REASONINGFUL))
        await press(pilot, "space")
        assert "  first this" in shown(app.transcript)
        await press(pilot, "space")
        assert shown(app.transcript)[2].startswith("  ▸ <think>")
        await press(pilot, "space")
        assert "  first this" not in shown(app.transcript)


async def test_a_fold_is_remembered_while_other_conversations_are_read() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        thoughtful = reply(0, "so it is", reasoning="first this")
        await show(pilot, thoughtful)
        await press(pilot, "space")
        await show(pilot, reply(1, "x", conversation_id="b"), conversation_id="b")
        await show(pilot, thoughtful)
        assert shown(app.transcript)[3] == "  ┊ first this"


async def test_reasoning_grows_in_sight_before_there_is_a_reply() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        thinking = {"status": MessageStatus.STREAMING}
        await show(pilot, reply(0, "", reasoning="one", **thinking))
        await press(pilot, "space")
        await grow(pilot, reply(0, "", reasoning="one\n\ntwo", **thinking))
        await grow(pilot, reply(0, "text", reasoning="one\n\ntwo", **thinking))
        assert [line[2:] for line in shown(app.transcript)[2:7]] == [
            "▾ Reasoning · 8 characters",
            "┊ one",
            "┊",
            "┊ two",
            "text",
        ]


async def test_a_fold_leaves_the_marked_message_where_it_is() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await show(pilot, *long_conversation(30, 4))
        await press(pilot, *["pageup"] * 5, *["K"])
        rows = shown_exactly(app.transcript)
        row = next(y for y, line in enumerate(rows) if line.startswith("▶"))
        assert 0 < row < 12
        for _ in range(4):
            await press(pilot, "space")
            assert shown_exactly(app.transcript)[row].startswith("▶")
            assert shown_exactly(app.transcript)[:row] == rows[:row]


async def test_a_long_message_that_is_folded_shows_its_header_at_the_top() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await show(pilot, reply(0, many_lines(50)), *long_conversation(9)[1:])
        await press(pilot, "g", "pagedown", "pagedown", "space")
        header, gist, *_ = shown_exactly(app.transcript)
        assert header == "▶ Assistant · fake-1"
        assert gist.startswith("┃ ▸ line 0 line 1 line 2")


async def test_a_header_says_what_a_reply_cost_and_that_it_met_a_limit() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(70, 12)) as pilot:
        cut = reply(0, "x", usage=Usage(9, 1234), finish=FinishReason.LENGTH)
        await show(pilot, cut)
        header = "  Assistant · fake-1 · 1,234 tokens · cut at the length limit"
        assert shown(app.transcript)[1] == header
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert shown(app.transcript)[1] == "  Assistant · fake-1 · cut at the length limit"


async def test_a_label_stands_in_the_header_and_can_change() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.transcript.show("a", [reply(0, "x")], labels={"m0": MessageLabel("‹ 2/3 ›")})
        await pilot.pause()
        assert shown(app.transcript)[1] == "  Assistant · fake-1 ‹ 2/3 ›"
        app.transcript.set_labels({"m0": MessageLabel("‹ 3/3 ›")})
        await pilot.pause()
        assert shown(app.transcript)[1] == "  Assistant · fake-1 ‹ 3/3 ›"


DETAILS = "Above.\n\n<details>\n<summary>A log</summary>\n\nthe needle\n</details>\n\nBelow."


async def test_details_stay_as_they_were_left_while_other_messages_are_read() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        others = [reply(number, "x", conversation_id="b") for number in range(1, 400)]
        await show(pilot, reply(0, DETAILS))
        assert "the needle" not in "".join(shown(app.transcript))
        await pilot.click(app.transcript, offset=(5, 4))
        await pilot.pause()
        opened = shown(app.transcript)
        assert "  the needle" in opened
        await show(pilot, *others, conversation_id="b")
        for index in range(len(others)):
            app.transcript.message_list.layout(index)
        await show(pilot, reply(0, DETAILS))
        assert shown(app.transcript) == opened
        # Folding the whole message changes nothing in it.
        await press(pilot, "space", "space", "space")
        assert "the needle" not in "".join(shown(app.transcript))


async def test_details_of_reasoning_fold_apart_from_those_of_the_text() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 24)) as pilot:
        hidden = DETAILS.replace("needle", "thought")
        await show(pilot, reply(0, DETAILS, reasoning=hidden))
        await pilot.click(app.transcript, offset=(5, 2))
        await pilot.pause()
        assert "  the needle" in shown(app.transcript)
        assert "thought" not in "".join(shown(app.transcript))
        spots = find_spots(app.transcript.viewport.positions, app.transcript.message_list)
        inside, text = (each for each in spots if each.target.value == DETAILS.index("<details>"))
        app.transcript.act_on(inside.position, {"fold": inside.target.value})
        await pilot.pause()
        assert "  ┊ the thought" in shown(app.transcript)
        assert "  the needle" in shown(app.transcript)
        app.transcript.act_on(text.position, {"fold": text.target.value})
        await pilot.pause()
        assert "  the needle" not in shown(app.transcript)
        assert "  ┊ the thought" in shown(app.transcript)


async def test_what_is_found_in_details_opens_them_and_what_is_not_changes_nothing() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await show(pilot, reply(0, f"{DETAILS}\n\n<details>\n\nanother\n</details>"))
        await press(pilot, *"/needle", "enter")
        assert "  the needle" in shown(app.transcript)
        await press(pilot, "escape", "space", "space")
        await pilot.click(app.transcript, offset=(5, 4))
        await pilot.pause()
        before = shown(app.transcript)
        # The word is written in the tags alone.
        app.transcript.action_find("summary")
        await app.workers.wait_for_complete()
        await press(pilot, "escape")
        assert shown(app.transcript) == before
