"""Text encodings: whether bytes are text, and the text that they are."""

import codecs

from fakegpt_tui.fast_import import lazy_pattern

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = lazy_pattern(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LEGACY_CONTROLS = 0.01
"""The largest share of control characters in text of an old encoding."""
_SAMPLE = 8_192
_UTF16_SHARE = 0.3
"""The least share of NUL on one side of the pairs of UTF-16 without a mark."""


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
    return "cp1252" if b"\0" not in data and _is_calm(sample, _LEGACY_CONTROLS) else ""


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
