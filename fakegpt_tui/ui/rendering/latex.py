"""LaTeX formulas as Unicode text, as far as text can say what they say.

Knows nothing of this program. pylatexenc parses, and knows the symbols; fractions, roots, indices
and matrices are set here, in a line, with brackets where their meaning would be lost.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UP = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθιφχ′*⊤∘",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᶥᵠᵡ′*ᵀ°",
        strict=True,
    )
)
_DOWN = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
_FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac"}
_TEXT = {"text", "textrm", "mathrm", "operatorname", "textbf", "textit", "mbox", "mathit", "mathsf"}
_SILENT = {"left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits", "nonumber"}
_SPACES = {",": " ", ";": " ", ":": " ", "!": "", " ": " ", "quad": "  ", "qquad": "    "}
_PLAIN = {"'": "′", "-": "−", "~": " ", "*": "∗", "&": " "}
_NAMES = (
    "arccos arcsin arctan arg argmax argmin cos cosh cot csc deg det dim exp gcd hom inf ker lim "
    "liminf limsup ln log max min mod Pr sec sin sinh sup tan tanh"
)
_NAMED = frozenset(_NAMES.split())
_MATRICES = {
    "matrix": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "cases": ("{ ", ""),
}
_ROWS = {"aligned", "align", "align*", "gathered", "gather", "gather*", "split", "equation"}
_OVER_ALL = {"overline", "underline", "widehat", "widetilde", "overbrace", "underbrace"}
_SIMPLE = re.compile(r"√?[^\W_]+|\S|[^\W_]+\([^()]*\)")
_LONGEST = 4_000


class _NoWordsError(Exception):
    """Something in a formula has no form in a line of text."""


@lru_cache(maxsize=256)
def unicode_math(source: str) -> str | None:
    """A formula as text, without its delimiters; `None` if some of it cannot be said so."""
    if len(source) > _LONGEST or "%" in source.replace("\\%", ""):
        return None
    # Imported on first use: the first paint must not wait for it.
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError  # noqa: PLC0415

    walker = LatexWalker(source, tolerant_parsing=False)
    try:
        nodes, _, _ = walker.get_latex_nodes()
        text = _Setter().set(nodes)
    except (LatexWalkerParseError, _NoWordsError, RecursionError):
        return None
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


class _Setter:
    """Writes nodes one after the other."""

    def __init__(self) -> None:
        from pylatexenc.latex2text import LatexNodes2Text  # noqa: PLC0415

        self._symbols = LatexNodes2Text(math_mode="text", strict_latex_spaces=True)

    def set(self, nodes: Sequence[Any] | None) -> str:
        written: list[str] = []
        units = _units(nodes or ())
        for unit in units:
            if isinstance(unit, str) and unit in "^_":
                written[-1:] = [part.rstrip() for part in written[-1:]]
                written.append(_index(unit, self._unit(next(units, ""))))
            else:
                written.append(self._unit(unit))
        return "".join(written)

    def _unit(self, unit: Any) -> str:
        if isinstance(unit, str):
            return _PLAIN.get(unit, unit)
        match type(unit).__name__:
            case "LatexGroupNode":
                return self.set(unit.nodelist)
            case "LatexCharsNode":
                return self.set([unit])
            case "LatexMacroNode":
                return self._macro(unit)
            case "LatexEnvironmentNode":
                return self._environment(unit)
            case "LatexSpecialsNode":
                return _PLAIN.get(unit.specials_chars, str(unit.specials_chars))
            case _:
                raise _NoWordsError

    def _macro(self, node: Any) -> str:
        name = node.macroname
        arguments = [argument for argument in node.nodeargd.argnlist or () if argument is not None]
        if name in _FRACTIONS:
            above, below = map(self._unit, arguments)
            return f"{_bracketed(above)}/{_bracketed(below)}"
        if name == "sqrt":
            *degree, radicand = map(self._unit, arguments)
            return f"{_index('^', degree[0]) if degree else ''}√{_bracketed(radicand)}"
        if name in _TEXT:
            return "".join(argument.latex_verbatim().strip("{}") for argument in arguments)
        if name in _SILENT:
            return ""
        if name == "boxed":
            return "".join(map(self._unit, arguments))
        return self._symbol(node, name)

    def _symbol(self, node: Any, name: str) -> str:
        if name in _SPACES:
            return _SPACES[name]
        if name in _NAMED:
            return f"{name} "
        if name == "\\":
            return "\n"
        known = self._symbols.latex_context.get_macro_spec(name)
        if known is None or not known.macroname or name in _OVER_ALL:
            raise _NoWordsError
        text: str = self._symbols.macro_node_to_text(node)
        if not text:
            raise _NoWordsError
        spaced = len(text) == 1 and not text.isalnum() and text not in "{}|⟨⟩⌊⌋⌈⌉∂∇∞′…%$#&_∀∃¬±°∫∑∏"
        return f" {text} " if spaced else text

    def _environment(self, node: Any) -> str:
        name = node.environmentname
        body = self.set(node.nodelist)
        rows = [" ".join(row.split()) for row in body.split("\n") if row.strip()]
        if name in _ROWS:
            return "\n".join(rows)
        if name not in _MATRICES:
            raise _NoWordsError
        opening, closing = _MATRICES[name]
        return f"{opening}{'; '.join(rows)}{closing}"


def _units(nodes: Sequence[Any]) -> Iterator[Any]:
    """Characters, and whatever is not made of them."""
    for node in nodes:
        if type(node).__name__ == "LatexCharsNode":
            yield from node.chars
        else:
            yield node
            if getattr(node, "macro_post_space", "") and type(node).__name__ == "LatexMacroNode":
                yield " "


def _index(mark: str, text: str) -> str:
    text = text.strip()
    signs = _UP if mark == "^" else _DOWN
    if text and all(sign in signs for sign in text):
        return "".join(signs[sign] for sign in text)
    return f"{mark}{text if len(text) == 1 else f'({text})'}"


def _bracketed(text: str) -> str:
    text = text.strip()
    return text if _SIMPLE.fullmatch(text) else f"({text})"
