"""LaTeX formulas as Unicode text, as far as one line of text can show them.

pylatexenc parses, and knows the symbols; fractions, roots, indices
and matrices are set here, in a line, with brackets where their meaning would be lost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakegpt_tui.fast_import import lazy_pattern

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
_BINOMIALS = {"binom", "dbinom", "tbinom"}
_ARROWS = {"xrightarrow": "→", "xleftarrow": "←"}
_TEXT = {"text", "textrm", "mathrm", "operatorname", "textbf", "textit", "mbox", "mathit", "mathsf"}
_AS_IT_IS = {"boxed", "boldsymbol", "bm", "mathop", "mathbin", "mathrel", "textcolor"}
_SIZES = {
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
}
_FENCES = {"left", "right", "middle", *_SIZES}
_SILENT = {
    *_FENCES, "displaystyle", "textstyle", "limits", "nolimits", "nonumber", "notag", "label",
}  # fmt: skip
_SPACES = {",": " ", ";": " ", ":": " ", "!": "", " ": " ", "quad": "  ", "qquad": "    "}
_PLAIN = {"'": "′", "''": "″", "-": "−", "~": " ", "*": "∗", "&": " "}
_SIGNS = {
    "iff": " ⇔ ",
    "implies": " ⇒ ",
    "impliedby": " ⇐ ",
    "ne": " ≠ ",
    "lt": " < ",
    "gt": " > ",
    "coloneqq": " ≔ ",
    "bmod": " mod ",
    "models": " ⊨ ",
    "land": " ∧ ",
    "lor": " ∨ ",
    "neg": "¬",
    "bot": "⊥",
    "triangle": "△",
    "degree": "°",
    "colon": ":",
    "Re": "Re ",
    "Im": "Im ",
    "|": "‖",
    "prime": "′",
    "%": "%",
}
_NAMES = (
    "arccos arcsin arctan arg argmax argmin cos cosh cot csc deg det dim exp gcd hom inf ker lim "
    "liminf limsup ln log max min mod Pr sec sin sinh sup tan tanh"
)
_NAMED = frozenset(_NAMES.split())
_MATRICES = {
    "matrix": ("", ""),
    "smallmatrix": ("", ""),
    "array": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "Bmatrix": ("{", "}"),
    "vmatrix": ("|", "|"),
    "Vmatrix": ("‖", "‖"),
    "cases": ("{ ", ""),
    "dcases": ("{ ", ""),
}
_ROWS = {
    "aligned",
    "align",
    "align*",
    "gathered",
    "gather",
    "gather*",
    "split",
    "equation",
    "equation*",
}
_LETTER_NAMES = (
    "mathbb mathbf mathtt mathcal mathscr mathfrak vec dot ddot hat check breve acute grave tilde "
    "bar not ket bra braket ketbra"
)
_LETTERS = frozenset(_LETTER_NAMES.split())
"""Macros whose arguments pylatexenc can convert: fonts, accents, and states."""
_SIMPLE = lazy_pattern(r"√?[^\W_]+|\S|[^\W_]+\([^()]*\)")
_BEGIN, _END = "\ue000", "\ue001"
"""Mark a fraction until its neighbours are known, which decide about brackets."""
_TIGHT = lazy_pattern(rf"(?<=[\w)\]}}|]){_BEGIN}|{_END}(?=[{_BEGIN}\w(\[{{√∑∫∏∮∂∇])")
_EDGES = lazy_pattern(f"[{_BEGIN}{_END}]")
_LONGEST = 4_000
_TAKES = lazy_pattern(r"%[s(]")
_UNREADABLE = lazy_pattern(r"\\verb|(?<!\\)%")
"""What pylatexenc would parse as verbatim text or a comment."""


class _UnsupportedError(Exception):
    """A part of a formula cannot be written in a line of text."""


@lru_cache(maxsize=256)
def latex_to_unicode(source: str) -> str | None:
    """A formula as text, without its delimiters; `None` if a part of it cannot be written so."""
    if len(source) > _LONGEST or _UNREADABLE.search(source):
        return None
    # Imported on first use: the first paint must not wait for it.
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError  # noqa: PLC0415

    walker = LatexWalker(source, latex_context=_macros(), tolerant_parsing=False)
    try:
        nodes, _, _ = walker.get_latex_nodes()
        text = _Converter().set(nodes)
    except (LatexWalkerParseError, _UnsupportedError, RecursionError):
        return None
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


@lru_cache(maxsize=1)
def _macros() -> Any:
    """The arguments of macros: those that pylatexenc knows, and others common in formulas."""
    from pylatexenc.latexwalker import get_default_latex_context_db  # noqa: PLC0415
    from pylatexenc.macrospec import MacroSpec  # noqa: PLC0415

    taken = {"cfrac": "[{{", "tag": "*{", "operatorname": "*{", "pmod": "{"}
    pairs = ("dfrac", "tfrac", *_BINOMIALS, "overset", "underset", "stackrel")
    taken |= dict.fromkeys(pairs, "{{") | dict.fromkeys(_ARROWS, "[{")
    taken |= dict.fromkeys(_AS_IT_IS - {"textcolor"}, "{")
    known = get_default_latex_context_db()
    specs = [MacroSpec(name, args_parser=arguments) for name, arguments in taken.items()]
    known.add_context_category("formulas", macros=specs, prepend=True)
    return known


class _Converter:
    """Writes nodes one after the other."""

    def __init__(self) -> None:
        from pylatexenc.latex2text import LatexNodes2Text  # noqa: PLC0415

        self._symbols = LatexNodes2Text(math_mode="text", strict_latex_spaces=True)

    def set(self, nodes: Sequence[Any] | None) -> str:
        written: list[str] = []
        units = _units(nodes or ())
        for unit in units:
            name = _macro_name(unit)
            if isinstance(unit, str) and unit in "^_":
                written[-1:] = [part.rstrip() for part in written[-1:]]
                written.append(_index(unit, self._unit(next(units, ""))))
            elif name in _FRACTIONS:
                written.append(f"{_BEGIN}{self._unit(unit)}{_END}")
            elif name in _FENCES:
                written.append(self._fence(units))
            else:
                written.append(self._unit(unit))
        return _EDGES.sub("", _TIGHT.sub(" ", "".join(written)))

    def _fence(self, units: Iterator[Any]) -> str:
        """What stands behind `\\left` and its like; a dot is an invisible one."""
        unit = next(units, "")
        return "" if isinstance(unit, str) and unit == "." else self._unit(unit)

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
                raise _UnsupportedError

    def _macro(self, node: Any) -> str:
        name = node.macroname
        # A macro that is itself taken by another one has none.
        taken = node.nodeargd.argnlist if node.nodeargd else ()
        arguments = [argument for argument in taken or () if argument is not None]
        if name in _SILENT:
            return ""
        if name in _TEXT:
            return "".join(argument.latex_verbatim().strip("{}") for argument in arguments[-1:])
        if name == "tag" and arguments:
            return f"  ({arguments[-1].latex_verbatim().strip('{}')})"
        if name in _AS_IT_IS:
            return "".join(map(self._unit, arguments[-1:]))
        if arguments and (text := self._composed(name, [*map(self._unit, arguments)])) is not None:
            return text
        return self._symbol(node, name, arguments)

    def _composed(self, name: str, parts: Sequence[str]) -> str | None:
        """What is made of several arguments, of which some may be missing."""
        text = None
        match name, parts:
            case _, [*_, above, below] if name in _FRACTIONS:
                text = f"{_bracketed(above)}/{_bracketed(below)}"
            case _, [above, below] if name in _BINOMIALS:
                text = f"C({above.strip()}, {below.strip()})"
            case "sqrt", [*degree, radicand]:
                text = f"{_index('^', degree[0]) if degree else ''}√{_bracketed(radicand)}"
            case "overset" | "stackrel", [above, base]:
                text = f" {base.strip()}{_index('^', above)} "
            case "underset", [below, base]:
                text = f" {base.strip()}{_index('_', below)} "
            case "pmod", [modulus]:
                text = f" (mod {modulus.strip()})"
            case _, [*_, label] if name in _ARROWS:
                text = f" {_ARROWS[name]}{_index('^', label) if label.strip() else ''} "
        return text

    def _symbol(self, node: Any, name: str, arguments: Sequence[Any]) -> str:
        if name in _SPACES or name in _SIGNS:
            return {**_SPACES, **_SIGNS}[name]
        if name in _NAMED:
            return f"{name} "
        if name == "\\":
            return "\n"
        known = self._symbols.latex_context.get_macro_spec(name)
        if known is None or not _is_settable(known, [*map(self._unit, arguments)]):
            raise _UnsupportedError
        text: str = self._symbols.macro_node_to_text(node)
        if not text:
            raise _UnsupportedError
        spaced = len(text) == 1 and not text.isalnum() and text not in "{}|⟨⟩⌊⌋⌈⌉∂∇∞′…%$#&_∀∃¬±°∫∑∏"
        return f" {text} " if spaced else text

    def _environment(self, node: Any) -> str:
        name = node.environmentname
        body = self.set(node.nodelist)
        rows = [" ".join(row.split()) for row in body.split("\n") if row.strip()]
        if name in _ROWS:
            return "\n".join(rows)
        if name not in _MATRICES:
            raise _UnsupportedError
        opening, closing = _MATRICES[name]
        return f"{opening}{'; '.join(rows)}{closing}"


def _is_settable(known: Any, parts: Sequence[str]) -> bool:
    """Whether pylatexenc has one text for a macro, or a way to write the letters that it takes."""
    text = known.simplify_repl
    if parts:
        return known.macroname in _LETTERS and all(parts)
    return isinstance(text, str) and not _TAKES.search(text)


def _macro_name(unit: Any) -> str:
    return unit.macroname if type(unit).__name__ == "LatexMacroNode" else ""


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
