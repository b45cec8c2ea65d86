"""Secrets are masked by their place, and keys of all known services by their shape."""

import pytest

from fakegpt_tui.domain.exact_request import MASK, is_key_header, mask_shapes, mask_url

KEYS = [
    "sk-proj-0123456789abcdefghij",
    "sk-ant-api03-0123456789abcdefgh",
    "sk-or-v1-0123456789abcdef0123",
    "gsk_0123456789abcdefghijklmn",
    "xai-0123456789abcdefghijklmn",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "AIzaSyA0123456789abcdefghijklmno",
    "ya29.a0123456789abcdefghijkl",
    "0123456789abcdef0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "pplx-0123456789abcdefghij",
    "r8_0123456789abcdefghij",
    "fw_0123456789abcdefghij",
    "tgp_v1_0123456789abcdefghij",
    "nvapi-0123456789abcdefghij",
    "csk-0123456789abcdefghij",
    "ghp_0123456789abcdefghij",
    "0123456789abcdef0123456789abcdef.0123456789abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_masked_by_its_shape(key: str) -> None:
    masked = mask_shapes(f"The key {key} is not valid.")
    assert masked == f"The key {MASK} is not valid."


@pytest.mark.parametrize(
    "text",
    ["The model gpt-5.5 is overloaded.", "sk-learn", "risk-averse people", "xai-grok", "hf_hub"],
)
def test_what_is_no_key_stays(text: str) -> None:
    assert mask_shapes(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@example.org/v1", f"https://{MASK}@example.org/v1"),
        ("https://example.org/v1?key=hunter2&x=1", f"https://example.org/v1?key={MASK}&x=1"),
        ("https://example.org/?api-version=1&access_token=hunter2#a",
         f"https://example.org/?api-version=1&access_token={MASK}#a"),
        ("https://example.org/v1/models?after_id=b", "https://example.org/v1/models?after_id=b"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_headers_are_masked_by_their_names() -> None:
    assert is_key_header("Authorization")
    assert is_key_header("X-API-Key")
    assert is_key_header("x-team", ["X-Team"])
    assert not is_key_header("Content-Type")
