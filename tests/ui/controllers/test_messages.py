"""Editing, asking again and walking the variants of chat messages by keys."""

import re
from datetime import timedelta

import pytest
from textual.widgets import Input

from fakegpt_tui.domain import ReplyCut, TextDelta, now
from fakegpt_tui.domain.diff import diff_words
from fakegpt_tui.ui.dialogs.branches import CompareScreen, TreeScreen, diff_content
from fakegpt_tui.ui.widgets import RowStatus
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running


async def asked(it: Running, prompt: str, answer: str) -> None:
    await it.ask(prompt)
    await it.see(answer)
    await it.until(lambda: not it.chat.active_turns.all())


def to_transcript(it: Running) -> None:
    """Give the keys to the transcript, with the last message marked."""
    transcript = it.app.screen.query_one(Transcript)
    transcript.focus()
    transcript.action_last()


async def test_a_reply_is_asked_for_again_and_both_variants_stay() -> None:
    async with running(reply("blue sky"), reply("red sky")) as it:
        await asked(it, "which?", "blue sky")
        to_transcript(it)
        await it.pilot.press("r")
        await it.see("red sky")
        await it.see("‹ 2/2 ›")
        await it.pilot.press("left")
        await it.see("blue sky")
        await it.see("‹ 1/2 ›")
        await it.pilot.press("l")
        await it.see("red sky")


async def test_variants_are_walked_to_and_fro_where_others_follow_without_losing_the_place() -> (
    None
):
    ends = "".join(f"\n\nline {number}" for number in range(30))
    async with running(reply("blue sky"), reply(f"more{ends}"), reply("red sky")) as it:
        await asked(it, "which?", "blue sky")
        await asked(it, "and then?", "line 29")
        to_transcript(it)
        await it.pilot.press("g", "J", "r")
        await it.see("red sky")
        await it.until(lambda: not it.chat.active_turns.all())
        row = it.text.split("\n").index(next(r for r in it.text.split("\n") if "▷ Assist" in r))
        for key, variant, answer in (("left", "1/2", "blue sky"), ("right", "2/2", "red sky")) * 2:
            await it.pilot.press(key)
            await it.see(answer)
            marked = it.text.split("\n")[row]
            assert "▶ Assistant" in marked
            assert f"‹ {variant} ›" in marked


async def test_a_prompt_is_edited_and_sent_again() -> None:
    async with running(reply("one"), reply("two")) as it:
        await asked(it, "helo", "one")
        to_transcript(it)
        await it.pilot.press("e")
        assert it.prompt.text == "helo"
        await it.pilot.press("backspace", *"lo", "enter")
        await it.see("two")
        assert [each.text for each in it.path] == ["hello", "two"]
        await it.see("‹ 2/2 ›")


async def test_what_was_typed_before_an_edit_is_there_after_it() -> None:
    async with running(reply("one"), reply("two")) as it:
        await asked(it, "helo", "one")
        it.prompt.insert("half a thought")
        to_transcript(it)
        await it.pilot.press("e")
        await it.see("Edits an earlier prompt")
        await it.pilot.press("backspace", *"lo", "enter")
        await it.see("two")
        await it.until(lambda: it.prompt.text == "half a thought")
        assert "Edits an earlier prompt" not in it.text
        assert it.store.drafts()[it.path[0].conversation_id].text == "half a thought"


async def test_an_edited_prompt_outlives_switching_and_the_program() -> None:
    store = MemoryStore()
    async with running(reply("one"), store=store) as it:
        await asked(it, "helo", "one")
        it.prompt.insert("half a thought")
        to_transcript(it)
        await it.pilot.press("e", *" there")
        await it.until(lambda: it.prompt.text == "helo there")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: it.prompt.text == "")
        assert "Edits an earlier prompt" not in it.text
        assert it.list.rows[0].status is RowStatus.DRAFT
        await it.pilot.press("alt+1")
        await it.until(lambda: it.prompt.text == "helo there")
        await it.see("Edits an earlier prompt")
    async with running(reply("two"), store=store) as it:
        assert it.prompt.text == ""
        await it.pilot.press("alt+1")
        await it.until(lambda: it.prompt.text == "helo there")
        await it.pilot.press("enter")
        await it.see("two")
        await it.until(lambda: it.prompt.text == "half a thought")
        await it.see("‹ 2/2 ›")


async def test_an_edit_is_left_and_what_was_typed_in_it_can_be_brought_back() -> None:
    async with running(reply("one"), reply("two")) as it:
        await asked(it, "helo", "one")
        it.prompt.insert("half a thought")
        to_transcript(it)
        await it.pilot.press("e", *" there", "ctrl+c")
        assert it.prompt.text == "half a thought"
        assert list(it.store.drafts()) == [it.path[0].conversation_id]
        await it.pilot.press("ctrl+z")
        assert it.prompt.text == "helo there"
        await it.pilot.press("enter")
        await it.see("two")
        assert [each.text for each in it.path] == ["helo", "one", "helo there", "two"]


