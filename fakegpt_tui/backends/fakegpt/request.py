"""Build the request for a reply, and its fallbacks: shorter, or in a new conversation."""

from dataclasses import dataclass, replace
from typing import Self

from fakegpt_tui.backends.base import Purpose, RemoteParent, ReplyRequest
from fakegpt_tui.backends.truncate import estimate_total_tokens, truncate_to
from fakegpt_tui.domain import ContextMessage, History, PromptTooLong, Role, new_id
from fakegpt_tui.protocol import fakegpt
from fakegpt_tui.text import replace_surrogates

_CONTINUE = ContextMessage(
    Role.USER, "Go on exactly where your last answer stops. Repeat nothing of it, and add no lead."
)
_ACTIONS = {
    Purpose.NEXT: fakegpt.ConversationAction.NEXT,
    Purpose.VARIANT: fakegpt.ConversationAction.VARIANT,
    Purpose.CONTINUE: fakegpt.ConversationAction.CONTINUE,
}
_RESTARTED_NOTICE = (
    "The service no longer knows this conversation, so what was said before went along with the"
    " prompt, into a new one."
)
_MAX_TRUNCATIONS = 6
"""Each leaves out half of what is left, and the last all but the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBody:
    """One way to ask for a reply.

    With a `place` it is a part of a conversation that the service keeps, and the prompt goes alone.
    Without one all of `messages` are packed into one prompt.
    """

    request: ReplyRequest
    messages: tuple[ContextMessage, ...]
    keep_history: bool
    remote_parent: RemoteParent | None
    truncations: int = 0
    is_restarted: bool = False

    @classmethod
    def for_request(cls, request: ReplyRequest, history: History) -> Self:
        """The way that costs least of those that keep to `history`.

        Raises:
            ValueError: There is no message to answer.
        """
        if not request.messages:
            raise ValueError("There is no message to answer.")
        keep_history = history is History.SERVER
        return cls(
            request=request,
            messages=request.messages,
            keep_history=keep_history,
            remote_parent=request.remote_parent if keep_history else None,
        )

    @property
    def notices(self) -> list[str]:
        """What a person should know about how they were asked for."""
        left_out = len(self.request.messages) - len(self.messages)
        lengthy = (
            f"The prompt was too long for the service, so {_oldest_messages(left_out)} left out."
        )
        return [_RESTARTED_NOTICE] * self.is_restarted + [lengthy] * bool(left_out)

    def body(self, *, timezone_offset_min: int) -> dict[str, object]:
        """What to post."""
        purpose, place = self.request.purpose, self.remote_parent
        if place is None:
            action, prompt = (
                fakegpt.ConversationAction.NEXT,
                fakegpt.pack_prompt(self._packed_messages()),
            )
        else:
            action, prompt = _ACTIONS[purpose], self.request.messages[-1].text
        return fakegpt.conversation_request_body(
            action=action,
            prompt=None
            if action is fakegpt.ConversationAction.CONTINUE
            else replace_surrogates(prompt),
            model=self.request.model,
            message_id=self.request.prompt_id if self._keeps_prompt_id else new_id(),
            conversation_id=place.conversation_id if place else None,
            parent_id=(place.parent_id if place else "") or new_id(),
            keep_history=self.keep_history,
            timezone_offset_min=timezone_offset_min,
        )

    def fallback_for(self, trouble: PromptTooLong | fakegpt.ConversationNotFound) -> Self:
        """What to ask now that this met with `trouble`.

        Raises:
            ServiceError: `trouble` itself, where there is nothing else to ask.
        """
        if isinstance(trouble, fakegpt.ConversationNotFound):
            if self.remote_parent is None:
                raise trouble
            return replace(self, remote_parent=None, is_restarted=True)
        is_last = self.truncations + 1 == _MAX_TRUNCATIONS
        cut = truncate_to(
            self.messages, 0 if is_last else estimate_total_tokens(self.messages) // 2
        )
        if self.remote_parent is not None or not cut.omitted:
            raise trouble
        return replace(self, messages=cut.messages, truncations=self.truncations + 1)

    @property
    def _keeps_prompt_id(self) -> bool:
        """Will the service keep the prompt under the id that it has here?"""
        return self.keep_history and self.request.purpose is not Purpose.CONTINUE

    def _packed_messages(self) -> tuple[ContextMessage, ...]:
        goes_on = self.request.purpose is Purpose.CONTINUE
        return (*self.messages, _CONTINUE) if goes_on else self.messages


def _oldest_messages(left_out: int) -> str:
    return "its oldest message was" if left_out == 1 else f"its {left_out} oldest messages were"
