"""Themes: the program's own two, and the correction of any theme whose colours are too close.

The least contrasts are those of WCAG 2.1: 4.5 for text (1.4.3), 3 for frames, scroll bars and marks
(1.4.11). Themes of the terminal's own sixteen colours stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from fakegpt_tui.ui.markdown.palette import contrast
from fakegpt_tui.ui.options import DARK_THEME

DARK = Theme(
    name=DARK_THEME,
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#e0af68",
    foreground="#c8d0e8",
    background="#16181f",
    surface="#1c1f28",
    panel="#262a36",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={"block-cursor-text-style": "none"},
)

LIGHT = Theme(
    name="fakegpt-light",
    primary="#2558c4",
    secondary="#7a3fb8",
    accent="#9a5b00",
    foreground="#20242f",
    background="#fbfbf8",
    surface="#f2f2ed",
    panel="#e3e4de",
    success="#2f7a33",
    warning="#9a5b00",
    error="#b3263a",
    dark=False,
    variables={"block-cursor-text-style": "none"},
)

THEMES = (DARK, LIGHT)

_SHORT_NAMES = {"dark": DARK.name, "light": LIGHT.name}


def theme_name(name: str | None) -> str:
    """The full name of a theme; the default one for `None`."""
    return DARK.name if name is None else _SHORT_NAMES.get(name, name)


def theme_names() -> list[str]:
    """The names that a user may give for a theme, ours first."""
    ours = {*_SHORT_NAMES, *_SHORT_NAMES.values()}
    return [*_SHORT_NAMES, *sorted(BUILTIN_THEMES.keys() - ours)]


_TEXT = 4.6
_MARK = 3.1
"""A little more than is asked for, as terminals round colours."""
_GROUNDS = ("background", "surface", "panel")
_TEXT_COLOURS = (
    *("foreground", "text-muted", "primary", "secondary", "accent", "success", "warning", "error"),
    *("text-primary", "text-secondary", "text-accent", "text-success", "text-warning"),
    *("text-error", "footer-key-foreground", "footer-description-foreground"),
)
_MARK_COLOURS = ("border-blurred", "scrollbar")
_SELECTIONS = ("screen-selection-background", "input-selection-background")
_AUTOMATIC = re.compile(r"auto(?: ([\d.]+)%)?")
_STEPS = 20


def readable_colours(variables: Mapping[str, str], *, dark: bool) -> dict[str, str]:
    """The CSS variables of a theme, with enough contrast between those that meet on the screen."""
    ink = Color(255, 255, 255) if dark else Color(0, 0, 0)
    background = _parsed(variables, "background", ink.inverse)
    if background.ansi is not None or _parsed(variables, "foreground", ink).ansi is not None:
        return dict(variables)
    found = _ThemeColours(variables, background, ink)
    grounds = [background, *map(found.ground, _GROUNDS[1:])]
    text = {name: found.readable(name, grounds, _TEXT) for name in _TEXT_COLOURS}
    marks = {name: found.readable(name, grounds[:2], _MARK) for name in _MARK_COLOURS}
    selections = {name: found.selection(text["foreground"]) for name in _SELECTIONS}
    colours = {
        **dict(zip(_GROUNDS, grounds, strict=True)),
        **text,
        **marks,
        **selections,
        "border": text["primary"],
        "scrollbar-hover": text["primary"],
        "scrollbar-active": text["primary"],
        "block-cursor-background": text["primary"],
        "block-cursor-foreground": background,
        "block-cursor-blurred-background": grounds[2],
        "block-cursor-blurred-foreground": text["foreground"],
    }
    return {**variables, **{name: colour.hex for name, colour in colours.items()}}


class _ThemeColours:
    """Looks up and corrects the colours of a theme."""

    def __init__(self, variables: Mapping[str, str], background: Color, ink: Color) -> None:
        self._variables = variables
        self._background = background
        self._ink = ink
        self._foreground = self._solid("foreground")

    def ground(self, name: str) -> Color:
        """A background, brought nearer to the main one where the text on it could not be read."""
        colour = self._solid(name)
        for step in range(1, _STEPS + 1):
            if contrast(self._foreground, colour) >= _TEXT:
                break
            colour = colour.blend(self._background, step / _STEPS)
        return colour

    def readable(self, name: str, grounds: Sequence[Color], least: float) -> Color:
        """A colour, nearer to black or white where it is not clear enough on one of the grounds."""
        colour = given = self._solid(name)
        for step in range(1, _STEPS + 1):
            if min(contrast(colour, ground) for ground in grounds) >= least:
                break
            colour = given.blend(self._ink, step / _STEPS)
        return colour

    def selection(self, text: Color) -> Color:
        """The background of selected text."""
        strength = 0.5
        primary = self._solid("primary")
        while strength > 0:
            colour = self._background.blend(primary, strength)
            if contrast(text, colour) >= _TEXT:
                return colour
            strength -= 1 / _STEPS
        return self._background

    def _solid(self, name: str) -> Color:
        """A colour as it looks on the main background."""
        automatic = _AUTOMATIC.fullmatch(self._variables.get(name, ""))
        if automatic:
            colour = self._ink.with_alpha(float(automatic[1] or 100) / 100)
        else:
            colour = _parsed(self._variables, name, self._ink)
        return self._background.blend(colour, colour.a, alpha=1)


def _parsed(variables: Mapping[str, str], name: str, default: Color) -> Color:
    try:
        return Color.parse(variables.get(name, ""))
    except ColorParseError:
        return default
