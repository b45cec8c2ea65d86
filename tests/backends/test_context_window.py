"""Context windows: what is sent of a long conversation, and the notice about the rest."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.context_window import (
    ContextFitter,
    WindowCache,
    prompt_budget,
    truncate_to,
)
from fakegpt_tui.backends.token_estimate import estimate_tokens
from fakegpt_tui.domain import (
    ContextMessage,
    GenerationSettings,
    Notice,
    PromptTooLong,
    ReplyEnded,
    Usage,
)
from fakegpt_tui.domain.parts import Blob, ImagePart, TextSpan
from tests.fault_server import FaultServer, Send, json_reply
from tests.openai_server import (
    CHAT,
    MODELS,
    backend_for,
    lists,
    openai_server,
    refuses,
    replies,
    service,
)
from tests.signed_in import events_of, outcome, text_of

WORDS = "word " * 100  # about 125 tokens


def conversation(turns: int, *, system: str = "Be kind.") -> ReplyRequest:
    messages = [ContextMessage("system", system)] if system else []
    for turn in range(turns):
        messages += [ContextMessage("user", f"{turn} {WORDS}"), ContextMessage("assistant", WORDS)]
    return ReplyRequest(messages=(*messages, ContextMessage("user", "last")), model="model-1")


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def sent(server: FaultServer, number: int = 1) -> list[dict[str, str]]:
    body = server.asked(CHAT)[number - 1].json
    assert isinstance(body, dict)
    messages = body["messages"]
    assert isinstance(messages, list)
    return messages


def notices(events: list[object]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def assert_is_cut_at_turns(server: FaultServer, number: int) -> None:
    """The system prompt stays, what follows begins with a prompt, and the last prompt ends it."""
    messages = sent(server, number)
    assert messages[0] == {"role": "system", "content": "Be kind."}
    assert messages[1]["role"] == "user"
    assert messages[-1] == {"role": "user", "content": "last"}
    assert len(messages) < len(conversation(20).messages)


async def test_a_window_from_the_settings_is_kept_to(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    events = await events_of(backend_for(service(server.url, window=2000)), conversation(20))
    assert_is_cut_at_turns(server, 1)
    (told,) = notices([*events])
    assert "takes 2,000 tokens" in told
    assert "estimate" in told
    assert isinstance(events[0], Notice)
    assert server.asked(MODELS) == []


async def test_a_window_that_the_list_of_models_tells_is_kept_to() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "model-1", "max_model_len": 2000}))
        server.script(CHAT, *replies("Hi"))
        made = backend_for(service(server.url))
        assert notices([*await events_of(made, conversation(20))])
        assert_is_cut_at_turns(server, 1)
        await events_of(made, conversation(20))
        assert len(server.asked(MODELS)) == 1


async def test_a_list_that_cannot_be_had_keeps_nobody_from_asking() -> None:
    async with FaultServer() as server:
        server.script(MODELS, *refuses(500))
        server.script(CHAT, *replies("Hi"))
        events = await events_of(backend_for(service(server.url)), conversation(20))
        assert (text_of(events), notices([*events])) == ("Hi", [])


async def test_a_short_conversation_asks_for_no_list(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    await events_of(backend_for(service(server.url)), conversation(1))
    assert server.asked(MODELS) == []


LEARNED = [
    "This model's maximum context length is 2048 tokens. However, you requested 5121 tokens.",
    "the request exceeds the available context size (2048 tokens), try increasing it",
    "prompt is too long: 5121 tokens > 2048 maximum",
]


@pytest.mark.parametrize("words", LEARNED)
@pytest.mark.parametrize("status", [400, 413])
async def test_a_window_is_learned_from_a_refusal(
    server: FaultServer, status: int, words: str
) -> None:
    server.script(CHAT, *refuses(status, words))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    assert made.window("") is None
    events = await events_of(made, conversation(20))
    assert "takes 2,048 tokens" in notices([*events])[0]
    assert made.window("") == 2048
    assert events[-1] == ReplyEnded()
    assert_is_cut_at_turns(server, 2)
    await events_of(made, conversation(20))
    assert len(server.asked(CHAT)) == 3


async def test_a_number_beside_the_words_counts_too(server: FaultServer) -> None:
    error = {"code": 400, "message": "Too large.", "type": "exceed_context_size_error"}
    body = {"error": error | {"n_prompt_tokens": 9999, "n_ctx": 1024}}
    server.script(CHAT, Send(json_reply(body, status=400)))
    server.script(CHAT, *replies("Hi"))
    events = await events_of(backend_for(service(server.url)), conversation(20))
    assert "takes 1,024 tokens" in notices([*events])[0]


async def test_a_refusal_without_a_number_is_answered_with_less_and_less(
    server: FaultServer,
) -> None:
    for _ in range(3):
        server.script(CHAT, *refuses(413, "Too large."))
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(server.url))
    assert text_of(await events_of(made, conversation(20))) == "Hi"
    lengths = [len(sent(server, number)) for number in range(1, 5)]
    assert lengths == sorted(set(lengths), reverse=True)
    await events_of(made, conversation(20))
    assert len(sent(server, 5)) <= lengths[-1]


async def test_a_single_prompt_that_is_too_long_is_told(server: FaultServer) -> None:
    server.script(CHAT, *refuses(413, "Too large."))
    came, error = await outcome(backend_for(service(server.url)))
    assert came == []
    assert isinstance(error, PromptTooLong)
    assert len(server.asked(CHAT)) == 1


async def test_a_long_limit_of_the_reply_leaves_out_no_turns(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    wordy = replace(conversation(20), generation=GenerationSettings(max_tokens=3000))
    await events_of(backend_for(service(server.url, window=4000)), wordy)
    await events_of(backend_for(service(server.url, window=4000)), conversation(20))
    assert len(sent(server, 1)) == len(sent(server, 2))


MESSAGES = st.lists(
    st.builds(ContextMessage, st.sampled_from(["user", "assistant", "system"]), st.text()),
    min_size=1,
)


@given(MESSAGES, st.integers(0, 500))
def test_any_cut_keeps_the_end_and_what_the_system_said_first(
    messages: list[ContextMessage], room: int
) -> None:
    cut = truncate_to(messages, room)
    assert len(cut.messages) + cut.omitted == len(messages)
    assert cut.messages[-1] == messages[-1]
    assert all(message in messages for message in cut.messages)
    if messages[0].role == "system":
        assert cut.messages[0] == messages[0]
    if cut.omitted:
        kept = [message for message in cut.messages if message.role != "system"]
        assert kept[0].role == "user"


@given(st.text(min_size=1))
def test_twice_the_text_is_more_tokens(text: str) -> None:
    assert 0 <= estimate_tokens(text) <= estimate_tokens(f"{text} {text}")


def test_what_the_model_counts_changes_where_a_conversation_is_cut() -> None:
    request = conversation(20)
    windows = WindowCache(None)
    fitter = ContextFitter(request, "m", windows)
    before = fitter.estimate
    fitter.learn(Usage(round(before * 1.5), 1))
    again = ContextFitter(request, "m", windows)
    assert again.estimate == pytest.approx(before * 1.5, rel=0.05)
    assert ContextFitter(request, "other", windows).estimate == before


@given(st.integers(64, 10**7), st.none() | st.integers(1, 10**7))
def test_there_is_always_room_for_some_prompt(window: int, max_tokens: int | None) -> None:
    assert 0 < prompt_budget(window, max_tokens) < window


def test_a_count_that_comes_with_every_piece_is_learned_once() -> None:
    request, windows = conversation(20), WindowCache(None)
    fitter = ContextFitter(request, "m", windows)
    before = fitter.estimate
    for _ in range(9):
        fitter.learn(Usage(round(before * 1.5), 1))
    for _ in range(3):
        ContextFitter(request, "m", windows).learn(Usage(before, 1))
    assert ContextFitter(request, "m", windows).estimate == pytest.approx(before, rel=0.05)


def seen(number: int, *, text: str = "Look: ") -> ContextMessage:
    part = ImagePart(Blob(f"{number:064}", 100, "image/png", 2_000, 2_000), f"{number}.png")
    return ContextMessage("user", text, parts=(TextSpan(len(text)), part))


def pictures_of(messages: tuple[ContextMessage, ...]) -> list[str]:
    return [part.name for each in messages for part in each.parts if isinstance(part, ImagePart)]


def test_old_pictures_are_named_before_a_turn_is_left_out() -> None:
    messages = tuple(
        each for n in range(8) for each in (seen(n), ContextMessage("assistant", WORDS))
    )
    request = ReplyRequest(messages=(*messages, ContextMessage("user", "Well?")), model="m")
    fitter = ContextFitter(request, "m", WindowCache(25_000))
    assert pictures_of(fitter.messages) == ["4.png", "5.png", "6.png", "7.png"]
    assert fitter.messages[0] == ContextMessage("user", "Look: [picture: 0.png]")
    assert len(fitter.messages) == 17
    assert fitter.notice is not None
    assert fitter.notice.text.startswith("4 pictures were named and not sent again: there is no ro")
    # Where that is not enough, the oldest turns go, as ever.
    assert fitter.shrink(8_000)
    assert pictures_of(fitter.messages) == ["7.png"]
    assert fitter.notice.text.startswith("The oldest 14 of 17 chat messages were not sent")
    roomy = ContextFitter(request, "m", WindowCache(100_000))
    assert (len(pictures_of(roomy.messages)), roomy.notice) == (8, None)


def test_a_model_that_sees_nothing_is_told_the_names_of_earlier_pictures() -> None:
    reply = ContextMessage("assistant", "A cat.")
    request = ReplyRequest(messages=(seen(1), reply, seen(2)), model="m", sees=False)
    fitter = ContextFitter(request, "m", WindowCache(None))
    assert pictures_of(fitter.messages) == ["2.png"]
    assert fitter.messages[0].text == "Look: [picture: 1.png]"
    assert fitter.notice == Notice("1 picture was named and not sent again: the model takes none.")
