from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import httpx
import pytest

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import ContextMessage, Model, ReplyEnded, TextDelta, Unreachable
from fakegpt_tui.host.client_address import LoginThrottle
from fakegpt_tui.host.server import HostServer
from fakegpt_tui.protocol.fakegpt import (
    read_models,
    read_session,
    read_shared_accounts,
    token_expiry,
)
from tests.host.calls import PASSWORD, account_of, calling, prompt_body, signed_in, token_of

Serve: TypeAlias = Callable[..., HostServer]

REPLY = (TextDelta("x"), ReplyEnded())


@pytest.fixture
async def client(serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    """Signed in to nothing yet."""
    async with calling(serve(*[REPLY] * 10)) as client:
        yield client


async def logged_in(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    form = {"token_key": await account_of(client), "session_password": PASSWORD, **fields}
    return await client.post("/auth/login", data={k: v for k, v in form.items() if v})


async def test_one_opaque_account_is_shared_and_never_busy(client: httpx.AsyncClient) -> None:
    (load,) = read_shared_accounts(
        (await client.get("/api/loads", params={"t": "1700000000"})).content
    )
    assert len(load.token_id) == 32
    assert load.count == 0


async def test_the_three_steps_lead_to_a_token_with_its_expiry(client: httpx.AsyncClient) -> None:
    response = await logged_in(client)
    assert response.json() == {"code": 0, "url": "/"}
    session = read_session((await client.get("/api/auth/session")).content)
    assert session.token.reveal() == client.cookies["credential"]
    assert session.expires_at == token_expiry(session.token.reveal())
    assert client.cookies["session_password"] == PASSWORD


async def test_cookies_are_for_programs_only_and_travel_over_plain_http(
    client: httpx.AsyncClient,
) -> None:
    for cookie in (await logged_in(client)).headers.get_list("set-cookie"):
        _, *attributes = cookie.lower().split("; ")
        assert set(attributes) == {"path=/", "httponly", "samesite=lax"}


async def test_a_token_lives_as_long_as_it_was_told_to(serve: Serve) -> None:
    async with calling(serve(token_lifetime=timedelta(minutes=5))) as client:
        expiry = token_expiry(await token_of(client))
    assert expiry is not None
    assert timedelta(minutes=4) < expiry - datetime.now(UTC) <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"token_key": "0" * 32}, 404),
        ({"token_key": ""}, 422),
        ({"session_password": ""}, 422),
        ({"session_password": "abc1234"}, 400),
        ({"session_password": "k3vq0zt1ab" * 7}, 400),
        ({"session_password": "k3vq0zt1 ab"}, 400),
        ({"session_password": "k3vq0zt1;ab"}, 400),
        ({"session_password": "k3vq0zt1\r\nab"}, 400),
        ({"session_password": "k3vq0zt1äb"}, 400),
        ({f"more{number}": "x" for number in range(10)}, 400),
        ({"session_password": "abcdefg1"}, 200),
        ({"session_password": "abcdefghij"}, 200),
        ({"session_password": "1234567890"}, 200),
        ({"session_password": "1abcdefg!#-_~"}, 200),
        ({"more": "x"}, 200),
    ],
)
async def test_a_login_is_judged_by_its_fields(
    client: httpx.AsyncClient, fields: dict[str, str], status: int
) -> None:
    response = await logged_in(client, **fields)
    assert response.status_code == status
    assert ("credential" in client.cookies) is (status == 200)
    assert status == 200 or response.json()["detail"]


async def test_a_missing_field_is_named(client: httpx.AsyncClient) -> None:
    response = await logged_in(client, session_password="")
    (problem,) = response.json()["detail"]
    assert problem["loc"] == ["body", "session_password"]


async def test_a_login_as_json_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("/auth/login", json={"token_key": "x"})).status_code == 415


async def test_who_logs_in_too_often_has_to_wait(serve: Serve) -> None:
    throttle = LoginThrottle(burst=2, seconds_each=60, clock=lambda: 0.0)
    async with calling(serve(throttle=throttle)) as client:
        statuses = [(await logged_in(client)).status_code for _ in range(2)]
        response = await logged_in(client)
    assert statuses == [200, 200]
    assert response.status_code == 429
    assert response.headers["retry-after"] == "60"
    assert response.json()["detail"]["clears_in"] == 60


@pytest.mark.parametrize("cookie", [None, "", "fk-x", "a.b.c", '"quoted"'])
async def test_who_is_not_signed_in_has_an_empty_session(
    client: httpx.AsyncClient, cookie: str | None
) -> None:
    headers = {} if cookie is None else {"Cookie": f"credential={cookie}"}
    response = await client.get("/api/auth/session", headers=headers)
    assert (response.status_code, response.json()) == (200, {})


