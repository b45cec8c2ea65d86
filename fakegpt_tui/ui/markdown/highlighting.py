"""Colouring code by pygments, in the language that its fence names.

Knows nothing of this program: any code can be taken apart by it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from sys import intern
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

CodeToken = tuple[str, str]
"""The name of a kind of token, such as `Name.Function`, and its text."""

_LONGEST_LINE = 2_000
"""Beyond it a line is data, and some lexers take minutes over it."""


@lru_cache(maxsize=16)
def tokenize(code: str, language: str) -> tuple[CodeToken, ...]:
    """`code` in pieces whose texts make up `code` again. Languages are never guessed."""
    lexer = _lexer(language)
    if lexer is None or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return (("", code),)
    kinds = groupby(lexer.get_tokens(code), key=itemgetter(0))
    pieces = tuple((intern(str(kind)[6:]), "".join(text for _, text in run)) for kind, run in kinds)
    return pieces if "".join(text for _, text in pieces) == code else (("", code),)


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    if not language:
        return None
    # Imported on first use: the first paint must not wait for it.
    from pygments import lexers  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return lexers.get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
