from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from fakegpt_tui.domain import Secret
from fakegpt_tui.host.authentication import Claims, TokenIssuer
from fakegpt_tui.host.errors import TokenRejection
from fakegpt_tui.protocol.fakegpt import token_expiry

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
PASSWORD = Secret("k3vq0zt1ab")


def tokens_at(moment: datetime, *, key: bytes = KEY) -> TokenIssuer:
    return TokenIssuer(lifetime=timedelta(hours=1), key=key, clock=lambda: moment)


def test_a_token_says_whose_it_is_and_how_long_it_is_good() -> None:
    claims = tokens_at(NOON).verify(tokens_at(NOON).issue("a01", PASSWORD))
    assert isinstance(claims, Claims)
    assert claims.account == "a01"
    assert claims.expires_at == NOON + timedelta(hours=1)


def test_the_client_can_read_when_a_token_ends() -> None:
    assert token_expiry(tokens_at(NOON).issue("a01", PASSWORD)) == NOON + timedelta(hours=1)


def test_a_token_does_not_tell_the_password_but_knows_it_again() -> None:
    tokens = tokens_at(NOON)
    issued = [tokens.issue("a01", Secret(word)) for word in ("k3vq0zt1ab", "k3vq0zt1ab", "x" * 9)]
    payloads = [jwt.decode(token, options={"verify_signature": False}) for token in issued]
    assert all("k3vq0zt1ab" not in str(payload) for payload in payloads)
    assert payloads[0]["owner"] == payloads[1]["owner"] != payloads[2]["owner"]


def test_no_two_logins_get_the_same_token() -> None:
    assert tokens_at(NOON).issue("a01", PASSWORD) != tokens_at(NOON).issue("a01", PASSWORD)


def test_a_token_ends() -> None:
    token = tokens_at(NOON).issue("a01", PASSWORD)
    assert isinstance(tokens_at(NOON + timedelta(minutes=59)).verify(token), Claims)
    assert tokens_at(NOON + timedelta(hours=1)).verify(token) is TokenRejection.EXPIRED


def test_a_token_that_was_good_before_ends_too_and_one_that_was_not_stays_so() -> None:
    at = [NOON]
    tokens = replace(tokens_at(NOON), clock=lambda: at[0])
    token = tokens.issue("a01", PASSWORD)
    assert isinstance(tokens.verify(token), Claims)
    assert tokens.verify(token) == tokens.verify(token)
    assert tokens.verify(f"{token[:-3]}abc") is TokenRejection.FOREIGN
    at[0] += timedelta(hours=1)
    assert tokens.verify(token) is TokenRejection.EXPIRED


def test_every_run_has_a_key_of_its_own() -> None:
    first, second = (TokenIssuer(lifetime=timedelta(hours=1)) for _ in range(2))
    assert second.verify(first.issue("a01", PASSWORD)) is TokenRejection.FOREIGN


def test_the_key_does_not_show() -> None:
    assert "kkk" not in repr(tokens_at(NOON))


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_token_is_missing(nothing: str | None) -> None:
    assert tokens_at(NOON).verify(nothing) is TokenRejection.MISSING


def made_with(key: bytes = KEY, algorithm: str | None = "HS256", **changes: object) -> str:
    claims: dict[str, object] = {
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 60,
        "account": "a01",
        "owner": "o",
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key if algorithm != "none" else None, algorithm=algorithm)


def test_a_token_made_by_hand_with_the_key_is_good() -> None:
    assert isinstance(tokens_at(NOON).verify(made_with()), Claims)


@pytest.mark.parametrize(
    "token",
    [
        "no token at all",
        "fk-" + "x" * 43,
        "a.b.c",
        "é.ü.ß",
        made_with(key=b"other" * 8),
        made_with(algorithm="none"),
        made_with(algorithm="HS512", key=KEY * 2),
        made_with(exp=None),
        made_with(account=None),
        made_with(account=7),
        made_with(owner=None),
        made_with(iat=None),
        made_with()[:-3] + "AAA",
    ],
)
def test_what_this_key_did_not_sign_is_foreign(token: str) -> None:
    assert tokens_at(NOON).verify(token) is TokenRejection.FOREIGN


@pytest.mark.parametrize(
    ("token", "owner"),
    [
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE4OTM0NTYwMDAsImV4cCI6MjUyNDE3NjAwMCwi"
            "YWNjb3VudCI6IjBiMDQxMDRiZWRmOTlmNjhkMDhlYTBkZTBhY2YxNWEwIiwib3duZXIiOiI3MmZiZjQ1OGE1OT"
            "JkODgzY2Q0YjA4MDZhZmUyN2JhYiIsImp0aSI6IjZmNzFkNjk5ODMxMzI1OTYifQ"
            ".ICtoqvAxl3txiDgufiV4vf22XY0OqhruTRlf33lYsYg",
            "72fbf458a592d883cd4b0806afe27bab",
        ),
        ("fk-bSj_fq6SfKbmXlusvV3lkACWc96ADYo1IEuzQzZiDTI", "6d28ff7eae927ca6e65e5bacbd5de590"),
    ],
    ids=["access token", "share token"],
)
def test_tokens_that_release_0_1_0_signed_with_a_key_file_are_valid(token: str, owner: str) -> None:
    tokens = tokens_at(NOON, key=bytes(range(32)))
    assert tokens.account == "0b04104bedf99f68d08ea0de0acf15a0"
    assert tokens.verify(token) == Claims(
        account=tokens.account, owner=owner, expires_at=datetime(2049, 12, 27, tzinfo=UTC)
    )
