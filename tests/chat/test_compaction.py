"""A summary stands for what is above it in requests; it is visible, editable and undoable."""

from dataclasses import replace

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.backends.token_estimate import estimate_tokens
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    NotFound,
    PromptTooLong,
    ReplyCut,
    ReplyEnded,
    Service,
    ServiceKind,
    StillReplying,
    TextDelta,
    Unsupported,
    Usage,
    UsageReported,
)
from tests.chat.fake_chat import ask, says
from tests.stubs import SERVICE, MemoryStore, connecting

API = Service(name="api", kind=ServiceKind.OPENAI, model="m", url="http://127.0.0.1:9")
SUMMARY = [TextDelta("They counted."), UsageReported(Usage(50, 5)), ReplyEnded()]


def chat_of(*scripts, service: Service = API) -> tuple[ChatService, ScriptedBackend, MemoryStore]:
    store, backend = MemoryStore(), ScriptedBackend(*scripts)
    known = {service.name: service}
    chat = ChatService(lambda: store, known, connecting(backend), service=service.name)
    return chat, backend, store


async def counted(*more, turns: int = 4):
    """A conversation of some turns whose service then plays `more`."""
    chat, backend, store = chat_of(*(says(f"r{n}") for n in range(turns)), *more)
    conversation = chat.conversations.create()
    for number in range(turns):
        await ask(chat, f"p{number}", conversation)
    return chat, backend, store, conversation


def sent(backend: ScriptedBackend) -> list[str]:
    return [message.text for message in backend.requests[-1].messages]


RECORD = "<record>\nWhat was said before, in short:\n\nThey counted.\n</record>"


async def test_a_summary_and_the_last_turns_are_sent_in_place_of_all() -> None:
    chat, backend, store, conversation = await counted(SUMMARY, says("r4"))
    summary = await chat.compactions.compact(conversation.id)
    instructions, text = (each.text for each in backend.requests[-1].messages)
    assert "record of a conversation" in instructions
    assert text.endswith("User: p0\n\nAssistant: r0\n\nUser: p1\n\nAssistant: r1")
    assert (summary.summarizes, summary.text, summary.usage) == (4, "They counted.", Usage(50, 5))
    await ask(chat, "p4", conversation)
    assert sent(backend) == [RECORD, "p2", "r2", "p3", "r3", "p4"]
    shown = [each.text for each in chat.messages.path(conversation.id)]
    assert shown == ["p0", "r0", "p1", "r1", "p2", "r2", "p3", "r3", "They counted.", "p4", "r4"]
    assert [entry.purpose for entry in store.entries] == ["summary"]


async def test_a_summary_can_be_undone() -> None:
    chat, backend, _, conversation = await counted(SUMMARY, says("r4"))
    await chat.compactions.compact(conversation.id)
    chat.history.undo(conversation.id)
    await ask(chat, "p4", conversation)
    assert sent(backend) == ["p0", "r0", "p1", "r1", "p2", "r2", "p3", "r3", "p4"]


async def test_a_summary_is_edited_in_its_place_and_removed_also_with_others_below_it() -> None:
    chat, backend, _, conversation = await counted(SUMMARY, says("r4"), says("r5"), says("r6"))
    summary = await chat.compactions.compact(conversation.id)
    await ask(chat, "p4", conversation)
    chat.compactions.edit(conversation.id, summary.id, "They counted well.")
    await ask(chat, "p5", conversation)
    assert sent(backend)[0] == RECORD.replace("counted", "counted well")
    chat.compactions.edit(conversation.id, summary.id, "")
    assert len(chat.messages.path(conversation.id)) == 12
    await ask(chat, "p6", conversation)
    assert sent(backend)[:2] == ["p0", "r0"]
    assert len(sent(backend)) == 13
    chat.history.undo(conversation.id)
    assert "They counted well." in [each.text for each in chat.messages.path(conversation.id)]


