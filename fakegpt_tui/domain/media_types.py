"""Media types: what bytes are, by their first ones, how large a picture is, and text as text.

File names and declared types are labels; only what stands at the beginning counts. The magic
numbers are those of the formats' own specifications, as listed by IANA's media type registry:
https://www.iana.org/assignments/media-types/media-types.xhtml
"""

import codecs
import re
from typing import Final

TEXT: Final = "text/plain"
BINARY: Final = "application/octet-stream"
PDF: Final = "application/pdf"
EMPTY: Final = "application/x-empty"

HEAD_SIZE: Final = 65_536
"""Bytes from the beginning that tell the type and, but for few photos, the size of a picture."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"%PDF-", PDF),
    (b"%!PS", "application/postscript"),
    (b"PK\3\4", "application/zip"),
    (b"PK\5\6", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"BZh", "application/x-bzip2"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\x7fELF", "application/x-executable"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = (
    ((b"avif", b"avis"), "image/avif"),
    ((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    ((b"M4A ",), "audio/mp4"),
    ((b"qt  ",), "video/quicktime"),
)

_LABELS = {
    TEXT: "text",
    BINARY: "binary",
    EMPTY: "empty",
    PDF: "PDF",
    "application/zip": "ZIP archive",
    "application/vnd.sqlite3": "SQLite database",
    "application/x-executable": "program",
    "image/vnd.microsoft.icon": "icon",
    "image/vnd.adobe.photoshop": "Photoshop",
}

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LEGACY_CONTROLS = 0.01
"""The largest share of control characters in text of an old encoding."""
_SAMPLE = 8_192
_UTF16_SHARE = 0.3
"""The least share of NUL on one side of the pairs of UTF-16 without a mark."""


_MARKER = 0xFF
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
"""The markers of JPEG: what begins a segment, the frame headers, and those that have no length."""


def media_type(data: bytes) -> str:
    """The type of `data`, of which the first `HEAD_SIZE` bytes are enough."""
    head = data[:HEAD_SIZE]
    if not head:
        return EMPTY
    return _by_magic(head) or (TEXT if encoding_of(head) else BINARY)


def type_label(name: str) -> str:
    """A media type in a word for people, such as “PNG”."""
    return _LABELS.get(name) or name.partition("/")[2].removeprefix("x-").upper()


def is_picture(name: str) -> bool:
    return name.startswith("image/")


def _by_magic(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], BINARY)
    if head[4:8] == b"ftyp":
        brands = head[8:12], *(head[at : at + 4] for at in range(16, 64, 4))
        return next(
            (name for known, name in _BRANDS if any(each in known for each in brands)),
            "video/mp4",
        )
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head.startswith(b"MZ") and b"\0" in head[:64]:
        return "application/x-executable"
    return ""


def encoding_of(data: bytes) -> str:
    """The encoding of `data` where it is text; empty where it is not.

    A byte order mark decides; without one it is UTF-8 if that is possible, UTF-16 if every other
    byte is often NUL, and Windows-1252 if there are hardly any control characters.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name if _decodes(data[len(mark) :], name) else ""
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        return _utf16_without_mark(data)
    if _decodes(data, "utf-8"):
        return "utf-8" if _is_calm(sample, 0.1) else ""
    return "cp1252" if _is_calm(sample, _LEGACY_CONTROLS) else ""


def decode_text(data: bytes) -> str | None:
    """`data` as text without its byte order mark; `None` where it is no text."""
    name = encoding_of(data)
    if not name:
        return None
    return data.decode(name, errors="replace").removeprefix("\ufeff")


def _decodes(data: bytes, encoding: str) -> bool:
    """Is `data` text of this encoding, but for a character that is cut at its end?"""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _is_calm(sample: bytes, share: float) -> bool:
    return len(_CONTROLS.findall(sample)) <= share * len(sample)


def _utf16_without_mark(data: bytes) -> str:
    sample = data[: _SAMPLE & ~1]
    pairs = len(sample) // 2
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if (
            pairs
            and sample[start::2].count(0) >= _UTF16_SHARE * pairs
            and not sample[1 - start :: 2].count(0)
            and _decodes(data, name)
            and _is_calm(sample.decode(name, "ignore").encode(), _LEGACY_CONTROLS)
        ):
            return name
    return ""


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, read from its header and never decoded."""
    found: tuple[int, int] | None = None
    match media_type(data):
        case "image/png" if data[12:16] == b"IHDR":
            found = _big(data[16:20]), _big(data[20:24])
        case "image/gif":
            found = _little(data[6:8]), _little(data[8:10])
        case "image/bmp":
            found = _little(data[18:22]), abs(int.from_bytes(data[22:26], "little", signed=True))
        case "image/webp":
            found = _webp_size(data)
        case "image/jpeg":
            found = _jpeg_size(data)
        case _:
            pass
    return found if found and all(found) else None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """https://developers.google.com/speed/webp/docs/riff_container"""
    match data[12:16]:
        case b"VP8X":
            return _little(data[24:27]) + 1, _little(data[27:30]) + 1
        case b"VP8L":
            bits = _little(data[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
        case _:
            return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The size from the frame header, behind segments that are skipped (ITU-T T.81, annex B)."""
    at = 2
    while at + 9 <= len(data) and data[at] == _MARKER:
        marker = data[at + 1]
        if marker in _FRAMES:
            return _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7])
        if marker == _MARKER:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + _big(data[at + 2 : at + 4])
    return None
