"""What bytes are, whatever they are called."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.media_types import (
    BINARY,
    EMPTY,
    TEXT,
    decode_text,
    media_type,
    picture_size,
    type_label,
)
from tests.attachments.examples import gif, jpeg, png, webp


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(3, 2), "image/png"),
        (jpeg(3, 2), "image/jpeg"),
        (gif(3, 2), "image/gif"),
        (webp(3, 2), "image/webp"),
        (b"BM" + struct.pack("<IIII", 99, 0, 54, 40), "image/bmp"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"PK\3\4rest", "application/zip"),
        (b"\x7fELF\2\1", "application/x-executable"),
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "video/mp4"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0what", BINARY),
        (b"", EMPTY),
        (b"x", TEXT),
        (b"MZ is how this letter begins", TEXT),
        (b"BM is how this letter begins", TEXT),
        (b"\0", BINARY),
        (b"\0\1\2\3" * 9, BINARY),
        (b"<svg onload='alert(1)'/>", TEXT),
        (bytes(range(256)), BINARY),
    ],
)
def test_the_first_bytes_decide(data: bytes, expected: str) -> None:
    assert media_type(data) == expected


@pytest.mark.parametrize("make", [png, jpeg, gif, webp])
def test_the_size_of_a_picture_is_read_from_its_header(make) -> None:
    assert picture_size(make(1200, 800)) == (1200, 800)
    assert picture_size(make(1, 1)) == (1, 1)


def test_a_picture_that_is_cut_or_of_no_size_has_none() -> None:
    assert picture_size(png(3, 2)[:18]) is None
    assert picture_size(png(0, 2)) is None
    assert picture_size(b"\xff\xd8\xff\xe0\0\x10") is None
    assert picture_size(b"text") is None


@given(st.binary(max_size=200))
def test_any_bytes_have_a_type_and_a_label(data: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBP", b"\0\0\0\x18ftyp"):
        assert type_label(media_type(head + data))
        picture_size(head + data)


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
    assert media_type("ä".encode()[:1] + b"") == TEXT
    assert media_type("Grüße".encode()[:3]) == TEXT


def test_compressed_data_is_no_text() -> None:
    data = zlib.compress(bytes(range(256)) * 20)
    assert media_type(data) == BINARY
    assert decode_text(data) is None
