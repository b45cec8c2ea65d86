"""Choosing who answers, and how, in the open conversation."""

from dataclasses import replace

from fakegpt_tui.domain import (
    FoundService,
    GenerationSettings,
    Model,
    Preset,
    Service,
    ServiceDraft,
    ServiceKind,
)
from tests.stubs import MemoryStore
from tests.transfer.trees import branched
from tests.ui.running import reply, running


async def test_another_model_is_chosen_and_answers_from_then_on() -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.until(lambda: not it.chat.turns())
        await it.pilot.press("f6")
        await it.see("Who answers here")
        await it.see("Service scripted")
        await it.pilot.press(*"Scripted", "enter")
        await it.until(lambda: it.chat.conversation(it.list.rows[0].id).model == "scripted")
        await it.ask("second")
        await it.see("two")
        assert [request.model for request in it.backend.requests] == ["scripted-1", "scripted"]
        assert [each.model for each in it.path if each.model] == ["scripted-1", "scripted"]


async def test_a_preset_is_used_for_the_open_conversation() -> None:
    preset = Preset(
        name="terse", system_prompt="Be terse", generation=GenerationSettings(temperature=0.1)
    )
    async with running(reply("one"), presets={"terse": preset}) as it:
        await it.command("/preset")
        await it.see("terse")
        await it.pilot.press("enter")
        await it.see("used from now on")
        await it.ask("hi")
        await it.see("one")
        assert it.backend.requests[0].messages[0].text == "Be terse"
        assert it.backend.requests[0].generation.temperature == 0.1


async def test_no_preset_is_said() -> None:
    async with running() as it:
        await it.command("/preset")
        await it.see("There are no presets")


async def test_a_model_server_on_this_machine_is_offered_and_kept_once_it_is_chosen() -> None:
    found = FoundService(
        Service(name="ollama", kind=ServiceKind.OPENAI, url="http://127.0.0.1:11434/v1"),
        (Model("llama3", "Llama 3 [/]"),),
    )
    kept: list[ServiceDraft] = []

    async def find() -> tuple[FoundService, ...]:
        return (found,)

    async def keep(draft: ServiceDraft) -> Service:
        kept.append(draft)
        it.services["ollama"] = found.service
        return found.service

    async with running(find_services=find, keep_service=keep) as it:
        await it.see("Found on this machine: ollama")
        await it.pilot.press("f6")
        await it.see("Found: ollama, Llama 3 [/]")
        assert kept == []
        await it.pilot.press(*"found", "enter")
        await it.see("ollama llama3")
        assert [draft.url for draft in kept] == ["http://127.0.0.1:11434/v1"]


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
        await it.see("Service scripted")
        await it.pilot.press(*"scripted", "enter")
        await it.until(lambda: it.chat.conversation(conversation.id).service == "scripted")
        await it.ask("hi")
        await it.see("here again")
