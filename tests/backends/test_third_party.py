"""Talking to a server that somebody else wrote: litellm's proxy, with its mock replies.

It is installed from the package index into an environment of its own, which takes a minute or two;
FAKEGPT_TEST_LITELLM names an executable that is there already.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakegpt_tui.backends.base import Backend, ModelAlias, ReplyRequest
from fakegpt_tui.backends.discovery import check_connection, discover_services
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    ContextMessage,
    PromptTooLong,
    RateLimited,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceError,
    ServiceKind,
    UsageReported,
)
from fakegpt_tui.domain.parts import ImagePart, TextSpan
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from tests import anthropic_server as anthropic
from tests import openai_server as openai
from tests import responses_server as responses
from tests.backends.test_vision import BLOBS, JPEG, PNG, pictures_in
from tests.backends.test_vision import request as pictured
from tests.benchmarks.raw_server import serving
from tests.fault_server import LAST_CHUNK, FaultServer, Step, chunk, stream_head
from tests.openai_server import backend_for, service
from tests.signed_in import ASK, events_of, read, text_of

pytestmark = pytest.mark.long

KEY = "sk-0123456789-of-the-test"
SAID = "Grüße from a mock 🙂, which says this and nothing else."
CONFIG = """
model_list:
  - model_name: mock
    litellm_params: {{model: openai/mock, api_key: none, mock_response: "{said}"}}
  - model_name: passed
    litellm_params: {{model: openai/passed, api_key: none, api_base: "{upstream}/v1"}}
  - model_name: sees
    litellm_params: {{model: openai/sees, api_key: none, api_base: "{seeing}/v1"}}
  - model_name: sees-messages
    litellm_params: {{model: anthropic/sees, api_key: none, api_base: "{seeing}"}}
  - model_name: limited
    litellm_params: {{model: openai/m, api_key: none, mock_response: "litellm.RateLimitError"}}
  - model_name: narrow
    litellm_params:
      {{model: openai/m, api_key: none, mock_response: "litellm.ContextWindowExceededError"}}
