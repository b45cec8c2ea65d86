"""What the user interface is told when it is started."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fakegpt_tui.domain import now
from fakegpt_tui.ui.notify import Notify
from fakegpt_tui.ui.themes import DARK


def local_now() -> datetime:
    return now().astimezone()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Folders, looks and keys.

    `repaint_rate` is repaints a second while a reply streams. `notices` are sentences that a
    person should read at the start.
    """

    exports: Path
    theme: str = DARK.name
    repaint_rate: float = 20.0
    keys: Mapping[str, str] = field(default_factory=dict)
    resume: str | None = None
    notices: tuple[str, ...] = ()
    notify: Notify = Notify.NONE
    cursor_blink: bool = True
    clock: Callable[[], datetime] = local_now
