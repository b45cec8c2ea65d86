"""Requests with and without history at the service, and after the service has lost it."""

from collections.abc import AsyncIterator, Mapping

import pytest

from fakegpt_tui.backends.base import Purpose, RemoteParent, ReplyRequest
from fakegpt_tui.domain import (
    ContextMessage,
    History,
    Notice,
    PromptTooLong,
    RemoteIdAssigned,
    ReplyCut,
    ReplyEnded,
    TextDelta,
)
from fakegpt_tui.protocol.fakegpt import ConversationNotFound
from tests.fault_server import (
    Close,
    FaultServer,
    Send,
    chunk,
    json_reply,
    message_event,
    stream,
    stream_head,
)
from tests.signed_in import Waits, backend, events_of, text_of

CHAT = "/api/conversation"
PATH = (
    ContextMessage("user", "One?"),
    ContextMessage("assistant", "One."),
    ContextMessage("user", "Two?"),
)
PACKED = "User: One?\nAssistant: One.\nUser: Two?\nAssistant:"
PLACE = RemoteParent("conversation-1", "reply-0")
LOST = json_reply({"detail": "Can't load conversation conversation-1"}, status=404)
TOO_LONG = json_reply(
    {"detail": {"message": "Too long.", "code": "message_length_exceeds_limit"}}, status=413
)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def asking(
    purpose: Purpose = Purpose.NEXT,
    place: RemoteParent | None = None,
    messages: tuple[ContextMessage, ...] = PATH,
) -> ReplyRequest:
    return ReplyRequest(
        messages=messages, model="m", purpose=purpose, prompt_id="prompt-1", remote_parent=place
    )


async def bodies(server: FaultServer) -> list[Mapping[str, object]]:
    return [body for asked in server.asked(CHAT) if isinstance(body := asked.json, dict)]


def prompt_of(body: Mapping[str, object]) -> tuple[str, str]:
    """The id and the text of what was asked."""
    match body["messages"]:
        case [{"id": str(prompt_id), "content": {"parts": [str(text)]}}]:
            return prompt_id, text
        case other:
            raise AssertionError(other)


async def test_without_a_place_a_conversation_begins_that_the_service_keeps(
    server: FaultServer,
) -> None:
    server.script(CHAT, *stream("Hel", "Hello"))
    events = await events_of(backend(server.url, history=History.SERVER), asking())
    (body,) = await bodies(server)
    assert "conversation_id" not in body
    assert body["parent_message_id"] not in ("", "reply-0")
    assert body["history_and_training_disabled"] is False
    assert prompt_of(body) == ("prompt-1", PACKED)
    assert events.count(RemoteIdAssigned("conversation-1", "reply-1")) == 1
    assert (text_of(events), events[-1]) == ("Hello", ReplyEnded())


