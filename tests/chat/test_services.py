"""One connection per service, and another one when the service is another."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.argument_values import ArgumentValues, choice_sentence
from fakegpt_tui.chat.attachments import find_blind, require_sight
from fakegpt_tui.chat.connections import Connection
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.services import Services
from fakegpt_tui.domain import (
    ConfigError,
    LoginState,
    Model,
    ModelRef,
    NotFound,
    PictureRefused,
    RateLimited,
    RequestRefused,
    Service,
    ServiceKind,
)
from fakegpt_tui.domain.parts import Blob, ImagePart, TextSpan
from fakegpt_tui.keymap.argument_kinds import KINDS, ArgumentQuestion
from tests.chat.fake_chat import run, says
from tests.stubs import SERVICE, MemoryStore, SilentBackend, connecting
from tests.stubs import ScriptedBackend as Scripted


class Connecting:
    def __init__(self) -> None:
        self.asked: list[Service] = []
        self.backends: list[ScriptedBackend] = []

    async def __call__(self, service: Service, _report: Callable[[LoginState], None]) -> Connection:
        self.asked.append(service)
        await asyncio.sleep(0)
        self.backends.append(ScriptedBackend())
        # An embedded host is known to be at another address than was configured.
        return Connection(replace(service, url="http://127.0.0.1:1"), self.backends[-1], None)


async def test_many_that_ask_at_once_share_one_connection() -> None:
    connecting = Connecting()
    connected = Services({SERVICE.name: SERVICE}, connecting, service=SERVICE.name)
    made = await asyncio.gather(*(connected.connection(SERVICE.name) for _ in range(5)))
    assert len({id(each) for each in made}) == 1
    assert connecting.asked == [SERVICE]


async def test_a_service_that_was_changed_is_connected_to_anew() -> None:
    connecting = Connecting()
    services = {SERVICE.name: SERVICE}
    connected = Services(services, connecting, service=SERVICE.name)
    await connected.connection(SERVICE.name)
    services[SERVICE.name] = replace(SERVICE, model="another")
    await connected.connection(SERVICE.name)
    await connected.connection(SERVICE.name)
    assert [service.model for service in connecting.asked] == [SERVICE.model, "another"]


async def test_a_service_that_was_added_or_removed_is_known_at_once() -> None:
    services = {"other": replace(SERVICE, name="other")}
    connected = Services(services, Connecting(), service="other")
    with pytest.raises(NotFound):
        await connected.connection(SERVICE.name)
    services[SERVICE.name] = SERVICE
    assert (await connected.connection(SERVICE.name)).service.name == SERVICE.name
    del services[SERVICE.name]
    with pytest.raises(NotFound):
        await connected.connection(SERVICE.name)


def test_a_service_that_was_switched_off_is_offered_only_where_it_is_used() -> None:
    gone = replace(SERVICE, name="gone", notice="Its owner switched it off.")
    services = Services({"gone": gone, SERVICE.name: SERVICE}, Connecting(), service=SERVICE.name)
    assert services.offered() == (SERVICE,)
    assert services.offered("gone") == (gone, SERVICE)


async def test_what_could_not_be_connected_is_tried_again() -> None:
    connecting = Connecting()
    tries = 0

    async def refuse_once(service: Service, report: Callable[[LoginState], None]) -> Connection:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConfigError("Not yet.")
        return await connecting(service, report)

    connected = Services({SERVICE.name: SERVICE}, refuse_once, service=SERVICE.name)
    with pytest.raises(ConfigError):
        await connected.connection(SERVICE.name)
    assert await connected.connection(SERVICE.name)


async def test_closing_closes_what_was_made() -> None:
    connecting = Connecting()
    connected = Services({SERVICE.name: SERVICE}, connecting, service=SERVICE.name)
    await connected.connection(SERVICE.name)
    await connected.aclose()
    assert connecting.backends[0].closed


async def test_a_connection_that_is_to_be_forgotten_is_made_anew() -> None:
    connecting = Connecting()
    connected = Services({SERVICE.name: SERVICE}, connecting, service=SERVICE.name)
    first = await connected.connection(SERVICE.name)
    connected.reconnect(SERVICE.name)
    assert await connected.connection(SERVICE.name) is not first
    assert connecting.asked == [SERVICE, SERVICE]


def chat_over(backend: Backend) -> tuple[ChatService, dict[str, Service]]:
    services = {SERVICE.name: SERVICE}
    store = MemoryStore()
    return ChatService(lambda: store, services, connecting(backend), service=SERVICE.name), services


async def test_the_models_of_a_service_are_known_once_they_were_asked_for() -> None:
    chat, _ = chat_over(Scripted(models=(Model("small"),)))
    assert chat.services.known_models(SERVICE.name) == ()
    assert (
        await chat.services.models(SERVICE.name)
        == chat.services.known_models(SERVICE.name)
        == (Model("small"),)
    )
    chat.services.reconnect(SERVICE.name)
    assert chat.services.known_models(SERVICE.name) == ()


class Knowing(Scripted):
    """A backend that was told of models on the way to a reply."""

    listed_models = (Model("small", window=3_000, efforts=("tiny",)), Model("large"))

    def window(self, model: str) -> int | None:
        return {"": 3_000, "large": 9_000}.get(model)


async def test_what_a_connection_was_told_of_its_models_is_known() -> None:
    api = replace(SERVICE, kind=ServiceKind.OPENAI, model="")
    connected = Services({api.name: api}, connecting(Knowing()), service=api.name)
    assert connected.known_models(api.name) == ()
    await connected.connection(api.name)
    assert connected.known_models(api.name) == Knowing.listed_models
    windows = [connected.window(api.name, model) for model in ("", "small", "large", "other")]
    assert windows == [3_000, 3_000, 9_000, None]
    assert await connected.effort_levels(api.name, "") == ("tiny",)
    assert await connected.effort_levels(api.name, "large") == ("low", "medium", "high")
    assert connected.window("gone", "") is None


async def test_a_list_that_cannot_be_had_is_asked_for_once() -> None:
    api = replace(SERVICE, kind=ServiceKind.OPENAI)
    asked = 0

    class Refusing(Scripted):
        async def models(self) -> tuple[Model, ...]:
            nonlocal asked
            asked += 1
            raise RequestRefused("It has no list.")

    connected = Services({api.name: api}, connecting(Refusing()), service=api.name)
    for _ in range(2):
        assert await connected.effort_levels(api.name, "") == ("low", "medium", "high")
    assert asked == 1


async def test_models_are_found_by_the_service_that_is_typed_before_them() -> None:
    here = SERVICE
    chat, services = chat_over(Scripted(models=(Model("small"), Model("large"))))
    services["there"] = replace(here, name="there")
    opened = chat.conversations.create()
    values = ArgumentValues(chat, lambda: opened)
    for typed, listed in {
        "lar": {"small", "large"},
        f"{here.name}/lar": {f"{here.name}/small", f"{here.name}/large"},
        "there/lar": {"there/small", "there/large"},
    }.items():
        await values.load({"MODEL"}, typed)
        found = values(ArgumentQuestion("chat.model", KINDS["MODEL"], typed=typed))
        assert listed <= {each.text for each in found or ()}, typed
    assert choice_sentence(chat, ModelRef("there", "large")) == "there/large answers from now on."
    strange = choice_sentence(chat, ModelRef("there", "lar"))
    assert strange == "there/lar answers from now on, though there lists no such model."


async def test_a_service_that_does_not_tell_its_models_says_why() -> None:
    chat, _ = chat_over(SilentBackend(RequestRefused("It has no list.")))
    with pytest.raises(RequestRefused, match="no list"):
        await chat.services.models(SERVICE.name)
    assert chat.services.rate_limit(SERVICE.name) is None


async def test_a_limit_is_known_until_the_service_answers_again() -> None:
    slow = RateLimited("Too many requests.", retry_after=3600)
    chat, _ = chat_over(Scripted([slow], says("one")))
    conversation = chat.conversations.create()
    await run(chat, chat.turns.new(conversation, "hi"))
    limit = chat.services.rate_limit(SERVICE.name)
    assert limit is not None
    assert (limit.reason, limit.until is None) == ("Too many requests.", False)
    await run(chat, chat.turns.new(conversation, "again"))
    assert chat.services.rate_limit(SERVICE.name) is None


async def test_a_limit_whose_time_is_up_is_none() -> None:
    chat, _ = chat_over(SilentBackend(RateLimited("Too many requests.", retry_after=0)))
    with pytest.raises(RateLimited):
        await chat.services.models(SERVICE.name)
    assert chat.services.rate_limit(SERVICE.name) is None


async def test_a_wait_beyond_all_reason_does_no_harm() -> None:
    chat, _ = chat_over(SilentBackend(RateLimited("Too many requests.", retry_after=1e300)))
    with pytest.raises(RateLimited):
        await chat.services.models(SERVICE.name)
    assert chat.services.rate_limit(SERVICE.name) is not None


async def test_new_conversations_use_the_service_as_it_is_now() -> None:
    chat, services = chat_over(Scripted())
    services[SERVICE.name] = Service(
        name=SERVICE.name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9", model="other"
    )
    assert chat.conversations.create().model == "other"
    del services[SERVICE.name]
    assert chat.conversations.create().service == SERVICE.name
    assert chat.services.find(SERVICE.name) is None
    with pytest.raises(NotFound):
        chat.services.get(SERVICE.name)


PICTURE = ImagePart(Blob("ab" * 32, 10, "image/png", 4, 3), "cat.png")
LISTED = Model("blind-1", sees=False), Model("seeing-1", sees=True), Model("other-1")


class Listing(Scripted):
    """Lists its models, and counts how often it was asked for them."""

    asked = 0

    async def models(self) -> tuple[Model, ...]:
        self.asked += 1
        return await super().models()


def of_an_api(backend: Backend) -> Services:
    service = replace(SERVICE, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9")
    return Services({service.name: service}, connecting(backend), service=service.name)


async def test_the_list_of_models_is_asked_for_once_before_a_picture_is_sent() -> None:
    backend = Listing(models=LISTED)
    services = of_an_api(backend)
    blind, *others = (ModelRef(SERVICE.name, model.id) for model in LISTED)
    for _ in range(2):
        with pytest.raises(PictureRefused, match=r"scripted/blind-1 takes no pictures, so nothing"):
            await require_sight(services, blind, (PICTURE,))
    await require_sight(services, blind, (TextSpan(4),))
    for each in others:
        await require_sight(services, each, (PICTURE,))
    assert await find_blind(services, (blind, *others)) == (blind,)
    assert backend.asked == 1


async def test_a_model_whose_service_lists_nothing_is_sent_the_picture() -> None:
    services = of_an_api(SilentBackend(RequestRefused("no list")))
    await require_sight(services, ModelRef(SERVICE.name, "blind-1"), (PICTURE,))
