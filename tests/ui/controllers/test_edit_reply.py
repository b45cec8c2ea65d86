"""A reply can be edited, and gone on from as it was edited."""

from tests.ui.controllers.test_messages import asked, to_transcript
from tests.ui.running import reply, running


async def test_an_edited_reply_is_a_variant_and_goes_along_with_the_next_prompt() -> None:
    async with running(reply("blue sky"), reply("indeed")) as it:
        await asked(it, "which?", "blue sky")
        to_transcript(it)
        await it.pilot.press("E")
        await it.see("Enter keeps the edited reply")
        await it.see("Edits a reply; esc leaves that")
        assert it.prompt.text == "blue sky"
        await it.pilot.press("end", *" at night", "enter")
        await it.see("blue sky at night")
        await it.see("‹ 2/2 ›")
        assert len(it.backend.requests) == 1
        await it.ask("really?")
        await it.see("indeed")
        said = [each.text for each in it.backend.requests[1].messages]
        assert said == ["which?", "blue sky at night", "really?"]


async def test_editing_a_reply_can_be_undone() -> None:
    async with running(reply("blue sky")) as it:
        await asked(it, "which?", "blue sky")
        to_transcript(it)
        await it.pilot.press("E", "end", "!", "enter")
        await it.see("blue sky!")
        await it.command("/undo")
        await it.until(lambda: "blue sky!" not in it.text)
        await it.see("blue sky")


async def test_a_prompt_is_no_reply() -> None:
    async with running(reply("blue sky")) as it:
        await asked(it, "which?", "blue sky")
        to_transcript(it)
        await it.pilot.press("K", "E")
        await it.see("There is no reply to edit.")
