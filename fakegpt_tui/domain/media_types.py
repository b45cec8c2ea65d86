"""Media types: what bytes are, by their first ones, and how large a picture is.

File names and declared types are labels; only what stands at the beginning counts. The magic
numbers are those of the formats' own specifications, as listed by IANA's media type registry:
https://www.iana.org/assignments/media-types/media-types.xhtml
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from fakegpt_tui.domain.text_encodings import encoding_of

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
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
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
    "audio/mpeg": "MP3",
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

_MARKER = 0xFF
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
"""The markers of JPEG: what begins a segment, the frame headers, and those that have no length."""


PIXEL_HEAD: Final = 512 * 1024
"""Bytes from the beginning that tell the size of all but the oddest pictures."""

DECODABLE: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/avif"}
)
MAX_PIXELS: Final = 50_000_000
MAX_EDGE: Final = 20_000
"""A picture beyond these is kept as a file: to decode it would take all memory."""

SOUNDS: Final = {"audio/wav": "wav", "audio/mpeg": "mp3"}
"""The sounds that models take, and what services call them."""

_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/tiff": ".tif",
    TEXT: ".txt",
    BINARY: ".bin",
    EMPTY: "",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "video/quicktime": ".mov",
    "application/vnd.sqlite3": ".db",
    "application/gzip": ".gz",
    "application/postscript": ".ps",
}


class MediaType(NamedTuple):
    """A type, and the pixels of a picture where they can be read."""

    name: str
    width: int | None = None
    height: int | None = None


def identify(head: bytes) -> MediaType:
    """The type of bytes that begin with `head`, and the size of a picture."""
    name = media_type(head)
    return MediaType(name, *(_size_of(name, head) or (None, None)))


def can_decode(name: str, width: int | None, height: int | None) -> bool:
    """Can a picture of that type and size be decoded without risk to the memory?"""
    if name not in DECODABLE or not width or not height:
        return False
    return max(width, height) <= MAX_EDGE and width * height <= MAX_PIXELS


def suffix_of(name: str) -> str:
    """How names of files of that type end."""
    kind, _, last = name.partition("/")
    return _SUFFIXES.get(name) or (f".{last}" if last.isalnum() and kind != "x" else ".bin")


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


def _size_of(name: str, data: bytes) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, read from its header and never decoded."""
    found: tuple[int, int] | None = None
    match name:
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
        case "image/tiff":
            found = _tiff_size(data)
        case "image/avif" if (at := data.find(b"ispe")) > 0:
            found = _big(data[at + 8 : at + 12]), _big(data[at + 12 : at + 16])
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
    at, tags = 2, dict[int, int]()
    while at + 9 <= len(data) and data[at] == _MARKER:
        marker = data[at + 1]
        if marker in _FRAMES:
            return _upright(_big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7]), tags)
        if marker == _MARKER:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            end = at + 2 + _big(data[at + 2 : at + 4])
            if data[at + 4 : at + 10] == b"Exif\0\0":
                tags = _tags(data[at + 10 : end])
            at = end
    return None


_WIDTH_TAG, _HEIGHT_TAG, _ORIENTATION_TAG, _SHORT = 256, 257, 274, 3
_QUARTER_TURNS = range(5, 9)


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    tags = _tags(data)
    return _upright(tags.get(_WIDTH_TAG, 0), tags.get(_HEIGHT_TAG, 0), tags)


def _upright(width: int, height: int, tags: Mapping[int, int]) -> tuple[int, int]:
    """The size of a picture as it is looked at, which cameras write down beside it."""
    is_turned = tags.get(_ORIENTATION_TAG) in _QUARTER_TURNS
    return (height, width) if is_turned else (width, height)


def _tags(data: bytes) -> dict[int, int]:
    """The numbers of the first directory (TIFF 6.0, section 2), which EXIF has, too."""
    read = _little if data[:2] == b"II" else _big
    at = read(data[4:8])
    found = {}
    for entry in range(at + 2, at + 2 + 12 * min(read(data[at : at + 2]), 100), 12):
        length = 2 if read(data[entry + 2 : entry + 4]) == _SHORT else 4
        found[read(data[entry : entry + 2])] = read(data[entry + 8 : entry + 8 + length])
    return found
