"""One key cycles how long the model of a conversation is asked to think."""

from dataclasses import replace

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import Model, ReplyEnded, ServiceKind, TextDelta
from tests.stubs import SERVICE
from tests.ui.running import Running, reply, running

API = replace(SERVICE, kind=ServiceKind.OPENAI)


async def listed(it: Running, *models: Model) -> None:
    """Let the service list these models."""
    backend = ScriptedBackend(models=models)
    it.backend.models = backend.models
    await it.chat.services.models(API.name)


async def cycles(it: Running, *efforts: str) -> None:
    """Each press of the key lets the conversation ask for the next of `efforts`."""
    for effort in efforts:
        await it.pilot.press("alt+t")
        await it.until(lambda: it.app.screen.state.open.generation.effort == effort)  # noqa: B023


async def test_the_key_goes_through_the_usual_words_and_back_to_the_service() -> None:
    async with running(reply("hi"), service=API) as it:
        await cycles(it, "low", "medium", "high", "", "low")
        await it.see("Effort: low, if the model takes it.")
        await it.ask("x")
        await it.until(lambda: len(it.backend.requests) == 1)
        await it.see("effort low")
        assert it.backend.requests[0].generation.effort == "low"


async def test_the_levels_are_those_that_the_service_lists() -> None:
    async with running(service=API) as it:
        await listed(it, Model(API.model, thinks=True, efforts=("off", "max")))
        await cycles(it, "off", "max", "")


async def test_the_list_is_fetched_for_the_first_press() -> None:
    async with running(service=API) as it:
        models = (Model(API.model, efforts=("tiny",)),)
        it.backend.models = ScriptedBackend(models=models).models
        await cycles(it, "tiny", "")


async def test_a_model_that_does_not_think_and_a_service_without_efforts_are_told() -> None:
    async with running(service=API) as it:
        await listed(it, Model(API.model, thinks=False))
        await it.pilot.press("alt+t")
        await it.see("this model does not think")
    async with running() as it:
        await it.pilot.press("alt+t")
        await it.see("This service takes no effort.")


async def test_the_share_of_the_window_is_shown_where_the_window_is_known() -> None:
    async with running(reply("four " * 10), service=replace(API, window=100)) as it:
        await it.ask("five " * 10)
        await it.until(lambda: it.header.endswith("≈ 20 tokens · 20 %"))


async def test_the_share_grows_while_a_reply_streams() -> None:
    gate = Gate()
    script = [TextDelta("four " * 20), gate, TextDelta("more " * 10), ReplyEnded()]
    async with running(script, service=replace(API, window=1_000)) as it:
        await it.ask("five " * 10)
        await it.until(lambda: it.header.endswith("≈ 30 tokens · 3 %"))
        assert it.chat.active_turns.all()
        gate.open()
        await it.until(lambda: it.header.endswith("≈ 40 tokens · 4 %"))
