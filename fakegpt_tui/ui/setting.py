"""Settings as a person sees and changes them; where they are kept is somebody else's matter."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """One setting.

    `value` is what holds, or will from the next start on; `origin` says where it comes from.
    `choices` are all there are, unless it is a free text. A setting that is `held` by a flag or a
    variable keeps its value in this run, whatever the file says; `in_file` is that, or empty.
    """

    name: str
    value: str
    origin: str
    description: str
    choices: tuple[str, ...] = ()
    overridden: bool = False
    immediate: bool = False
    file_value: str = ""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What was written of a setting before it was changed; `None` for nothing."""

    name: str
    before: str | None


class SettingsRepository(Protocol):
    """The way to the settings."""

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        """All that a person may change.

        Raises:
            FakeGPTError: They cannot be read.
        """
        ...

    async def change(self, name: str, value: str | None) -> str | None:
        """Write a value, or leave it to the default; returns what was written before.

        Raises:
            FakeGPTError: It cannot be used, or not be written; then all is as it was.
        """
        ...
