"""Pictures with what cameras and programs leave in them, made with Pillow."""

from io import BytesIO
from math import sin
from typing import Any

from PIL import Image, ImageDraw, PngImagePlugin


def photo(
    size: tuple[int, int] = (8, 4), form: str = "JPEG", *, turned: bool = False, told: bool = False
) -> bytes:
    """A picture whose left half is red; one that is turned wants to be shown upright."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    options: dict[str, Any] = {}
    if turned:
        exif[0x0112] = 6
    if told:
        exif[0x010F] = "A camera"
        exif.get_ifd(0x8825)[1] = "N"
        if form == "JPEG":
            options["comment"] = b"secret place"
        if form == "PNG":
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_text("Author", "secret name")
    if len(exif):
        options["exif"] = exif
    target = BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    """A picture that hardly anything makes smaller."""
    target = BytesIO()
    Image.effect_noise(size, 100).save(target, "BMP")
    return target.getvalue()


def moving(form: str = "GIF", frames: int = 3) -> bytes:
    """A picture that moves, of which the first frame is red."""
    colors = ["red", *["blue", "green"] * frames][:frames]
    first, *others = [Image.new("RGB", (6, 6), color) for color in colors]
    target = BytesIO()
    first.save(target, form, save_all=True, append_images=others)
    return target.getvalue()


def look(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def landscape(width: int = 960, height: int = 540) -> bytes:
    """Hills below a sun, as a PNG: something to look at."""
    sky = Image.linear_gradient("L").resize((width, height))
    colors = [sky.point(lambda value, low=low: low + value // 3) for low in (40, 90, 160)]
    picture = Image.merge("RGB", colors)
    draw = ImageDraw.Draw(picture)
    radius, x, y = height // 8, width * 2 // 3, height // 3
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), "#ffd75f")
    for color, base, size in (("#5f87af", 0.62, 9), ("#5f875f", 0.75, 5), ("#305f30", 0.88, 7)):
        slope = [
            (at, height * (base + 0.08 * sin(at * size / width + size)))
            for at in range(0, width + 8, 8)
        ]
        draw.polygon([(0, height), *slope, (width, height)], color)
    target = BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()
