"""The first page: what an empty conversation says, and what can be done from there."""

from textual import events
from textual.widgets import Input

from fakegpt_tui import __version__
from fakegpt_tui.domain import FoundService, Model, Service, ServiceKind
from fakegpt_tui.ui.dialogs.import_files import ImportScreen
from fakegpt_tui.ui.dialogs.service_form import ServiceFormScreen
from fakegpt_tui.ui.dialogs.services import ServicesScreen
from fakegpt_tui.ui.widgets.first_page import FirstPage, FirstStep
from tests.stubs import MemoryStore
from tests.ui.running import reply, running

INVITED = {40: " — Enter sends", 25: ""}
"""How the invitation to type ends on narrow screens: it is not cut."""
OLLAMA = FoundService(
    Service(name="ollama", kind=ServiceKind.OPENAI, url="http://127.0.0.1:11434"),
    (Model("llama3"),),
)


async def test_it_says_which_program_this_is_and_offers_the_first_steps() -> None:
    async with running() as it:
        for words in (f"fakegpt-tui {__version__}", "Connect a service", "Try the guide"):
            assert words in it.text
        assert not it.list.display
        # What enter takes is marked, and here it sends.
        assert "› Connect" not in it.text
        await it.pilot.press("tab")
        await it.see("› Connect a service")
        # What comes in above it does not take its place.
        page = it.app.screen.query_one(FirstPage)
        page.steps = (FirstStep("Use another", "services", "use_found"), *page.steps)
        await it.see("Use another")
        assert "› Connect a service" in it.text
        # Where there is nothing to choose from, one is added.
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ServiceFormScreen))
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ServicesScreen))
        await it.pilot.press("escape", "down", "enter")
        await it.until(lambda: isinstance(it.app.screen, ImportScreen))


async def test_the_guide_answers_from_there() -> None:
    async with running(reply("I can do much.")) as it:
        await it.pilot.press("tab", "up", "enter")
        await it.see("I can do much.")
        assert it.list.display
        assert it.app.focused is it.prompt


async def test_the_last_conversation_is_opened_from_there() -> None:
    store = MemoryStore()
    async with running(reply("old words"), store=store) as it:
        await it.ask("remember")
        await it.see("old words")
    async with running(store=store) as it:
        await it.see("Open the last conversation: remember")
        await it.pilot.press("tab", "enter")
        await it.see("old words")


async def test_a_server_that_is_found_on_this_machine_answers_with_one_key() -> None:
    async with running(found=(OLLAMA,)) as it:
        await it.see("Use ollama, found on this machine")
        await it.pilot.press("tab", "enter")
        await it.until(lambda: "ollama llama3" in it.status)
        assert "ollama" in it.services
        assert "Use ollama" not in it.text
        assert it.app.focused is it.prompt
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "ollama llama3" in it.status)


async def test_a_click_takes_a_step() -> None:
    async with running(services=[OLLAMA.service]) as it:
        row = next(y for y, line in enumerate(it.text.split("\n")) if "Connect a service" in line)
        await it.pilot.click(FirstPage, offset=(40, row))
        await it.until(lambda: isinstance(it.app.screen, ServicesScreen))


async def test_what_is_typed_there_goes_into_the_prompt() -> None:
    async with running() as it:
        await it.pilot.press("tab", "d", "o", "space", "i", "t")
        await it.until(lambda: it.prompt.text == "do it")
        assert it.app.focused is it.prompt
        # So does what is pasted, wherever nothing can be typed.
        for key, text in (("tab", "do it now"), ("alt+l", "do it now now")):
            await it.pilot.press(key)
            await it.until(lambda: it.app.focused is not it.prompt)
            it.app.post_message(events.Paste(" now"))
            await it.until(lambda text=text: it.prompt.text == text)
            assert it.app.focused is it.prompt


async def test_a_service_that_was_switched_off_is_not_offered() -> None:
    gone = Service(name="gone", kind=ServiceKind.FAKEGPT, notice="Its owner switched it off.")
    async with running(services=(gone, OLLAMA.service)) as it:
        await it.pilot.press("f6")
        await it.see("ollama")
        assert "gone" not in it.text
        it.app.screen.query_one(Input).value = "gone"
        await it.pilot.pause()
        assert "switched it off" not in it.text


async def test_the_steps_are_in_view_on_small_screens() -> None:
    for size in ((40, 12), (25, 6), (60, 20), (200, 60)):
        async with running(size=size) as it:
            assert ("fakegpt-tui" in it.text) is (size[1] > 6)
            assert "Connect a service" in it.text
            lines = it.text.split("\n")
            invitation = next(line for line in lines if "Ask anything" in line).strip(" │")
            assert invitation == "Ask anything" + INVITED.get(
                size[0], " — Enter sends, / for commands"
            )
            await it.pilot.press("tab", "up")
            await it.see("› Try the guide")
            row = next(y for y, line in enumerate(it.text.split("\n")) if "Connect" in line)
            await it.pilot.click(FirstPage, offset=(5, row))
            await it.until(lambda: isinstance(it.app.screen, ServiceFormScreen))


async def test_a_list_of_services_that_is_open_takes_in_a_server_that_is_found_meanwhile() -> None:
    async with running() as it:
        await it.pilot.press("f6")
        await it.see("Services and models")
        assert "ollama" not in it.text
        it.registry.found = (OLLAMA,)
        await it.see("ollama")
