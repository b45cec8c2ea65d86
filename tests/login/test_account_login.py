"""The login steps against tables of answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from fakegpt_tui.domain import (
    BadReply,
    Endpoints,
    LoginRefused,
    RateLimited,
    RequestRefused,
    Secret,
    Service,
    ServiceError,
    Session,
    SigningIn,
    Unreachable,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.steps import LoginPolicy
from tests.signed_in import Waits, service

BASE = "http://127.0.0.1:8100/secret-path"
CANARY = "canary-token-0123456789"
LOADS = {"loads": [{"token_id": "a7", "count": 7}, {"token_id": "a0", "count": 0}]}
SESSION = {"accessToken": CANARY, "expires": "2031-01-01T00:00:00", "user": {}}
COOKIE = {"Set-Cookie": f"credential={CANARY}; Path=/"}


class Host:
    """The three steps of a healthy service, any of which a test may change."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.loads = router.get(path="/secret-path/api/loads")
        self.login = router.post(path="/secret-path/auth/login")
        self.session = router.get(path="/secret-path/api/auth/session")
        self.loads.respond(json=LOADS)
        self.login.respond(json={"code": 0, "url": "/"}, headers=COOKIE)
        self.session.respond(json=SESSION)

    @property
    def accounts(self) -> list[str]:
        return [form["token_key"][0] for form in self.forms]

    @property
    def forms(self) -> list[dict[str, list[str]]]:
        return [parse_qs(call.request.content.decode()) for call in self.login.calls]


@pytest.fixture
def host() -> Iterator[Host]:
    with respx.mock(base_url="http://127.0.0.1:8100", assert_all_called=False) as router:
        yield Host(router)


class Reports:
    def __init__(self) -> None:
        self.states: list[SigningIn] = []

    def __call__(self, state: SigningIn) -> None:
        self.states.append(state)


def login(
    *, waits: Waits | None = None, served: Service | None = None, accounts: int = 3
) -> AccountLogin:
    policy = LoginPolicy(retries=(waits or Waits()).retries())
    return AccountLogin(Transport(served or service(BASE + "/")), policy=policy, accounts=accounts)


async def refused() -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await login().sign_in(Reports())
    shown = f"{caught.value} {caught.value!r}"
    assert CANARY not in shown
    assert "secret-path" not in shown
    return caught.value


async def test_a_login_yields_a_session_and_tells_its_steps(host: Host) -> None:
    reports = Reports()
    session = await login().sign_in(reports)
    assert host.loads.call_count == host.session.call_count == 1
    assert session.base_url == BASE
    assert session.token == Secret(CANARY)
    assert session.expires_at is not None
    assert session.expires_at.isoformat() == "2031-01-01T00:00:00+00:00"
    assert session.account == "a0"
    assert session.cookies == (("credential", Secret(CANARY)),)
    assert [(state.step, state.of) for state in reports.states] == [(1, 3), (2, 3), (3, 3)]
    assert len({state.what for state in reports.states}) == 3


async def test_requests_look_as_the_protocol_has_them(host: Host) -> None:
    session = await login().sign_in(Reports())
    asked = host.loads.calls.last.request
    assert asked.url.params["t"].isdecimal()
    assert asked.headers["Referer"] == f"{BASE}/?v=2"
    assert asked.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in asked.headers
    assert "X-Authorization" not in asked.headers
    (form,) = host.forms
    assert form == {"token_key": ["a0"], "session_password": [session.password.reveal()]}
    assert host.login.calls.last.request.headers["Content-Type"] == (
        "application/x-www-form-urlencoded"
    )
    assert host.session.calls.last.request.headers["Cookie"] == f"credential={CANARY}"


async def test_the_least_used_account_comes_first_and_the_next_when_it_is_refused(
    host: Host,
) -> None:
    counts = {"d": 9, "c": 5, "b": 5, "a": 1}
    loads = [{"token_id": name, "count": count} for name, count in counts.items()]
    host.loads.respond(json={"loads": loads})
    host.login.respond(json={"code": 500, "message": "The account is tired."})
    host.session.respond(json={})
    error = await refused()
    assert isinstance(error, LoginRefused)
    assert "The account is tired." in str(error)
    assert host.accounts[0] == "a"
    assert set(host.accounts[1:]) == {"b", "c"}
    assert len({form["session_password"][0] for form in host.forms}) == 3


