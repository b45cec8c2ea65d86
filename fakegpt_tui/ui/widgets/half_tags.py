"""Tags before a thought, of which a range of a text may have the beginning alone."""

import re

from fakegpt_tui.ui.markdown.blocks import SECTIONS

_OPENING_TAG = re.compile(rf"^ {{0,3}}<({'|'.join(SECTIONS)})>[ \t]*$\n*", re.MULTILINE)
"""What is indented further is code."""


def without_unclosed_tag(text: str, start: int, end: int) -> str:
    """A range of whole blocks, without the tag before a thought that ends beyond the range.

    Of such a tag no letter is shown, and alone it would make a thought of all that follows.
    """
    whole = text[start:end].rstrip("\n")
    tags = list(_OPENING_TAG.finditer(whole))
    if not tags:
        return whole
    last = tags[-1]
    closing = f"</{last[1]}>"
    if whole.find(closing, last.end()) >= 0 or text.find(closing, end) < 0:
        return whole
    return (whole[: last.start()] + whole[last.end() :]).rstrip("\n")
