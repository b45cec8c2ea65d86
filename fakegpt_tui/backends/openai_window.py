"""Fitting a conversation into a model's window, as far as anyone knows how large that is."""

from collections.abc import Iterable

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.context import (
    Truncated,
    estimate_total_tokens,
    prompt_budget,
    truncate_to,
)
from fakegpt_tui.backends.openai_errors import ContextWindowExceeded
from fakegpt_tui.domain import ContextMessage, Model, Notice

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
            f"The oldest {self._truncated.omitted} of {len(everything)} chat messages were not sent: "
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
