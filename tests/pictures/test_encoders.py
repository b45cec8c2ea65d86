"""Each encoder is judged by what a terminal would draw of what it wrote."""

import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.protocols import MOST_BYTES, encode_iterm, encode_sixel
from tests.graphics import read_sixel


def pixels_of(picture: Image.Image) -> Pixels:
    return Pixels(*picture.size, picture.convert("RGB").tobytes())


def photo(size: tuple[int, int]) -> Image.Image:
    """Colours that change everywhere, and a little noise."""
    slope = Image.linear_gradient("L").resize(size)
    noise = Image.effect_noise(size, 20).point(lambda value: value // 4)
    return Image.merge("RGB", (slope, slope.rotate(180), noise))


def drawing(size: tuple[int, int] = (31, 18)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (3, 2, 20, 11))
    picture.paste("blue", (20, 5, 31, 18))
    picture.putpixel((0, 0), (0, 255, 0))
    return picture


def farthest(one: Image.Image, other: Image.Image) -> int:
    """By how much a colour of one differs from that of the other, at most."""
    return max(high for _, high in ImageChops.difference(one, other).getextrema())


def test_a_terminal_draws_of_sixels_what_was_encoded() -> None:
    drawn = read_sixel(encode_sixel(pixels_of(drawing())))
    assert farthest(drawn, drawing()) <= 2


def test_sixels_of_a_photo_have_colours_like_it() -> None:
    picture = photo((120, 66))
    drawn = read_sixel(encode_sixel(pixels_of(picture)))
    mean = sum(ImageChops.difference(drawn, picture).convert("L").tobytes()) / (120 * 66)
    assert mean < 12


@pytest.mark.parametrize("height", [1, 5, 6, 7, 11, 12])
def test_sixels_never_go_below_the_picture(height: int) -> None:
    encoded = encode_sixel(pixels_of(Image.new("RGB", (3, height), "red")))
    assert read_sixel(encoded).size == (3, height // 6 * 6)
    assert encoded.count(b"-") == height // 6


def test_sixels_are_short_where_a_picture_repeats_itself() -> None:
    wide = encode_sixel(pixels_of(Image.new("RGB", (1000, 600), "red")))
    assert len(wide) < 3000
    assert farthest(read_sixel(wide), Image.new("RGB", (1000, 600), "red")) <= 2


def test_no_byte_of_sixels_can_end_their_string() -> None:
    body = encode_sixel(pixels_of(photo((60, 30))))[2:-2]
    assert re.fullmatch(rb"[!-~]+", body)


def iterm_file(sequence: bytes) -> tuple[dict[bytes, bytes], Image.Image]:
    found = re.fullmatch(rb"\x1b\]1337;File=([^:]+):([A-Za-z0-9+/=]+)\x07", sequence)
    assert found
    options = dict(each.split(b"=") for each in found[1].split(b";"))
    data = b64decode(found[2], validate=True)
    assert len(data) == int(options[b"size"])
    picture = Image.open(BytesIO(data))
    picture.load()
    return options, picture


def test_iterm_gets_a_drawing_as_it_is_over_the_cells_that_are_meant() -> None:
    options, picture = iterm_file(encode_iterm(pixels_of(drawing()), 12, 7))
    assert (options[b"width"], options[b"height"]) == (b"12", b"7")
    assert options[b"inline"] == b"1"
    assert farthest(picture.convert("RGB"), drawing()) == 0


def test_iterm_gets_a_photo_as_a_file_of_no_more_than_a_terminal_takes() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((1000, 800), 120) for _ in range(3)])
    encoded = encode_iterm(pixels_of(noise), 80, 24)
    options, picture = iterm_file(encoded)
    assert picture.format == "JPEG"
    assert int(options[b"size"]) <= MOST_BYTES
    assert len(encoded) <= MOST_BYTES * 4 / 3 + 200
