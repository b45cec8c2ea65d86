"""Messages: what screens ask of the app, and what its workers report to the main screen."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.message import Message

from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from fakegpt_tui.attachments.clipboard import ClipboardContent
    from fakegpt_tui.chat.jobs import Job
    from fakegpt_tui.domain import ChatMessage
    from fakegpt_tui.domain.parts import Part


@dataclass
class StoreUnreadable(Message):
    """Asks the app to end, so that the store is opened anew; `typed` is what is in the prompt."""

    typed: str


class AuthAction(StrEnum):
    """What to do about the login of a service."""

    SIGN_IN = "in"
    """Sign in, unless that is so already."""

    SIGN_IN_AGAIN = "again"
    SWITCH_ACCOUNT = "elsewhere"
    SIGN_OUT = "out"


@dataclass
class RunLogin(Message):
    """Asks the app to sign in to a service, or out of it."""

    service: str
    action: AuthAction = AuthAction.SIGN_IN


@dataclass
class CopyText(Message):
    """Asks the app to put `text` on the clipboard; `what` names it in a notice.

    Where there is no clipboard it becomes a file, unless no key has asked for it.
    """

    text: str
    what: str
    by_key: bool = True


@dataclass
class OpenLink(Message):
    """Asks the app to open a link that the user has seen."""

    href: str


@dataclass
class OpenFile(Message):
    """Asks the app to open a file or a folder on the desktop.

    With a `name` it is a copy that is opened, which has that name and can only be read.
    """

    path: Path
    name: str = ""


@dataclass
class ReadClipboard(Message):
    """Asks the app to read the clipboard through the terminal.

    `content` gets what it holds, `None` where the terminal knows no way, or the error.
    """

    content: asyncio.Future[ClipboardContent | None]


@dataclass
class NotifyUser(Message):
    """Asks the app to notify the user, who looks elsewhere, that a reply has ended.

    `title` is that of its conversation.
    """

    title: str
    sentence: str


@dataclass
class OpenEditor(Message):
    """Asks the app to open a text in the user's editor, by default the prompt.

    `take` is given the text that comes back; the end of `name` tells the editor what it is.
    """

    text: str
    name: str = "prompt.md"
    take: Callable[[str], object] | None = None


@dataclass
class RunJob(Message):
    """Asks the app to run a job."""

    job: Job


class ReplyGrew(Message):
    """The reply of some turn has more text than before; one of these is as good as a hundred."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ReplyGrew)


class Report(Message):
    """Something has changed; the main screen looks up the current state and shows it."""


@dataclass
class TurnStarted(Report):
    """A prompt is saved, and its reply is awaited; `new_prompt` is empty for an old prompt."""

    new_prompt: str


@dataclass
class TurnFinished(Report):
    """A turn is over; the status of its reply says how it ended, and `ending` in a sentence."""

    reply: ChatMessage
    notices: tuple[str, ...] = ()
    ending: str | None = None


@dataclass
class PromptNotSaved(Report):
    """The store refused a prompt, so it was not sent."""

    conversation_id: str
    text: str
    reason: str
    parts: tuple[Part, ...] = ()


@dataclass
class PromptEdited(Report):
    """The editor has given a text back, by default the prompt."""

    text: str
    take: Callable[[str], object] | None = None


@dataclass
class ShowNotice(Report):
    """A sentence to show in the status bar, no longer than it is true."""

    text: str
    while_true: Callable[[], bool] | None = None


@dataclass
class ApplySetting(Report):
    """A setting was changed that can be used at once; `value` is as it was typed.

    The screen and the app each use what is theirs.
    """

    name: str
    value: str
