"""Picture decoding: pixels of an unchecked picture, within bounds.

The type is what the first bytes say, and only the reader of that type is tried. A picture that is
too large for the memory is refused by its header, and once more by what its reader finds.
"""

import struct
from collections.abc import Callable
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple

from fakegpt_tui.domain.errors import UnreadablePicture
from fakegpt_tui.domain.media_types import (
    MAX_EDGE,
    MAX_PIXELS,
    PIXEL_HEAD,
    can_decode,
    identify,
    is_picture,
    type_label,
)

if TYPE_CHECKING:
    from PIL.Image import Image

BLACK: Final = (0, 0, 0)
_READERS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}
_FAULTS: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, Warning)
"""What the readers raise for damaged pictures, and what they warn of."""

_ORIENTATION: Final = 0x0112
_TURNS: Final = (None, None, 0, 3, 1, 5, 4, 6, 2)
"""What puts a picture upright, as Pillow numbers it, by the number of its orientation."""
_QUARTER: Final = 5
"""From this orientation on it has to be turned by a quarter."""


class Pixels(NamedTuple):
    """A picture: three bytes for each pixel, row by row."""

    width: int
    height: int
    rgb: bytes


class DecodingCancelled(Exception):
    """The picture is not wanted any more."""


def decode(
    data: bytes,
    *,
    max_width: int,
    max_height: int,
    fills: bool = False,
    background: tuple[int, int, int] = BLACK,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Pixels:
    """Decode a picture, upright, as its first frame, no larger than asked for.

    Args:
        data: The bytes of a file.
        max_width: Pixels; a smaller picture is not made larger.
        max_height: Likewise.
        fills: Make it exactly as large, as cells of a terminal need it.
        background: What is seen through a transparent picture.
        is_cancelled: Asked again and again while it is read, in the thread of the caller.

    Raises:
        UnreadablePicture: It is none, too large or damaged; the sentence says which.
        DecodingCancelled: `is_cancelled` says so.
    """
    name = _check(data)
    pillow = _pillow()
    source = _CancellableFile(data, is_cancelled)
    try:
        with pillow.open(source, formats=(_READERS[name],)) as picture:
            if not can_decode(name, *picture.size):
                raise UnreadablePicture(_too_large(name, *picture.size))
            return _to_pixels(picture, (max_width, max_height), background, fills=fills)
    except (*_FAULTS, pillow.DecompressionBombError) as error:
        raise UnreadablePicture(
            "The picture is damaged and cannot be shown; its file is kept as it came."
        ) from error
    except MemoryError as error:
        raise UnreadablePicture("There is not enough memory to show the picture.") from error


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """The same picture in another size."""
    from PIL import Image  # noqa: PLC0415 - where a picture is drawn

    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    resized = picture.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    return Pixels(width, height, resized.tobytes())


def why_not_shown(name: str, width: int | None, height: int | None) -> str:
    """Why a picture of that type and size is never decoded; empty for one that may be."""
    if can_decode(name, width, height):
        return ""
    if name in _READERS and width and height:
        return _too_large(name, width, height)
    if name in _READERS:
        return "The picture does not say how large it is; it may be damaged."
    what = "of a kind" if is_picture(name) else "no picture but"
    label = f"({type_label(name)}) that is not drawn here" if is_picture(name) else type_label(name)
    return f"The file is {what} {label}; open it with another program."


def _check(data: bytes) -> str:
    """The type of a picture that can be decoded."""
    kind = identify(data[:PIXEL_HEAD])
    if reason := why_not_shown(*kind):
        if b"<svg" in data[:4096].lower():
            reason = "The file is an SVG, a program for drawing; open it with another program."
        raise UnreadablePicture(reason)
    return kind.name


def _too_large(name: str, width: int | None, height: int | None) -> str:
    return (
        f"The picture ({type_label(name)}, {width or 0:,}×{height or 0:,}) is too large to be "
        f"shown; {MAX_PIXELS // 10**6} megapixels and {MAX_EDGE:,} an edge are the most."
    )


def _pillow() -> ModuleType:
    """Pillow's reader, which prints no warning, and raises an error for a bomb."""
    import warnings  # noqa: PLC0415 - where a picture is drawn

    from PIL import Image  # noqa: PLC0415 - as above

    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image


class _CancellableFile(BytesIO):
    """Bytes that can be read until they are not wanted any more."""

    def __init__(self, data: bytes, is_cancelled: Callable[[], bool]) -> None:
        super().__init__(data)
        self._is_cancelled = is_cancelled

    def read(self, size: int | None = -1, /) -> bytes:
        if self._is_cancelled():
            raise DecodingCancelled
        return super().read(size)


def _to_pixels(
    picture: "Image", most: tuple[int, int], background: tuple[int, int, int], *, fills: bool
) -> Pixels:
    from PIL import Image, ImageOps  # noqa: PLC0415 - where a picture is drawn

    orientation = _orientation(picture)
    is_turned = orientation >= _QUARTER
    room = most[::-1] if is_turned else most
    # The store may know the size that it had before it was turned.
    fits = not is_turned or (room[0] > room[1]) is (picture.width > picture.height)
    if picture.format == "JPEG":
        picture.draft("RGB", room)
    shown = _in_colour(picture)
    if fills and fits:
        shown = shown.resize(room, Image.Resampling.BOX, reducing_gap=2.0)
    else:
        shown.thumbnail(room, Image.Resampling.LANCZOS, reducing_gap=2.0)
    shown = _on(background, shown)
    if (turn := _TURNS[orientation]) is not None:
        shown = shown.transpose(Image.Transpose(turn))
    if fills and shown.size != most:
        shown = ImageOps.pad(shown, most, Image.Resampling.BOX, color=background)
    return Pixels(*shown.size, shown.tobytes())


def _orientation(picture: "Image") -> int:
    """The Exif orientation of a picture; 1 (upright) where that cannot be read."""
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except _FAULTS:
        return 1
    return found if isinstance(found, int) and 0 < found < len(_TURNS) else 1


def _in_colour(picture: "Image") -> "Image":
    """The first frame in a mode that can be scaled; transparent where the picture is."""
    if picture.mode.startswith("I"):
        return picture.point(lambda value: value * (1 / 256)).convert("RGB")
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    mode = "RGBA" if has_alpha else "RGB"
    if picture.mode == mode:
        picture.load()
        return picture
    converted = picture.convert(mode)
    converted.info.update(picture.info)
    return converted


def _on(background: tuple[int, int, int], picture: "Image") -> "Image":
    from PIL import Image  # noqa: PLC0415 - as above

    if picture.mode != "RGBA":
        return picture
    below = Image.new("RGBA", picture.size, (*background, 255))
    return Image.alpha_composite(below, picture).convert("RGB")
