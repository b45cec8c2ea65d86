"""Error responses become errors with a sentence and a recovery."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import (
    BadReply,
    Busy,
    FakeGPTError,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    RequestRefused,
    ServiceError,
    Unreachable,
    Unsupported,
    now,
)
from fakegpt_tui.protocol.fakegpt import (
    ConversationNotFound,
    error_body,
    error_text,
    response_error,
)
from fakegpt_tui.text import safe_line

HOST = "chat.example.invalid"


def error_of(
    status: int, body: object, headers: dict[str, str] | None = None, *, host: str = HOST
) -> ServiceError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response_error(status, headers or {}, raw, service_host=host)


def page(title: str) -> bytes:
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>".encode()


def detail(message: str, code: str, **more: object) -> dict[str, object]:
    return {"detail": {"message": message, "type": "t", "param": None, "code": code, **more}}


ROWS: list[tuple[int, object, type[FakeGPTError], str]] = [
    (400, {"detail": "No such action"}, RequestRefused, "No such action"),
    (401, detail("Your token has expired.", "token_expired"), NotSignedIn, "has expired"),
    (401, detail("Bad session.", "expired_session_key"), NotSignedIn, "Bad session"),
    (401, {"error": {"message": "Wrong key", "code": "invalid_api_key"}}, NotSignedIn, "Wrong key"),
    (401, {"detail": "Not authenticated"}, NotSignedIn, "Not authenticated"),
    (401, b"", NotSignedIn, "no longer accepts the login"),
    (403, page("Just a moment..."), RequestRefused, "Just a moment... Try a proxy"),
    (403, page("Access denied"), RequestRefused, "Access denied"),
    (403, {"detail": "Unusual activity has been detected."}, RequestRefused, "Unusual activity"),
    (
        404,
        {"detail": "Can't load conversation 6f0c"},
        ConversationNotFound,
        "know this conversation",
    ),
    (404, {"detail": "Conversation not found"}, ConversationNotFound, "know this conversation"),
    (404, detail("Gone", "conversation_not_found"), ConversationNotFound, "know this conversation"),
    (
        404,
        detail("Gone", "history_disabled_conversation_not_found"),
        ConversationNotFound,
        "know this conversation",
    ),
    (404, page("Not here"), RequestRefused, "Check the url"),
    (405, {"detail": "Method Not Allowed"}, Unsupported, "FakeGPT protocol"),
    (500, {"code": 405, "message": "Not allowed"}, Unsupported, "FakeGPT protocol"),
    (408, b"", Unreachable, "gave up waiting"),
    (
        413,
        detail("Too long.", "message_length_exceeds_limit"),
        PromptTooLong,
        "start a new conversation",
    ),
    (413, page("Request Entity Too Large"), PromptTooLong, "Too Large"),
    (418, detail("Needs an Arkose token", "x"), Unsupported, "only a browser"),
    (400, detail("Challenge", "arkose_required"), Unsupported, "only a browser"),
    (
        422,
        {
            "detail": [
                {"loc": ["body", "messages", 0, "id"], "msg": "field required", "type": "missing"},
                {"loc": ["body", "model"], "msg": "not a string", "type": "type"},
            ]
        },
        RequestRefused,
        "body.messages.0.id: field required; body.model: not a string",
    ),
    (429, {"detail": "Only one message at a time. Please wait."}, Busy, "another prompt"),
    (429, {"detail": "Too many requests in 1 hour. Try again later."}, RateLimited, "in 1 hour"),
    (429, detail("Cap.", "model_cap_exceeded", clears_in=1800), RateLimited, "in 30 minutes"),
    (429, {"detail": "rate limited."}, RateLimited, "rate limited"),
    (429, b"", RateLimited, "Try again later"),
    (500, b"Internal Server Error", Unreachable, "500 Internal Server Error"),
    (502, page("502 Bad Gateway"), Unreachable, "502 Bad Gateway"),
    (503, {"detail": "Restarting"}, Unreachable, "Restarting"),
    (504, b"", Unreachable, "504 Gateway Timeout"),
    (520, page("Web server is returning an unknown error"), Unreachable, "status 520"),
    (200, {"detail": "Something is wrong"}, RequestRefused, "Something is wrong"),
    (200, {"errorMessage": "Say less"}, RequestRefused, "Say less"),
    (200, {"code": 500, "message": "Broken"}, Unreachable, "Broken"),
    (200, {"code": 401, "message": "Who are you?"}, NotSignedIn, "Who are you?"),
    (200, {"wss_url": "wss://x", "conversation_id": "c"}, Unsupported, "WebSocket"),
    (200, page("Sign in"), BadReply, "web page instead of a reply: Sign in"),
    (200, page("Just a moment..."), RequestRefused, "Try a proxy"),
    (200, b"<html>", BadReply, "web page"),
    (200, {}, BadReply, "no reply"),
    (200, b"hello there", BadReply, "hello there"),
    (200, b"", BadReply, "nothing at all"),
    (204, b"", BadReply, "nothing at all"),
    (302, b"", RequestRefused, "without saying where to"),
    (999, b"", BadReply, "status 999"),
]


@pytest.mark.parametrize(
    ("status", "body", "kind", "part"), ROWS, ids=[f"{row[0]} {row[3][:30]}" for row in ROWS]
)
def test_each_known_answer_is_told_in_words(
    status: int, body: object, kind: type[FakeGPTError], part: str
) -> None:
    error = error_of(status, body)
    assert type(error) is kind
    assert part in str(error)
    assert str(error).startswith(HOST)
    assert str(error).endswith((".", "!", "?"))


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Boom"},
        {"error": {"message": "Boom", "code": None, "type": "x"}},
        {"error": None, "detail": "Boom"},
        {"detail": {"message": "Boom"}},
        {"detail": [{"msg": "Boom"}]},
        {"code": 1, "message": "Boom"},
        {"errorMessage": "Boom"},
        "Boom",
        b"Boom",
        b"\xef\xbb\xbf Boom \n",
        b"<html><TITLE lang='en'>Boom</TITLE>",
        {"error": "Boom", "detail": "Not this", "message": "Nor this"},
    ],
    ids=str,
)
def test_the_reason_is_found_in_every_shape(body: object) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert error_text(raw) == "Boom"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"5", b'{"code": 0, "url": "/"}', b"<p>"])
def test_a_body_without_a_message_has_no_error_text(body: bytes) -> None:
    assert error_text(body) == ""


SECRETS = [
    "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE2OTkxNzg0MDB9.c2ln",
    "fk-" + "aB3_" * 10 + "xyz",
    "pk-" + "Zy9-" * 10 + "xyz",
    "opaque0token1" * 4,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_in_an_answer_is_not_repeated(secret: str) -> None:
    for said in (f"Bad token {secret}!", f"Bearer {secret}", f"?access_token={secret}&x=1"):
        error = str(error_of(400, {"detail": said}))
        assert secret not in error
        assert secret[-12:] not in error
        assert "••••" in error


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("session_password=hunter2; retry", "session_password=••••; retry"),
        ("credential=abc; Path=/", "credential=••••; Path=/"),
        ('{"password": "hunter2"}', '{"password": "••••"}'),
        ("proxy http://me:hunter2@proxy:8080 is down", "proxy http://••••@proxy:8080 is down"),
        ("id 6f0c0a52-6a3b-4f55-9a31-0d7f6f5f0001", "id 6f0c0a52-6a3b-4f55-9a31-0d7f6f5f0001"),
        ("请稍后再试" * 12, "请稍后再试" * 12),
    ],
)
def test_only_what_looks_like_a_secret_is_masked(said: str, shown: str) -> None:
    assert shown in str(error_of(400, {"detail": said}))


def test_what_a_service_says_is_one_clean_short_line() -> None:
    said = "\x1b]52;c;aGk=\x07Bad\r\nthing \u202egnp.exe " + "and more " * 5000
    error = str(error_of(400, {"detail": said}))
    assert error.isprintable()
    assert "\u202e" not in error
    assert len(error) < 500


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "1000000000"}, None),
        ({"Retry-After": "9" * 5000}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
        (
            {
                "Retry-After": "Sun, 05 Nov 2023 10:00:30 GMT",
                "Date": "Sun, 05 Nov 2023 10:00:00 GMT",
            },
            30.0,
        ),
        (
            {
                "Retry-After": "Sun, 05 Nov 2023 09:00:00 GMT",
                "Date": "Sun, 05 Nov 2023 10:00:00 GMT",
            },
            0.0,
        ),
        ({"Retry-After": "Sun, 05 Nov 2023 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "Fri, 05 Nov 9999 09:00:00 GMT"}, None),
    ],
    ids=str,
)
def test_the_time_to_wait_is_read_from_the_header(
    headers: dict[str, str], wait: float | None
) -> None:
    error = error_of(429, b"", headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after == wait


def test_a_date_to_wait_for_is_measured_against_now_where_the_answer_has_no_date() -> None:
    later = datetime.fromtimestamp(now().timestamp() + 100, UTC)
    error = error_of(429, b"", {"Retry-After": later.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 90 < error.retry_after <= 100


@pytest.mark.parametrize(
    "clears_in", [-1, True, "soon", None, 10**400, 10**9], ids=lambda value: f"{value!r:.9}"
)
def test_a_senseless_time_to_wait_gives_way_to_the_header(clears_in: object) -> None:
    body = detail("Cap.", "model_cap_exceeded", clears_in=clears_in)
    error = error_of(429, body, {"Retry-After": "7"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (0, "a second"),
        (1.2, "2 seconds"),
        (90, "90 seconds"),
        (100, "2 minutes"),
        (5400, "90 minutes"),
        (7200, "2 hours"),
    ],
)
def test_the_time_to_wait_is_told_in_words(wait: float, words: str) -> None:
    error = error_of(429, detail("Cap.", "model_cap_exceeded", clears_in=wait))
    assert str(error).endswith(f"Try again in {words}.")


def test_an_outage_that_names_its_end_is_told_with_it() -> None:
    error = error_of(503, {"detail": "Restarting"}, {"Retry-After": "20"})
    assert isinstance(error, Unreachable)
    assert error.retry_after == 20
    assert str(error).endswith("Restarting. Try again in 20 seconds.")


def test_a_redirect_names_only_the_other_host() -> None:
    error = error_of(307, b"", {"Location": "https://me:pw@other.example.invalid/x?token=abc"})
    assert "other.example.invalid" in str(error)
    assert "abc" not in str(error)
    assert "pw" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "detail", "message", "code", "msg", "loc", "clears_in"])
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary()
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Location", "Date", "X"]),
    st.text() | st.sampled_from(["http://[", "Sun, 99 Nov 2023 10:00:30 GMT", "1 1 1 1 1 1 1"]),
)


@settings(deadline=None)
@given(st.integers(0, 1000), HEADERS, BODIES, st.text())
def test_any_response_becomes_a_readable_error(
    status: int, headers: dict[str, str], body: bytes, host: str
) -> None:
    error = error_of(status, body, headers, host=host)
    assert str(error).strip()
    assert safe_line(str(error), 1000) == str(error)


def test_a_deeply_nested_answer_does_no_harm() -> None:
    assert isinstance(error_of(400, b"[" * 60_000), RequestRefused)


def test_an_error_has_the_form_that_says_all_and_no_more() -> None:
    assert error_body("No.") == {"detail": "No."}
    assert error_body("Cap.", code="model_cap_exceeded", clears_in=60) == {
        "detail": {
            "message": "Cap.",
            "type": None,
            "param": None,
            "code": "model_cap_exceeded",
            "clears_in": 60,
        }
    }


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, error_body("Expired.", code="token_expired"), NotSignedIn),
        (413, error_body("Long.", code="message_length_exceeds_limit"), PromptTooLong),
        (429, error_body("Only one message at a time."), Busy),
        (429, error_body("Cap.", clears_in=5, kind="cap"), RateLimited),
        (404, error_body("Gone.", code="conversation_not_found"), ConversationNotFound),
    ],
)
def test_a_host_s_errors_are_understood_by_a_client(
    status: int, body: dict[str, object], kind: type[FakeGPTError]
) -> None:
    assert type(error_of(status, body)) is kind
