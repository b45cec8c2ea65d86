"""A notice is about a conversation and a state, and goes with them."""

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import MessageStatus, Notice, ReplyCut, ReplyEnded, TextDelta
from fakegpt_tui.ui.messages import PromptNotSaved, ShowNotice
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import reply, running


async def test_a_notice_goes_with_its_conversation() -> None:
    async with running() as it:
        await it.command("/temporary")
        await it.see("leaves nothing on disk")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "leaves nothing on disk" not in it.text)
        assert "TEMPORARY" not in it.status


async def test_a_temporary_conversation_says_so_as_long_as_it_is_open() -> None:
    async with running(reply("answer")) as it:
        await it.command("/temporary")
        await it.see("TEMPORARY")
        await it.ask("secret")
        await it.see("answer")
        assert "TEMPORARY" in it.header


async def test_what_a_reply_in_view_says_of_itself_is_not_said_twice() -> None:
    told = "The service took no temperature."
    gate, reply_told = Gate(), [TextDelta("answer 1"), Notice(told), ReplyEnded()]
    async with running(reply_told, [gate, *reply_told]) as it:
        await it.ask("question")
        await it.until(lambda: it.path[-1:] and it.path[-1].status is MessageStatus.COMPLETE)
        await it.see("answer 1")
        assert it.text.count(told) == 1
        await it.ask("question")
        await it.pilot.press("ctrl+n")
        await it.see("A new conversation")
        gate.open()
        await it.see(f"question: {told}")


async def test_a_notice_goes_when_it_is_no_longer_true() -> None:
    async with running(reply("answer")) as it:
        await it.ask("question")
        await it.see("answer")
        await it.pilot.press("tab", "G", "e")
        await it.see("Send the edited prompt")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: "Send the edited prompt" not in it.text)
        assert it.prompt.text == ""


async def test_what_is_said_goes_once_it_is_true_no_longer() -> None:
    gate = Gate()
    async with running(reply("old words"), reply("answer", gate=gate)) as it:
        await it.ask("/system Be brief.")
        await it.see("This holds from the next reply on")
        # An empty conversation says so, too.
        assert "system prompt" in it.header
        await it.ask("question")
        await it.until(lambda: "words" in it.text and "from the next reply on" not in it.text)
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("tab", "slash", *"words", "enter", "escape")
        await it.see("The search is closed")
        await it.pilot.press("slash")
        await it.until(lambda: "The search is closed" not in it.text)
        await it.pilot.press("escape", "escape")
        await it.until(lambda: it.app.focused is it.prompt)
        await it.ask("question")
        await it.see("answer")
        await it.command("/retry")
        await it.see("A reply is under way")
        gate.open()
        await it.until(lambda: not it.chat.active_turns.all() and "under way" not in it.text)


async def test_what_happens_in_another_conversation_is_told_with_its_title() -> None:
    gate = Gate()
    async with running([gate, ReplyCut("The line is cut.")]) as it:
        await it.ask("trip to Norway")
        await it.until(lambda: bool(it.chat.active_turns.all()))
        await it.pilot.press("ctrl+n")
        gate.open()
        await it.see("trip to Norway: The line is cut.")


async def test_escape_leaves_one_thing_with_each_press_and_says_which() -> None:
    gate = Gate()
    async with running(reply("old words"), reply("more", gate=gate)) as it:
        await it.ask("question")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.ask("go on")
        await it.until(lambda: bool(it.chat.active_turns.all()))
        await it.see("more")
        await it.pilot.press("tab", "g", "slash", *"words", "enter", "e", "a")
        await it.until(lambda: it.prompt.text == "questiona")
        it.prompt.select_all()
        await it.pilot.press("tab", "m")
        await it.until(lambda: it.list.picked == frozenset() and "1 picked" in it.text)
        steps = []
        for notice in ("selected", "picked", "edit is left", "search is closed", "is stopped"):
            await it.pilot.press("escape")
            await it.see(notice)
            steps.append((notice, it.prompt.text, it.app.screen.query_one(Transcript).is_finding))
        await it.until(lambda: not it.chat.active_turns.all())
        assert steps == [
            ("selected", "questiona", True),
            ("picked", "questiona", True),
            ("edit is left", "", True),
            ("search is closed", "", False),
            ("is stopped", "", False),
        ]
        assert it.path[-1].status is MessageStatus.STOPPED
        await it.pilot.press("escape")
        assert it.app.focused is it.prompt


async def test_escape_closes_the_list_of_commands_and_nothing_else() -> None:
    gate = Gate()
    async with running(reply("words", gate=gate)) as it:
        await it.ask("question")
        await it.see("words")
        await it.pilot.press(*"/ne", "escape")
        await it.see("The list of commands is closed")
        assert it.prompt.text == "/ne"
        assert it.chat.active_turns.all()
        gate.open()


