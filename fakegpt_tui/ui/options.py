"""What the user interface is told when it is started."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from fakegpt_tui.domain import Preset, now
from fakegpt_tui.ui.notify import NotifyMode
from fakegpt_tui.ui.service_book import ServiceRepository
from fakegpt_tui.ui.setting import SettingsRepository
from fakegpt_tui.ui.terminal_widths import AmbiguousWidth
from fakegpt_tui.ui.themes import DARK

SavePreset: TypeAlias = Callable[[Preset], Awaitable[None]]


def local_now() -> datetime:
    return now().astimezone()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Folders, looks and keys.

    `repaint_rate` is repaints a second while a reply streams. `notices` gives all sentences so
    far that a person should read once. `book` keeps the services of the configuration,
    `keep_preset` writes a preset there, and `settings` reads and writes the settings. `isolates`
    says that the terminal shows nothing for characters that have no width. `rehearse` has something
    drawn out of sight soon after the start, so that the first reply need not wait for imports.
    """

    exports: Path
    services: ServiceRepository
    theme: str = DARK.name
    repaint_rate: float = 20.0
    keys: Mapping[str, str] = field(default_factory=dict)
    resume: str | None = None
    notices: Callable[[], tuple[str, ...]] = tuple
    save_preset: SavePreset | None = None
    notify: NotifyMode = NotifyMode.NONE
    ambiguous_width: AmbiguousWidth = AmbiguousWidth.AUTO
    enter_sends: bool = True
    settings: SettingsRepository | None = None
    cursor_blink: bool = False
    isolates_bidi: bool = True
    warm_up: bool = True
    clock: Callable[[], datetime] = local_now
