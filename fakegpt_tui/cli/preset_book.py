"""What a person can do about the presets of the configuration while the program runs."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from fakegpt_tui.config.writing import edit_file
from fakegpt_tui.domain import ConfigError, Preset

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
        from fakegpt_tui.config.editing import read_presets, with_preset  # noqa: PLC0415 - tomlkit

        name = preset.name
        if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
            raise ConfigError(f"The name of a preset has 1 to {_MAX_NAME} letters.")
        path = self._config_file
        text = edit_file(path, lambda before: with_preset(before, preset, path=path))
        self.presets.update(read_presets(text, path=path))
