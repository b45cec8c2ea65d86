"""Where formulas begin and end in Markdown, as rules of markdown-it.

Knows nothing of this program. Sums of money stay what they are: between dollars there has to be
something that only a formula has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_INLINE = re.compile(
    r"\$\$(?P<display>[^$`]{1,1000}?)\$\$"
    r"|\$(?![\s$])(?P<dollars>[^$`\n]{1,500}?)(?<![\s\\])\$(?!\d)"
    r"|\\\((?P<round>.{1,1000}?)\\\)"
    r"|\\\[(?P<square>.{1,1000}?)\\\]",
    re.DOTALL,
)
_SIGN = re.compile(r"[\\^_={}]")
"""What LaTeX has, and sentences between two sums of money have not."""
_NAMES = re.compile(r"\b(?:arg|cos|det|exp|gcd|inf|lim|ln|log|max|min|mod|sin|sup|tan)\b")
_SHORT = re.compile(r"[A-Za-z]{2,3}|\d*[A-Za-z]\d?|\d+(?:\.\d+)?")
_ARITHMETIC = re.compile(
    r"(?=[^A-Za-z]*[A-Za-z])(?!.*[A-Za-z]{2})"
    r"[\w(\[|-](?:[\w\s.,()\[\]|+\-*/<>≤≥≠±×·!'′]*[\w)\]|!'′])?"
)
"""Letters that stand alone, numbers, and what is done to them."""
_FOLLOWED_BY_NAME = re.compile(r"(?!(?:st|nd|rd|th|s)\b)[A-Za-z_{(]")
"""What stands behind the sign of a variable, and not behind a formula, except for `$n$th`."""

_ONE_LINE = re.compile(r"\$\$[^$]+\$\$|\\\[.+\\\]")
_CLOSING = {"$$": "$$", "\\[": "\\]"}


def math_rules(parser: MarkdownIt) -> None:
    """Let `parser` find formulas: inline tokens `math_inline`, and blocks `math`."""
    parser.inline.ruler.before("escape", "math_inline", _math_inline)
    parser.block.ruler.before("fence", "math", _math_block)


def _math_inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    match = _INLINE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    kind = match.lastgroup or ""
    if "$" in match[0] and not _is_formula(match[kind], state.src, match):
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = match[kind]
        token.markup = match[0]
    state.pos = match.end()
    return True


def _is_formula(content: str, text: str, match: re.Match[str]) -> bool:
    """Whether a formula stands between dollars, and not money, or what a shell takes for names."""
    if "\\" in content:
        return True
    if _FOLLOWED_BY_NAME.match(text, match.end()):
        return False
    if content[:1].isdigit() and text[max(0, match.start() - 1) : match.start()].isalnum():
        return False
    plain = _NAMES.sub("x", content)
    if _SIGN.search(content) or _SHORT.fullmatch(content):
        return True
    return _ARITHMETIC.fullmatch(plain.strip()) is not None


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula on lines of its own; without its end, up to the next blank line."""
    if state.is_code_block(start):
        return False
    line = _stripped_line(state, start)
    closing = _CLOSING.get(line)
    if closing is None and not _ONE_LINE.fullmatch(line):
        return False
    if silent:
        return True
    after = start + 1
    while closing is not None and after < end and not state.isEmpty(after):
        if state.sCount[after] < state.blkIndent:
            break
        after += 1
        if _stripped_line(state, after - 1).endswith(closing):
            break
    state.line = after
    token = state.push("math", "", 0)
    token.map = [start, after]
    token.content = state.getLines(start, after, state.blkIndent, False)
    return True


def _stripped_line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
