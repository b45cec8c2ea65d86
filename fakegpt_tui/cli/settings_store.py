"""Settings and presets of the configuration file, changed at run time."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.config.atomic_file import edit_file, read_config
from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.spec import EDITABLE_SETTINGS, SETTING_SPECS, Settings, SettingSpec, Source
from fakegpt_tui.domain import ConfigError, Preset

if TYPE_CHECKING:
    from fakegpt_tui.ui.options import EffectiveSetting

_MAX_NAME = 60
_OVERRIDES = (Source.FLAG, Source.ENVIRONMENT)


class PresetStore:
    """The presets of the configuration, those included that were added in this run."""

    def __init__(self, presets: Mapping[str, Preset], config_file: Path) -> None:
        self.presets = dict(presets)
        self._config_file = config_file

    async def save(self, preset: Preset) -> None:
        """Write a preset to the configuration; one of that name is changed.

        Raises:
            ConfigError: It could not be used.
            SaveError: The file cannot be written.
        """
        await asyncio.to_thread(self._save, preset)

    def _save(self, preset: Preset) -> None:
        from fakegpt_tui.config.edit import read_presets, with_preset  # noqa: PLC0415 - tomlkit

        name = preset.name
        if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
            raise ConfigError(f"The name of a preset has 1 to {_MAX_NAME} letters.")
        path = self._config_file
        text = edit_file(path, lambda before: with_preset(before, preset, path=path))
        self.presets.update(read_presets(text, path=path))


class SettingsStore:
    """Reads settings as they would be at the next start, and writes them to the file.

    What a flag or a variable says holds for as long as this run lasts.
    """

    def __init__(self, settings: Settings, *, themes: Callable[[], Sequence[str]]) -> None:
        """`settings` are those of this run; `themes` names all that there are."""
        self._run = settings
        self._themes = themes

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        """All settings that can be changed.

        Raises:
            ConfigError: The file cannot be read, or holds something that cannot be used.
        """
        content = await asyncio.to_thread(read_config, self._run.config_file)
        in_file = self._settings_of_file(content)
        return tuple(self._describe(row, in_file, content) for row in EDITABLE_SETTINGS)

    async def change(self, name: str, value: str | None) -> str | None:
        """Write a value, or leave it to the default; returns what was written before.

        Raises:
            ConfigError: The program could not use it.
            SaveError: The file cannot be read or written.
        """
        return await asyncio.to_thread(self._change, SETTING_SPECS[name], value)

    def _change(self, row: SettingSpec, value: str | None) -> str | None:
        from fakegpt_tui.config.edit import with_setting  # noqa: PLC0415 - tomlkit, not at every start

        path = self._run.config_file
        parsed = None if value is None else row.parse(value)
        before: list[str | None] = []

        def edit(content: str) -> str:
            changed = with_setting(content, row.name, parsed, path=path)
            before.append(_value_in_file(content, row))
            self._settings_of_file(changed)
            return changed

        edit_file(path, edit)
        return before[0]

    def _settings_of_file(self, content: str) -> Settings:
        """The settings without flags and variables.

        Raises:
            ConfigError: The program could not use them.
        """
        run = self._run
        return build_settings({}, {}, content, path=run.config_file, folders=run.folders)

    def _describe(self, row: SettingSpec, in_file: Settings, content: str) -> EffectiveSetting:
        from fakegpt_tui.ui.options import EffectiveSetting  # noqa: PLC0415 - Rich, once it is shown

        overridden = self._run.origins[row.name].source in _OVERRIDES
        settings = self._run if overridden else in_file
        origin = settings.origins[row.name]
        known = {"theme": self._themes(), "service": tuple(self._run.services)}
        return EffectiveSetting(
            name=row.name,
            value=row.value(settings),
            origin="config.toml" if origin.source is Source.FILE else str(origin),
            description=row.description,
            choices=tuple(known.get(row.name, row.choices)),
            overridden=overridden,
            immediate=row.applies_now,
            file_value=_value_in_file(content, row) or "",
        )


def _value_in_file(content: str, row: SettingSpec) -> str | None:
    """What the file itself says of a setting."""
    found = tomllib.loads(content).get(row.name)
    if isinstance(found, bool):
        return str(found).lower()
    return None if found is None else str(found)
