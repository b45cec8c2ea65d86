"""Contrast: how far colours are apart, and a theme's colours corrected where they are too close.

The least contrasts are those of WCAG 2.1: 4.5 for text (1.4.3), 3 for frames, scroll bars and marks
(1.4.11). Themes of the terminal's own sixteen colours stay as they are.
"""

from collections.abc import Mapping, Sequence

from textual.color import Color, ColorParseError

from fakegpt_tui.fast_import import lazy_pattern

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
AUTOMATIC = lazy_pattern(r"auto(?: ([\d.]+)%)?")
"""A theme's word for a colour that is readable on any background, of some strength."""
_STEPS = 20
_MARKED_TEXT = "block-cursor-blurred-text-style"
"""How the marked row of a list is written while a field above it is typed in."""
_LINEAR = 0.04045
"""Below this, sRGB's curve is a line."""


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours as WCAG 2.1 counts it: from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def variables_for(variables: Mapping[str, str], *, dark: bool, few_colours: bool) -> dict[str, str]:
    """The CSS variables of a theme, for a terminal of all colours or of few of them.

    Of few colours those of a row and of the others may be one, and its yellow is none for text: a
    marked row is underlined there, and bold everywhere.
    """
    found = readable_colours(variables, dark=dark)
    if few_colours and not dark:
        found |= {"accent": found["primary"], "text-accent": found["text-primary"]}
    if few_colours or found.get(_MARKED_TEXT, "none") == "none":
        found[_MARKED_TEXT] = "bold underline" if few_colours else "bold"
    return found


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
    muted = text["text-muted"]
    colours = {
        **dict(zip(_GROUNDS, grounds, strict=True)),
        **text,
        **marks,
        **selections,
        "screen-selection-foreground": text["foreground"],
        "border": text["primary"],
        "scrollbar-hover": text["primary"],
        "scrollbar-active": text["primary"],
        "block-cursor-background": text["primary"],
        "block-cursor-foreground": background,
        "block-cursor-blurred-background": found.row(grounds[2], (text["foreground"], muted)),
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

    def row(self, ground: Color, texts: Sequence[Color]) -> Color:
        """The background of a marked row: as much of the main colour as its texts can bear."""
        primary = self._solid("primary")
        strengths = (step / _STEPS for step in range(_STEPS // 2, 0, -1))
        colours = (ground.blend(primary, strength) for strength in strengths)
        return next(
            (each for each in colours if min(contrast(text, each) for text in texts) >= _TEXT),
            ground,
        )

    def _solid(self, name: str) -> Color:
        """A colour as it looks on the main background."""
        automatic = AUTOMATIC.fullmatch(self._variables.get(name, ""))
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