async def test_ctrl_c_in_vain_says_how_to_leave() -> None:
    async with running() as it:
        await it.pilot.press(*"ab", "ctrl+c")
        assert it.prompt.text == ""
        assert "leaves the program" not in it.status
        await it.pilot.press("ctrl+c")
        await it.see("ctrl+q leaves the program")


async def test_why_a_reply_failed_is_told_once_on_the_reply() -> None:
    async with running([ReplyCut("The line is cut.")]) as it:
        await it.ask("question")
        await it.see("The line is cut.")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.pause()
        assert it.text.count("The line is cut.") == 1


async def test_a_failure_out_of_view_is_told_in_the_bar() -> None:
    gate = Gate()
    long = "\n\n".join(f"line {number}" for number in range(60))
    async with running([TextDelta(long), gate, ReplyCut("The line is cut.")]) as it:
        await it.ask("question")
        await it.see("line 59")
        await it.pilot.press("pageup")
        gate.open()
        await it.see("The reply failed; G in the transcript goes to it.")
        assert "The line is cut." not in it.text


async def test_a_prompt_of_another_conversation_that_is_not_saved_is_told_with_its_title() -> None:
    async with running(reply("one")) as it:
        await it.ask("trip to Norway")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        conversation_id = it.path[0].conversation_id
        await it.pilot.press("ctrl+n")
        it.app.screen.post_message(PromptNotSaved(conversation_id, "words", "The disk is full."))
        await it.see("trip to Norway: The disk is full.")


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (60, 20), (60, 11)])
async def test_the_prompt_stays_in_place_whatever_a_notice_says(size: tuple[int, int]) -> None:
    async with running(reply("one"), size=size) as it:
        place = it.prompt.region
        for words in ("short", "a long notice " * 8, "a notice without end " * 40, "short"):
            it.app.screen.post_message(ShowNotice(words.strip()))
            await it.see(words[:30].strip())
            assert it.prompt.region == place
        bar = it.app.screen.query_one(StatusBar)
        bar.clear_notice()
        await it.until(lambda: "short" not in it.text)
        assert it.prompt.region == place
        assert it.app.screen.query_one(KeyFooter).display == (size[1] >= 12)


async def test_a_notice_is_seen_to_its_end_and_in_front_of_a_dialog() -> None:
    long = "Saved as one.md in " + "/a-folder" * 24 + " and that is the end."
    async with running(reply("one"), size=(80, 24)) as it:
        await it.ask("question")
        await it.see("one")
        place = it.prompt.region
        it.app.screen.post_message(ShowNotice(long))
        await it.see("that is the end.")
        assert it.prompt.region == place
        main = it.app.screen
        await it.pilot.press("f6")
        await it.see("Services and models")
        await it.see("that is the end.")
        main.post_message(ShowNotice("Something came meanwhile."))
        await it.see("Something came meanwhile.")
        assert "that is the end." not in it.text
        main.query_one(StatusBar).clear_notice()
        await it.until(lambda: "meanwhile" not in it.text)
        await it.pilot.press("escape")
        await it.until(lambda: it.app.screen is main and "that is the end." not in it.text)


async def test_a_reply_that_failed_has_the_keys_that_help_beside_it() -> None:
    async with running([ReplyCut("The line is cut.")], reply("whole"), size=(120, 30)) as it:
        await it.ask("question")
        await it.see("The line is cut.")
        await it.see("/retry or r asks again · F6 another model · F6 F2 its address and key")
        await it.ask("/retry")
        await it.see("whole")
        assert "/retry" not in it.text


async def test_a_reply_that_was_stopped_says_how_to_go_on_with_keys_of_ones_own() -> None:
    gate = Gate()
    own = {"message.continue": "f12"}
    async with running(reply("half", gate=gate), size=(120, 30), keys=own) as it:
        await it.ask("question")
        await it.see("half")
        await it.pilot.press("escape")
        await it.see("/continue or F12 goes on · /retry or r asks again")
        await it.see("The reply is stopped")
        it.backend.enqueue(reply(" and whole"))
        await it.ask("/continue")
        await it.see("half and whole")
        await it.until(lambda: "The reply is stopped" not in it.text)


async def test_a_reply_of_which_nothing_came_is_not_gone_on_with() -> None:
    async with running([Gate()], size=(120, 30)) as it:
        await it.ask("question")
        await it.until(lambda: bool(it.chat.active_turns.all()))
        await it.pilot.press("escape")
        await it.see("Stopped: nothing had arrived yet.")
        await it.see("The reply is stopped; nothing had arrived yet.")
        await it.see("/retry or r asks again")
        assert "/continue" not in it.text
