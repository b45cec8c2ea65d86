"""What bytes are, whatever they are called."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.media_types import (
    BINARY,
    EMPTY,
    TEXT,
    MediaType,
    can_decode,
    identify,
    media_type,
    suffix_of,
    type_label,
)
from tests.attachments.examples import gif, jpeg, png, webp
from tests.attachments.pictures import photo


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
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
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


def _size(data: bytes) -> tuple[int | None, int | None]:
    found = identify(data)
    return found.width, found.height


@pytest.mark.parametrize("make", [png, jpeg, gif, webp])
def test_the_size_of_a_picture_is_read_from_its_header(make) -> None:
    assert _size(make(1200, 800)) == (1200, 800)
    assert _size(make(1, 1)) == (1, 1)


def test_the_size_of_a_photo_is_that_of_what_is_looked_at() -> None:
    assert _size(photo((80, 30), "JPEG")) == (80, 30)
    assert _size(photo((80, 30), "JPEG", turned=True)) == (30, 80)
    assert _size(photo((80, 30), "TIFF", turned=True)) == (30, 80)


def test_a_picture_that_is_cut_or_of_no_size_has_none() -> None:
    assert _size(png(3, 2)[:18]) == (None, None)
    assert _size(png(0, 2)) == (None, None)
    assert _size(b"\xff\xd8\xff\xe0\0\x10") == (None, None)
    assert _size(b"text") == (None, None)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_type_and_a_label(data: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBP", b"\0\0\0\x18ftyp"):
        assert type_label(media_type(head + data))
        identify(head + data)


AVIF = b"\0\0\0\x1cftypavif" + b"\0" * 40 + b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 30, 20)
TIFF = (
    b"II*\0\x08\0\0\0\x02\0"
    + struct.pack("<HHII", 256, 3, 1, 70)
    + struct.pack("<HHII", 257, 4, 1, 50)
)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (png(12, 7), MediaType("image/png", 12, 7)),
        (TIFF, MediaType("image/tiff", 70, 50)),
        (TIFF[:20], MediaType("image/tiff")),
        (AVIF, MediaType("image/avif", 30, 20)),
        # Two formats at once: the one that the bytes begin with.
        (gif(1, 1) + b"PK\x03\x04", MediaType("image/gif", 1, 1)),
        (png(1, 1) + b"<html>", MediaType("image/png", 1, 1)),
        (b"words", MediaType(TEXT)),
    ],
)
def test_a_look_tells_type_and_pixels(head: bytes, found: MediaType) -> None:
    assert identify(head) == found


@pytest.mark.parametrize(
    ("width", "height", "can"),
    [(4000, 3000, True), (20_000, 20_000, False), (30_000, 10, False), (0, 5, False)],
)
def test_a_picture_that_would_take_all_memory_is_not_decoded(
    width: int, height: int, can: bool
) -> None:
    assert can_decode("image/png", width, height) is can
    assert not can_decode("image/heic", 10, 10)


def test_a_type_has_the_suffix_that_programs_know() -> None:
    types = ["image/png", "image/jpeg", "application/pdf", TEXT, BINARY, "application/x-xz"]
    assert [suffix_of(name) for name in types] == [".png", ".jpg", ".pdf", ".txt", ".bin", ".bin"]
