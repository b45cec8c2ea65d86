"""The exact request that is shown is the one that is sent, in every protocol."""

import asyncio
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.http_stream import HttpStreamBackend
from fakegpt_tui.domain import ContextMessage, GenerationSettings, Secret, ServiceKind
from fakegpt_tui.domain.exact_request import MASK, ExactRequest
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests import signed_in
from tests.fault_server import Exchange, FaultServer, Step, stream
from tests.signed_in import events_of, read


@dataclass(frozen=True)
class Dialect:
    """A protocol: where it is asked, how it replies, and a backend for a service at an address."""

    path: str
    reply: list[Step]
    make: Callable[..., HttpStreamBackend]


def _openai(url: str, **changes: Any) -> HttpStreamBackend:
    return openai.backend_for(replace(openai.service(url), **changes))


DIALECTS = {
    ServiceKind.OPENAI: Dialect(openai.CHAT, openai.replies("x"), _openai),
    ServiceKind.RESPONSES: Dialect(
        responses.RESPONSES,
        responses.replies("x"),
        lambda url, **changes: responses.backend_for(responses.service(url, **changes)),
    ),
    ServiceKind.ANTHROPIC: Dialect(
        anthropic.MESSAGES,
        anthropic.replies("x"),
        lambda url, **changes: anthropic.backend_for(anthropic.service(url, **changes)),
    ),
    ServiceKind.FAKEGPT: Dialect("/api/conversation", stream("x"), signed_in.backend),
}
WORDS = [
    "Hello",
    "Grüße",
    "🙂",
    "a\nb",
    "'quoted'",
    "$HOME",
    "<think>Hm.</think>Yes",
    "\ud83d",
    "JSON",
]


def random_request(chance: random.Random) -> ReplyRequest:
    """A conversation of any kind, with any settings."""

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))

    roles = chance.choices(["user", "assistant", "system", "tool"], k=chance.randint(0, 6))
    messages = [ContextMessage(role, text()) for role in roles]
    purpose = chance.choice([*Purpose])
    last = "assistant" if purpose is Purpose.CONTINUE and messages else "user"
    return ReplyRequest(
        messages=(*messages, ContextMessage(last, text())),
        model=chance.choice(["model-1", "model-2"]),
        purpose=purpose,
        generation=GenerationSettings(
            temperature=chance.choice([None, 0.5]),
            max_tokens=chance.choice([None, 100]),
            seed=chance.choice([None, 7]),
            stop=chance.choice([(), ("END",)]),
            effort=chance.choice(["", "low"]),
            thinking=chance.choice(["", "on"]),
        ),
    )


def assert_same(shown: ExactRequest, sent: Exchange, server: FaultServer) -> None:
    assert (shown.method, shown.url) == (sent.method, f"{server.url}{sent.target}")
    assert shown.body == sent.body
    headers = {name.lower(): value for name, value in shown.headers}
    secret = {name for name, value in headers.items() if MASK in value}
    assert headers.keys() | {"cookie"} == sent.headers.keys() | {"cookie"}
    for name, value in headers.items():
        if name not in secret:
            assert sent.headers[name] == value


async def compare(kind: ServiceKind, count: int) -> None:
    chance = random.Random(f"{kind} {count}")
    dialect = DIALECTS[kind]
    async with openai.openai_server() as server:
        server.script(dialect.path, *dialect.reply)
        made = dialect.make(server.url)
        for _ in range(count):
            request = random_request(chance)
            shown = await made.preview(request)
            await events_of(made, request)
            assert_same(shown, server.asked(dialect.path)[-1], server)
        assert len(server.asked(dialect.path)) == count


@pytest.mark.parametrize("kind", DIALECTS)
async def test_what_is_shown_is_what_is_sent(kind: ServiceKind) -> None:
    await compare(kind, 15)


@pytest.mark.long
@pytest.mark.parametrize("kind", DIALECTS)
async def test_what_is_shown_is_what_is_sent_in_a_thousand_conversations(kind: ServiceKind) -> None:
    await compare(kind, 250)


