"""Rules for markdown-it: bare addresses, formulas, and emphasis beside ideographs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import safe_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

    Rule = Callable[[StateInline, bool], bool]
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline


_ANY_SCHEME = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OPENS = lazy_pattern(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_ADDRESS = lazy_pattern(
    r"(?<![A-Za-z0-9])(?:https?://|mailto:(?=\S+@))[^\s<>\"`\u3000-\u3003\u3008-\u301f\uff01\uff08\uff09"
    r"\uff0c\uff1a\uff1b\uff1f\u2018-\u201f\u2026\u00ab\u00bb]+",
    re.IGNORECASE,
)
"""A bare address ends where white space, a quote, or punctuation of East Asia is."""
_MADE_VISIBLE = lazy_pattern("[\u2400-\u2421\ufffd‹›]")
"""What safe text puts in the place of characters that an address might hide."""

_TRAILING = ".,:;!?'*_~"


def can_open(target: str) -> bool:
    """Whether `target` may be opened on a click."""
    return _OPENS.match(target) is not None and _hides_nothing(target)


def is_allowed_target(target: str) -> bool:
    """Whether `target` may stand behind a label; relative addresses may, but open nothing.

    Anything else is shown as it was written, which also keeps `<std::string>` whole.
    """
    return can_open(target) or (not _ANY_SCHEME.match(target) and _hides_nothing(target))


def address_end(text: str, start: int) -> int | None:
    """The end of the bare web or mail address at `start` of `text`, if there is one.

    The punctuation of the sentence, and brackets that were opened before, are no part of it.
    """
    match = _ADDRESS.match(text, start)
    return start + len(_without_punctuation(match[0])) if match else None


def _hides_nothing(target: str) -> bool:
    return safe_text(target) == target and not _MADE_VISIBLE.search(target)


def _without_punctuation(address: str) -> str:
    opened: list[str] = [""]
    for at, character in enumerate(address):
        if character in "([":
            opened.append(character)
        elif character in ")]" and opened.pop() + character not in ("()", "[]"):
            address = address[:at]
            break
    return address.rstrip(_TRAILING)


_SCHEME = lazy_pattern(r"(?:https?|mailto)\Z", re.IGNORECASE)
_LONGEST_SCHEME = 6
_ESCAPED = lazy_pattern(r"\\([!-/:-@\[-`{-~])")


def address_rules(parser: MarkdownIt) -> None:
    """Make links of bare addresses.

    Addresses are found before emphasis, so that `__init__` in a path is not a bold word.
    """
    parser.inline.ruler.before("escape", "address", _address)


def _address(state: StateInline, silent: bool) -> bool:
    if silent or state.linkLevel > 0 or state.src[state.pos] != ":":
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - _LONGEST_SCHEME), state.pos)
    if scheme is None or not state.pending.endswith(scheme[0]):
        return False
    end = address_end(state.src, scheme.start())
    if end is None or end <= state.pos + 1:
        return False
    state.pending = state.pending[: -len(scheme[0])]
    target = _ESCAPED.sub(r"\1", state.src[scheme.start() : end]).replace("&amp;", "&")
    state.push("link_open", "a", 1).attrs = {"href": target}
    state.push("text", "", 0).content = target
    state.push("link_close", "a", -1)
    state.pos = end
    return True


@cache
def _without_spaces() -> re.Pattern[str]:
    return re.compile(
        "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
        "\U00020000-\U0003ffff]"
    )


def emphasis_rules(parser: MarkdownIt) -> None:
    """Find strong, emphasised and deleted text in scripts without spaces between words.

    CommonMark tells by spaces and punctuation whether asterisks begin or end something. Chinese,
    Japanese and Korean have no such spaces, so that `**重要：**请` would not be bold: beside one of
    their characters, asterisks begin what follows and end what is before.
    """
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
        if state.src[start] != "_" and _without_spaces().search(before + after):
            for delimiter in state.delimiters[known:]:
                delimiter.open = delimiter.open or bool(after.strip())
                delimiter.close = delimiter.close or bool(before.strip())
        return True

    return tokenize_also_there


_INLINE = lazy_pattern(
    r"\$\$(?P<display>[^$`]{1,1000}?)\$\$"
    r"|\$(?![\s$])(?P<dollars>[^$`\n]{1,500}?)(?<![\s\\])\$(?!\d)"
    r"|\\\((?P<round>.{1,1000}?)\\\)"
    r"|\\\[(?P<square>.{1,1000}?)\\\]",
    re.DOTALL,
)
_SIGN = lazy_pattern(r"[\\^_={}]")
"""Characters of LaTeX that sentences between two sums of money do not contain."""
_NAMES = lazy_pattern(r"\b(?:arg|cos|det|exp|gcd|inf|lim|ln|log|max|min|mod|sin|sup|tan)\b")
_SHORT = lazy_pattern(r"[A-Za-z]{2,3}|\d*[A-Za-z]\d?|\d+(?:\.\d+)?")
_ARITHMETIC = lazy_pattern(
    r"(?=[^A-Za-z]*[A-Za-z])(?!.*[A-Za-z]{2})"
    r"[\w(\[|-](?:[\w\s.,()\[\]|+\-*/<>≤≥≠±×·!'′]*[\w)\]|!'′])?"
)
"""Letters that stand alone, numbers, and what is done to them."""
_FOLLOWED_BY_NAME = lazy_pattern(r"(?!(?:st|nd|rd|th|s)\b)[A-Za-z_{(]")
"""What follows the name of a shell variable, but not a formula, except for `$n$th`."""

_ONE_LINE = lazy_pattern(r"\$\$[^$]+\$\$|\\\[.+\\\]")
_CLOSING = {"$$": "$$", "\\[": "\\]"}


def math_rules(parser: MarkdownIt) -> None:
    """Find formulas: inline tokens `math_inline`, and blocks `math`.

    Sums of money stay text: between dollars there has to be something that only a formula has.
    """
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
    """Whether the text between dollars is a formula, and not money or shell variables."""
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
