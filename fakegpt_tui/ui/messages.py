"""Messages: what screens ask of the app, and what its workers report."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from textual.message import Message

from fakegpt_tui.chat.jobs import JobProgress, JobResult
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, LoginState
from fakegpt_tui.ui.login_actions import AuthAction


@dataclass(slots=True)
class Job:
    """Something to be run, how far it is, and what came of it once it is over.

    `then` is what a person may want next, in the words of a button.
    """

    title: str
    run: Callable[[JobProgress], Awaitable[JobResult]]
    follow_up: "tuple[str, Job] | None" = None
    progress: JobProgress = field(default_factory=JobProgress)
    result: JobResult | None = None


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


class TurnStarted(Message):
    """A prompt is saved, and its reply is awaited."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__()
        self.conversation_id = conversation_id


class ReplyGrew(Message):
    """Some reply has more text than before; one such fact is as good as a hundred."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ReplyGrew)


class TurnFinished(Message):
    """A turn is over, one way or another; its reply says how."""

    def __init__(self, reply: ChatMessage, notices: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.reply = reply
        self.notices = notices


class PromptNotSaved(Message):
    """The store refused a prompt, and so it was not sent."""

    def __init__(self, conversation_id: str, text: str, reason: str) -> None:
        super().__init__()
        self.conversation_id = conversation_id
        self.text = text
        self.reason = reason


class PromptEdited(Message):
    """An editor has given the prompt back."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class LoginChanged(Message):
    """The login of a service took a step."""

    def __init__(self, service: str, state: LoginState) -> None:
        super().__init__()
        self.service = service
        self.state = state


class ShowNotice(Message):
    """Something a person should know, in one sentence."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class JobFinished(Message):
    """Something long is over; it tells itself what came of it."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