async def test_an_edit_of_which_nothing_came_is_not_gone_on_with() -> None:
    async with running(reply("one")) as it:
        await asked(it, "helo", "one")
        to_transcript(it)
        await it.pilot.press("e")
        await it.see("Edits an earlier prompt")
        await it.pilot.press("ctrl+n", "alt+1")
        await it.see("one")
        assert it.prompt.text == ""
        assert "Edits an earlier prompt" not in it.text


async def test_a_cut_reply_goes_on_where_it_stopped() -> None:
    async with running([TextDelta("half "), ReplyCut("It broke.")], reply("whole")) as it:
        await asked(it, "go", "Interrupted: It broke.")
        to_transcript(it)
        await it.pilot.press("full_stop")
        await it.see("half whole")
        assert it.path[-1].text == "half whole"


async def test_variants_are_compared_word_by_word() -> None:
    async with running(reply("the blue sky"), reply("the red sky")) as it:
        await asked(it, "which?", "the blue sky")
        to_transcript(it)
        await it.pilot.press("D")
        await it.see("only one variant")
        await it.pilot.press("r")
        await it.see("the red sky")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("D")
        await it.until(lambda: isinstance(it.app.screen, CompareScreen))
        await it.see("the blue red sky")
        await it.pilot.press("escape")


async def test_a_variant_is_compared_with_any_other() -> None:
    async with running(*map(reply, ("blue", "red", "red"))) as it:
        await asked(it, "which?", "blue")
        for place in ("‹ 2/2 ›", "‹ 3/3 ›"):
            to_transcript(it)
            await it.pilot.press("r")
            await it.see(place)
            await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("D")
        await it.see("Changes from variant 2 to 3")
        await it.see("Both say the same.")
        await it.pilot.press("left")
        await it.see("Changes from variant 1 to 3")
        await it.see("bluered")
        assert "Both say" not in it.text
        await it.pilot.press("l", "right", "h")
        await it.see("Changes from variant 2 to 3")


WIDE = "```py\nx = " + "abcdefghij" * 20 + "\n```\n\nThe end."


async def test_long_lines_of_code_are_cut_by_key_and_by_slash_and_moved() -> None:
    async with running(reply(WIDE)) as it:
        await asked(it, "code", "The end.")
        to_transcript(it)
        await it.pilot.press("w")
        await it.see("cut ›")
        await it.see("Long lines of code are cut")
        await it.pilot.press("greater_than_sign")
        await it.see("‹")
        await it.pilot.press("less_than_sign", "escape", *"/wrap", "enter")
        await it.see("go on in the next line")
        assert "cut ›" not in it.text


async def test_a_temporary_conversation_leaves_no_bookmark() -> None:
    async with running(reply("word\n\n" * 99)) as it:
        await it.command("/temporary")
        await asked(it, "go", "word")
        to_transcript(it)
        await it.pilot.press("g")
        conversation = it.path[-1].conversation_id
        await it.pilot.press("ctrl+n")
        assert it.chat.bookmarks.get(conversation) is not None
        assert it.store.bookmark(conversation) is None


def test_a_comparison_has_signs_that_need_no_colours() -> None:
    assert diff_content(diff_words("a [/] b", "a c b"), signs=True).plain == "a [-[/]-] {+c+} b"


async def test_the_tree_shows_every_branch_and_leads_to_it() -> None:
    async with running(reply("blue"), reply("red")) as it:
        await asked(it, "which?", "blue")
        to_transcript(it)
        await it.pilot.press("r")
        await it.see("red")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("t")
        await it.until(lambda: isinstance(it.app.screen, TreeScreen))
        await it.pilot.press(*"blue", "enter")
        await it.until(lambda: it.path[-1].text == "blue")


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (60, 20), (30, 10)])
async def test_the_tree_has_lines_ages_and_a_preview(size: tuple[int, int]) -> None:
    later = now() + timedelta(hours=3, minutes=30)
    replies = (reply("blue"), reply("red"), reply("**so**"))
    async with running(*replies, size=size, clock=lambda: later) as it:
        await asked(it, "which?", "blue")
        to_transcript(it)
        await it.pilot.press("r")
        await it.see("red")
        await it.until(lambda: not it.chat.active_turns.all())
        it.prompt.focus()
        await asked(it, "and then?", "so")
        await it.command("/tree")
        await it.until(lambda: isinstance(it.app.screen, TreeScreen))
        await it.see("└─●")
        branches = re.findall(r"(?:[├└]─|  )[○●] .*", it.text)
        assert [row[:4] for row in branches] == ["├─○ ", "└─● ", "  ● "]
        if size[0] >= 60:
            assert "‹1/2›" in branches[0]
            assert "3 h" in branches[0]
            assert "red" in branches[1]
            assert "│ so" in it.text
            assert "**" not in it.text


