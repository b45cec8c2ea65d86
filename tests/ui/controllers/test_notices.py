"""A notice is about a conversation and a state, and goes with them."""

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import MessageStatus, ReplyCut
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


async def test_a_notice_goes_when_it_is_no_longer_true() -> None:
    async with running(reply("answer")) as it:
        await it.ask("question")
        await it.see("answer")
        await it.pilot.press("tab", "G", "e")
        await it.see("Send the edited prompt")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: "Send the edited prompt" not in it.text)
        assert it.prompt.text == ""


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
