"""Themes: light and dark, those in files, and which of them is shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.ui.contrast import variables_for
from fakegpt_tui.ui.options import AUTO_THEME, DARK_THEME, ChoiceMemory
from fakegpt_tui.ui.terminal.line_filters import TransparentFilter, refresh_theme, start_with_theme

if TYPE_CHECKING:
    from textual.timer import Timer

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
SHIPPED_THEMES = Path(__file__).parent / "shipped_themes"
"""The folder of the other themes of this program, in the form of a user's own."""

_SHORT_NAMES = {"dark": DARK.name, "light": LIGHT.name}


def theme_name(name: str | None, *, is_light: bool = False) -> str:
    """The full name of a theme; for `None` and `auto` one that suits the terminal's background."""
    if name is None or name == AUTO_THEME:
        return LIGHT.name if is_light else DARK.name
    return _SHORT_NAMES.get(name, name)


def theme_names(own: Iterable[str] = ()) -> list[str]:
    """The names that a user may give for a theme, those of the user's `own` files first."""
    first = list(dict.fromkeys([*own, AUTO_THEME, *_SHORT_NAMES, *theme_files(SHIPPED_THEMES)]))
    return [*first, *sorted(BUILTIN_THEMES.keys() - {*first, *_SHORT_NAMES.values()})]


def theme_files(folder: Path) -> dict[str, Path]:
    """The theme files of a folder by the names of their themes; none where it cannot be read."""
    try:
        found = sorted(each.name for each in os.scandir(folder) if each.name.endswith(".toml"))
    except OSError:
        return {}
    return {name.removesuffix(".toml"): folder / name for name in found}


def theme_variables(app: App[Any], variables: Mapping[str, str]) -> dict[str, str]:
    """The CSS variables of the theme in use, as they can be read in the terminal."""
    few = app.no_color or app.console.color_system not in _MANY_COLOURS
    return variables_for(variables, dark=app.current_theme.dark, few_colours=few)


_MANY_COLOURS = ("truecolor", "256")
_BACKGROUND = "background"
"""What the last background of the terminal is remembered by, so that the next start suits it."""
_LOOK_SECONDS = 1.0
_SEEN_THROUGH = ("background", "surface")


class ThemeSwitch:
    """Gives the app the theme that is wanted, as the terminal's background and theme files change.

    `files` are the theme files of the user by the names of their themes.
    """

    def __init__(
        self, app: App[Any], wanted: str, files: Mapping[str, Path], memory: ChoiceMemory
    ) -> None:
        self._app = app
        self._wanted = wanted
        self._files = {**theme_files(SHIPPED_THEMES), **files}
        self._memory = memory
        self._is_light = memory.get(_BACKGROUND) == "light"
        self._read: dict[str, float] = {}
        self._clock: Timer | None = None
        self.is_transparent = False
        self._transparent: TransparentFilter | None = None
        self.problem: ConfigError | None = None
        """Why the wanted theme could not be used at the start."""

    @property
    def _name(self) -> str:
        return theme_name(self._wanted, is_light=self._is_light)

    def start(self) -> None:
        """Set the theme before the app runs."""
        for theme in THEMES:
            self._app.register_theme(theme)
        try:
            self._register()
        except ConfigError as error:
            self.problem = error
        start_with_theme(self._app, self._name)

    def watch(self) -> None:
        """Look at the file of the theme in use from now on."""
        self._clock = self._app.set_interval(_LOOK_SECONDS, self._look, pause=not self._is_own)

    def use(self, name: str) -> None:
        """Use another theme.

        Raises:
            ConfigError: Its file cannot be used; then nothing has changed.
        """
        before, self._wanted = self._wanted, name or AUTO_THEME
        try:
            self._register()
        except ConfigError:
            self._wanted = before
            raise
        self._show()

    async def follow_background(self, *, is_light: bool) -> None:
        """Take over what the terminal says of its background."""
        if is_light == self._is_light:
            return
        self._is_light = is_light
        self._show()
        await self._memory.remember({_BACKGROUND: "light" if is_light else "dark"})

    def filters(self, variables: Mapping[str, str]) -> list[LineFilter]:
        """What makes the backgrounds of the theme transparent, where that is wanted."""
        if not self.is_transparent:
            return []
        grounds = frozenset(variables.get(name, "").lower()[:7] for name in _SEEN_THROUGH)
        if self._transparent is None or self._transparent.grounds != grounds:
            self._transparent = TransparentFilter(grounds)
        return [self._transparent]

    @property
    def _is_own(self) -> bool:
        return self._name in self._files

    def _show(self) -> None:
        if self._name == self._app.theme:
            refresh_theme(self._app)
        elif self._name in self._app.available_themes:
            self._app.theme = self._name
        if self._clock is not None:
            (self._clock.resume if self._is_own else self._clock.pause)()

    def _register(self) -> None:
        if not self._is_own:
            return
        from fakegpt_tui.ui.theme_files import load_theme  # noqa: PLC0415 - for such a theme

        path = self._files[self._name]
        self._read[self._name] = _changed_at(path)
        self._app.register_theme(load_theme(path))

    async def _look(self) -> None:
        """Show the theme anew after its file was saved; one with a mistake waits for the next."""
        name = self._name
        if not self._is_own:
            return  # Another was chosen while this waited for its turn.
        changed_at = await asyncio.to_thread(_changed_at, self._files[name])
        if name != self._name or changed_at in (0, self._read.get(name)):
            return
        with suppress(ConfigError):
            self._register()
            self._show()


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0
