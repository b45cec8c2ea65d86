"""Where a very long paragraph begins a new line, so that its end is drawn without all before it.

Knows nothing of this program. What is found depends on nothing behind it but that there is
something, so that more text moves nothing.
"""

import re

LONGEST_HEAD = 16_384
"""Characters of text above an underline, or of the header of a table, beyond which it is none."""

_FLOW = 32_768
_NEAR = 1_024
"""Characters after which a paragraph begins a new line, at the next line end; where there is none
for as long as a head may be, at a space near by, or anywhere."""

_BLANK = re.compile(r"[ \n]")
_INK = re.compile(r"\S")


def flow_end(text: str, start: int, end: int) -> int | None:
    """Where the flow ends that begins at `start` of a paragraph, if the paragraph goes on.

    A flow that begins before `text`, where `start` is negative, is one that does not end there.
    """
    least = max(0, start + _FLOW)
    if end <= least:
        return None
    most = max(0, start + _FLOW + LONGEST_HEAD)
    cut = text.find("\n", least, min(most, end)) + 1
    if not cut:
        near = _BLANK.search(text, most, most + _NEAR)
        cut = near.end() if near else start + _FLOW + LONGEST_HEAD + _NEAR
    return cut if cut < end and _INK.search(text, cut, end) else None
