"""Where bare addresses stand in Markdown, as a rule of markdown-it.

They are found before emphasis is, so that `__init__` in a path is no bold word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fakegpt_tui.ui.rendering.links import address_end

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

_SCHEME = re.compile(r"(?:https?|mailto)\Z", re.IGNORECASE)
_LONGEST_SCHEME = 6
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def address_rules(parser: MarkdownIt) -> None:
    """Let `parser` make links of bare addresses: inline tokens as of any link."""
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
