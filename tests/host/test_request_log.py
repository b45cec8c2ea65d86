"""The access log, request ids and metrics: what they say, and what they never do."""

import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import BadReply, ConfigError, ReplyEnded, TextDelta
from fakegpt_tui.host.access_control import HostNames
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.client_address import TrustedProxies
from fakegpt_tui.host.logs import AccessLog, RequestRecord
from fakegpt_tui.host.metrics import Metrics
from fakegpt_tui.host.server import HostServer
from tests.host.calls import asking, calling, messages, prompt_body, until
from tests.host.keys import new_key

Serve: TypeAlias = Callable[..., HostServer]

SECRET = "canary-8c1f"
REPLY = (TextDelta(f"Reply {SECRET}"), ReplyEnded())


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_a_line_tells_of_a_request_and_holds_no_text_and_no_secret(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "access.jsonl"
    key, text = new_key()
    failing = (TextDelta("x"), BadReply(f"No {SECRET}."))
    server = serve(REPLY, failing, keys=KeyRing([key]), access_log=path, metrics=("127.0.0.1", 0))
    async with calling(server) as client:
        headers = {"Authorization": f"Bearer {text}", "User-Agent": SECRET}
        for _ in range(2):
            body = prompt_body(SECRET)
            answer = await client.post(f"/api/conversation?q={SECRET}", json=body, headers=headers)
        await client.get(f"/api/models?x={SECRET}", headers={"X-API-Key": f"fgk_{SECRET}"})
        await client.get(f"/nowhere/{SECRET}", headers=headers)
        await until(lambda: len(lines_of(path)) == 4)
        metrics = httpx.get(server.metrics_url, trust_env=False).text
    # A line is written when its request is over, which is a moment after its client knows.
    found = {(line["route"], line["outcome"]): line for line in lines_of(path)}
    done, cut = (found["/api/conversation", outcome] for outcome in ("done", "cut"))
    refused, unknown = (found[route, "refused"] for route in ("/api/models", ""))
    assert cut["id"] == answer.headers["x-request-id"]
    assert (done["key"], done["address"], done["status"]) == (key.id, "127.0.0.1", 200)
    assert done["model"] == "text-davinci-002-render-sha"
    assert done["prompt_tokens"] == 3
    assert done["reply_tokens"] == 5
    assert done["bytes"] > 0
    assert 0 < done["first_word_ms"] <= done["ms"]
    assert (refused["key"], unknown["route"]) == ("", "")
    for kept in (path.read_text(), metrics):
        assert SECRET not in kept
        assert text[21:] not in kept
    assert path.stat().st_mode & 0o077 == 0


async def test_a_client_that_leaves_is_told_apart(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    key, text = new_key()
    backend = ScriptedBackend((TextDelta("x"), Gate(), ReplyEnded()))
    async with calling(serve(backend=backend, keys=KeyRing([key]), access_log=path)) as client:
        client.headers["Authorization"] = text
        async with asking(client) as response:
            await anext(messages(response))
        await until(lambda: len(lines_of(path)) == 1)
    assert lines_of(path)[0]["outcome"] == "client_left"


async def test_a_client_that_leaves_within_its_request_is_no_error_of_the_host(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "access.jsonl"
    host = serve(secret_path=False, access_log=path)
    address = urlsplit(host.base_url)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    with socket.create_connection((str(address.hostname), address.port or 0)) as client:
        client.sendall(head.encode())
    await until(lambda: len(lines_of(path)) == 1)
    assert lines_of(path)[0]["outcome"] == "client_left"
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("given", ["abc-1", "a b", "x" * 65])
async def test_a_request_id_is_kept_from_trusted_proxies_alone(
    serve: Serve, trusted: bool, given: str
) -> None:
    proxies = TrustedProxies.parse(["127.0.0.1"] if trusted else [])
    async with calling(serve(names=HostNames(trusted_proxies=proxies))) as client:
        answer = await client.get("/api/loads", headers={"X-Request-ID": given})
        other = await client.get("/api/loads")
    assert (answer.headers["x-request-id"] == given) is (trusted and given == "abc-1")
    assert answer.headers["x-request-id"] != other.headers["x-request-id"]


def test_a_log_that_cannot_be_written_costs_lines_alone(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "no" / "such")
    log(RequestRecord())
    assert log.lost_lines == 1


def test_a_pipe_that_takes_nothing_costs_lines_and_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    log = AccessLog(pipe)
    log(RequestRecord())
    assert log.lost_lines == 1  # Nothing has it open.
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for _ in range(2000):
        log(RequestRecord())
    taken = 0
    while data := os.read(reader, 65536):
        taken += data.count(b"\n")
    os.close(reader)
    assert taken > 100
    assert taken + log.lost_lines == 2001


def test_what_clients_name_is_cleaned_in_a_line() -> None:
    line = RequestRecord(model="\x1b[31mred\n", method="X" * 99).line()
    assert "\\u001b" not in line
    assert len(line) < 500


async def test_metrics_count_requests_replies_and_tokens(serve: Serve) -> None:
    key, text = new_key()
    server = serve(REPLY, keys=KeyRing([key]), metrics=("127.0.0.1", 0), secret_path=False)
    async with calling(server) as client, httpx.AsyncClient(trust_env=False) as other:
        await client.post("/api/conversation", json=prompt_body(), headers={"X-API-Key": text})
        found = await other.get(server.metrics_url)
        while "stream_outcome_total{" not in found.text:
            found = await other.get(server.metrics_url)
        missing = await other.get(server.metrics_url.replace("/metrics", "/api/loads"))
        assert (await client.get("/metrics")).status_code == 404
    assert (found.status_code, missing.status_code) == (200, 404)
    lines = found.text.splitlines()
    request = 'fakegpt_requests_total{dialect="fakegpt",route="/api/conversation",status="200"} 1.0'
    assert request in lines
    assert 'fakegpt_stream_outcome_total{outcome="done"} 1.0' in lines
    assert f'fakegpt_tokens_total{{key="{key.id}",kind="reply"}} 5.0' in lines
    assert "fakegpt_first_word_seconds_count 1.0" in lines
    assert "fakegpt_streams_open 0.0" in lines
    assert any(line.startswith("fakegpt_loop_lag_seconds 0") for line in lines)
    assert any(line.startswith("process_open_fds ") for line in lines)


async def test_each_protocol_has_a_label() -> None:
    metrics = Metrics(lambda: 0)
    routes = {"/api/conversation": "fakegpt", "/v1/chat/completions": "openai",
              "/v1/messages": "anthropic", "/v1/models": ""}  # fmt: skip
    for route in routes:
        metrics.observe(RequestRecord(route=route, status=200))
    transport = httpx.ASGITransport(metrics)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        found = (await client.get("/metrics")).text
    for route, dialect in routes.items():
        labels = f'dialect="{dialect}",route="{route}",status="200"'
        assert f"fakegpt_requests_total{{{labels}}} 1.0" in found


async def test_the_series_of_keys_are_bounded() -> None:
    metrics = Metrics(lambda: 0)
    for number in range(10_000):
        metrics.observe(RequestRecord(route="/api/conversation", key_id=f"k{number}"))
    transport = httpx.ASGITransport(metrics)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        found = (await client.get("/metrics")).text
    assert found.count("fakegpt_tokens_total{key=") == 201 * 2


def test_metrics_without_their_library_are_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "fakegpt_tui.host.metrics")
    with pytest.raises(ConfigError, match=r"pip install 'fakegpt-tui\[metrics\]'"):
        HostServer(ScriptedBackend(), metrics=("127.0.0.1", 0)).start()