async def test_the_next_summary_goes_on_from_the_last() -> None:
    second = [TextDelta("More."), ReplyEnded()]
    chat, backend, _, conversation = await counted(SUMMARY, says("r4"), second, says("r5"))
    await chat.compactions.compact(conversation.id)
    await ask(chat, "p4", conversation)
    await chat.compactions.compact(conversation.id)
    assert "Record so far: They counted.\n\nUser: p2" in sent(backend)[1]
    await ask(chat, "p5", conversation)
    assert sent(backend)[1:] == ["p3", "r3", "p4", "r4", "p5"]


async def test_what_is_longer_than_the_window_is_summed_up_piece_by_piece() -> None:
    small = replace(API, window=1_000)
    pieces = [[TextDelta(f"Record {n}."), UsageReported(Usage(9, 2)), ReplyEnded()]
              for n in range(20)]  # fmt: skip
    chat, backend, store = chat_of(*(says("word " * 100) for _ in range(8)), *pieces, service=small)
    conversation = chat.conversations.create()
    for number in range(8):
        await ask(chat, f"p{number} " + "long " * 200, conversation)
    before = len(backend.requests)
    summary = await chat.compactions.compact(conversation.id)
    asked = [each.messages[-1].text for each in backend.requests[before:]]
    count = len(asked)
    assert count > 1
    assert all(estimate_tokens(each) < 800 for each in asked)
    assert "Record so far: Record 0." in asked[1]
    assert summary.text == f"Record {count - 1}."
    said = " ".join(asked)
    assert all(f"p{number} " in said for number in range(6))
    assert summary.usage == Usage(9 * count, 2 * count)
    assert [entry.usage for entry in store.entries] == [Usage(9, 2)] * count


async def test_pieces_become_smaller_until_the_model_takes_them() -> None:
    refuses = [PromptTooLong("Too long.")]
    chat, backend, _ = chat_of(
        says("r0"), says("r1"), says("r2"), refuses, says("A."), says("B."), says("C.")
    )
    conversation = chat.conversations.create()
    for number in range(3):
        await ask(chat, f"p{number} " + "long " * 600, conversation)
    summary = await chat.compactions.compact(conversation.id)
    assert summary.text in ("B.", "C.")
    (first, *others) = [each.messages[-1].text for each in backend.requests[3:]]
    assert all(len(each) < len(first) for each in others)


async def test_a_model_that_takes_nothing_makes_no_summary() -> None:
    chat, _, store, conversation = await counted(*[[PromptTooLong("Too long.")]] * 9)
    before = dict(store.nodes)
    with pytest.raises(PromptTooLong):
        await chat.compactions.compact(conversation.id)
    assert store.nodes == before


@pytest.mark.parametrize(
    "script",
    [
        [ReplyCut("cut")],
        [TextDelta("half"), ReplyCut("cut")],
        [TextDelta("half"), ReplyEnded(FinishReason.LENGTH)],
        [TextDelta("no"), ReplyEnded(FinishReason.CONTENT_FILTER)],
        [ReplyEnded()],
    ],
)
async def test_a_failure_changes_nothing(script: list[object]) -> None:
    chat, _, store, conversation = await counted(script)
    before = dict(store.nodes), dict(store.headers)
    with pytest.raises((ReplyCut, BadReply)):
        await chat.compactions.compact(conversation.id)
    assert (store.nodes, store.headers) == before


async def test_what_went_on_meanwhile_gets_no_summary() -> None:
    chat, backend, _, conversation = await counted(says("r4"))
    turn = chat.turns.new(conversation, "p4")
    with pytest.raises(StillReplying):
        await chat.compactions.compact(conversation.id)
    assert len(backend.requests) == 4
    turn.stop()


async def test_too_little_and_other_services_are_told() -> None:
    chat, _, _, conversation = await counted(turns=2)
    with pytest.raises(NotFound, match="too little"):
        await chat.compactions.compact(conversation.id)
    chat, _, _ = chat_of(service=SERVICE)
    with pytest.raises(Unsupported):
        await chat.compactions.compact(chat.conversations.create().id)
