import json
from collections.abc import Callable
from itertools import product
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.host.server import HostServer
from tests.host.calls import (
    NO_TLS,
    asking,
    calling,
    messages,
    prompt_body,
    raw,
    raw_head,
    signed_in,
    token_of,
)

Serve: TypeAlias = Callable[..., HostServer]

HOSTS = {"127.0.0.1:{port}": True, "localhost:{port}": True, "evil.test": False}
ORIGINS = {None: True, "http://127.0.0.1:{port}": True, "http://evil.test": False, "null": False}
SITES = {None: True, "same-origin": True, "none": True, "same-site": False, "cross-site": False}
KINDS = {"application/json": True, "text/plain": False, "multipart/form-data": False}
TOKENS = {"good": True, "foreign": False, None: False}


@pytest.fixture
def host(serve: Serve) -> HostServer:
    reply = (TextDelta("x"), ReplyEnded())
    return serve(*[reply] * 100, secret_path=False)


async def test_exactly_the_requests_of_local_programs_are_answered(host: HostServer) -> None:
    port = urlsplit(host.base_url).port
    body = json.dumps(prompt_body()).encode()
    async with calling(host) as client:
        tokens = {"good": await token_of(client), "foreign": "fk-x", None: None}
    answered = 0
    for chosen in product(HOSTS, ORIGINS, SITES, KINDS, TOKENS):
        name, origin, site, kind, bearer = chosen
        is_legal = all((HOSTS[name], ORIGINS[origin], SITES[site], KINDS[kind], TOKENS[bearer]))
        headers = {
            "Host": name.format(port=port),
            "Origin": origin and origin.format(port=port),
            "Sec-Fetch-Site": site,
            "Content-Type": kind,
            "Content-Length": len(body),
            "X-Authorization": tokens[bearer],
        }
        lines = [f"{header}: {value}" for header, value in headers.items() if value]
        head = await raw_head(host, "POST /api/conversation HTTP/1.1", *lines, body=body)
        assert head.startswith("http/1.1 200 ") is is_legal, (chosen, head)
        assert "\r\naccess-control" not in head
        assert "\r\nserver:" not in head
        answered += is_legal
    assert answered == 2 * 2 * 3


def odd_hosts(port: int) -> list[str]:
    names = [
        "evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "evil.test#localhost",
        "127.0.0.2", "127.1", "127.0.1", "0.0.0.0", "0", "2130706433", "0x7f000001", "0177.0.0.1",
        "[::1]", "[::ffff:127.0.0.1]", "::1", "LOCALHOST", "Localhost", "localhost.", "127.0.0.1.",
        " 127.0.0.1", "127.0.0.1,evil.test", "evil.test,127.0.0.1", "user@127.0.0.1",
        "127.0.0.1@evil.test", "ip6-localhost", "localhost.localdomain", "sub.localhost", "",
        "127.0.0.1\t", "xn--lcalhost-x2a", "127。0。0。1".encode().decode("latin-1"),
    ]  # fmt: skip
    ports = [
        f":{port}", "", ":", ":80", ":0", f":0{port}", f":{port} ", f":{port + 1}", f":{port}/",
        f":{port}#", f":{port}@evil.test", f":{port}:{port}",
    ]  # fmt: skip
    good = {f"127.0.0.1:{port}", f"localhost:{port}"}
    spellings = {f"{name}{end}" for name in [*names, "127.0.0.1", "localhost"] for end in ports}
    # Space around a value is no part of it.
    return sorted(spelling for spelling in spellings if spelling.strip() not in good)


async def test_no_other_spelling_of_the_host_is_answered(host: HostServer) -> None:
    port = urlsplit(host.base_url).port or 0
    spellings = odd_hosts(port)
    assert len(spellings) > 300
    for spelling in spellings:
        status = await raw(host, "GET /api/loads HTTP/1.1", f"Host: {spelling}")
        assert status in (400, 421), spelling


@pytest.mark.parametrize(
    "head",
    [
        ("GET /api/loads HTTP/1.1",),
        ("GET /api/loads HTTP/1.0",),
        ("GET /api/loads HTTP/1.1", "Host: {own}", "Host: {own}"),
        ("GET /api/loads HTTP/1.1", "Host: {own}", "Host: evil.test"),
        ("GET /api/loads HTTP/1.1", "Host: evil.test", "X-Forwarded-Host: {own}"),
        ("GET http://evil.test/api/loads HTTP/1.1", "Host: evil.test"),
        ("GET http://evil.test/api/loads HTTP/1.1", "Host: {own}"),
        ("GET /api/loads HTTP/1.1", "Host: {own}", "Origin: http://{own}", "Origin: null"),
        ("GET /api/loads HTTP/1.1", "Host: {own}", "Sec-Fetch-Site: none", "Sec-Fetch-Site: x"),
        ("OPTIONS /api/conversation HTTP/1.1", "Host: {own}", "Origin: http://evil.test"),
        ("NONSENSE",),
    ],
)
async def test_a_request_that_does_not_say_clearly_whom_it_is_for_gets_nothing(
    host: HostServer, head: tuple[str, ...]
) -> None:
    own = urlsplit(host.base_url).netloc
    status = await raw(host, *(line.format(own=own) for line in head))
    assert status in (400, 403, 404, 421)


async def test_the_host_answers_under_its_secret_path_only(serve: Serve) -> None:
    host = serve((TextDelta("x"), ReplyEnded()))
    secret = urlsplit(host.base_url).path
    assert len(secret) > 40
    async with signed_in(host) as client:
        async with asking(client) as response:
            assert [event async for event in messages(response)]
        origin = f"http://{urlsplit(host.base_url).netloc}"
        for path in ("/", "", secret[:-1], f"{secret}x", f"/{secret}", "/x", secret.swapcase()):
            for rest in ("/api/loads", "/auth/login", "/api/models", "/"):
                response = await client.get(origin + path + rest)
                assert response.status_code == 404, path + rest


async def test_no_two_hosts_have_the_same_secret(serve: Serve) -> None:
    first, second = serve(), serve()
    assert urlsplit(first.base_url).path != urlsplit(second.base_url).path


async def test_a_token_of_one_host_is_worth_nothing_at_another(serve: Serve) -> None:
    first, second = serve(), serve()
    async with calling(first) as client:
        token = await token_of(client)
    async with calling(second) as client:
        response = await client.get("/api/models", headers={"X-Authorization": token})
    assert response.status_code == 401
    assert response.json()["detail"]["code"] == "invalid_jwt"


async def test_the_loopback_host_is_not_to_be_had_at_another_address(serve: Serve) -> None:
    host = serve(secret_path=False, backend=ScriptedBackend())
    port = urlsplit(host.base_url).port
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.2:{port}/api/loads")
