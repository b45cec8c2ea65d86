"""A chosen model titles new conversations, once, and never over a title by a person."""

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.side_requests import clean_title
from fakegpt_tui.domain import FinishReason, ModelRef, ReplyCut, ReplyEnded, TextDelta, TitleSource
from tests.chat.fake_chat import ask, says
from tests.stubs import SERVICE, MemoryStore, connecting

TITLER = ModelRef("scripted", "small")


def chat_of(
    *scripts, model: ModelRef | None = TITLER, store: MemoryStore | None = None
) -> tuple[ChatService, ScriptedBackend]:
    backend, store = ScriptedBackend(*scripts), store or MemoryStore()
    chat = ChatService(
        lambda: store,
        {"scripted": SERVICE},
        connecting(backend),
        service="scripted",
        title_model=model,
    )
    return chat, backend


async def titled(*scripts, prompt: str = "How do rivers age?") -> tuple[str, TitleSource]:
    chat, _ = chat_of(says("slowly"), *scripts)
    turn = await ask(chat, prompt)
    assert chat.titles.is_wanted(turn)
    await chat.titles.make(turn)
    made = chat.conversations.get(turn.conversation.id)
    return made.title, made.title_source


async def test_the_title_is_that_of_the_chosen_model_and_is_in_the_ledger() -> None:
    store = MemoryStore()
    chat, backend = chat_of(says("slowly"), says("«The age of rivers»\n"), store=store)
    turn = await ask(chat, "How do rivers age? " * 200)
    await chat.titles.make(turn)
    assert chat.conversations.get(turn.conversation.id).title == "The age of rivers"
    request = backend.requests[1]
    assert request.model == "small"
    assert len(request.messages[-1].text) == 2_000
    assert [entry.purpose for entry in store.entries] == ["title"]


@pytest.mark.parametrize(
    "script",
    [
        [ReplyCut("cut")],
        [TextDelta("Ri"), ReplyEnded(FinishReason.LENGTH)],
        [ReplyEnded()],
        says("\n\n"),
    ],
)
async def test_a_failure_leaves_the_first_line_of_the_prompt(script: list[object]) -> None:
    assert await titled(script) == ("How do rivers age?", TitleSource.PROMPT)


async def test_only_the_first_reply_is_titled_and_no_title_of_a_person() -> None:
    chat, _ = chat_of(says("slowly"), says("yes"), says("Rivers"))
    conversation = chat.conversations.create()
    first = await ask(chat, "How?", conversation)
    second = await ask(chat, "Sure?", conversation)
    assert (chat.titles.is_wanted(first), chat.titles.is_wanted(second)) == (True, False)
    chat.actions.rename(conversation.id, "Mine")
    assert not chat.titles.is_wanted(first)
    await chat.titles.make(first)
    assert chat.conversations.get(conversation.id).title == "Mine"


async def test_without_a_chosen_model_and_off_the_disk_no_title_is_asked_for() -> None:
    chat, _ = chat_of(says("slowly"), model=None)
    assert not chat.titles.is_wanted(await ask(chat, "How?"))
    chat, _ = chat_of(says("slowly"))
    hidden = chat.conversations.create(temporary=True)
    assert not chat.titles.is_wanted(await ask(chat, "How?", hidden))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('"Rivers"', "Rivers"),
        ("\n**Rivers and lakes:**\nMore", "Rivers and lakes"),
        ("x" * 80, "x" * 49 + "…"),
        ("Red\x1b[31m", "Red␛[31m"),
    ],
)
def test_a_title_is_one_clean_line(text: str, title: str) -> None:
    assert clean_title(text) == title
