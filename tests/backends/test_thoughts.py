"""Reasoning inside the text of a reply: split off however it is cut, and never sent back."""

import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.thoughts import ThoughtSplitter, without_thoughts
from fakegpt_tui.domain import ContextMessage, ReasoningDelta, StreamEvent
from tests.fault_server import FaultServer
from tests.openai_server import CHAT, backend_for, openai_server, replies, service
from tests.signed_in import events_of, text_of

HARMONY = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>"
FORMS = {
    "think": "<think>\nHm.\n</think>\n\nHi",
    "on-one-line": "<think>Hm.</think>Hi",
    "blank-before": "\n <think>Hm.</think> \n\nHi",
    "thinking": "<thinking>Hm.</thinking>\nHi",
    "thought": "<Thought>Hm.</Thought>\nHi",
    "mistral": "[THINK]Hm.[/THINK]Hi",
    "kimi": "◁think▷Hm.◁/think▷Hi",
    "harmony": f"{HARMONY}Hi<|return|>",
    "harmony-start": f"<|start|>assistant{HARMONY}Hi",
    "gemma": "<|channel>thought\nHm.<channel|>Hi",
    "harmony-commentary": f"{HARMONY.replace('final', 'commentary')}Hi<|end|>",
    "seed": "<seed:think>Hm.</seed:think>Hi",
    "cohere": "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Hi<|END_RESPONSE|>",
    "openthinker": "<|begin_of_thought|>\nHm.\n<|end_of_thought|>\n<|begin_of_solution|>Hi",
    "medgemma": "<unused94>thought\nHm.<unused95>Hi",
    "no-start": "Hm.\n</think>\n\nHi",
    "no-start-on-one-line": "Hm.</think>\n\nHi",
}
TEXTS = [
    "The tag <think> begins it, and </think> ends it.\n",
    "Write `</think>\n` there.",
    "```\nx\n</think>\ny\n```\n",
    "    indented\n\n<think>not at the start</think>\n",
    "<thin",
    "<",
    "  ",
    "a\n</thin",
    "◁",
    "[THIN]",
]


def split(text: str, cuts: list[int]) -> list[StreamEvent]:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    splitter = ThoughtSplitter()
    events: list[StreamEvent] = []
    for start, end in pairwise(edges):
        events += splitter.add(text[start:end])
    return [*events, *splitter.flush()]


def reasoning(events: list[StreamEvent]) -> str:
    return "".join(each.text for each in events if isinstance(each, ReasoningDelta))


def test_many_blocks_of_reasoning_take_no_long_time_and_lose_nothing() -> None:
    block, count = "<think>a</think>", 30_000
    started = time.process_time()
    events = split(f"{block * count}end", [])
    assert time.process_time() - started < 1
    assert 0 < len(reasoning(events)) < count
    assert text_of(events) == f"{block * (count - len(reasoning(events)))}end"


@given(st.sampled_from(sorted(FORMS)), st.lists(st.integers(0, 120), max_size=12))
def test_every_form_is_split_wherever_it_is_cut(form: str, cuts: list[int]) -> None:
    events = split(FORMS[form], cuts)
    assert (text_of(events), reasoning(events).strip()) == ("Hi", "Hm.")


@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 60), max_size=8))
def test_text_that_speaks_of_tags_stays(text: str, cuts: list[int]) -> None:
    events = split(text, cuts)
    assert (text_of(events), reasoning(events)) == (text, "")


@given(st.text(st.sampled_from("<>/think|`\n aİ[]"), max_size=40), st.lists(st.integers(0, 40)))
def test_a_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    whole, cut = split(text, []), split(text, cuts)
    assert (text_of(cut), reasoning(cut)) == (text_of(whole), reasoning(whole))


def test_thoughts_that_are_empty_are_none() -> None:
    events = split("<think>\n\n</think>\n\nHi", [3, 9])
    assert (text_of(events), reasoning(events)) == ("Hi", "")


def test_thoughts_that_do_not_end_are_thoughts() -> None:
    events = split("<think>\nHm", [9])
    assert (text_of(events), reasoning(events)) == ("", "Hm")


def test_a_reply_of_nothing_but_thoughts_is_sent_back_whole() -> None:
    assert without_thoughts("<think>Hm") == "<think>Hm"


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


@pytest.mark.parametrize("form", sorted(FORMS))
async def test_thoughts_are_apart_from_the_reply(server: FaultServer, form: str) -> None:
    server.script(CHAT, *replies(*FORMS[form]))
    events = await events_of(backend_for(service(server.url)))
    assert (text_of(events), reasoning(events).strip()) == ("Hi", "Hm.")


@pytest.mark.parametrize("form", sorted(FORMS))
async def test_thoughts_in_older_replies_are_not_sent_back(server: FaultServer, form: str) -> None:
    server.script(CHAT, *replies("Yes"))
    path = (("user", "<think>A</think>"), ("assistant", FORMS[form]), ("user", "B"))
    messages = tuple(ContextMessage(*each) for each in path)
    await events_of(backend_for(service(server.url)), ReplyRequest(messages=messages, model="m"))
    body = server.asked(CHAT)[0].json
    assert isinstance(body, dict)
    assert [each["content"] for each in body["messages"]] == ["<think>A</think>", "Hi", "B"]
