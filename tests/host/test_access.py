"""Access keys: every route is closed without one, and each key has conversations of its own."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.host.access import Access
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing, KeySources, generate_key
from fakegpt_tui.host.app import HostApp, HostRoutes
from fakegpt_tui.host.authentication import Claims, TokenIssuer
from fakegpt_tui.host.conversations import StateLost
from fakegpt_tui.host.errors import TokenRejection
from fakegpt_tui.host.server import HostServer
from tests.host.calls import PASSWORD, account_of, asking, calling, messages, prompt_body
from tests.host.keys import new_key

Serve: TypeAlias = Callable[..., HostServer]

OPEN = {
    "/", "/api/loads", "/public-api/conversation_limit", "/auth/login", "/auth/login_token",
    "/auth/login_share", "/auth/logout", "/api/auth/session", "/token/register",
    "/token/info/{token}", "/healthz", "/readyz",
}  # fmt: skip
"""What a stranger may ask, because it is how to sign in, or says nothing."""

REPLY = (TextDelta("x"), ReplyEnded())
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def table() -> list[Route]:
    access = Access(
        tokens=TokenIssuer(lifetime=timedelta(hours=1)), sources=KeySources(file=KeyRing())
    )
    app = HostApp(backend=ScriptedBackend(), access=access).build_asgi().app
    assert isinstance(app, HostRoutes)
    return list(app.routes)


async def test_every_route_that_is_not_known_to_be_open_refuses_strangers(serve: Serve) -> None:
    key, _ = new_key()
    routes = table()
    assert {route.path for route in routes} >= OPEN
    async with calling(serve(keys=KeyRing([key]))) as client:
        for route in routes:
            for method in route.methods or ():
                path = route.path.replace("{", "").replace("}", "").replace(":path", "")
                response = await client.request(method, path, json={})
                is_refused = response.status_code == 401
                assert is_refused or route.path in OPEN, (method, route.path)
                if route.path not in OPEN and method != "HEAD":
                    assert "not" in response.text.lower() or "key" in response.text


@pytest.mark.parametrize("header", ["Authorization", "X-Authorization", "X-API-Key", "api-key"])
async def test_a_key_is_good_in_any_header_that_clients_use(serve: Serve, header: str) -> None:
    key, text = new_key()
    async with calling(serve(keys=KeyRing([key]))) as client:
        value = f"Bearer {text}" if "uthor" in header else text
        assert (await client.get("/api/models", headers={header: value})).status_code == 200


async def test_two_keys_in_one_request_are_refused_and_the_same_twice_is_not(serve: Serve) -> None:
    (first, text), (second, other) = new_key(), new_key()
    async with calling(serve(keys=KeyRing([first, second]))) as client:

        async def status(**headers: str) -> int:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return (await client.get("/api/models", headers=given)).status_code

        assert await status(authorization=f"Bearer {text}", x_api_key=text) == 200
        assert await status(authorization=f"Bearer {text}", x_api_key=other) == 401
        assert await status(authorization=f"Bearer {text}", x_api_key="x") == 401


@pytest.mark.parametrize("spoil", [
    lambda key: key[:-1], lambda key: key + "A", lambda key: key.upper(), lambda key: f"{key} x",
    lambda key: key[:21] + "A" * 43, lambda _: "fgk_", lambda _: "sk-x",
    lambda key: f"Basic {key}",
])  # fmt: skip
async def test_anything_else_is_no_key(serve: Serve, spoil: Callable[[str], str]) -> None:
    key, text = new_key()
    async with calling(serve(keys=KeyRing([key]))) as client:
        response = await client.get("/api/models", headers={"Authorization": spoil(text)})
    assert response.status_code == 401


@given(st.text(max_size=80))
def test_no_text_is_a_key_by_chance(text: str) -> None:
    key, good = new_key()
    ring = KeyRing([key])
    assert ring.find(text) is None
    assert ring.find(good[:21] + text) is None
    assert ring.find(good) is key


def test_what_begins_like_a_token_or_a_key_is_another_one() -> None:
    key, text = new_key()
    tokens = TokenIssuer(lifetime=timedelta(hours=1), clock=lambda: NOON)
    access = Access(tokens=tokens, sources=KeySources(file=KeyRing([key])))
    first, second = (access.issue_token(password, key) for password in ("one", "two"))
    assert first[:64] == second[:64]
    owners = {access.verify(each) for each in (first, second, text)}
    assert len({claims.owner for claims in owners if isinstance(claims, Claims)}) == 3
    for good in (first, second, text):
        for kept in (40, len(good) - 8):
            assert access.verify(good[:kept].ljust(len(good), "~")) is TokenRejection.FOREIGN


def test_a_wrong_key_takes_as_long_as_one_that_is_unknown() -> None:
    key, text = new_key()
    ring = KeyRing([key])
    unknown, _ = generate_key()
    shown = {
        "known": text[:21] + "A" * 43,
        "almost": text[:-1] + ("A" if text[-1] != "A" else "B"),
        "unknown": f"fgk_{unknown}_{text[21:]}",
    }
    taken: dict[str, list[int]] = {name: [] for name in shown}
    for _ in range(5_000):
        for name, each in shown.items():
            begun = time.perf_counter_ns()
            ring.find(each, NOON)
            taken[name].append(time.perf_counter_ns() - begun)
    medians = [statistics.median(each) for each in taken.values()]
    assert max(medians) - min(medians) < 5_000


def test_a_key_ends_when_it_is_revoked_expires_or_was_rotated_long_ago() -> None:
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    revoked, text = new_key(revoked_at=moment)
    assert KeyRing([revoked]).find(text, moment) is None
    expired, text = new_key(expires_at=moment)
    assert KeyRing([expired]).find(text, moment) is None
    assert KeyRing([expired]).find(text, moment - hour) is expired
    rotated, text = new_key(old_until=moment)
    fresh, _ = new_key(id=rotated.id, old_digest=rotated.digest, old_until=moment)
    assert KeyRing([fresh]).find(text, moment - hour) is fresh
    assert KeyRing([fresh]).find(text, moment) is None


async def log_in(client: httpx.AsyncClient, password: str, **headers: str) -> httpx.Response:
    form = {"token_key": await account_of(client), "session_password": password}
    return await client.post("/auth/login", data=form, headers=headers)


async def test_a_login_needs_a_key_as_its_password_or_in_a_header(serve: Serve) -> None:
    key, text = new_key()
    server = serve(keys=KeyRing([key]))
    async with calling(server) as client:
        refused = await log_in(client, PASSWORD)
        assert refused.status_code == 401
        assert "access key" in refused.text
        assert (await log_in(client, text[:-1] + "~")).status_code == 401
    for password, headers in ((text, {}), (PASSWORD, {"X-API-Key": text})):
        async with calling(server) as client:
            assert (await log_in(client, password, **headers)).status_code == 200
            assert text not in str(dict(client.cookies))
            token = (await client.get("/api/auth/session")).json()["accessToken"]
            response = await client.get("/api/models", headers={"X-Authorization": token})
            assert response.status_code == 200


async def test_tokens_and_share_tokens_end_with_the_key_that_they_stem_from(serve: Serve) -> None:
    (key, text), (other, _) = new_key(), new_key()
    server = serve(keys=KeyRing([key, other]))
    async with calling(server) as client:
        await log_in(client, text)
        token = (await client.get("/api/auth/session")).json()["accessToken"]
        form = {"unique_name": "n", "access_token": token}
        shared = (await client.post("/token/register", data=form)).json()["token_key"]
        given = [{"Authorization": f"Bearer {each}"} for each in (text, token, shared)]
        for headers in given:
            assert (await client.get("/api/models", headers=headers)).status_code == 200
        server.reload(HostNames(), KeyRing([other]))
        for headers in given:
            assert (await client.get("/api/models", headers=headers)).status_code == 401


async def test_a_token_from_before_the_keys_is_worth_nothing(serve: Serve) -> None:
    key, _ = new_key()
    signing = b"k" * 32
    async with calling(serve(token_key=signing)) as client:
        await log_in(client, PASSWORD)
        token = (await client.get("/api/auth/session")).json()["accessToken"]
    async with calling(serve(token_key=signing, keys=KeyRing([key]))) as client:
        response = await client.get("/api/models", headers={"Authorization": token})
    assert response.status_code == 401


async def test_keys_do_not_see_the_conversations_of_each_other(serve: Serve) -> None:
    (first, text), (second, other) = new_key(), new_key()
    server = serve(REPLY, keys=KeyRing([first, second]))
    kept = {"history_and_training_disabled": False}
    async with calling(server) as client:
        mine, theirs = ({"Authorization": f"Bearer {each}"} for each in (text, other))
        body = prompt_body(**kept)
        await client.post("/api/conversation", json=body, headers=mine)
        listed = (await client.get("/api/conversations", headers=mine)).json()["items"]
        path = f"/api/conversation/{listed[0]['id']}"
        assert (await client.get(path, headers=mine)).status_code == 200
        assert (await client.get("/api/conversations", headers=theirs)).json()["items"] == []
        foreign = await client.get(path, headers=theirs)
        unknown = await client.get(path[:-1] + "0", headers=theirs)
        assert (foreign.status_code, unknown.status_code) == (404, 404)


async def test_a_reply_ends_when_its_key_is_revoked_and_those_of_other_keys_go_on(
    serve: Serve,
) -> None:
    (first, text), (second, other) = new_key(), new_key()
    gates = [Gate(), Gate()]
    backend = ScriptedBackend(*[(TextDelta("x"), gate, ReplyEnded()) for gate in gates])
    server = serve(backend=backend, keys=KeyRing([first, second]))
    async with calling(server) as a, calling(server) as b:
        a.headers["Authorization"], b.headers["Authorization"] = text, other
        async with asking(a) as mine, asking(b) as theirs:
            mine_events, their_events = messages(mine), messages(theirs)
            await anext(mine_events)
            await anext(their_events)
            server.reload(HostNames(), KeyRing([second]))
            ended = [event async for event in mine_events]
            assert "revoked" in str(ended[-1])
            for gate in gates:
                gate.open()
            assert "revoked" not in str([event async for event in their_events])


def test_the_base_url_of_a_named_host_is_still_the_one_of_this_machine(serve: Serve) -> None:
    server = serve(names=HostNames(hosts=("chat.example.org",)), keys=KeyRing())
    assert urlsplit(server.base_url).hostname == "127.0.0.1"


def test_keys_of_the_file_win_and_what_is_revoked_anywhere_is_so_everywhere() -> None:
    (own, _), (shared, _) = new_key(label="own"), new_key()
    sources = KeySources(
        file=KeyRing([own]), shared=KeyRing([replace(own, label="shared"), shared])
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    merged = sources.merged(at)
    assert merged is not None
    assert {key.id: key.label for key in merged} == {own.id: "own", shared.id: ""}
    sources.revoked = frozenset({shared.id})
    merged = sources.merged(at)
    assert merged is not None
    assert [key.revoked_at for key in merged] == [None, at]
    assert KeySources().merged(at) is None


def test_shared_keys_that_are_not_current_are_neither_believed_nor_denied() -> None:
    (own, own_text), (shared, shared_text), (_, strange) = new_key(), new_key(), new_key()
    access = Access(
        tokens=TokenIssuer(lifetime=timedelta(hours=1)),
        sources=KeySources(file=KeyRing([own]), shared=KeyRing([shared])),
    )
    token = access.issue_token("password", shared)
    access.are_keys_current = lambda: False
    assert isinstance(access.verify(own_text), Claims)
    for text in (shared_text, strange, token):
        with pytest.raises(StateLost):
            access.verify(text)
    access.are_keys_current = lambda: True
    assert isinstance(access.verify(token), Claims)
