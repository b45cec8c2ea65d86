"""Repeated events: server-sent events that differ in one short text alone become one event.

Services send a token with each event, and say all that they say of the reply each time. To read the
same again costs more than the token.
"""

import re
from typing import Final

JOINED: Final = "joined"
"""The name of an event that stands for several which had none, with their texts together."""

_EVENT = re.compile(rb"data: ?\{[^\r\n]*\}\n\n")
_TEXT = re.compile(rb'"(?:content|reasoning_content|reasoning|text)": ?"(?=[^"])')
_SHORT = re.compile(rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){0,40}')
"""The inside of a JSON string. A token is short; what is longer may be all of the text again."""
_LEAST = 4


def join_repeated(data: bytes) -> bytes:
    """`data`, which begins with an event, with those at its beginning joined that repeat it."""
    first = _EVENT.match(data)
    texts = list(_TEXT.finditer(first[0])) if first else []
    if first is None or len(texts) != 1:
        return data
    start = texts[0].end()
    inside = _SHORT.match(first[0], start)
    end = inside.end() if inside else start
    before, after = first[0][:start], first[0][end:]
    if not after.startswith(b'"') or data.count(after) < _LEAST:
        return data
    pieces = data[start : data.rfind(after)].split(after + before)
    count = next(
        (at for at, piece in enumerate(pieces) if not _SHORT.fullmatch(piece)), len(pieces)
    )
    if count < _LEAST:
        return data
    text = b"".join(pieces[:count])
    joined = b"event: " + JOINED.encode() + b"\n" + before + text + after
    return joined + data[len(text) + count * len(before + after) :]