async def test_a_tree_of_many_turns_is_drawn_and_filtered() -> None:
    words = ("alpha", "beta", "gamma")
    async with running(*(reply(f"{each} answer") for each in words)) as it:
        for each in words:
            await asked(it, f"{each} question", f"{each} answer")
        await it.command("/tree")
        await it.until(lambda: isinstance(it.app.screen, TreeScreen))
        await it.pilot.press(*"beta ans")
        await it.until(lambda: it.text.count("●") == 1)
        await it.pilot.press(*"zzz")
        await it.until(lambda: "Nothing fits." in it.text and "answer" not in it.text)
        await it.pilot.press(*["backspace"] * 3)
        # A row is filtered out before the list has told that it was marked.
        tree = it.app.screen
        await it.pilot.press(*["backspace"] * 8)
        await it.until(lambda: it.text.count("●") == 3)
        tree.options.highlighted = 2
        tree.query_one(Input).value = "alpha"
        tree.filter()
        await it.until(lambda: it.text.count("●") == 1)
        await it.pilot.press("enter")
        await it.until(lambda: not isinstance(it.app.screen, TreeScreen))


async def test_the_message_that_is_chosen_in_the_tree_is_the_marked_one() -> None:
    async with running(reply("blue"), reply("red")) as it:
        await asked(it, "which?", "blue")
        await asked(it, "and then?", "red")
        to_transcript(it)
        await it.pilot.press("t")
        await it.until(lambda: isinstance(it.app.screen, TreeScreen))
        await it.pilot.press(*"blue", "enter")
        transcript = it.app.screen.query_one(Transcript)
        await it.until(
            lambda: (
                transcript.current_message is not None and transcript.current_message.text == "blue"
            )
        )


async def test_a_conversation_is_branched_off() -> None:
    async with running(reply("one"), reply("two")) as it:
        await asked(it, "first", "one")
        to_transcript(it)
        await it.pilot.press("b")
        await it.until(lambda: len(it.list.rows) == 2)
        await asked(it, "elsewhere", "two")
        assert [each.text for each in it.path] == ["first", "one", "elsewhere", "two"]
        await it.pilot.press("alt+j")
        await it.until(lambda: [each.text for each in it.path] == ["first", "one"])


async def test_a_message_is_deleted_with_what_is_below_it_and_comes_back() -> None:
    async with running(reply("one"), reply("two")) as it:
        await asked(it, "first", "one")
        await asked(it, "second", "two")
        to_transcript(it)
        await it.pilot.press("d")
        await it.see("in the trash")
        assert "two" not in [each.text for each in it.path]
        await it.pilot.press("u")
        await it.see("Taken back")
        assert [each.text for each in it.path] == ["first", "one", "second", "two"]


async def test_a_deleted_message_comes_back_from_the_trash_in_a_later_run() -> None:
    store = MemoryStore()
    async with running(reply("one [/]"), store=store) as it:
        await asked(it, "first", "one [/]")
        to_transcript(it)
        await it.pilot.press("d")
        await it.see("in the trash")
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        await it.command("/trash")
        await it.see("Message: one [/]")
        await it.pilot.press("enter")
        await it.until(lambda: [each.text for each in it.path] == ["first", "one [/]"])


async def test_what_was_done_last_is_taken_back_first_whatever_it_was_done_to() -> None:
    async with running(reply("one")) as it:
        await asked(it, "first", "one")
        to_transcript(it)
        await it.pilot.press("d")
        await it.see("in the trash")
        it.chat.actions.pin([it.list.rows[0].id])
        await it.pilot.press("u")
        await it.see("Taken back: “first” was pinned.")
        await it.pilot.press("u")
        await it.see("Taken back: A message was deleted in “first”.")


async def test_a_failed_reply_is_retried() -> None:
    async with running([ReplyCut("It broke.")], reply("whole")) as it:
        await asked(it, "go", "It broke.")
        await it.command("/retry")
        await it.see("whole")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.command("/variant before")
        await it.see("It broke.")
        await it.command("/find")
        await it.until(lambda: it.app.screen.query_one(Transcript).is_finding)
        await it.pilot.press("escape")
        await it.command("/edit prompt")
        await it.until(lambda: it.prompt.text == "go")


async def test_which_variant_of_a_long_reply_is_shown_stays_in_sight() -> None:
    long = "\n\n".join(f"line {number}" for number in range(60))
    async with running(reply(long), reply(f"{long}\n\nthe end")) as it:
        await asked(it, "which?", "line 59")
        to_transcript(it)
        await it.pilot.press("r")
        await it.see("the end")
        await it.until(lambda: not it.chat.active_turns.all())
        transcript = it.app.screen.query_one(Transcript)
        top = transcript.region.y

        def first_row() -> str:
            return it.text.split("\n")[top]

        await it.until(lambda: first_row().rstrip().endswith("‹ 2/2 ›"))
        await it.pilot.press("K", "J", "left")
        await it.pilot.press("pagedown")
        await it.until(lambda: first_row().rstrip().endswith("‹ 1/2 ›"))
