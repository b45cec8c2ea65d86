"""What a person wants that somebody must see to who outlives the screen."""

from textual.message import Message

from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.ui.errands import Job
from fakegpt_tui.ui.logins import AuthAction


class RunTurn(Message):
    """A turn wants to be run."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.turn = turn


class RunLogin(Message):
    """A person wants to be signed in to a service, or no longer."""

    def __init__(self, service: str, action: AuthAction = AuthAction.SIGN_IN) -> None:
        super().__init__()
        self.service = service
        self.action = action


class CopyText(Message):
    """A person wants `text` on the clipboard; `what` names it."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what


class OpenLink(Message):
    """A person has seen where a link goes, and wants it opened."""

    def __init__(self, href: str) -> None:
        super().__init__()
        self.href = href


class NotifyUser(Message):
    """A reply of a conversation with that title ended while a person looked elsewhere."""

    def __init__(self, title: str, words: str) -> None:
        super().__init__()
        self.title = title
        self.words = words


class OpenEditor(Message):
    """A person wants to write a prompt in an editor."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class RunJob(Message):
    """Something long wants to be run."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class ApplySetting(Message):
    """A person has changed a setting that can be used at once; `value` is as it was typed."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__()
        self.name = name
        self.value = value