async def test_an_account_that_is_let_in_after_a_refused_one_is_taken(host: Host) -> None:
    host.login.side_effect = [
        httpx.Response(401, json={"detail": "expired"}),
        httpx.Response(200, json={"code": 0}, headers=COOKIE),
    ]
    assert (await login().sign_in(Reports())).account == "a7"


REFUSED_LOGINS: dict[str, httpx.Response] = {
    "an error inside status 200": httpx.Response(200, json={"code": 500, "message": "No."}),
    "a page": httpx.Response(200, html="<html><title>Log in</title></html>"),
    "400": httpx.Response(400, json={"detail": "No."}),
    "401": httpx.Response(401, json={"detail": "No."}),
    "nothing": httpx.Response(200),
}


@pytest.mark.parametrize("name", REFUSED_LOGINS)
@pytest.mark.parametrize("session", [{}, {"accessToken": ""}, {"accessToken": 5}, []])
async def test_a_login_without_a_token_is_refused(host: Host, name: str, session: object) -> None:
    host.login.mock(return_value=REFUSED_LOGINS[name])
    host.session.respond(content=json.dumps(session))
    assert isinstance(await refused(), LoginRefused)
    assert len(host.accounts) == 2


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_redirect_after_the_login_is_a_success_when_there_is_a_token(
    host: Host, status: int
) -> None:
    host.login.respond(status, headers=COOKIE | {"Location": "https://elsewhere.example/"})
    assert (await login().sign_in(Reports())).token == Secret(CANARY)


async def test_the_token_counts_whatever_the_status_of_the_login(host: Host) -> None:
    host.login.respond(403, json={"detail": "No."}, headers=COOKIE)
    assert (await login().sign_in(Reports())).token == Secret(CANARY)


async def test_a_token_cookie_will_do_where_the_session_does_not_show_it(host: Host) -> None:
    """A `Secure` cookie is never sent back over plain HTTP."""
    host.login.respond(json={}, headers={"Set-Cookie": f"credential={CANARY}; Path=/; Secure"})
    host.session.respond(json={})
    session = await login().sign_in(Reports())
    assert session.token == Secret(CANARY)
    assert session.cookies == ()


async def test_cookies_of_a_refused_account_do_not_reach_the_next(host: Host) -> None:
    host.login.side_effect = [
        httpx.Response(200, headers={"Set-Cookie": "first=1; Path=/"}),
        httpx.Response(200, headers={"Set-Cookie": "second=1; Path=/"}),
    ]
    host.session.side_effect = [httpx.Response(200, json={}), httpx.Response(200, json=SESSION)]
    session = await login().sign_in(Reports())
    assert [name for name, _ in session.cookies] == ["second"]
    assert host.session.calls.last.request.headers["Cookie"] == "second=1"


BAD_LOADS: dict[str, tuple[httpx.Response, type[ServiceError]]] = {
    "no accounts": (httpx.Response(200, json={"loads": []}), LoginRefused),
    "no list": (httpx.Response(200, json={}), BadReply),
    "a page": (httpx.Response(200, html="<html><title>Hello</title></html>"), BadReply),
    "a challenge": (httpx.Response(403, html="<title>Just a moment...</title>"), RequestRefused),
    "too many requests": (httpx.Response(429, json={"detail": "rate limited."}), RateLimited),
    "an outage": (httpx.Response(503, text="Internal Server Error"), Unreachable),
    "too much": (httpx.Response(200, content=b" " * 8_000_001), BadReply),
}


@pytest.mark.parametrize("name", BAD_LOADS)
async def test_a_bad_list_of_accounts_is_what_it_is(host: Host, name: str) -> None:
    answer, kind = BAD_LOADS[name]
    host.loads.mock(return_value=answer)
    assert type(await refused()) is kind
    assert host.accounts == []


async def test_a_transient_error_is_retried_and_reported(host: Host) -> None:
    healthy = httpx.Response(200, json=LOADS)
    host.loads.side_effect = [httpx.ConnectError(""), httpx.Response(502), healthy]
    waits, reports = Waits(), Reports()
    await login(waits=waits).sign_in(reports)
    assert waits.seconds == [0.25, 0.5]
    assert [state.what for state in reports.states if "again in" in state.what]


