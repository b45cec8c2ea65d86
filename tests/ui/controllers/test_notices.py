"""A notice is about a conversation and a state, and goes with them."""

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import ReplyCut
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
        assert "TEMPORARY" in it.status


async def test_a_notice_goes_when_it_is_no_longer_true() -> None:
    async with running(reply("answer")) as it:
        await it.ask("question")
        await it.see("answer")
        await it.pilot.press("shift+tab", "e")
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
