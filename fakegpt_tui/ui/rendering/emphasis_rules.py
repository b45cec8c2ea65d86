"""Emphasis in scripts that put no space between words, as rules of markdown-it.

Markdown tells by spaces and punctuation whether asterisks begin or end something. In Chinese,
Japanese and Korean there are no such spaces, and `**重要：**请` would be bold nowhere: beside one
of their characters asterisks begin what follows and end what is before. Knows nothing of this
program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

    Rule = Callable[[StateInline, bool], bool]

_WITHOUT_SPACES = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)


def emphasis_rules(parser: MarkdownIt) -> None:
    """Let `parser` find strong, emphasised and deleted text without spaces around it."""
    from markdown_it.rules_inline import emphasis, strikethrough  # noqa: PLC0415

    parser.inline.ruler.at("emphasis", _beside_ideographs(emphasis.tokenize))
    parser.inline.ruler.at("strikethrough", _beside_ideographs(strikethrough.tokenize))


def _beside_ideographs(tokenize: Rule) -> Rule:
    def tokenize_also_there(state: StateInline, silent: bool) -> bool:
        start, known = state.pos, len(state.delimiters)
        if not tokenize(state, silent):
            return False
        before = state.src[max(0, start - 1) : start]
        after = state.src[state.pos : min(state.pos + 1, state.posMax)]
        if state.src[start] != "_" and _WITHOUT_SPACES.search(before + after):
            for delimiter in state.delimiters[known:]:
                delimiter.open = delimiter.open or bool(after.strip())
                delimiter.close = delimiter.close or bool(before.strip())
        return True

    return tokenize_also_there
