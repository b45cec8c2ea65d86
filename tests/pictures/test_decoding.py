"""Pictures from anywhere become pixels, or a sentence."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from fakegpt_tui.domain.errors import UnreadablePicture
from fakegpt_tui.pictures.decoding import DecodingCancelled, Pixels, decode
from tests.attachments.examples import png

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    target = BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def pixel(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    at = (y * pixels.width + x) * 3
    return tuple(pixels.rgb[at : at + 3])


def shown(data: bytes, **options: object) -> Pixels:
    return decode(data, **{"max_width": 40, "max_height": 40, **options})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_a_picture_is_scaled_into_the_room_and_never_made_larger(kind: str) -> None:
    wide = shown(encoded(Image.new("RGB", (200, 100), RED), kind, quality=95))
    assert (wide.width, wide.height, len(wide.rgb)) == (40, 20, 40 * 20 * 3)
    assert all(abs(a - b) < 12 for a, b in zip(pixel(wide, 20, 10), RED, strict=True))
    small = shown(encoded(Image.new("RGB", (20, 10), RED), kind))
    assert (small.width, small.height) == (20, 10)


def test_for_cells_it_is_exactly_as_large_as_they_are() -> None:
    filling = shown(encoded(Image.new("RGB", (7, 3), RED)), max_height=12, fills=True)
    assert (filling.width, filling.height) == (40, 12)
    assert pixel(filling, 39, 11) == RED


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), BLUE),
        ("LA", (255, 0), BLUE),
        ("L", 128, (128,) * 3),
        ("1", 1, (255,) * 3),
        ("I;16", 0x8000, (128,) * 3),
        ("P", 0, (0,) * 3),
    ],
)
def test_each_mode_is_shown_in_its_colours(mode: str, colour, expected) -> None:
    assert pixel(shown(encoded(Image.new(mode, (9, 9), colour)), background=BLUE), 4, 4) == expected


def test_a_transparent_palette_shows_what_is_behind_it() -> None:
    picture = Image.new("P", (9, 9), 0)
    assert pixel(shown(encoded(picture, transparency=0), background=BLUE), 4, 4) == BLUE


def turned(orientation: int, *, width: int = 40, height: int = 20) -> bytes:
    """The upper half is red, the lower one green, as the bytes have it."""
    picture = Image.new("RGB", (width, height), GREEN)
    picture.paste(RED, (0, 0, width, height // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, "PNG", exif=exif)


def test_a_photo_is_upright() -> None:
    upright = shown(turned(6))
    assert (upright.width, upright.height) == (20, 40)
    assert (pixel(upright, 1, 20), pixel(upright, 18, 20)) == (GREEN, RED)
    assert pixel(shown(turned(3)), 1, 1) == GREEN
    assert pixel(shown(turned(99)), 1, 1) == RED


def test_in_cells_that_were_counted_before_it_was_turned_it_keeps_its_shape() -> None:
    filling = shown(turned(8), max_width=40, max_height=20, fills=True, background=BLUE)
    assert (filling.width, filling.height) == (40, 20)
    assert [pixel(filling, x, 10) for x in (1, 16, 23, 38)] == [BLUE, RED, GREEN, BLUE]


def test_in_cells_that_were_counted_upright_it_fills_them() -> None:
    filling = shown(turned(8), max_width=20, max_height=40, fills=True, background=BLUE)
    assert (filling.width, filling.height) == (20, 40)
    assert [pixel(filling, x, 20) for x in (0, 9, 10, 19)] == [RED, RED, GREEN, GREEN]


def test_of_one_that_moves_the_first_frame_is_shown() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in (RED, GREEN, BLUE)]
    for kind in ("GIF", "PNG", "WEBP"):
        moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
        assert pixel(shown(moving), 4, 4) == RED


def bomb(width: int, height: int) -> bytes:
    """A header that promises more than any memory has."""
    data = bytearray(png(1, 1))
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data[12:33] = body + struct.pack(">I", zlib.crc32(body))
    return bytes(data)


def lying_jpeg() -> bytes:
    """A small picture by its first frame header, a huge one by its second, which readers take."""
    small = encoded(Image.new("RGB", (8, 8)), "JPEG")
    at = small.index(b"\xff\xc0")
    frame = bytearray(small[at : at + 2 + int.from_bytes(small[at + 2 : at + 4], "big")])
    frame[5:9] = struct.pack(">HH", 20_000, 20_000)
    return small[:at] + small[at : at + len(frame)] + bytes(frame) + small[at + len(frame) :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bomb(20_000, 20_000), "20,000×20,000"),
        (bomb(20_001, 1), "20,001×1"),
        (bomb(0, 7), "how large"),
        (lying_jpeg(), ""),
        (b"<?xml version='1.0'?><svg onload='x'/>", "SVG"),
        (b"", "empty"),
        (b"words", "text"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "WAV"),
        (b"8BPS\0\1", "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "no picture"),
        (png(40, 40)[:-30], "damaged"),
        (encoded(Image.effect_noise((64, 64), 90), "JPEG")[:700], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "how large"),
        (b"GIF89a\x09\0\x09\0" + b"\xff" * 40, "damaged"),
    ],
)
def test_what_is_hostile_or_damaged_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(UnreadablePicture) as refused:
        shown(data)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


def test_one_that_is_not_wanted_any_more_is_not_read_to_its_end() -> None:
    asked = []

    def is_cancelled() -> bool:
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(DecodingCancelled):
        shown(png(400, 400, padding=10), is_cancelled=is_cancelled)
    assert len(asked) == 4
