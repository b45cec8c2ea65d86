"""Choosing who answers, and how, in the open conversation."""

from dataclasses import replace

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    FoundService,
    GenerationSettings,
    Model,
    ModelRef,
    Preset,
    RateLimited,
    Service,
    ServiceKind,
)
from fakegpt_tui.keymap import COMMANDS, KeyScope
from fakegpt_tui.ui.widgets.service_list import ServiceList
from tests.formats.trees import branched
from tests.stubs import MemoryStore, SilentBackend
from tests.ui.running import reply, running


async def test_another_model_is_chosen_and_answers_from_then_on() -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("f6")
        await it.see("Services and models")
        await it.pilot.press(*"Scripted", "down", "enter")
        await it.until(lambda: it.chat.conversations.get(it.list.rows[0].id).model == "scripted")
        await it.ask("second")
        await it.see("two")
        assert [request.model for request in it.backend.requests] == ["scripted-1", "scripted"]
        assert [each.model for each in it.path if each.model] == ["scripted-1", "scripted"]


async def test_a_preset_is_used_for_the_open_conversation_also_after_a_new_start() -> None:
    preset = Preset(
        name="terse", system_prompt="Be terse", generation=GenerationSettings(temperature=0.1)
    )
    store = MemoryStore()
    async with running(presets={"terse": preset}, store=store) as it:
        await it.command("/preset")
        await it.see("terse")
        await it.pilot.press("enter")
        await it.see("used from now on")
    async with running(reply("one"), store=store) as it:
        await it.until(lambda: "system prompt" in it.header)
        await it.ask("hi")
        await it.see("one")
        assert it.backend.requests[0].messages[0].text == "Be terse"
        assert it.backend.requests[0].generation.temperature == 0.1


async def test_no_preset_is_said() -> None:
    async with running() as it:
        await it.command("/preset")
        await it.see("There are no presets")


OLLAMA = Service(name="ollama", kind=ServiceKind.OPENAI, url="http://127.0.0.1:11434")
LOCAL = ScriptedBackend(
    models=(
        Model("llama3", "Llama 3 [/]", "The first of them.", 8192, size="8B", family="llama"),
        Model("qwen", window=131_072, size="7.6B", family="qwen2"),
    )
)


async def test_a_model_server_on_this_machine_is_offered_and_kept_once_it_is_chosen() -> None:
    found = FoundService(OLLAMA, (Model("llama3", "Llama 3 [/]"),))
    async with running(found=(found,)) as it:
        await it.see("Found on this machine: ollama")
        await it.pilot.press("f6")
        await it.see("Found on this machine")
        await it.see("llama3  Llama 3 [/]")
        assert it.registry.saved == []
        await it.pilot.press(*"llama3", "enter")
        await it.until(lambda: "ollama llama3" in it.status)
        assert [draft.url for draft in it.registry.saved] == ["http://127.0.0.1:11434"]


async def test_all_services_are_shown_with_their_state_and_what_is_known_of_their_models() -> None:
    cold = Service(name="cold", kind=ServiceKind.OPENAI, url="http://127.0.0.1:1")
    shared = Service(name="shared", kind=ServiceKind.FAKEGPT, url="http://127.0.0.1:2")
    silent = SilentBackend(RateLimited("Too many requests.", retry_after=3600))
    backends = {"ollama": LOCAL, "cold": silent}
    async with running(services=(OLLAMA, cold, shared), backends=backends) as it:
        await it.pilot.press("f6")
        await it.see("ollama  ready · http://127.0.0.1:11434")
        await it.see("llama3  Llama 3 [/] · 8k window · 8B · llama")
        await it.see("qwen  128k window · 7.6B · qwen2")
        await it.see("cold  limited until")
        await it.see("shared  signed out")
        await it.pilot.press(*"cold")
        await it.see("Too many requests.")
        assert "qwen" not in it.text


async def test_a_service_that_wants_a_login_is_asked_only_when_a_person_says_so() -> None:
    shared = Service(name="shared", kind=ServiceKind.FAKEGPT, url="http://127.0.0.1:2")
    async with running(services=(shared,), backends={"shared": LOCAL}) as it:
        await it.pilot.press("f6", *"shared")
        await it.see("signed out")
        await it.pilot.press("f7")
        await it.see("llama3")


async def test_favourites_come_first_and_can_be_chosen_there() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}) as it:
        await it.pilot.press("f6", *"qwen")
        await it.see("qwen  128k")
        await it.pilot.press("f3")
        await it.see("Favourites")
        assert it.registry.favourites == (ModelRef("ollama", "qwen"),)
        await it.pilot.press("escape")
        await it.pilot.press("f6")
        await it.see("★ qwen  ollama · 128k window")
        lines = it.text.splitlines()
        place = next(i for i, line in enumerate(lines) if "Favourites" in line)
        assert "★ qwen" in lines[place + 1]
        await it.pilot.press("pageup", "f3")
        await it.until(lambda: it.registry.favourites == ())


