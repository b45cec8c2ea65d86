"""Settings and presets of the configuration file, and what was chosen last, at run time."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from fakegpt_tui.config.load import build_settings
from fakegpt_tui.config.sources import read_config
from fakegpt_tui.config.spec import (
    EDITABLE_SETTINGS,
    SETTING_SPECS,
    Settings,
    SettingSpec,
    Source,
    ValueOrigin,
)
from fakegpt_tui.domain import ConfigError, Preset, SaveError

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
        from fakegpt_tui.config.private_files import edit_file  # noqa: PLC0415 - seldom

        name = preset.name
        if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
            raise ConfigError(f"The name of a preset has 1 to {_MAX_NAME} letters.")
        path = self._config_file
        text = edit_file(path, lambda before: with_preset(before, preset, path=path))
        self.presets.update(read_presets(text, path=path))


class LastChoices:
    """What was chosen last in the interface, by its name, in a file of the state folder.

    The names of settings are among them: their values win over those of `config.toml`, and flags
    and variables win over both.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._values = _read_choices(path)

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    async def remember(self, values: Mapping[str, str | None]) -> None:
        """Keep values from now on; `None` forgets one.

        Raises:
            SaveError: The file cannot be written. In this run the values hold.
        """
        await asyncio.to_thread(self._remember, values)

    def forget(self, *names: str) -> None:
        """Leave settings to the other places again, where they were chosen.

        Raises:
            SaveError: The file cannot be written.
        """
        if not self._values.keys().isdisjoint(names):
            self._remember(dict.fromkeys(names))

    def _remember(self, values: Mapping[str, str | None]) -> None:
        from fakegpt_tui.temporary_files import make_private_folder, temporary_file  # noqa: PLC0415 - seldom

        with self._lock:
            # Another instance may have remembered something else meanwhile.
            merged = {**self._values, **_read_choices(self._path), **values}
            self._values = {name: value for name, value in merged.items() if value is not None}
            data = json.dumps({"version": 1, "values": self._values}, indent=1).encode()
            folder, name = self._path.parent, self._path.name
            try:
                make_private_folder(folder)  # The store may not be open yet, which makes it, too.
                with temporary_file(folder, data, name=name, durable=False) as written:
                    written.replace(self._path)
            except OSError as error:
                reason = f"The file {self._path} cannot be written: {error.strerror}."
                raise SaveError(reason) from error


def _read_choices(path: Path) -> dict[str, str]:
    """The readable choices of the file; the program needs none of them."""
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        values = content.get("values") if isinstance(content, dict) else None
        if isinstance(values, dict):
            return {name: each for name, each in values.items() if isinstance(each, str)}
    return {}


def with_last_choices(settings: Settings, choices: LastChoices) -> Settings:
    """The settings of a run of the interface, which begins with what was chosen last."""

    def is_free(name: str) -> bool:
        return settings.origins[name].source not in _OVERRIDES

    changes: dict[str, Any] = {}  # values of settings
    service, model, theme = map(choices.get, ("service", "model", "theme"))
    if is_free("service") and service in settings.services:
        changes["service"] = service
        if is_free("model") and model is not None:
            changes["model"] = model or None
    if is_free("theme") and theme is not None:
        changes["theme"] = theme
    origins = {**settings.origins, **dict.fromkeys(changes, ValueOrigin(Source.LAST_CHOICE))}
    return replace(settings, **changes, origins=origins)


def last_chosen(settings: Settings) -> Mapping[str, str]:
    """The values of settings that a run of the interface has from what was chosen in it last."""
    chosen = with_last_choices(settings, LastChoices(settings.choices_file))
    names = (name for name in SETTING_SPECS if chosen.origins[name].source is Source.LAST_CHOICE)
    return {name: SETTING_SPECS[name].value(chosen) for name in names}


class SettingsStore:
    """Reads settings as they would be at the next start, and writes them to the file.

    What a flag or a variable says holds for as long as this run lasts.
    """

    def __init__(
        self, settings: Settings, *, themes: Callable[[], Sequence[str]], choices: LastChoices
    ) -> None:
        """`settings` are those of this run; `themes` returns the names of all themes."""
        self._run = settings
        self._themes = themes
        self._choices = choices

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        """All settings that can be changed.

        Raises:
            ConfigError: The file cannot be read, or holds something that cannot be used.
        """
        content = await asyncio.to_thread(read_config, self._run.config_file)
        in_file = with_last_choices(self._settings_of_file(content), self._choices)
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
        from fakegpt_tui.config.private_files import edit_file  # noqa: PLC0415 - seldom

        path = self._run.config_file
        parsed = None if value is None else row.parse(value)
        before: list[str | None] = []

        def edit(content: str) -> str:
            changed = with_setting(content, row.name, parsed, path=path)
            before.append(_value_in_file(content, row))
            self._settings_of_file(changed)
            return changed

        edit_file(path, edit)
        # What is written now is what is wanted, whatever was chosen before.
        self._choices.forget(*(("service", "model") if row.name == "service" else (row.name,)))
        return before[0]

    async def choose_again(self, choices: Mapping[str, str]) -> None:
        """Let last choices hold again, by the names of settings.

        Raises:
            SaveError: They cannot be written.
        """
        if choices:
            await self._choices.remember(choices)

    async def change_keys(self, command_id: str, keys: str | None) -> str | None:
        """Write the keys of a command, or leave them to the keymap; returns what was written.

        Raises:
            ConfigError: The file cannot be read as configuration.
            SaveError: The file cannot be read or written.
        """
        return await asyncio.to_thread(self._change_keys, command_id, keys)

    def _change_keys(self, command_id: str, keys: str | None) -> str | None:
        from fakegpt_tui.config.edit import with_keys  # noqa: PLC0415 - as above
        from fakegpt_tui.config.private_files import edit_file  # noqa: PLC0415 - seldom

        path = self._run.config_file
        before: list[str | None] = []

        def edit(content: str) -> str:
            before.append(self._settings_of_file(content).keys.get(command_id))
            return with_keys(content, command_id, keys, path=path)

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
        offered = (name for name, each in self._run.services.items() if not each.notice)
        known = {"theme": self._themes(), "service": tuple(offered)}
        return EffectiveSetting(
            name=row.name,
            value=row.value(settings),
            origin="config.toml" if origin.source is Source.FILE else str(origin),
            description=row.description,
            choices=tuple(known.get(row.name, row.choices)),
            overridden=overridden,
            immediate=row.applies_now,
            file_value=_value_in_file(content, row) or "",
            title=row.title,
            group=row.group,
            is_path=row.is_path,
            is_last_choice=origin.source is Source.LAST_CHOICE,
        )


def _value_in_file(content: str, row: SettingSpec) -> str | None:
    """What the file itself says of a setting."""
    found = tomllib.loads(content).get(row.name)
    if isinstance(found, bool):
        return str(found).lower()
    return None if found is None else str(found)
