"""The time that a service asks to wait is read in every form, and nothing else is."""

import json
import time
from datetime import timedelta

import pytest

from fakegpt_tui.domain import now
from fakegpt_tui.protocol.retry_after import find_retry_after


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "7, 7"},
        {"x-ms-retry-after-ms": "7000"},
        {"x-ratelimit-retry-after": "7"},
        {"x-rate-limit-reset": "7"},
        {"x-ratelimit-reset-after": "7"},
        {"ratelimit": "limit=10, remaining=0, reset=7"},
        {"ratelimit": '"default";r=0;t=7'},
        {"ratelimit": '"day";r=5;t=50', "x-ratelimit-reset": "7"},
    ],
)
def test_a_header_names_the_time(headers: dict[str, str]) -> None:
    assert find_retry_after(headers) == 7


@pytest.mark.parametrize(
    "name", ["retry-after", "x-ratelimit-reset", "anthropic-ratelimit-requests-reset"]
)
def test_a_moment_is_read_in_every_form(name: str) -> None:
    moment = now() + timedelta(seconds=4000)
    for told in (moment.isoformat(), f"{moment:%Y-%m-%dT%H:%M:%SZ}", str(int(moment.timestamp()))):
        waited = find_retry_after({name: told, "anthropic-ratelimit-requests-remaining": "0"})
        assert waited == pytest.approx(4000, abs=60)


def test_a_moment_is_read_in_words() -> None:
    moment = now() + timedelta(seconds=4000)
    body = json.dumps({"error": f"Try again at {moment.isoformat()}"})
    assert find_retry_after({}, body) == pytest.approx(4000, abs=60)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"retry_after": "7"}},
        {"data": {"retryAfterMs": 7000}},
        {"error": {"metadata": {"headers": {"X-RateLimit-Reset": "7s"}}}},
        {"error": {"details": [{"metadata": {"quotaResetDelay": "7s"}}]}},
        {"error": {"message": "Try again in 6 seconds and 1000 ms"}},
        {"message": "Your quota will reset after 7s."},
        {"message": "Retry-After: 7"},
        {"message": "Wait at least 7 seconds."},
        {"message": "请在 7 秒后重试"},
    ],
)
def test_a_body_names_the_time(body: object) -> None:
    assert find_retry_after({}, json.dumps(body)) == 7


@pytest.mark.parametrize(
    ("words", "seconds"), [("in a second", 1), ("in one minute", 60), ("after an hour", 3600)]
)
def test_one_is_written_in_words(words: str, seconds: int) -> None:
    assert find_retry_after({}, f"Try again {words}.") == seconds


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"retry-after": "soon", "x-ratelimit-reset": "-7", "ratelimit": "r=0;t=x"}, "{}"),
        ({"anthropic-ratelimit-tokens-remaining": "9",
          "anthropic-ratelimit-tokens-reset": "2999-01-01T00:00:00Z"}, "{}"),
        ({}, "Retry after 7 tokens were used, in 7 ways; reset your key"),
        ({}, '{"retry_after": true, "wait_time": [7], "headers": {"x-ratelimit-limit": "7"}}'),
        ({"retry-after": "1000000000"}, "Again at 2026-13-40"),
    ],
    ids=range(5),
)  # fmt: skip
def test_what_names_no_time_is_none(headers: dict[str, str], body: str) -> None:
    assert find_retry_after(headers, body) is None


@pytest.mark.parametrize("piece", ["7", "7, ", "again in 7 s, and ", "retry after ", "t=7;r=0"])
def test_what_is_long_takes_time_in_proportion(piece: str) -> None:
    long = piece * (60_000 // len(piece))
    started = time.process_time()
    for name in ("retry-after", "x-ratelimit-reset", "ratelimit"):
        find_retry_after({name: long}, f"again in {long}")
    assert time.process_time() - started < 1


def test_what_a_client_that_is_not_limited_has_left_is_no_time() -> None:
    body = json.dumps({"metadata": {"headers": {"x-ratelimit-reset": "7"}}})
    assert find_retry_after({"ratelimit": "r=0;t=7"}, body, limited=False) is None
