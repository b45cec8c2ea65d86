"""What is sent of a picture: no place where it was taken, no size that is refused."""

import sys
import tracemalloc

import pytest

from fakegpt_tui.backends.picture_copies import copy_picture
from fakegpt_tui.domain import RequestRefused
from tests.attachments.examples import bmp, png
from tests.attachments.pictures import look, moving, noise, photo


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_clean_picture_goes_byte_for_byte(form: str) -> None:
    data = photo(form=form)
    assert copy_picture(data, "a").data == data


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_metadata_is_taken_off_and_the_pixels_stay(form: str) -> None:
    data = photo((64, 32), form, told=True)
    copy = copy_picture(data, "a")
    assert copy.media_type == f"image/{form.lower()}"
    for secret in (b"secret", b"A camera", b"Exif", b"eXIf"):
        assert secret not in copy.data
    shown = look(copy.data)
    assert shown.tobytes() == look(data).tobytes()
    assert not shown.getexif()


def test_a_turned_photo_is_sent_upright() -> None:
    copy = copy_picture(photo((80, 40), turned=True, told=True), "a")
    shown = look(copy.data)
    assert shown.size == (40, 80)
    red, blue = shown.getpixel((20, 5)), shown.getpixel((20, 75))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > blue[0]
    assert not shown.getexif()


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_sent(form: str) -> None:
    copy = copy_picture(moving(form), "a")
    shown = look(copy.data)
    assert copy.media_type == "image/png"
    assert getattr(shown, "n_frames", 1) == 1
    assert shown.convert("RGB").getpixel((3, 3)) == pytest.approx((254, 0, 0), abs=3)


def test_a_gif_of_ten_thousand_frames_costs_no_more_than_one() -> None:
    data = moving("GIF", frames=2) + moving("GIF", frames=2)
    # Frames behind the first are not even looked at.
    assert copy_picture(data[:-40], "a").media_type == "image/png"


@pytest.mark.parametrize("form", ["WEBP", "BMP", "TIFF", "AVIF"])
def test_what_local_servers_fail_on_is_sent_as_png(form: str) -> None:
    copy = copy_picture(photo((40, 20), form), "a")
    assert copy.media_type in {"image/png", "image/jpeg"}
    assert look(copy.data).size == (40, 20)


@pytest.mark.parametrize("with_alpha", [False, True])
def test_the_bitmap_of_another_systems_clipboard_is_sent(with_alpha: bool) -> None:
    copy = copy_picture(bmp(3, 2, with_alpha=with_alpha), "clipboard")
    assert copy.media_type == "image/png"
    assert look(copy.data).convert("RGB").getpixel((1, 1)) == (0, 0, 255)


def test_a_webp_goes_unchanged_to_a_service_that_takes_it() -> None:
    data = photo((40, 20), "WEBP")
    assert copy_picture(data, "a", takes={"image/webp"}).media_type in {"image/png", "image/jpeg"}


def test_a_large_picture_is_made_smaller_and_a_small_one_never_larger() -> None:
    assert look(copy_picture(photo((3000, 1500)), "a").data).size == (2000, 1000)
    assert look(copy_picture(photo((30, 15), "BMP"), "a").data).size == (30, 15)


def test_a_large_picture_is_encoded_alike_where_no_process_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = noise((700, 500))
    aside = copy_picture(large, "a")
    assert len(aside.pieces) > 1
    for other in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", other)
        assert copy_picture(large, "a").data == aside.data


def test_transparency_stays() -> None:
    from PIL import Image  # noqa: PLC0415

    target = photo(form="PNG")
    picture = look(target).convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 100))
    from io import BytesIO  # noqa: PLC0415

    held = BytesIO()
    picture.save(held, "WEBP", lossless=True)
    assert look(copy_picture(held.getvalue(), "a").data).mode == "RGBA"


@pytest.mark.parametrize(
    "data",
    [
        png(400, 400)[:50],
        photo((1500, 800), "PNG")[:900],
        photo((400, 400))[:200] + b"\0" * 50,
        photo((40, 40), "WEBP")[:40],
        b"GIF89a\x05\0\x05\0\0\0\0;",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"words",
        b"",
        b"x",
    ],
)
def test_what_cannot_be_read_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(RequestRefused, match=r"The picture cat\.png"):
        copy_picture(data, "cat.png", edge=2)


def test_a_picture_that_would_take_all_memory_is_refused_before_it_is_decoded() -> None:
    data = png(4, 4)
    bomb = data[:16] + (20_000).to_bytes(4) * 2 + data[24:]
    tracemalloc.start()
    try:
        with pytest.raises(RequestRefused, match="20000×20000"):
            copy_picture(bomb, "bomb.png")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
