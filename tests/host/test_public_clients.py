"""Each public client of the protocol gets the whole reply, by its own way of signing in."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.scripted import Gate, Step
from fakegpt_tui.domain import FinishReason, ReplyEnded, TextDelta, TitleSuggested, new_id
from fakegpt_tui.host.server import HostServer
from tests.host.calls import PASSWORD, account_of, calling, prompt_body
from tests.host.public_clients import READERS, Reader, numbers
from tests.patience import PATIENCE

Serve: TypeAlias = Callable[..., HostServer]

TEXT = 'Grüße, "Welt" 🙂\r\n\ndata: [DONE]\n\n\u2028{"message":'
SCRIPT: tuple[Step, ...] = (
    *(TextDelta(character) for character in TEXT),
    TitleSuggested("Greetings"),
    ReplyEnded(),
)


async def whole_steps(client: httpx.AsyncClient) -> dict[str, str]:
    """As g4f does: all three, with the time in the query, and cookies beside the token."""
    response = await client.get("/api/loads", params={"t": 1_700_000_000})
    account = response.json()["loads"][0]["token_id"]
    form = {"token_key": account, "session_password": PASSWORD}
    (await client.post("/auth/login", data=form)).raise_for_status()
    session = (await client.get("/api/auth/session")).json()
    return {"X-Authorization": f"Bearer {session['accessToken']}", "Accept": "text/event-stream"}


async def cookie_only(client: httpx.AsyncClient) -> dict[str, str]:
    """As three clients do: the token is the cookie, and the session is never asked for."""
    form = {"token_key": await account_of(client), "session_password": PASSWORD}
    response = await client.post("/auth/login", data=form)
    token = response.cookies["credential"]
    client.cookies.clear()
    return {"Authorization": f"Bearer {token}"}


async def bare_token(client: httpx.AsyncClient) -> dict[str, str]:
    """As one does: no scheme before the token."""
    headers = await cookie_only(client)
    return {"X-Authorization": headers["Authorization"].removeprefix("Bearer ")}


LOGINS = {"g4f": whole_steps, "cookie": cookie_only, "no scheme": bare_token}

BODIES: dict[str, dict[str, Any]] = {
    "g4f": prompt_body(arkose_token="", suggestions=[], timezone_offset_min=-120),
    "minimal": {
        "action": "next",
        "messages": [
            {"id": "1", "role": "user", "content": {"content_type": "text", "parts": ["x"]}}
        ],
        "model": "m",
        "parent_message_id": "2",
    },
    "nulls": prompt_body(
        conversation_id=None,
        arkose_token=None,
        plugin_ids=None,
        conversation_mode={"kind": "primary_assistant"},
        force_rate_limit=False,
        history_and_training_disabled=None,
    ),
    "both roles": prompt_body(
        messages=[
            {
                "id": "1",
                "role": "user",
                "author": {"role": "user"},
                "content": {"content_type": "text", "parts": ["x"]},
            }
        ],
        stream=True,
    ),
}


async def read_by(
    reader: Reader, client: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str]
) -> str:
    async with (
        asyncio.timeout(PATIENCE),
        client.stream("POST", "/api/conversation", json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        return await reader(response.aiter_raw())


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("login", LOGINS)
async def test_every_reader_gets_the_whole_reply_by_every_login(
    serve: Serve, name: str, login: str
) -> None:
    async with calling(serve(SCRIPT)) as client:
        headers = await LOGINS[login](client)
        assert await read_by(READERS[name], client, BODIES["g4f"], headers) == TEXT


@pytest.mark.parametrize("body", BODIES)
async def test_every_body_that_a_public_client_sends_is_answered(serve: Serve, body: str) -> None:
    async with calling(serve(SCRIPT)) as client:
        headers = await cookie_only(client)
        assert await read_by(READERS["pandora"], client, BODIES[body], headers) == TEXT


async def test_a_reader_that_waits_for_the_end_of_input_does_not_wait_long(serve: Serve) -> None:
    async with calling(serve(SCRIPT)) as client:
        headers = await cookie_only(client)
        started = asyncio.get_running_loop().time()
        await read_by(READERS["g4f"], client, BODIES["g4f"], headers)
        assert asyncio.get_running_loop().time() - started < 2


@pytest.mark.parametrize("name", [name for name in READERS if name != "command lines"])
async def test_pings_in_a_silence_are_no_problem(serve: Serve, name: str) -> None:
    gate = Gate()

    async def opening(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece
            if b"ping" in piece:
                gate.open()

    async def reader(pieces: AsyncIterator[bytes]) -> str:
        return await READERS[name](opening(pieces))

    host = serve((TextDelta("Hel"), gate, TextDelta("lo"), ReplyEnded()), ping_seconds=0.02)
    async with calling(host) as client:
        headers = await cookie_only(client)
        assert await read_by(reader, client, BODIES["g4f"], headers) == "Hello"


async def test_a_conversation_goes_on_as_public_clients_go_on(serve: Serve) -> None:
    """By the conversation's id and the last reply's; the rest of a long one comes from offset 0."""
    replies: Iterable[Iterable[Step]] = [
        (TextDelta("One, "), ReplyEnded(FinishReason.LENGTH)),
        (TextDelta("two."), ReplyEnded()),
        (TextDelta("Three."), ReplyEnded()),
    ]
    async with calling(serve(*replies)) as client:
        headers = await whole_steps(client)

        async def asked(**changes: Any) -> tuple[str, str, str]:
            body = prompt_body(**{"history_and_training_disabled": False, **changes})
            response = await client.post("/api/conversation", json=body, headers=headers)
            text = await checked(response.content)
            stored = (await client.get("/api/conversations", headers=headers)).json()["items"]
            address = f"/api/conversation/{stored[0]['id']}"
            node = (await client.get(address, headers=headers)).json()["current_node"]
            return text, stored[0]["id"], node

        text, conversation, node = await asked()
        assert text == "One, "
        place = {"conversation_id": conversation, "parent_message_id": node}
        text, _, node = await asked(action="continue", messages=[], **place)
        assert text == "two."
        message = {"id": new_id(), "role": "user", "content": {"parts": ["more"]}}
        place["parent_message_id"] = node
        text, _, _ = await asked(messages=[message], **place)
        assert text == "Three."


async def checked(stream: bytes) -> str:
    async def pieces() -> AsyncIterator[bytes]:
        yield stream

    return await READERS["revChatGPT"](pieces())


async def test_lists_have_what_command_lines_print(serve: Serve) -> None:
    scripts = [(TextDelta("x"), ReplyEnded())] * 5
    async with calling(serve(*scripts)) as client:
        headers = await whole_steps(client)
        for _ in scripts:
            body = prompt_body(history_and_training_disabled=False)
            await client.post("/api/conversation", json=body, headers=headers)
        models = (await client.get("/api/models", headers=headers)).json()["models"]
        first = (await client.get("/api/conversations?limit=2", headers=headers)).json()
        seen = []
        for offset in numbers(first["total"], first["limit"]):
            query = f"/api/conversations?offset={offset}&limit=2&order=updated"
            seen += (await client.get(query, headers=headers)).json()["items"]
    assert all(model.keys() >= {"slug", "title", "description", "tags"} for model in models)
    assert len({item["id"] for item in seen}) == 5


async def test_an_error_has_no_message_and_a_reason_in_words(serve: Serve) -> None:
    async with calling(serve((TextDelta("some"),))) as client:
        headers = await cookie_only(client)
        response = await client.post("/api/conversation", json=BODIES["g4f"], headers=headers)
    *_, told, _ = response.text.split("\n\n")[:-1]
    assert told.startswith('data: {"message": null, "conversation_id": ')
    assert '"error": "' in told