KEYS = {
    ServiceKind.OPENAI: openai.KEY,
    ServiceKind.RESPONSES: openai.KEY,
    ServiceKind.ANTHROPIC: anthropic.KEY,
    ServiceKind.FAKEGPT: signed_in.CANARY,
}


@pytest.mark.parametrize("kind", DIALECTS)
async def test_no_secret_is_shown_wherever_it_is_sent(kind: ServiceKind) -> None:
    given = (("X-Team", Secret("canary-team-0123")), ("User-Agent", Secret("canary-agent")))
    made = DIALECTS[kind].make("http://127.0.0.1:9", headers=given)
    shown = await made.preview(signed_in.ASK)
    for text in (shown.to_text(), shown.to_curl(), str(shown.to_document())):
        assert "canary" not in text
        assert KEYS[kind] not in text


@pytest.mark.parametrize("kind", DIALECTS)
async def test_a_pasted_command_sends_the_same(kind: ServiceKind) -> None:
    dialect = DIALECTS[kind]
    async with openai.openai_server() as server:
        server.script(dialect.path, *dialect.reply)
        chance = random.Random(str(kind))
        made = dialect.make(server.url)
        shown = await made.preview(random_request(chance))
        variables = dict.fromkeys(("AUTHORIZATION", "X_API_KEY", "X_AUTHORIZATION"), "the-key")
        command = ["bash", "-c", shown.to_curl()]
        done = await asyncio.to_thread(
            subprocess.run, command, env={"PATH": "/usr/bin:/bin"} | variables, check=False,
            capture_output=True,
        )  # fmt: skip
        (sent,) = server.asked(dialect.path)
    assert done.returncode == 0, done.stderr
    assert sent.json == shown.json
    assert "the-key" in str(sent.headers)
    assert b"data: " in done.stdout


async def test_an_address_is_shown_without_its_keys() -> None:
    made = _openai("http://127.0.0.1:9/v1?api-version=1&api_key=hunter2")
    shown = await made.preview(signed_in.ASK)
    assert "hunter2" not in shown.url
    assert "api-version=1" in shown.url


async def test_a_pasted_command_takes_the_keys_of_its_address_from_variables() -> None:
    async with openai.openai_server() as server:
        server.script(openai.CHAT, *openai.replies("x"))
        made = _openai(f"{server.url}/v1?api-version=1&api_key=hunter2&sub-key=a'b")
        command = (await made.preview(signed_in.ASK)).to_curl()
        assert "hunter2" not in command
        environment = {"API_KEY": "hunter2", "SUB_KEY": "a'b", "PATH": "/usr/bin:/bin"}
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-c", command], env=environment, check=False,
            capture_output=True,
        )  # fmt: skip
        (sent,) = server.asked(openai.CHAT)
    assert done.returncode == 0, done.stderr
    assert sent.query == {"api-version": ["1"], "api_key": ["hunter2"], "sub-key": ["a'b"]}


async def test_what_is_not_sent_is_said() -> None:
    made = DIALECTS[ServiceKind.ANTHROPIC].make("http://127.0.0.1:9")
    seeded = replace(signed_in.ASK, generation=GenerationSettings(seed=7))
    shown = await made.preview(seeded)
    assert any("seed" in each for each in shown.notes)
    assert shown.tokens > 0


async def test_after_a_failure_the_answer_can_be_looked_at() -> None:
    async with openai.openai_server() as server:
        secret = "sk-0123456789abcdefghij"
        server.script(openai.CHAT, *openai.refuses(400, f"No, {secret}!", Set_Cookie="a=hunter2"))
        made = _openai(server.url)
        assert made.last_answer is None
        await read(made)
    answer = made.last_answer
    assert answer is not None
    text = answer.to_text()
    assert answer.status == 400
    assert "No, " in text
    assert "application/json" in text
    assert secret not in text
    assert "hunter2" not in text


async def test_of_a_long_answer_only_the_beginning_is_remembered() -> None:
    async with openai.openai_server() as server:
        server.script(openai.CHAT, *openai.replies(*["x" * 1_000] * 200))
        made = _openai(server.url)
        await events_of(made)
    answer = made.last_answer
    assert answer is not None
    assert 1_000 < sum(len(text) for _, text in answer.pieces) <= 64_000
