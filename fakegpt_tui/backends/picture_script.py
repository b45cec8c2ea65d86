"""Picture script: encodes a picture anew, where it is large in a process of its own.

It is run by its path, without the rest of this program. Pillow lets no other thread run while it
encodes, so that no key would be heard in the process of the program.
"""

import os
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"

_QUALITY: Final = 85
_FEW_COLORS: Final = 256
_NICENESS: Final = 10
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")


def open_picture(data: bytes) -> "Image":
    """A picture of a type that is known to be safe to decode."""
    from PIL import Image  # noqa: PLC0415 - where a picture has to be changed

    return Image.open(BytesIO(data), formats=_FORMATS)


def encode(data: bytes, edge: int) -> tuple[str, bytes]:
    """The picture as JPEG or PNG with its type, upright, without metadata, no edge above `edge`.

    Of a picture that moves it is the first frame. What is damaged raises errors of many kinds.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    with open_picture(data) as picture:
        if picture.format == "JPEG":
            picture.draft("RGB", (edge, edge))
        shown = ImageOps.exif_transpose(picture)
        has_alpha = "A" in shown.getbands() or "transparency" in shown.info
        shown = shown.convert("RGBA" if has_alpha else "RGB")
    if max(shown.size) > edge:
        shown.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    is_plain = has_alpha or shown.getcolors(_FEW_COLORS) is not None
    shown.info.clear()
    target = BytesIO()
    if is_plain:
        shown.save(target, "PNG")
    else:
        shown.save(target, "JPEG", quality=_QUALITY)
    return PNG if is_plain else JPEG, target.getvalue()


def main() -> None:
    """Encode what is on standard input, and write its type in a line before the bytes."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    kind, encoded = encode(sys.stdin.buffer.read(), int(sys.argv[1]))
    sys.stdout.buffer.write(f"{kind}\n".encode() + encoded)


if __name__ == "__main__":
    main()