async def test_a_service_that_names_a_time_is_waited_for(host: Host) -> None:
    limited = httpx.Response(429, headers={"Retry-After": "12"}, json={"detail": "rate limited."})
    host.login.side_effect = [limited, httpx.Response(200, headers=COOKIE)]
    waits = Waits()
    await login(waits=waits).sign_in(Reports())
    assert waits.seconds == [12.0]


async def test_three_tries_are_enough(host: Host) -> None:
    host.session.mock(side_effect=httpx.ReadError(""))
    error = await refused()
    assert isinstance(error, Unreachable)
    assert host.session.call_count == 3
    assert host.accounts == ["a0"]


async def test_a_redirect_is_followed_once_within_the_origin(host: Host) -> None:
    host.loads.side_effect = [
        httpx.Response(302, headers={"Location": "/secret-path/api/loads?v=2"}),
        httpx.Response(200, json=LOADS),
    ]
    await login().sign_in(Reports())
    assert host.loads.calls.last.request.url.params["v"] == "2"


async def test_a_redirect_that_leads_to_another_is_not_followed(host: Host) -> None:
    host.loads.respond(302, headers={"Location": "/secret-path/api/loads"})
    assert isinstance(await refused(), BadReply)
    assert host.loads.call_count == 2


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:8100/x",
        "http://127.0.0.1:8101/x",
        "http://localhost:8100/x",
        "//elsewhere.example/x?token=1",
        "file:///etc/passwd",
        "http://[::1/",
    ],
)
async def test_a_redirect_to_another_origin_is_refused(host: Host, location: str) -> None:
    host.session.respond(307, headers={"Location": location})
    error = await refused()
    assert isinstance(error, RequestRefused | Unreachable | BadReply)
    assert "token=1" not in str(error)


async def test_a_known_account_comes_first_with_its_password(host: Host) -> None:
    known = await login().sign_in(Reports())
    known = replace(known, account="a7", password=Secret("kept-password-1"))
    reports = Reports()
    again = await login().sign_in(reports, first=known)
    assert (again.account, again.password) == ("a7", Secret("kept-password-1"))
    assert host.loads.call_count == 1
    assert [state.step for state in reports.states] == [2, 3]


async def test_a_dead_token_that_comes_again_speaks_against_its_account(host: Host) -> None:
    known = await login().sign_in(Reports())
    fresh = {"accessToken": "another-token"}
    host.session.side_effect = [
        httpx.Response(200, json=SESSION),
        httpx.Response(200, json=fresh),
    ]
    again = await login().sign_in(Reports(), first=known, dead=known.token)
    assert (again.account, again.token) == ("a7", Secret("another-token"))


async def test_a_suspect_account_comes_last(host: Host) -> None:
    await login().sign_in(Reports(), last="a0")
    assert host.accounts == ["a7"]


async def test_the_only_account_is_tried_even_when_suspect(host: Host) -> None:
    host.loads.respond(json={"loads": [{"token_id": "a0", "count": 0}]})
    assert (await login().sign_in(Reports(), last="a0")).account == "a0"


async def test_a_hundred_thousand_accounts_are_no_problem(host: Host) -> None:
    loads = [{"token_id": f"{n:032x}", "count": n % 7} for n in range(100_000)]
    host.loads.respond(json={"loads": loads})
    session: Session = await login().sign_in(Reports())
    assert int(session.account, 16) % 7 == 0


async def test_the_steps_are_where_the_service_says() -> None:
    endpoints = Endpoints(loads="/shared", login="/in", session="/who")
    with respx.mock(base_url="http://127.0.0.1:8100") as router:
        router.get(path="/shared").respond(json=LOADS)
        router.post(path="/in").respond(headers=COOKIE)
        router.get(path="/who").respond(json=SESSION)
        made = AccountLogin(Transport(service("http://127.0.0.1:8100", endpoints=endpoints)))
        session = await made.sign_in(lambda _state: None)
    assert session.token.reveal() == CANARY
    assert [name for name, _ in session.cookies] == ["credential"]
