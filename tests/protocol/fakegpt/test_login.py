"""Login bodies: accounts, sessions, tokens, in every known and unknown shape."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import BadReply, LoginRefused, Secret, ServiceError
from fakegpt_tui.protocol.fakegpt import (
    SharedAccount,
    generate_password,
    read_session,
    read_shared_accounts,
    session_body,
    shared_accounts_body,
    token_expiry,
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def token(payload: object) -> str:
    middle = base64.urlsafe_b64encode(encoded(payload)).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{middle}.c2ln"


def test_accounts_are_listed_in_order_and_each_once() -> None:
    items = [
        {"token_id": "b", "count": 7},
        {"token_id": "a", "count": 0, "paid": True},
        {"token_id": "b", "count": 1},
    ]
    assert read_shared_accounts(encoded({"loads": items, "more": 1})) == [
        SharedAccount("b", 7),
        SharedAccount("a", 0),
    ]


@pytest.mark.parametrize("count", [None, "3", True, 1.5, [], {}])
def test_a_count_that_is_none_counts_as_nobody(count: object) -> None:
    assert read_shared_accounts(encoded({"loads": [{"token_id": "a", "count": count}]})) == [
        SharedAccount("a", 0)
    ]


def test_entries_that_are_no_accounts_are_passed_over() -> None:
    items = [
        None,
        5,
        {},
        {"token_id": ""},
        {"token_id": 5},
        {"token_id": "\ud83d"},
        {"token_id": "a"},
    ]
    assert read_shared_accounts(encoded({"loads": items})) == [SharedAccount("a", 0)]


def test_a_service_without_accounts_says_so() -> None:
    with pytest.raises(LoginRefused, match="no shared accounts"):
        read_shared_accounts(b'{"loads": []}')


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'{"loads": null}', b'{"loads": [{}]}', b"\xff", b"[" * 100_000],
    ids=lambda body: f"{body!r:.20}",
)
def test_another_body_than_a_list_of_accounts_is_an_error(body: bytes) -> None:
    with pytest.raises(BadReply, match="something other than a list of accounts"):
        read_shared_accounts(body)


def test_a_page_in_place_of_the_accounts_is_told_by_its_title() -> None:
    with pytest.raises(BadReply, match="accounts: Just a moment"):
        read_shared_accounts(b"<html><title>Just a moment...</title>")


TOKEN_IDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)
LOADS = st.builds(SharedAccount, TOKEN_IDS, st.integers())


@settings(deadline=None)
@given(st.lists(LOADS, min_size=1, unique_by=lambda load: load.token_id))
def test_a_host_s_accounts_are_a_client_s_accounts(loads: list[SharedAccount]) -> None:
    assert read_shared_accounts(encoded(shared_accounts_body(loads))) == loads


AT = datetime(2023, 11, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("session", "expires_at"),
    [
        ({"accessToken": token({"exp": 1699178400}), "expires": "2030-01-01"}, AT),
        ({"accessToken": token({"exp": 1699178400.5})}, AT + timedelta(seconds=0.5)),
        ({"accessToken": "fk-x", "expires": "2023-11-05T10:00:00"}, AT),
        ({"accessToken": "fk-x", "expires": "2023-11-05T10:00:00.000Z"}, AT),
        ({"accessToken": "fk-x", "expires": "2023-11-05T12:00:00+02:00"}, AT),
        ({"accessToken": token({}), "expires": "2023-11-05T10:00:00"}, AT),
        ({"accessToken": "fk-x", "expires": "0001-01-01T00:00:00+14:00"}, None),
        ({"accessToken": "fk-x", "expires": "tomorrow"}, None),
        ({"accessToken": "fk-x", "expires": 1699178400}, None),
        ({"accessToken": "fk-x", "expires": None}, None),
        ({"accessToken": "fk-x"}, None),
    ],
)
def test_a_session_ends_when_its_token_says_or_else_when_the_service_says(
    session: dict[str, object], expires_at: datetime | None
) -> None:
    reply = read_session(encoded({"user": {}, **session}))
    assert reply.token.reveal() == session["accessToken"]
    assert reply.expires_at == expires_at


@pytest.mark.parametrize("body", [b"{}", b'{"accessToken": null}', b'{"accessToken": ""}'])
def test_a_session_without_token_is_nobody_signed_in(body: bytes) -> None:
    with pytest.raises(LoginRefused, match="did not sign this program in"):
        read_session(body)


def test_the_reason_for_not_being_signed_in_is_told() -> None:
    with pytest.raises(LoginRefused, match="RefreshAccessTokenError"):
        read_session(b'{"error": "RefreshAccessTokenError"}')


@pytest.mark.parametrize("body", [b"", b"<title>Sign in</title>", b"[]", b"null"])
def test_another_body_than_a_session_is_an_error(body: bytes) -> None:
    with pytest.raises(BadReply, match="something other than a session"):
        read_session(body)


@pytest.mark.parametrize("bad", ["se\ncret", "se cret", "secrét", "secret\x00", "secret" * 9999])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(bad: str) -> None:
    with pytest.raises(BadReply) as refusal:
        read_session(encoded({"accessToken": bad}))
    assert "cret" not in str(refusal.value)


def test_a_session_does_not_show_its_token() -> None:
    assert "fk-hidden" not in repr(read_session(b'{"accessToken": "fk-hidden"}'))


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c",
        "..",
        "a.é.c",
        token([]),
        token({}),
        token({"exp": True}),
        token({"exp": "1699178400"}),
        token({"exp": None}),
        token({"exp": 2**63}),
        token({"exp": -(2**63)}),
        token({"exp": 10**400}),
        token({"exp": float("nan")}),
        token({"exp": float("inf")}),
        token({"exp": 1699178400}) + ".more",
        "a." + "A" * 1_000_000 + ".c",
        "a." + base64.b64encode(b"[" * 100_000).decode().rstrip("=") + ".c",
    ],
    ids=lambda odd: f"{odd!r:.40}",
)
def test_a_token_without_an_expiry_date_has_none(odd: str) -> None:
    assert token_expiry(odd) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["exp", "iat"]), inner),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.text() | JSON.map(token))
def test_any_token_at_all_has_an_expiry_or_none(text: str) -> None:
    expires_at = token_expiry(text)
    assert expires_at is None or expires_at.tzinfo is UTC


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["accessToken", "expires", "error", "loads"]), JSON)
    .map(encoded) | st.binary()
)  # fmt: skip
def test_any_body_is_a_session_or_a_service_error(body: bytes) -> None:
    for read in (read_session, read_shared_accounts):
        try:
            told = str(read(body))
        except ServiceError as error:
            told = str(error)
        assert told.endswith((".", "!", "?", "…", "。", ")", "]"))


@settings(deadline=None)
@given(
    st.datetimes(timezones=st.just(timezone(timedelta(hours=2))), min_value=datetime(1970, 1, 2))
)
def test_a_host_s_session_is_a_client_s_session(expires_at: datetime) -> None:
    body = session_body(Secret("fk-x"), expires_at, "account-1")
    reply = read_session(encoded(body))
    assert reply.token == Secret("fk-x")
    assert reply.expires_at is not None
    assert abs(reply.expires_at - expires_at) < timedelta(milliseconds=1)


def test_every_new_password_has_a_letter_and_a_digit_and_is_another() -> None:
    passwords = {generate_password() for _ in range(2000)}
    assert len(passwords) == 2000
    for password in passwords:
        assert len(password) == 14
        assert password.isascii()
        assert password.isalnum()
        assert not password.isalpha()
        assert not password.isdigit()