async def test_the_model_that_answers_here_is_made_a_favourite_from_the_palette() -> None:
    async with running() as it:
        await it.command("/favourite")
        await it.see("scripted/scripted-1 is a favourite")
        assert it.registry.favourites == (ModelRef("scripted", "scripted-1"),)


async def test_testing_says_step_by_step_what_does_not_work() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}) as it:
        it.registry.steps = (
            ConnectionCheck("It can be reached and offers 2 models.", worked=True),
            ConnectionCheck("It does not accept the key.", worked=False),
        )
        await it.pilot.press("f6", *"qwen")
        await it.see("qwen  128k")
        it.registry.may_go_on.clear()
        await it.pilot.press("f5")
        await it.see("✓ It can be reached and offers 2 models.")
        await it.see("Trying it out …")
        it.registry.may_go_on.set()
        await it.see("✗ It does not accept the key.")
        await it.until(lambda: "Trying it out" not in it.text)
        assert [(draft.name, draft.model) for draft in it.registry.checked] == [("ollama", "qwen")]


async def test_a_service_is_removed_after_a_question_and_what_it_answered_stays() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}) as it:
        LOCAL.enqueue(reply("from ollama"))
        await it.pilot.press("f6", *"ollama", "enter")
        await it.until(lambda: it.status.startswith("ollama"))
        await it.ask("hi")
        await it.see("from ollama")
        it.registry.key_locations = {"ollama": "the keyring of the system"}
        await it.pilot.press("f6", "f9")
        await it.see("Removal of ollama")
        await it.see("Remove ollama from config.toml, and its key from the keyring of the system")
        await it.pilot.press("enter")
        await it.see("Services and models")
        assert "ollama" in it.services
        await it.pilot.press("f9", "down", "enter")
        await it.see("ollama is no longer in config.toml.")
        assert "ollama" not in it.services
        await it.pilot.press("escape")
        await it.see("from ollama")
        await it.ask("and now?")
        await it.see("There is no service named 'ollama' in the configuration.")


async def test_removing_that_is_refused_says_why() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}) as it:
        it.registry.error = ConfigError("Another service goes through it.")
        await it.pilot.press("f6", *"ollama", "f9", "down", "enter")
        await it.see("✗ Another service goes through it.")


async def test_a_conversation_whose_service_is_gone_can_be_read() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}) as it:
        await it.pilot.press("f6", *"ollama", "enter")
        await it.until(lambda: it.status.startswith("ollama"))
        del it.services["ollama"]
        await it.pilot.press("f6", "escape")
        await it.see("the service is no longer configured")


async def test_all_of_it_fits_a_small_screen() -> None:
    async with running(services=(OLLAMA,), backends={"ollama": LOCAL}, size=(60, 20)) as it:
        await it.pilot.press("f6")
        await it.see("llama3")
        await it.see("esc close")


async def test_every_key_of_these_screens_reaches_its_command() -> None:
    async with running() as it:
        for keys, where, title in (
            (["f6"], KeyScope.SERVICES, "Services and models"),
            (["f4"], KeyScope.SERVICE_FORM, "New service"),
        ):
            await it.pilot.press(*keys)
            await it.see(title)
            for command in COMMANDS:
                # Enter is the field's own key; asking all that are marked is for several.
                if command.scope is where and command.id not in {
                    "services.use",
                    "services.ask-marked",
                }:
                    for key in command.keys.split(","):
                        assert it.app.screen.active_bindings[key].binding.id == command.id


async def test_a_conversation_whose_service_is_not_configured_can_be_read_and_given_another() -> (
    None
):
    store = MemoryStore()
    conversation, messages = branched()
    store.add_turn(replace(conversation, service="elsewhere"), *messages)
    async with running(reply("here again"), store=store) as it:
        await it.pilot.press("alt+1")
        await it.see("elsewhere")
        await it.ask("hi")
        await it.see("There is no service named 'elsewhere'")
        await it.pilot.press("f6")
        await it.see("Services and models")
        await it.pilot.press(*"scripted", "enter")
        await it.until(lambda: it.chat.conversations.get(conversation.id).service == "scripted")
        await it.ask("hi")
        await it.see("here again")


async def test_what_is_marked_stays_in_view_when_the_screen_gets_smaller() -> None:
    others = [replace(OLLAMA, name=f"box-{number}") for number in range(9)]
    async with running(services=others, size=(100, 40)) as it:
        await it.pilot.press("f6", *["down"] * 8)
        await it.see("box-8")
        marked = it.app.screen.query_one(ServiceList).highlighted_model
        assert marked is not None
        for size in ((60, 12), (25, 6)):
            await it.pilot.resize_terminal(*size)
            await it.see(marked.service)
