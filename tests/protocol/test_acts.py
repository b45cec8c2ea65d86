"""Cases that take more than one prompt: two at once, a stop, a restart, an expired token."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import timedelta

import pytest

from fakegpt_tui.domain import Secret, Session, TextDelta, Unreachable, now
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.steps import LoginPolicy
from fakegpt_tui.protocol import fakegpt
from tests.fault_server import (
    Close,
    FaultServer,
    Send,
    Stall,
    chunk,
    json_reply,
    message_event,
    reply,
    stream,
    stream_head,
)
from tests.protocol.cases import CHAT, LOADS, LOGIN, SESSION, client
from tests.signed_in import ASK, Waits, events_of, outcome, service, text_of

POLICY = LoginPolicy(seconds=5, retries=Waits().retries())
Note = Callable[[str, object], None]


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.script(CHAT, *stream("Hel", "Hello"))
        yield server


async def test_two_prompts_at_once_before_a_login_share_one(
    server: FaultServer, note: Note
) -> None:
    server.sign_in()
    backend, _ = client(server)
    replies = await asyncio.gather(*(events_of(backend) for _ in range(5)))
    assert [text_of(events) for events in replies] == ["Hello"] * 5
    assert len(server.asked(LOGIN)) == 1
    note("§9 five calls at once before the login", "all answered; one login")


class FakeStorage:
    """Keeps sessions as a file would."""

    def __init__(self) -> None:
        self.kept: dict[str, Session] = {}

    def load(self, base_url: str) -> Session | None:
        return self.kept.get(base_url)

    def save(self, session: Session) -> None:
        self.kept[session.base_url] = session

    def delete(self, base_url: str) -> None:
        self.kept.pop(base_url, None)


def manager(server: FaultServer, storage: FakeStorage) -> SessionManager:
    transport = Transport(service(server.url))
    return SessionManager(AccountLogin(transport), transport.address.text, storage=storage)


async def test_a_restart_uses_the_kept_session(server: FaultServer, note: Note) -> None:
    server.sign_in()
    storage = FakeStorage()
    first = await manager(server, storage).current()
    assert await manager(server, storage).current() == first
    assert len(server.asked(LOGIN)) == 1
    note("§9 process restart", "the kept session is used; no second login")


async def test_a_token_is_renewed_before_it_ends(server: FaultServer, note: Note) -> None:
    soon = (now() + timedelta(seconds=50)).isoformat()
    late = (now() + timedelta(days=1)).isoformat()
    server.script(LOADS, Send(json_reply({"loads": [{"token_id": "a", "count": 0}]})))
    for token in ("old", "new"):
        cookie = {"Set-Cookie": f"credential={token}; Path=/"}
        server.script(LOGIN, Send(json_reply({}, headers=cookie)))
    server.script(SESSION, Send(json_reply({"accessToken": "new", "expires": late})))
    storage = FakeStorage()
    transport = Transport(service(server.url))
    storage.save(
        Session(
            base_url=transport.address.text,
            token=Secret("old"),
            expires_at=now() + timedelta(seconds=50),
            account="a",
            password=Secret("password1"),
        )
    )
    session = await manager(server, storage).current()
    assert session.token.reveal() == "new"
    assert server.asked(LOGIN)[0].form == {"token_key": ["a"], "session_password": ["password1"]}
    assert soon < late
    note("§7 a token that ends in 50 s", "renewed first, with the same account and password")


async def test_a_stop_closes_the_connection_and_keeps_the_text(note: Note) -> None:
    async with FaultServer() as silent:
        silent.sign_in()
        silent.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Stall())
        backend, _ = client(silent)
        events = backend.stream(ASK)
        assert await anext(events) == TextDelta("Hel")
        await events.aclose()
        await silent.idle()
    note("§9 user stops; §5.5 the generator is closed", "text kept; connection closed")


async def test_leaving_the_loop_closes_the_connection(note: Note) -> None:
    async with FaultServer() as silent:
        silent.sign_in()
        silent.script(CHAT, Send(stream_head()), Send(chunk(message_event("Hel"))), Stall())
        backend, _ = client(silent)
        async for _ in backend.stream(ASK):
            break
        gc.collect()
        await silent.idle()
    note("§5.5 the consumer leaves the loop", "no error; connection closed")


async def test_a_task_cancelled_while_it_waits_is_cancelled(note: Note) -> None:
    async with FaultServer() as silent:
        silent.sign_in()
        silent.script(CHAT, Send(stream_head()), Stall())
        backend, _ = client(silent)
        task = asyncio.create_task(events_of(backend))
        await silent.arrived(CHAT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await silent.idle()
    note("§5.5 the task is cancelled while it waits", "CancelledError; connection closed")


@pytest.mark.parametrize(
    ("row", "url", "says"),
    [
        ("nobody listens", "http://127.0.0.1:9", "refused the connection; is it running?"),
        ("a name that nobody has", "http://service.invalid", "could not be found by its name"),
    ],
)
async def test_what_cannot_be_reached_is_named(row: str, url: str, says: str, note: Note) -> None:
    transport = Transport(service(url), find_proxy=lambda _address: None)
    with pytest.raises(Unreachable, match=says) as caught:
        await AccountLogin(transport, policy=POLICY).sign_in(lambda _state: None)
    note(f"§9 {row}", f"Unreachable: {caught.value}")


async def test_tls_that_the_service_does_not_speak_is_named(note: Note) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        transport = Transport(service(f"https://127.0.0.1:{port}"))
        with pytest.raises(Unreachable) as caught:
            await AccountLogin(transport, policy=POLICY).sign_in(lambda _state: None)
    assert "is its address http:// rather than https://?" in str(caught.value)
    note("§9 TLS failure", "Unreachable: … is its address http:// rather than https://?")


async def test_the_path_of_a_base_url_is_joined_with_one_slash(note: Note) -> None:
    async with FaultServer() as server:
        server.script("/base/api/conversation", *stream("Hello"))
        for url in (f"{server.url}/base", f"{server.url}/base/", f"{server.url}/base//"):
            transport = Transport(service(url))
            assert str(transport.address.url(CHAT)) == f"{server.url}/base/api/conversation"
    note("§9 a base URL with a path and slashes", "one slash between")


def test_every_password_has_a_letter_and_a_digit(note: Note) -> None:
    for _ in range(2000):
        password = fakegpt.generate_password()
        assert 12 <= len(password) <= 16
        assert password.isalnum()
        assert not password.isalpha()
        assert not password.isdigit()
    note("§3.2, §9 the session password", "14 signs, a letter and a digit among them")


async def test_a_redirect_of_the_prompt_is_not_followed(note: Note) -> None:
    async with FaultServer() as elsewhere, FaultServer() as server:
        server.sign_in()
        server.script(CHAT, Send(reply(b"", status=307, headers={"Location": elsewhere.url})))
        backend, _ = client(server)
        _, failure = await outcome(backend)
        assert elsewhere.exchanges == []
    note("§9 a redirect to another host", f"{type(failure).__name__}; token and prompt stay")


async def test_a_reply_cut_before_its_first_word_may_be_asked_for_again(note: Note) -> None:
    async with FaultServer() as server:
        server.sign_in()
        server.script(CHAT, Close())
        server.script(CHAT, *stream("Hello"))
        backend, _ = client(server)
        async with aclosing(backend.stream(ASK)) as events:
            assert text_of([event async for event in events]) == "Hello"
    note("§6 cut before any byte of the stream", "asked again, announced with a countdown")
