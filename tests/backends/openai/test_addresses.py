"""Addresses as people paste and have them: redirects, queries, headers for keys."""

from collections.abc import AsyncIterator

import pytest

from fakegpt_tui.backends.credentials import ApiKey
from fakegpt_tui.backends.openai import OpenAIBackend
from fakegpt_tui.domain import RequestRefused, Secret
from fakegpt_tui.http.clients import Transport
from tests.fault_server import FaultServer, Send, reply
from tests.openai_server import CHAT, KEY, MODELS, backend_for, openai_server, replies, service
from tests.signed_in import events_of, outcome, text_of


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with openai_server() as server:
        yield server


def sends_on(location: str, status: int = 307) -> Send:
    return Send(reply(b"", status=status, headers={"Location": location}))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_slash_that_is_wanted_is_added(server: FaultServer, status: int) -> None:
    server.script(CHAT, sends_on(f"{CHAT}/", status))
    server.script(f"{CHAT}/", *replies("Hi"))
    assert text_of(await events_of(backend_for(service(server.url)))) == "Hi"
    (followed,) = server.asked(f"{CHAT}/")
    assert followed.method == "POST"
    assert followed.headers["authorization"] == f"Bearer {KEY}"
    assert followed.json == server.asked(CHAT)[0].json
    await server.idle()


@pytest.mark.parametrize("location", ["/login", "{url}/login?next=1", CHAT, ""])
async def test_a_page_to_sign_in_is_no_service(server: FaultServer, location: str) -> None:
    server.script(CHAT, sends_on(location.format(url=server.url), 302))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, RequestRefused)
    where = "to another page of its own, perhaps to sign in" if location else "without saying where"
    assert f"The service at {server.host} redirects {where}" in str(error)
    assert str(error).endswith("Check the url of the service.")
    assert server.asked("/login") == []


async def test_another_host_is_named_and_gets_nothing(server: FaultServer) -> None:
    async with FaultServer() as elsewhere:
        server.script(CHAT, sends_on(f"{elsewhere.url}{CHAT}?key=hunter2"))
        _, error = await outcome(backend_for(service(server.url)))
        assert f"redirects to {elsewhere.url}," in str(error)
        assert "write it as the url" in str(error)
        assert "hunter2" not in str(error)
        assert elsewhere.exchanges == []


async def test_redirects_in_a_circle_come_to_an_end(server: FaultServer) -> None:
    server.script(CHAT, sends_on(f"{CHAT}/"))
    server.script(f"{CHAT}/", sends_on(CHAT))
    _, error = await outcome(backend_for(service(server.url)))
    assert isinstance(error, RequestRefused)
    assert len(server.exchanges) < 6


async def test_the_address_of_a_request_is_an_address(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    made = backend_for(service(f"{server.url}{CHAT}"))
    assert text_of(await events_of(made)) == "Hi"


async def test_a_query_and_a_header_for_the_key_are_sent(server: FaultServer) -> None:
    server.script(CHAT, *replies("Hi"))
    made = OpenAIBackend(
        Transport(service(f"{server.url}/v1?api-version=2024-06-01")),
        ApiKey(lambda: Secret(KEY), header="api-key"),
    )
    assert text_of(await events_of(made)) == "Hi"
    await made.models()
    for asked in (*server.asked(CHAT), *server.asked(MODELS)):
        assert asked.query == {"api-version": ["2024-06-01"]}
        assert asked.headers["api-key"] == KEY
        assert "authorization" not in asked.headers