litellm_settings: {{num_retries: 0}}
general_settings: {{master_key: {key}}}
"""
START_SECONDS = 90


@dataclass(frozen=True)
class Proxy:
    """The proxy, and the port on which it expects the server that some of its models are of."""

    url: str
    port: int
    behind: int


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> str:
    if given := os.environ.get("FAKEGPT_TEST_LITELLM"):
        return given
    folder = tmp_path_factory.mktemp("litellm")
    bin_folder = folder / "bin"
    commands = (
        [sys.executable, "-m", "venv", str(folder)],
        [str(bin_folder / "python"), "-m", "pip", "install", "-q", "litellm[proxy]>=1.80,<2"],
    )
    for command in commands:
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            pytest.skip("litellm could not be installed within ten minutes")
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            pytest.skip(f"litellm could not be installed: {reason}")
    return str(bin_folder / "litellm")


def _answer(client: socket.socket) -> None:
    """Send a response: litellm has no mock of one that streams, but passes it on."""
    whole = responses.message(SAID, of="msg_0")
    ended = responses.completed(output=[whole], usage=responses.usage(7, 3))
    said = responses.created() + responses.opens() + responses.says(SAID) + responses.said(SAID)
    client.sendall(stream_head() + chunk(said + responses.item_done(whole) + ended) + LAST_CHUNK)


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with serving(_answer) as url:
        yield url


@pytest.fixture(scope="module")
def proxy(litellm: str, upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        port, behind = (each.getsockname()[1] for each in (listener, other))
    folder = tmp_path_factory.mktemp("proxy")
    config = folder / "config.yaml"
    seeing = f"http://127.0.0.1:{behind}"
    config.write_text(CONFIG.format(said=SAID, key=KEY, upstream=upstream, seeing=seeing))
    command = [litellm, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "PATH": os.pathsep.join((str(Path(litellm).parent), os.environ["PATH"])),
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"litellm did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.2)
            yield Proxy(f"http://127.0.0.1:{port}", port, behind)
        finally:
            process.terminate()
            process.wait(20)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def ask(model: str) -> ReplyRequest:
    return replace(ASK, model=model)


async def test_a_reply_streams_with_its_numbers(proxy: Proxy) -> None:
    events = await events_of(backend_for(service(proxy.url), key=KEY), ask("mock"))
    assert text_of(events) == SAID
    assert any(isinstance(event, UsageReported) for event in events)
    assert events[-1] == ReplyEnded()


def by_completions(url: str) -> Backend:
    return backend_for(service(url), key=KEY)


def by_responses(url: str) -> Backend:
    return responses.backend_for(responses.service(url), key=KEY)


def by_messages(url: str) -> Backend:
    return anthropic.backend_for(anthropic.service(url), key=KEY)


@pytest.mark.parametrize(("make", "model"), [(by_responses, "passed"), (by_messages, "mock")])
async def test_its_other_protocols_are_read(
    proxy: Proxy, make: Callable[[str], Backend], model: str
) -> None:
    made = make(proxy.url)
    events = await events_of(made, ask(model))
    assert text_of(events) == SAID
    assert events[-1] == ReplyEnded()
    assert "mock" in {model.id for model in await made.models()}


@pytest.mark.parametrize(
    ("make", "model", "path", "reply"),
    [
        (by_completions, "sees", openai.CHAT, openai.replies("Two.")),
        (by_responses, "sees", responses.RESPONSES, responses.replies("Two.")),
        (by_messages, "sees-messages", anthropic.MESSAGES, anthropic.replies("Two.")),
    ],
)
async def test_pictures_go_through_it_byte_for_byte(
    proxy: Proxy, make: Callable[[str], Backend], model: str, path: str, reply: list[Step]
) -> None:
    first, second = (ImagePart(BLOBS.put(data), "x") for data in (JPEG, PNG))
    async with FaultServer(proxy.behind) as server:
        server.script(path, *reply)
        asked = replace(pictured(first, TextSpan(9), second), model=model)
        events = await events_of(make(proxy.url), asked)
        body = server.asked(path)[0].json
    assert pictures_in(body) == [JPEG, PNG]
    assert "How many?" in json.dumps(body)
    assert text_of(events) == "Two."
    assert events[-1] == ReplyEnded()


async def test_what_it_refuses_by_messages_is_understood(proxy: Proxy) -> None:
    _, error = await read(by_messages(proxy.url), ask("limited"))
    assert isinstance(error, RateLimited)
    assert KEY not in str(error)


async def test_its_models_are_listed(proxy: Proxy) -> None:
    models = await backend_for(service(proxy.url, model="narrow"), key=KEY).models()
    assert models[0].id == "narrow"
    assert {model.id for model in models} == {
        *("mock", "passed", "sees", "sees-messages", "limited", "narrow")
    }


@pytest.mark.parametrize(
    ("model", "key", "kind"),
    [
        ("mock", "sk-wrong", ServiceError),
        ("mock", None, ServiceError),  # to which this server has no better answer than 500
        ("nobody", KEY, RequestRefused),
        ("limited", KEY, RateLimited),
        ("narrow", KEY, PromptTooLong),
    ],
)
async def test_what_it_refuses_is_understood(
    proxy: Proxy, model: str, key: str | None, kind: type[ServiceError]
) -> None:
    came, error = await read(backend_for(service(proxy.url), key=key), ask(model))
    assert text_of(came) == ""
    assert isinstance(error, kind)
    assert len(str(error)) > 40
    assert KEY not in str(error)


async def test_trying_it_out_says_that_it_works(proxy: Proxy) -> None:
    made = backend_for(service(proxy.url), key=KEY)
    async with aclosing(check_connection(lambda: made, "mock")) as steps:
        assert [step.worked async for step in steps] == [True, True]


async def test_a_server_that_wants_a_key_is_not_offered(proxy: Proxy) -> None:
    assert await discover_services(ports={"litellm": proxy.port}, seconds=5) == ()


async def test_the_host_answers_clients_of_old_through_it(proxy: Proxy) -> None:
    behind = ModelAlias(backend_for(service(proxy.url, model="mock"), key=KEY), "mock")
    with HostServer(behind, secret_path=False) as host:
        transport = Transport(Service(name="h", kind=ServiceKind.FAKEGPT, url=host.base_url))
        manager = SessionManager(AccountLogin(transport), transport.address.text)
        client = FakeGptBackend(transport, manager)
        path = (ContextMessage("user", "A"), ContextMessage("assistant", "B"))
        asked = ReplyRequest(messages=path, model="text-davinci-002-render-sha")
        events = await events_of(client, asked)
        await manager.aclose()
    assert text_of(events) == SAID
    assert events[-1] == ReplyEnded()
