"""Text in every usual encoding, and bytes that are no text."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.text_encodings import decode_text


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_text_is_read_in_every_usual_encoding(encoding: str) -> None:
    text = "Grüße an die Welt, 1 € – naïve\r\nsecond line\n" * 3
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data", [b"\0\1\2\3" * 9, b"\xff\xfe\0\xd8a\0", b"\xff" * 50 + b"\1\2", b"a\0b" * 9]
)
def test_what_is_no_text_is_not_decoded(data: bytes) -> None:
    assert decode_text(data) is None


def test_text_that_is_cut_within_a_character_is_text() -> None:
    assert decode_text("Grüße".encode()[:3]) == "Gr�"


def test_compressed_data_is_no_text() -> None:
    data = zlib.compress(bytes(range(256)) * 20)
    assert decode_text(data) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_not(data: bytes) -> None:
    for head in (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"a\0"):
        decode_text(head + data)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Z"))))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode_text(text.encode()) == text.removeprefix("\ufeff")
