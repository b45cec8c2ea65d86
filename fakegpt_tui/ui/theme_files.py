"""Theme files: themes of the user's own, as TOML files in the folder `themes` beside the settings.

A file has the colours of a theme by their names, and `dark = false` for a light one:

    primary = "#7aa2f7"
    background = "#16181f"

What is left out is made from the other colours, as Textual does it
(https://textual.textualize.io/guide/design/). Colours that are too close are moved apart, as in all
themes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fakegpt_tui.domain import ConfigError
from fakegpt_tui.text import safe_line

_COLOURS: Final = tuple(
    each.name
    for each in fields(Theme)
    if each.name not in {"name", "dark", "ansi", "luminosity_spread", "text_alpha", "variables"}
)
_MOST_BYTES: Final = 65536


def load_theme(path: Path) -> Theme:
    """The theme of a file, by the name of that file.

    Raises:
        ConfigError: The file cannot be read, or says what no theme has.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(path, f"is no TOML: {error}") from error
    is_dark = content.pop("dark", True)
    if not isinstance(is_dark, bool):
        raise _refused(path, "has a `dark` that is neither true nor false")
    variables = content.pop("variables", {})
    if not isinstance(variables, dict):
        raise _refused(path, "has `variables` that are no table")
    colours: dict[str, Any] = _colours(path, content)
    if "primary" not in colours:
        raise _refused(path, "has no colour `primary`")
    texts = {"block-cursor-text-style": "none", **_texts(path, variables)}
    return Theme(name=path.stem, dark=is_dark, variables=texts, **colours)


def _colours(path: Path, content: Mapping[str, object]) -> dict[str, str]:
    for name in content:
        if name not in _COLOURS:
            known = ", ".join(_COLOURS)
            raise _refused(path, f"has a `{safe_line(name)}`, but a theme has {known}")
    colours = _texts(path, content)
    for name, value in colours.items():
        try:
            Color.parse(value)
        except ColorParseError as error:
            raise _refused(
                path, f'has {safe_line(repr(value))} for `{name}`; a colour is like "#7aa2f7"'
            ) from error
    return colours


def _texts(path: Path, table: Mapping[str, object]) -> dict[str, str]:
    for name, value in table.items():
        if not isinstance(value, str):
            raise _refused(path, f"has no text for `{safe_line(name)}`")
    return {name: str(value) for name, value in table.items()}


def _refused(path: Path, why: str) -> ConfigError:
    return ConfigError(f"The theme file {safe_line(str(path))} {why}.")
