"""What is known of the services while they are used."""

import pytest

from fakegpt_tui.backends.base import Backend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import Model, NotFound, RateLimited, RequestRefused, Service, ServiceKind
from tests.chat.joined import run, says
from tests.stubs import SERVICE, MemoryStore, SilentBackend, connecting
from tests.stubs import ScriptedBackend as Scripted


def chat_over(backend: Backend) -> tuple[ChatService, dict[str, Service]]:
    services = {SERVICE.name: SERVICE}
    return ChatService(MemoryStore(), services, connecting(backend), service=SERVICE.name), services


async def test_the_models_of_a_service_are_known_once_they_were_asked_for() -> None:
    chat, _ = chat_over(Scripted(models=(Model("small"),)))
    assert chat.known_models(SERVICE.name) == ()
    assert await chat.models(SERVICE.name) == chat.known_models(SERVICE.name) == (Model("small"),)
    chat.reconnect(SERVICE.name)
    assert chat.known_models(SERVICE.name) == ()


async def test_a_service_that_does_not_tell_its_models_says_why() -> None:
    chat, _ = chat_over(SilentBackend(RequestRefused("It has no list.")))
    with pytest.raises(RequestRefused, match="no list"):
        await chat.models(SERVICE.name)
    assert chat.rate_limit(SERVICE.name) is None


async def test_a_limit_is_known_until_the_service_answers_again() -> None:
    slow = RateLimited("Too many requests.", retry_after=3600)
    chat, _ = chat_over(Scripted([slow], says("one")))
    conversation = chat.new_conversation()
    await run(chat, chat.new_turn(conversation, "hi"))
    limit = chat.rate_limit(SERVICE.name)
    assert limit is not None
    assert (limit.reason, limit.until is None) == ("Too many requests.", False)
    await run(chat, chat.new_turn(conversation, "again"))
    assert chat.rate_limit(SERVICE.name) is None


async def test_a_limit_whose_time_is_up_is_none() -> None:
    chat, _ = chat_over(SilentBackend(RateLimited("Too many requests.", retry_after=0)))
    with pytest.raises(RateLimited):
        await chat.models(SERVICE.name)
    assert chat.rate_limit(SERVICE.name) is None


async def test_a_wait_beyond_all_reason_does_no_harm() -> None:
    chat, _ = chat_over(SilentBackend(RateLimited("Too many requests.", retry_after=1e300)))
    with pytest.raises(RateLimited):
        await chat.models(SERVICE.name)
    assert chat.rate_limit(SERVICE.name) is not None


async def test_new_conversations_use_the_service_as_it_is_now() -> None:
    chat, services = chat_over(Scripted())
    services[SERVICE.name] = Service(
        name=SERVICE.name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9", model="other"
    )
    assert chat.new_conversation().model == "other"
    del services[SERVICE.name]
    assert chat.new_conversation().service == SERVICE.name
    assert chat.find_service(SERVICE.name) is None
    with pytest.raises(NotFound):
        chat.service(SERVICE.name)
