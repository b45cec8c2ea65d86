"""The relatives of the three login steps, and hosts that share nothing but a key."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import TypeAlias

import httpx
import pytest

from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.host.account_routes import LoginThrottle
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.protocol.fakegpt import read_session
from tests.host.calls import account_of, calling, prompt_body, signed_in, token_of

Serve: TypeAlias = Callable[..., HostServer]

KEY = b"k" * 32


@pytest.fixture
async def client(serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    async with signed_in(serve()) as client:
        yield client


def token_in(client: httpx.AsyncClient) -> str:
    return str(client.headers["X-Authorization"]).removeprefix("Bearer ")


async def shared(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    form = {"access_token": token_in(client), "unique_name": "x", **fields}
    return await client.post("/token/register", data=form)


async def test_a_token_that_one_has_signs_in_again(client: httpx.AsyncClient) -> None:
    token = token_in(client)
    client.cookies.clear()
    response = await client.post("/auth/login_token", data={"access_token": token})
    assert response.json() == {"code": 0, "url": "/"}
    session = read_session((await client.get("/api/auth/session")).content)
    assert session.token.reveal() == token


@pytest.mark.parametrize("form", [{}, {"access_token": "fk-x"}, {"access_token": ""}])
async def test_a_token_that_is_no_good_is_refused_with_status_200(
    client: httpx.AsyncClient, form: dict[str, str]
) -> None:
    client.cookies.clear()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await client.post("/auth/login_token", data=form, headers=headers)
    assert (response.status_code, response.json()["code"]) == (200, 500)
    assert response.json()["message"]
    assert not client.cookies


async def test_a_share_token_does_all_that_a_token_does(client: httpx.AsyncClient) -> None:
    registered = (await shared(client)).json()
    assert len(registered["token_key"]) == 46
    info = (await client.get(f"/token/info/{registered['token_key']}")).json()
    assert info.keys() >= {"user_id", "email"}
    assert info["expire_at"] == registered["expire_at"]
    client.cookies.clear()
    del client.headers["X-Authorization"]
    response = await client.get("/auth/login_share", params={"token": registered["token_key"]})
    assert response.status_code == 307
    home = response.url.join(response.headers["location"])
    assert (await client.get(home)).status_code == 200
    session = read_session((await client.get("/api/auth/session")).content)
    assert session.token.reveal() == registered["token_key"]
    headers = {"Authorization": f"Bearer {registered['token_key']}"}
    assert (await client.get("/api/models", headers=headers)).status_code == 200


async def test_a_share_token_lives_as_long_as_it_was_told_to(client: httpx.AsyncClient) -> None:
    long, short = (await shared(client)).json(), (await shared(client, expires_in="60")).json()
    assert long["expire_at"] - short["expire_at"] > 1_000_000


@pytest.mark.parametrize(
    "fields",
    [{"access_token": "x"}, {"expires_in": "-1"}, {"expires_in": "²"}, {"expires_in": "9" * 99}],
)
async def test_a_share_token_of_nothing_is_refused(
    client: httpx.AsyncClient, fields: dict[str, str]
) -> None:
    assert (await shared(client, **fields)).status_code == 400


async def test_a_share_token_that_is_unheard_of_is_not_there(client: httpx.AsyncClient) -> None:
    token = "fk-" + "x" * 43
    assert (await client.get(f"/token/info/{token}")).status_code == 404
    client.cookies.clear()
    response = await client.get("/auth/login_share", params={"token": token})
    assert (response.status_code, response.headers["content-type"][:9]) == (200, "text/html")
    assert not client.cookies


async def test_signing_out_takes_the_cookies_back(client: httpx.AsyncClient) -> None:
    assert client.cookies
    response = await client.get("/auth/logout")
    assert response.status_code == 302
    assert not client.cookies
    assert (await client.get("/api/auth/session")).json() == {}


@pytest.mark.parametrize("path", ["/auth/login_token", "/token/register"])
async def test_guessing_tokens_is_slowed_down_too(serve: Serve, path: str) -> None:
    throttle = LoginThrottle(burst=1, seconds_each=60, clock=lambda: 0.0)
    async with calling(serve(throttle=throttle)) as client:
        form = {"access_token": "x"}
        statuses = [(await client.post(path, data=form)).status_code for _ in range(2)]
    assert statuses[1] == 429


async def test_hosts_with_one_key_accept_each_others_tokens(serve: Serve) -> None:
    reply = (TextDelta("x"), ReplyEnded())
    one, other = serve(token_key=KEY), serve(reply, reply, token_key=KEY)
    async with calling(one) as at_one, calling(other) as at_other:
        assert await account_of(at_one) == await account_of(at_other)
        token = await token_of(at_one)
        at_one.headers["X-Authorization"] = token
        share = (await shared(at_one)).json()["token_key"]
        for accepted in (token, share):
            headers = {"X-Authorization": accepted}
            response = await at_other.post("/api/conversation", json=prompt_body(), headers=headers)
            assert response.status_code == 200
            cookie = {"Cookie": f"credential={accepted}"}
            session = await at_other.get("/api/auth/session", headers=cookie)
            assert session.json()["accessToken"] == accepted


async def test_hosts_with_keys_of_their_own_do_not(serve: Serve) -> None:
    async with calling(serve()) as at_one, calling(serve()) as at_other:
        headers = {"X-Authorization": await token_of(at_one)}
        response = await at_other.get("/api/models", headers=headers)
    assert response.status_code == 401
    assert response.json()["detail"]["code"] == "invalid_jwt"


async def test_a_token_of_another_host_that_is_over_is_refused_as_expired(serve: Serve) -> None:
    dead, alive = (
        serve(token_key=KEY, token_lifetime=timedelta(seconds=seconds)) for seconds in (-1, 60)
    )
    async with calling(dead) as at_dead, calling(alive) as at_alive:
        response = await at_alive.get(
            "/api/models", headers={"X-Authorization": await cookie_of(at_dead)}
        )
    assert response.json()["detail"]["code"] == "token_expired"


async def cookie_of(client: httpx.AsyncClient) -> str:
    form = {"token_key": await account_of(client), "session_password": "k3vq0zt1ab"}
    await client.post("/auth/login", data=form)
    return client.cookies["credential"]
