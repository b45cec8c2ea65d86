"""Asking a host by hand, without the program's own client."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

from fakegpt_tui.host.server import HostServer
from tests.patience import PATIENCE

PASSWORD = "k3vq0zt1ab"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading certificates for plain HTTP would take most of a test's time."""


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Does the host end the connection, before it says anything more?"""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read(1) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def calling(host: HostServer) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of `host` that is signed in to nothing."""
    async with httpx.AsyncClient(
        base_url=host.base_url, trust_env=False, timeout=PATIENCE, verify=NO_TLS
    ) as client:
        yield client


@asynccontextmanager
async def signed_in(host: HostServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with calling(host) as client:
        client.headers["X-Authorization"] = f"Bearer {await token_of(client)}"
        yield client


async def account_of(client: httpx.AsyncClient) -> str:
    return (await client.get("/api/loads")).json()["loads"][0]["token_id"]


async def token_of(client: httpx.AsyncClient, password: str = PASSWORD) -> str:
    """The token of a login, by the three steps."""
    form = {"token_key": await account_of(client), "session_password": password}
    (await client.post("/auth/login", data=form)).raise_for_status()
    return (await client.get("/api/auth/session")).json()["accessToken"]


def prompt_body(prompt: str = "hello", **changes: object) -> dict[str, object]:
    """What g4f sends, with `changes`."""
    message = {
        "id": "00000000-0000-4000-8000-000000000001",
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": [prompt]},
        "metadata": {},
    }
    return {
        "action": "next",
        "messages": [message],
        "parent_message_id": "00000000-0000-4000-8000-000000000002",
        "model": "text-davinci-002-render-sha",
        "plugin_ids": [],
        "history_and_training_disabled": True,
        **changes,
    }


@asynccontextmanager
async def asking(
    client: httpx.AsyncClient, prompt: str = "hello"
) -> AsyncGenerator[httpx.Response]:
    async with client.stream("POST", "/api/conversation", json=prompt_body(prompt)) as response:
        yield response


async def messages(response: httpx.Response) -> AsyncGenerator[dict[str, object]]:
    """The JSON events of a stream; ends at its end marker."""
    async for line in response.aiter_lines():
        if line == "data: [DONE]":
            return
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def reply_texts(events: list[dict[str, object]]) -> Iterator[str]:
    """The text of the reply so far, in each event that has it."""
    for event in events:
        match event:
            case {"message": {"author": {"role": "assistant"}, "content": {"parts": [text]}}}:
                yield text


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def raw_head(host: HostServer, *lines: str, body: bytes = b"") -> str:
    """The head of the answer to a request whose head is exactly `lines`, in lower case."""
    address = urlsplit(host.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
    return head.decode("latin-1").lower()


async def raw(host: HostServer, *lines: str) -> int:
    """The status of the answer to a request whose head is exactly `lines`."""
    return int((await raw_head(host, *lines)).split()[1])
