"""What the user interface is told when it is started."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fakegpt_tui.domain import FoundService, Service, ServiceDraft, now
from fakegpt_tui.ui.notify import Notify
from fakegpt_tui.ui.setting import SettingsDoor
from fakegpt_tui.ui.themes import DARK


def local_now() -> datetime:
    return now().astimezone()


async def nothing_found() -> tuple[FoundService, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Folders, looks and keys.

    `repaint_rate` is repaints a second while a reply streams. `notices` gives all sentences so
    far that a person should read once. `find_services` looks for model servers on this machine,
    and `keep_service` writes one that a person chose to the configuration. `settings` reads and
    writes the settings there.
    """

    exports: Path
    theme: str = DARK.name
    repaint_rate: float = 20.0
    keys: Mapping[str, str] = field(default_factory=dict)
    resume: str | None = None
    notices: Callable[[], tuple[str, ...]] = tuple
    find_services: Callable[[], Awaitable[tuple[FoundService, ...]]] = nothing_found
    keep_service: Callable[[ServiceDraft], Awaitable[Service]] | None = None
    notify: Notify = Notify.NONE
    enter_sends: bool = True
    settings: SettingsDoor | None = None
    cursor_blink: bool = False
    clock: Callable[[], datetime] = local_now
