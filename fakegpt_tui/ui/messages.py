"""The facts that workers report; who hears one looks up what it is about."""

from textual.message import Message

from fakegpt_tui.domain import ChatMessage, LoginState
from fakegpt_tui.ui.errands import Job


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
