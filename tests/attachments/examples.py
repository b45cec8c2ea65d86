"""Small files of the usual kinds, made here so that their sizes are known."""

import struct
import zlib


def png(width: int, height: int, *, padding: int = 0) -> bytes:
    """A grey picture; `padding` bytes of a private chunk make it as large as wanted."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    extra = chunk(b"prVt", b"\0" * padding) if padding else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int) -> bytes:
    """The segments up to the frame header, one of them with a thumbnail of another size."""
    thumbnail = b"Exif\0\0" + b"\xff\xd8\xff\xc0\0\x11\x08\0\x01\0\x01" + b"\0" * 20
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + exif + b"\xff\xff" + frame[1:] + b"\xff\xd9"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int, height: int) -> bytes:
    """The lossless form."""
    bits = (width - 1) | (height - 1) << 14
    data = b"VP8L" + struct.pack("<IBI", 10, 0x2F, bits) + b"\0" * 5
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def bmp(width: int, height: int, *, with_alpha: bool = False) -> bytes:
    """A blue picture as WSL has it in its clipboard: 32 bits, and masks that say where colours are.

    https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapv5header
    """
    size = 124 if with_alpha else 40
    pixels = b"\xff\0\0\xff" * (width * height)
    start = 14 + size + (0 if with_alpha else 12)
    info = struct.pack("<IiiHHIIiiII", size, width, height, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    if with_alpha:
        masks = (masks + struct.pack("<I", 0xFF000000)).ljust(124 - 40, b"\0")
    return struct.pack("<2sIHHI", b"BM", start + len(pixels), 0, 0, start) + info + masks + pixels