async def test_in_its_place_a_prompt_goes_alone(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    await events_of(backend(server.url, history=History.SERVER), asking(place=PLACE))
    (body,) = await bodies(server)
    assert (body["action"], body["conversation_id"]) == ("next", "conversation-1")
    assert body["parent_message_id"] == "reply-0"
    assert body["history_and_training_disabled"] is False
    assert prompt_of(body) == ("prompt-1", "Two?")


async def test_another_reply_is_asked_for_to_the_same_prompt(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    request = asking(Purpose.VARIANT, PLACE)
    await events_of(backend(server.url, history=History.SERVER), request)
    (body,) = await bodies(server)
    assert (body["action"], body["parent_message_id"]) == ("variant", "reply-0")
    assert prompt_of(body) == ("prompt-1", "Two?")


async def test_the_first_prompt_of_a_conversation_has_a_parent_too(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    request = asking(Purpose.VARIANT, RemoteParent("conversation-1", ""))
    await events_of(backend(server.url, history=History.SERVER), request)
    (body,) = await bodies(server)
    assert body["parent_message_id"]
    assert body["conversation_id"] == "conversation-1"


async def test_a_reply_is_continued_where_the_service_keeps_it(server: FaultServer) -> None:
    server.script(CHAT, *stream(" more"))
    partial = (*PATH, ContextMessage("assistant", "Two and"))
    request = asking(Purpose.CONTINUE, RemoteParent("conversation-1", "reply-1"), partial)
    events = await events_of(backend(server.url, history=History.SERVER), request)
    (body,) = await bodies(server)
    assert body["action"] == "continue"
    assert "messages" not in body
    assert (body["conversation_id"], body["parent_message_id"]) == ("conversation-1", "reply-1")
    assert text_of(events) == " more"


@pytest.mark.parametrize("history", History)
async def test_elsewhere_a_prompt_asks_to_continue_the_reply(
    server: FaultServer, history: History
) -> None:
    server.script(CHAT, *stream(" more"))
    partial = (*PATH, ContextMessage("assistant", "Two and"))
    request = asking(Purpose.CONTINUE, None, partial)
    events = await events_of(backend(server.url, history=history), request)
    (body,) = await bodies(server)
    assert body["action"] == "next"
    prompt_id, prompt = prompt_of(body)
    assert prompt.startswith("User: One?\nAssistant: One.\nUser: Two?\nAssistant: Two and\nUser: ")
    assert prompt.endswith("\nAssistant:")
    assert prompt_id != "prompt-1"
    assert text_of(events) == " more"


async def test_packed_history_leaves_no_trace_at_the_service(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hello"))
    events = await events_of(backend(server.url), asking(Purpose.VARIANT, PLACE))
    (body,) = await bodies(server)
    assert (body["action"], prompt_of(body)[1]) == ("next", PACKED)
    assert "conversation_id" not in body
    assert body["history_and_training_disabled"] is True
    assert not [event for event in events if isinstance(event, RemoteIdAssigned)]


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("told", ["by status", "in the stream"])
async def test_a_lost_conversation_begins_anew_with_all_that_was_said(
    server: FaultServer, purpose: Purpose, told: str
) -> None:
    if told == "by status":
        server.script(CHAT, Send(LOST))
    else:
        error = b'data: {"message": null, "error": {"code": "conversation_not_found"}}\n\n'
        server.script(CHAT, Send(stream_head()), Send(chunk(error)), Close())
    server.script(CHAT, *stream("Hello"))
    events = await events_of(backend(server.url, history=History.SERVER), asking(purpose, PLACE))
    first, second = await bodies(server)
    assert first["conversation_id"] == "conversation-1"
    assert "conversation_id" not in second
    assert second["action"] == "next"
    assert second["history_and_training_disabled"] is False
    assert prompt_of(second)[1].startswith("User: One?\nAssistant: One.\nUser: Two?\n")
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "no longer knows this conversation" in notices[0]
    assert RemoteIdAssigned("conversation-1", "reply-1") in events
    assert text_of(events) == "Hello"


async def test_a_conversation_that_is_lost_after_text_is_not_asked_for_again(
    server: FaultServer,
) -> None:
    error = b'data: {"message": null, "error": {"code": "conversation_not_found"}}\n\n'
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel") + error)), Close())
    with pytest.raises(ConversationNotFound):
        await events_of(backend(server.url, history=History.SERVER), asking(place=PLACE))
    assert len(server.asked(CHAT)) == 1


async def test_a_service_that_knows_no_conversation_at_all_is_asked_no_third_time(
    server: FaultServer,
) -> None:
    server.script(CHAT, Send(LOST))
    with pytest.raises(ConversationNotFound):
        await events_of(backend(server.url, history=History.SERVER), asking(place=PLACE))
    assert len(server.asked(CHAT)) == 2


def turns(count: int) -> tuple[ContextMessage, ...]:
    said = [
        (ContextMessage("user", f"Question {n}"), ContextMessage("assistant", f"Answer {n}"))
        for n in range(count)
    ]
    system = ContextMessage("system", "Be brief.")
    return (system, *(one for turn in said for one in turn), ContextMessage("user", "The prompt"))


async def test_of_too_long_a_prompt_the_oldest_turns_are_left_out_and_that_is_told(
    server: FaultServer,
) -> None:
    server.script(CHAT, Send(TOO_LONG))
    server.script(CHAT, Send(TOO_LONG))
    server.script(CHAT, *stream("Hello"))
    waits = Waits()
    events = await events_of(backend(server.url, waits=waits), asking(messages=turns(10)))
    prompts = [prompt_of(body)[1] for body in await bodies(server)]
    assert len(prompts[0]) > len(prompts[1]) > len(prompts[2])
    for prompt in prompts:
        system, first, *_, last, end = prompt.split("\n")
        assert (system, last, end) == ("System: Be brief.", "User: The prompt", "Assistant:")
        assert first.startswith("User: ")
    left_out = 20 - prompts[2].count("Question") - prompts[2].count("Answer")
    assert events[0] == Notice(
        f"The prompt was too long for the service, so its {left_out} oldest messages were left out."
    )
    assert [type(event) for event in events[1:]] == [TextDelta, ReplyEnded]
    assert waits.seconds == []


async def test_a_prompt_that_is_too_long_by_itself_is_refused(server: FaultServer) -> None:
    server.script(CHAT, Send(TOO_LONG))
    with pytest.raises(PromptTooLong):
        await events_of(backend(server.url), asking(messages=turns(300)))
    *_, last = await bodies(server)
    assert prompt_of(last)[1] == "System: Be brief.\nUser: The prompt\nAssistant:"
    assert len(server.asked(CHAT)) == 7


async def test_what_the_service_keeps_cannot_be_left_out(server: FaultServer) -> None:
    server.script(CHAT, Send(TOO_LONG))
    with pytest.raises(PromptTooLong):
        await events_of(backend(server.url, history=History.SERVER), asking(place=PLACE))
    assert len(server.asked(CHAT)) == 1


async def test_where_a_reply_is_kept_is_known_though_it_is_cut(server: FaultServer) -> None:
    server.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Close())
    events = []
    with pytest.raises(ReplyCut):  # noqa: PT012 - what came before it counts
        async for event in backend(server.url, history=History.SERVER).stream(asking()):
            events.append(event)  # noqa: PERF401
    assert events == [TextDelta("Hel"), RemoteIdAssigned("conversation-1", "reply-1")]


async def test_reasoning_in_replies_is_not_sent_back(server: FaultServer) -> None:
    server.script(CHAT, *stream("Hi"))
    path = (("user", "A"), ("assistant", "<think>Hm</think>\nB"), ("user", "C"))
    messages = tuple(ContextMessage(*each) for each in path)
    await events_of(backend(server.url), ReplyRequest(messages=messages, model="m"))
    sent = (await server.arrived(CHAT)).body.decode()
    assert ("Hm" in sent, "B" in sent) == (False, True)
