import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import Secret
from fakegpt_tui.host.authentication import (
    Claims,
    TokenIssuer,
    decode_share_token,
    encode_share_token,
)
from fakegpt_tui.host.errors import TokenRejection

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


def tokens_at(moment: datetime) -> TokenIssuer:
    return TokenIssuer(lifetime=timedelta(hours=2), key=KEY, clock=lambda: moment)


def claims_of(password: str = "k3vq0zt1ab") -> Claims:
    claims = tokens_at(NOON).verify(tokens_at(NOON).issue("a01", Secret(password)))
    assert isinstance(claims, Claims)
    return claims


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**40 - 1))
def test_a_share_token_says_what_was_written_into_it(owner: bytes, expires: int) -> None:
    token = encode_share_token(KEY, owner=owner.hex(), expires=expires)
    assert re.fullmatch(r"fk-[0-9A-Za-z_-]{43}", token)
    assert decode_share_token(KEY, token) == (owner.hex(), expires)
    assert decode_share_token(b"x" * 32, token) is None


@given(st.integers(0, 41), st.sampled_from("Ab0_-"))
def test_no_character_of_a_share_token_can_be_changed(place: int, other: str) -> None:
    token = encode_share_token(KEY, owner="0f" * 16, expires=2**31)
    changed = token[: place + 3] + other + token[place + 4 :]
    assert (decode_share_token(KEY, changed) is None) == (changed != token)


@given(st.text(max_size=60))
def test_any_other_text_is_no_share_token(text: str) -> None:
    assert decode_share_token(KEY, text) is None
    assert decode_share_token(KEY, f"fk-{text}") is None


def test_a_share_token_ends_with_the_token_that_it_stands_for_or_sooner() -> None:
    token, shared = tokens_at(NOON).issue_share_token(claims_of(), "x")
    assert shared.expires_at == NOON + timedelta(hours=2)
    token, shared = tokens_at(NOON).issue_share_token(claims_of(), "x", seconds=60)
    assert shared.expires_at == NOON + timedelta(seconds=60)
    assert tokens_at(NOON + timedelta(seconds=59)).verify(token) == Claims(
        account=tokens_at(NOON).account, owner=shared.owner, expires_at=shared.expires_at
    )
    assert tokens_at(NOON + timedelta(seconds=60)).verify(token) is TokenRejection.EXPIRED
    assert tokens_at(NOON).issue_share_token(claims_of(), "x", seconds=10**8)[1].expires_at == (
        NOON + timedelta(hours=2)
    )


def test_shares_of_one_name_see_the_same_conversations_and_of_another_one_others() -> None:
    owners = [
        tokens_at(NOON).issue_share_token(claims_of(password), name)[1].owner
        for password, name in (("k3vq0zt1ab", "x"), ("k3vq0zt1ab", "y"), ("another1pass", "x"))
    ]
    assert len({*owners, claims_of().owner}) == 4
    assert tokens_at(NOON).issue_share_token(claims_of(), "x", seconds=9)[1].owner == owners[0]
