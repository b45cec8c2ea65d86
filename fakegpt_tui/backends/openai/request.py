"""Build chat completion requests: variants that a service accepts, and the context window."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fakegpt_tui.backends.base import Purpose, ReplyRequest
from fakegpt_tui.backends.openai.errors import ContextWindowExceeded
from fakegpt_tui.backends.truncate import (
    Truncated,
    estimate_total_tokens,
    prompt_budget,
    truncate_to,
)
from fakegpt_tui.domain import ContextMessage, GenerationSettings, Model, Notice, Role
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_CONTINUE: Final = (
    "Your last reply was cut off. Go on exactly where it stops, in the middle of a word if need be."
    " Repeat nothing of it, and say nothing about this request."
)


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """What a service has shown to understand.

    `usage` asks for the numbers at the end of a stream; `completion_limit` calls the limit of a
    reply `max_completion_tokens`; `prefill` lets a service go on from a reply that comes last.
    """

    usage: bool = True
    completion_limit: bool = False
    prefill: bool = False

    def downgrade(self, refusal: str) -> "RequestVariant | None":
        """What to try after a refusal that says `refusal`; `None` when there is nothing else."""
        said = refusal.casefold()
        if "max_completion_tokens" in said and not self.completion_limit:
            return replace(self, completion_limit=True)
        if self.usage:
            return replace(self, usage=False)
        return None

    def body(
        self, request: ReplyRequest, messages: Sequence[ContextMessage], model: str
    ) -> dict[str, object]:
        """What to post for `messages`, which are those of `request` or what was kept of them."""
        body: dict[str, object] = {"model": replace_surrogates(model), "stream": True}
        if self.usage:
            body["stream_options"] = {"include_usage": True}
        if request.purpose is Purpose.CONTINUE:
            if self.prefill:
                # vLLM wants to be told; others see that the last message is the model's own.
                body |= {"continue_final_message": True, "add_generation_prompt": False}
            else:
                messages = (*messages, ContextMessage(Role.USER, _CONTINUE))
        limit = "max_completion_tokens" if self.completion_limit else "max_tokens"
        body["messages"] = list(_message_turns(messages))
        return body | _generation(request.generation, limit)


def _generation(settings: GenerationSettings, limit: str) -> dict[str, object]:
    given: dict[str, object | None] = {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        limit: settings.max_tokens,
        "seed": settings.seed,
        "stop": list(settings.stop) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _message_turns(messages: Sequence[ContextMessage]) -> Iterator[dict[str, str]]:
    """`messages` with neighbours of one role joined: many chat templates insist on turns."""
    role, texts = "", list[str]()
    for message in messages:
        known = message.role if message.role in _ROLES else Role.USER.value
        if texts and known != role:
            yield {"role": role, "content": "\n\n".join(texts)}
            texts = []
        role = known
        texts.append(replace_surrogates(message.text))
    if texts:
        yield {"role": role, "content": "\n\n".join(texts)}


_SHRINK = 0.7


class WindowCache:
    """What is known of the windows of one service's models: configured, told, or learned."""

    def __init__(self, configured: int | None) -> None:
        self._configured = configured
        self._listed: dict[str, int] = {}
        self._learned: dict[str, int] = {}
        self._budgets: dict[str, int] = {}

    def add_models(self, models: Iterable[Model]) -> None:
        """Remember what the list of models tells."""
        self._listed |= {model.id: model.window for model in models if model.window}

    def learn_window(self, model: str, window: int) -> None:
        """Remember what a refusal told, which is surer than any list."""
        self._learned[model] = window

    def learn_budget(self, model: str, room: int) -> None:
        """Remember how many estimated tokens were taken after more had been refused."""
        self._budgets[model] = room

    def window(self, model: str) -> int | None:
        return self._learned.get(model) or self._configured or self._listed.get(model)

    def budget(self, model: str, max_tokens: int | None) -> int | None:
        """About how many tokens a conversation may have."""
        window = self.window(model)
        rooms = [self._budgets.get(model), window and prompt_budget(window, max_tokens)]
        return min((room for room in rooms if room), default=None)


class ContextFitter:
    """The messages of one request, cut as far as need be."""

    def __init__(self, request: ReplyRequest, model: str, windows: WindowCache) -> None:
        self._request = request
        self._model = model
        self._windows = windows
        self._was_refused = False
        self._budget = windows.budget(model, request.generation.max_tokens)
        self._truncated = self._fit()

    @property
    def messages(self) -> tuple[ContextMessage, ...]:
        return self._truncated.messages

    @property
    def notice(self) -> Notice | None:
        """What a person should know of the cut; `None` where there was none."""
        if not self._truncated.omitted:
            return None
        everything = self._request.messages
        window = self._windows.window(self._model)
        takes = f"takes {window:,} tokens" if window else "does not take so many tokens"
        return Notice(
            f"The oldest {self._truncated.omitted} of {len(everything)} chat messages "
            "were not sent: "
            f"the model {takes}, and all of them are about {estimate_total_tokens(everything):,} "
            "(an estimate)."
        )

    def shrink(self, refusal: ContextWindowExceeded) -> bool:
        """Cut more after a refusal; can less be sent than before?"""
        before = self._truncated.omitted
        sent = estimate_total_tokens(self.messages)
        self._was_refused = True
        if refusal.window is not None:
            self._windows.learn_window(self._model, refusal.window)
        room = self._windows.budget(self._model, self._request.generation.max_tokens)
        if room is None or room >= sent:
            # The estimate was too low, or nobody told the window.
            room = int(sent * _SHRINK)
        self._budget = room
        self._truncated = self._fit()
        return self._truncated.omitted > before

    def confirm(self) -> None:
        """The service took it; what had to be found out by trying need not be tried again."""
        if self._was_refused and self._budget is not None:
            self._windows.learn_budget(self._model, self._budget)

    def _fit(self) -> Truncated:
        messages = self._request.messages
        if self._budget is None or estimate_total_tokens(messages) <= self._budget:
            return Truncated(messages, 0)
        return truncate_to(messages, self._budget)
