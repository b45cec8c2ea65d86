"""Text wrapping: where lines of a text area may break in scripts without spaces between words.

Mends: Textual's text area breaks at white space alone, so that a run of Chinese or Japanese after a
Latin word goes to the next row whole.
Since: Textual 8.2.8. Can go: when `compute_wrap_offsets` breaks between ideographs.
"""

import re

from textual import _wrap

_IDEOGRAPHS = "".join(
    (
        "\u2e80-\u2fff",  # radicals
        "\u3001-\u30ff",  # punctuation, hiragana, katakana
        "\u31f0-\u9fff",  # small katakana, and most ideographs
        "\uf900-\ufaff",  # compatibility forms
        "\ufe30-\ufe4f",  # vertical forms
        "\uff01-\uffef",  # full and half width
        "\U00020000-\U0003ffff",  # rare ideographs
    )
)
_OPENING = "（「『【《〈〔［｛〘〖"
"""Marks that do not end a row."""

_NEVER_FIRST = (
    "、。，．：；！？）」』】》〉〕］｝〙〗…‥ー々〻ヽヾゝゞ”’"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
)
"""Closing marks, and small kana, which do not begin a row."""

_CHUNK = re.compile(
    rf"[{_OPENING}]*[{_IDEOGRAPHS}][{_NEVER_FIRST}]*\s*"
    rf"|[^\s{_IDEOGRAPHS}]+[{_NEVER_FIRST}]*\s*"
    r"|\s+"
)
"""What is never broken, with the space behind it: a word, or an ideograph with its marks."""


def break_between_ideographs() -> None:
    """Let all text areas break between ideographs from now on."""
    setattr(_wrap, "re_chunk", _CHUNK)  # noqa: B010 - as its type says nothing of being replaced
