"""What an error response says beside its body: the charset of the text, and messages in headers."""

import codecs
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from fakegpt_tui.fast_import import lazy_pattern

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET: Final = lazy_pattern(
    r"charset\s{0,9}=\s{0,9}[\"']?"
    r"((?:gb|big5|shift_jis|euc-|iso-|windows-|latin|koi8|utf-16|utf-32)[\w-]{0,20})"
)
"""Python knows others, some of which take long, and which no server names."""

_MESSAGES: Final = ("x-error-message", "x-error", "x-error-detail", "grpc-message", "error-message")
_DESCRIPTION: Final = lazy_pattern(
    r"error_description\s*=\s*(?:\"([^\"]{1,1000})\"|([^\s,]{1,1000}))"
)


def decode_error(body: bytes, headers: Mapping[str, str]) -> str:
    """The text of a body: UTF-8 where it is that, else as its mark or its headers say."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        named = _CHARSET.search(_header(headers, "content-type").casefold())
    try:
        return body.decode(named[1] if named else "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode(errors="replace")


def header_message(headers: Mapping[str, str]) -> str:
    """The message in the headers of a response whose body says nothing; may be empty."""
    challenge = _DESCRIPTION.search(_header(headers, "www-authenticate"))
    if challenge:
        return str(challenge[1] or challenge[2])
    named = (unquote(_header(headers, name)).strip() for name in _MESSAGES)
    return next(filter(None, named), "")


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header, whose name a plain mapping may have in capital letters."""
    return next((value for key, value in headers.items() if key.lower() == name), "")
