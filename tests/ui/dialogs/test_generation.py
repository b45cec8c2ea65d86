"""The system prompt and the generation settings of a conversation, on the screen."""

from fakegpt_tui.domain import (
    ConfigError,
    GenerationSettings,
    Preset,
    SaveError,
    Service,
    ServiceKind,
)
from fakegpt_tui.ui.dialogs.generation import GenerationScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.widgets.text_box import TextBox
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running

OPENAI = Service(name="scripted", kind=ServiceKind.OPENAI, model="scripted-1")


async def opened(it: Running) -> None:
    await it.pilot.press("alt+g")
    await it.until(lambda: isinstance(it.app.screen, GenerationScreen))


async def closed(it: Running) -> None:
    await it.until(lambda: isinstance(it.app.screen, ChatScreen))


async def type_into(it: Running, field: str, text: str) -> None:
    it.app.screen.query_one(f"#{field}").focus()
    await it.pilot.press(*text)


async def test_a_system_prompt_of_several_lines_comes_before_all_prompts() -> None:
    async with running(reply("one")) as it:
        await it.command("/system")
        await it.see("Generation settings")
        await it.pilot.press(*"Be brief", "enter", *"Be kind", "ctrl+s")
        await closed(it)
        await it.ask("hi")
        await it.see("one")
        assert [(each.role, each.text) for each in it.backend.requests[0].messages] == [
            ("system", "Be brief\nBe kind"),
            ("user", "hi"),
        ]


async def test_settings_are_used_from_the_next_reply_on_and_kept_with_the_conversation() -> None:
    store = MemoryStore()
    async with running(reply("one"), reply("two"), store=store) as it:
        await it.ask("hi")
        await it.see("one")
        await opened(it)
        await type_into(it, "temperature", "0.5")
        await type_into(it, "seed", "7")
        await type_into(it, "stop", "END")
        await it.pilot.press("ctrl+s")
        await closed(it)
        await it.see("from the next reply on")
        await it.ask("again")
        await it.see("two")
        wanted = GenerationSettings(temperature=0.5, seed=7, stop=("END",))
        assert [each.generation for each in it.backend.requests] == [GenerationSettings(), wanted]
        await it.until(lambda: [each.generation for each in store.headers.values()] == [wanted])
        await opened(it)
        await it.see("0.5")
        await it.pilot.press("escape")
        await closed(it)


async def test_a_sentence_stands_beside_what_cannot_be_used_and_nothing_is_kept() -> None:
    async with running(size=(110, 30)) as it:
        await opened(it)
        await type_into(it, "temperature", "9")
        await it.see("This must be a number from 0 to 2, such as 0.7.")
        await it.pilot.press("enter")
        await it.see("This must be a number")
        assert isinstance(it.app.screen, GenerationScreen)
        await it.pilot.press("backspace", *"1", "enter")
        await closed(it)
        await it.ask("hi")
        await it.until(lambda: len(it.backend.requests) == 1)
        assert it.backend.requests[0].generation == GenerationSettings(temperature=1)


async def test_esc_asks_before_it_drops_what_was_typed() -> None:
    async with running() as it:
        await opened(it)
        await type_into(it, "seed", "7")
        for typed, size in (("8", (25, 6)), ("9", (60, 20)), ("0", (80, 24))):
            await it.pilot.resize_terminal(*size)
            await it.pilot.press("escape")
            await it.until(lambda: "again drops it" in " ".join(it.text.replace("│", "").split()))
            await it.pilot.press(typed)
            await it.until(lambda: "drops it" not in it.text)
        await it.pilot.press("escape")
        await it.see("esc again drops it")
        await it.pilot.press("escape")
        await closed(it)
        await it.ask("hi")
        await it.until(lambda: len(it.backend.requests) == 1)
        assert it.backend.requests[0].generation == GenerationSettings()


async def test_what_is_set_is_kept_as_a_preset_under_a_name() -> None:
    kept: list[Preset] = []

    async def keep(preset: Preset) -> None:
        if not preset.name:
            raise ConfigError("It needs a [/] name.")
        kept.append(preset)

    presets = {"terse": Preset("terse")}
    async with running(presets=presets, save_preset=keep, size=(110, 30)) as it:
        await opened(it)
        await type_into(it, "system_prompt", "Be warm")
        await type_into(it, "temperature", "1.5")
        await type_into(it, "preset", "")
        await it.pilot.press("enter")
        await it.see("It needs a [/] name.")
        await it.pilot.press(*"terse", "enter")
        await it.see("enter again replaces it")
        assert kept == []
        await it.pilot.press("enter")
        await it.see("/undo brings the old one back")
        assert kept == [Preset("terse", "Be warm", GenerationSettings(temperature=1.5))]