async def test_an_expired_token_has_an_empty_session_and_is_refused_as_expired(
    serve: Serve,
) -> None:
    async with calling(serve(token_lifetime=timedelta(seconds=-1))) as client:
        await logged_in(client)
        assert (await client.get("/api/auth/session")).json() == {}
        token = client.cookies["credential"]
        response = await client.get("/api/models", headers={"X-Authorization": token})
    assert response.status_code == 401
    assert response.json()["detail"]["code"] == "token_expired"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (header, form)
        for header in ("X-Authorization", "Authorization")
        for form in ("Bearer {}", "bearer {}", "BEARER   {}", "{}")
    ],
)
async def test_a_token_may_come_in_either_header_with_or_without_scheme(
    client: httpx.AsyncClient, header: str, form: str
) -> None:
    token = await token_of(client)
    response = await client.get("/api/models", headers={header: form.format(token)})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "Not authenticated"),
        ({"X-Authorization": ""}, "Not authenticated"),
        ({"X-Authorization": "Bearer fk-x"}, "invalid_jwt"),
        ({"X-Authorization": "Bearer"}, "invalid_jwt"),
        ({"Authorization": "Basic eDp5"}, "Not authenticated"),
    ],
)
@pytest.mark.parametrize("path", ["/api/models", "/api/conversation"])
async def test_without_a_good_token_there_is_nothing(
    client: httpx.AsyncClient, headers: dict[str, str], detail: str, path: str
) -> None:
    await token_of(client)  # A cookie alone is what a web page could send, too.
    method = "GET" if path == "/api/models" else "POST"
    body = prompt_body() if method == "POST" else None
    response = await client.request(method, path, headers=headers, json=body)
    assert response.status_code == 401
    found = response.json()["detail"]
    assert detail == (found if isinstance(found, str) else found["code"])


async def test_the_models_of_the_backend_are_listed(serve: Serve) -> None:
    models = (Model("one", "One", "The first."), Model("two"))
    async with signed_in(serve(backend=ScriptedBackend(models=models))) as client:
        response = await client.get("/api/models?history_and_training_disabled=false")
    assert [model.id for model in read_models(response.content)] == ["one", "two"]


async def test_what_the_backend_cannot_do_is_told(serve: Serve) -> None:
    class Broken(ScriptedBackend):
        async def models(self) -> tuple[Model, ...]:
            raise Unreachable("The model server is down.")

    async with signed_in(serve(backend=Broken())) as client:
        response = await client.get("/api/models")
    assert response.status_code == 504
    assert response.json() == {"detail": "The model server is down."}


async def asked_of(serve: Serve, body: dict[str, object]) -> ReplyRequest:
    backend = ScriptedBackend(REPLY)
    async with signed_in(serve(backend=backend)) as client:
        (await client.post("/api/conversation", json=body)).raise_for_status()
    return backend.requests[0]


async def test_the_backend_is_asked_what_the_client_asked(serve: Serve) -> None:
    assert await asked_of(serve, prompt_body("Grüße\n🙂")) == ReplyRequest(
        messages=(ContextMessage("user", "Grüße\n🙂"),),
        model="text-davinci-002-render-sha",
        prompt_id="00000000-0000-4000-8000-000000000001",
    )


@pytest.mark.parametrize("model", ["", None])
async def test_who_names_no_model_gets_the_first_one(serve: Serve, model: str | None) -> None:
    assert (await asked_of(serve, prompt_body(model=model))).model == "scripted"


async def test_the_smallest_body_of_an_old_client_will_do(serve: Serve) -> None:
    content = {"content_type": "text", "parts": ["hello"]}
    body: dict[str, object] = {
        "action": "next",
        "messages": [{"id": "1", "role": "user", "content": content}],
        "parent_message_id": "2",
        "model": "m",
    }
    assert (await asked_of(serve, body)).messages == (ContextMessage("user", "hello"),)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        prompt_body(messages=[]),
        prompt_body(messages="x"),
        prompt_body(messages=[{}]),
        prompt_body(action="dance"),
    ],
)
async def test_a_body_that_cannot_be_understood_says_where(serve: Serve, body: object) -> None:
    async with signed_in(serve()) as client:
        response = await client.post("/api/conversation", json=body)
    assert response.status_code == 422
    assert all({"loc", "msg", "type"} <= problem.keys() for problem in response.json()["detail"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conversation_id": "c"}, "history_disabled_conversation_not_found"),
        (
            {"conversation_id": "c", "history_and_training_disabled": False},
            "conversation_not_found",
        ),
        ({"action": "continue", "messages": None}, "history_disabled_conversation_not_found"),
    ],
)
async def test_the_host_admits_that_it_keeps_no_conversations(
    serve: Serve, changes: dict[str, object], code: str
) -> None:
    async with signed_in(serve()) as client:
        response = await client.post("/api/conversation", json=prompt_body(**changes))
    assert response.status_code == 404
    assert response.json()["detail"]["code"] == code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api", 404),
        ("GET", "/api/loads/", 404),
        ("GET", "/api/conversation", 405),
        ("POST", "/api/loads", 405),
        ("GET", "/../api/loads", 404),
        ("GET", "/api%2Floads%00", 404),
    ],
)
async def test_what_is_not_there_is_said_in_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert isinstance(response.json()["detail"], str)


async def test_a_body_that_is_nested_too_deeply_is_refused_over_the_wire(serve: Serve) -> None:
    async with signed_in(serve()) as client:
        response = await client.post(
            "/api/conversation",
            content=b"[" * 100_000,
            headers={"Content-Type": "application/json"},
        )
    assert response.status_code == 400
