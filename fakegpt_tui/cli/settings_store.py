"""Settings and presets of the configuration file, changed at run time."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fakegpt_tui.config.atomic_file import edit_file
from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.spec import SETTING_SPECS, Settings, SettingSpec, Source
from fakegpt_tui.domain import ConfigError, Preset
from fakegpt_tui.ui.options import EffectiveSetting

_MAX_NAME = 60


class PresetStore:
    """Knows the presets, also those that were added since it was made."""

    def __init__(self, presets: Mapping[str, Preset], config_file: Path) -> None:
        self.presets = dict(presets)
        self._config_file = config_file

    async def keep(self, preset: Preset) -> None:
        """Write a preset to the configuration; one of that name is changed.

        Raises:
            ConfigError: It could not be used.
            SaveError: The file cannot be written.
        """
        await asyncio.to_thread(self._keep, preset)

    def _keep(self, preset: Preset) -> None:
        from fakegpt_tui.config.edit import read_presets, with_preset  # noqa: PLC0415 - tomlkit

        name = preset.name
        if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
            raise ConfigError(f"The name of a preset has 1 to {_MAX_NAME} letters.")
        path = self._config_file
        text = edit_file(path, lambda before: with_preset(before, preset, path=path))
        self.presets.update(read_presets(text, path=path))


_BY_NAME = {each.name: each for each in SETTING_SPECS}
_OVERRIDES = (Source.FLAG, Source.ENVIRONMENT)


class SettingsStore:
    """Reads settings as they would be at the next start, and writes them to the file.

    What a flag or a variable says holds for as long as this run lasts.
    """

    def __init__(self, settings: Settings, *, themes: Callable[[], Sequence[str]]) -> None:
        """`settings` are those of this run; `themes` names all that there are."""
        self._run = settings
        self._themes = themes

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        """All that a person may change.

        Raises:
            ConfigError: The file cannot be read, or does not fit.
        """
        content = await asyncio.to_thread(self._content)
        return self._described(content)

    async def change(self, name: str, value: str | None) -> str | None:
        """Write a value, or leave it to the default; returns what was written before.

        Raises:
            ConfigError: The program could not use it.
            SaveError: The file cannot be read or written.
        """
        return await asyncio.to_thread(self._change, _BY_NAME[name], value)

    def _change(self, editable: SettingSpec, value: str | None) -> str | None:
        from fakegpt_tui.config.edit import with_setting  # noqa: PLC0415 - tomlkit, not at every start

        path = self._run.config_file
        typed = None if value is None else editable.parse(value)
        before: list[str | None] = []

        def edited(content: str) -> str:
            changed = with_setting(content, editable.name, typed, path=path)
            before.append(_value_in_file(content, editable))
            self._by_file(changed)
            return changed

        edit_file(path, edited)
        return before[0]

    def _content(self) -> str:
        path = self._run.config_file
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The configuration file {path} cannot be read.") from error

    def _by_file(self, content: str) -> Settings:
        """What the file alone says.

        Raises:
            ConfigError: The program could not use it.
        """
        run = self._run
        return build_settings({}, {}, content, path=run.config_file, folders=run.folders)

    def _described(self, content: str) -> tuple[EffectiveSetting, ...]:
        by_file = self._by_file(content)
        return tuple(self._setting(editable, by_file, content) for editable in SETTING_SPECS)

    def _setting(self, editable: SettingSpec, by_file: Settings, content: str) -> EffectiveSetting:
        origin = self._run.origins[editable.name]
        held = origin.source in _OVERRIDES
        if not held:
            origin = by_file.origins[editable.name]
        return EffectiveSetting(
            name=editable.name,
            value=editable.value(self._run if held else by_file),
            origin="config.toml" if origin.source is Source.FILE else str(origin),
            description=editable.description,
            choices=self._choices(editable),
            overridden=held,
            immediate=editable.applies_now,
            file_value=_value_in_file(content, editable) or "",
        )

    def _choices(self, editable: SettingSpec) -> tuple[str, ...]:
        match editable.name:
            case "theme":
                return tuple(self._themes())
            case "service":
                return tuple(self._run.services)
            case _:
                return editable.choices


def _value_in_file(content: str, editable: SettingSpec) -> str | None:
    """What the file itself says of a setting."""
    found = tomllib.loads(content).get(editable.name)
    if isinstance(found, bool):
        return str(found).lower()
    return None if found is None else str(found)