async def test_a_preset_that_is_new_is_not_said_to_replace_one() -> None:
    presets: dict[str, Preset] = {}

    async def keep(preset: Preset) -> None:
        presets[preset.name] = preset

    async with running(presets=presets, save_preset=keep, size=(110, 30)) as it:
        await opened(it)
        await type_into(it, "preset", "new")
        await it.pilot.press("enter")
        await it.see("/preset gives it to any conversation")


async def replaced(it: Running) -> None:
    """Replace the preset “terse” by what is set, and close the page."""
    await opened(it)
    await type_into(it, "system_prompt", "Be warm")
    await type_into(it, "preset", "terse")
    await it.pilot.press("enter")
    await it.see("enter again replaces it")
    await it.pilot.press("enter")
    await it.see("/undo")
    await it.pilot.press("escape", "escape")
    await closed(it)


async def test_replacing_a_preset_is_taken_back() -> None:
    before = Preset("terse", "Be terse", GenerationSettings(temperature=0.1))
    presets = {"terse": before}

    async def keep(preset: Preset) -> None:
        presets[preset.name] = preset

    async with running(presets=presets, save_preset=keep, size=(160, 30)) as it:
        await replaced(it)
        assert presets == {"terse": Preset("terse", "Be warm")}
        await it.command("/undo")
        await it.see("Taken back: The preset 'terse' was replaced.")
        await it.until(lambda: presets == {"terse": before})


async def test_a_preset_that_cannot_be_put_back_now_can_be_later() -> None:
    before = Preset("terse", "Be terse")
    presets = {"terse": before}
    troubles: list[SaveError] = []

    async def keep(preset: Preset) -> None:
        if troubles:
            raise troubles.pop()
        presets[preset.name] = preset

    async with running(presets=presets, save_preset=keep, size=(160, 30)) as it:
        await replaced(it)
        troubles.append(SaveError("The disk is full."))
        await it.command("/undo")
        await it.see("The preset is still the new one: The disk is full.")
        await it.command("/undo")
        await it.until(lambda: presets == {"terse": before})


async def test_an_untouched_field_stays_to_the_letter() -> None:
    odd = Preset("odd", "a\u2028b\r\nc", GenerationSettings(seed=3, stop=("\u2028\x1b", "\r")))
    async with running(reply("one"), presets={"odd": odd}) as it:
        await it.command("/preset")
        await it.see("odd")
        await it.pilot.press("enter")
        await opened(it)
        await type_into(it, "temperature", "1")
        await it.pilot.press("ctrl+s")
        await closed(it)
        await it.ask("hi")
        await it.see("one")
        request = it.backend.requests[0]
        assert request.messages[0].text == odd.system_prompt
        assert request.generation == GenerationSettings(
            temperature=1, seed=3, stop=odd.generation.stop
        )


async def test_a_service_that_takes_no_settings_is_said() -> None:
    async with running() as it:
        await opened(it)
        await it.see("scripted is told the system prompt alone.")
    async with running(service=OPENAI) as it:
        await opened(it)
        assert "alone" not in it.text


async def test_what_was_set_is_taken_back() -> None:
    async with running(reply("one")) as it:
        await it.ask("hi")
        await it.see("one")
        await opened(it)
        await type_into(it, "seed", "7")
        await it.pilot.press("enter")
        await closed(it)
        conversation_id = it.list.rows[0].id
        assert it.chat.conversations.get(conversation_id).generation.seed == 7
        await it.command("/undo")
        await it.see("Taken back")
        assert it.chat.conversations.get(conversation_id).generation == GenerationSettings()


async def test_a_setting_that_is_not_set_is_one_row_high() -> None:
    async with running(size=(80, 24), service=OPENAI) as it:
        await opened(it)
        lines = [*it.app.screen.query(".line")]
        await it.until(lambda: {line.size.height for line in lines} == {1})
        box = it.app.screen.query_one("#stop", TextBox)
        box.focus()
        await it.pilot.press("a", "enter", "b")
        await it.until(lambda: box.size.height == 2)
