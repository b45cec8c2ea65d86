"""The two themes of the program; every colour elsewhere is one of their variables."""

from textual.theme import BUILTIN_THEMES, Theme

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
