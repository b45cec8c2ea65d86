"""Fitting a conversation into a model's window, as far as anyone knows how large that is."""

from collections.abc import Iterable

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.context import Cut, cut_to, estimated_size, room_for_prompt
from fakegpt_tui.backends.openai_errors import WindowExceeded
from fakegpt_tui.domain import ContextMessage, Model, Notice

_SHRINK = 0.7


class Windows:
    """What is known of the windows of one service's models: configured, told, or learned."""

    def __init__(self, configured: int | None) -> None:
        self._configured = configured
        self._told: dict[str, int] = {}
        self._learned: dict[str, int] = {}
        self._rooms: dict[str, int] = {}

    def note(self, models: Iterable[Model]) -> None:
        """Remember what the list of models tells."""
        self._told |= {model.id: model.window for model in models if model.window}

    def learn(self, model: str, window: int) -> None:
        """Remember what a refusal told, which is surer than any list."""
        self._learned[model] = window

    def learn_room(self, model: str, room: int) -> None:
        """Remember how many estimated tokens were taken after more had been refused."""
        self._rooms[model] = room

    def window(self, model: str) -> int | None:
        return self._learned.get(model) or self._configured or self._told.get(model)

    def room(self, model: str, max_tokens: int | None) -> int | None:
        """About how many tokens a conversation may have."""
        window = self.window(model)
        rooms = [self._rooms.get(model), window and room_for_prompt(window, max_tokens)]
        return min((room for room in rooms if room), default=None)


class Fitting:
    """The messages of one request, cut as far as need be."""

    def __init__(self, request: ReplyRequest, model: str, windows: Windows) -> None:
        self._request = request
        self._model = model
        self._windows = windows
        self._was_refused = False
        self._room = windows.room(model, request.generation.max_tokens)
        self._cut = self._fitted()

    @property
    def messages(self) -> tuple[ContextMessage, ...]:
        return self._cut.messages

    @property
    def notice(self) -> Notice | None:
        """What a person should know of the cut; `None` where there was none."""
        if not self._cut.left_out:
            return None
        everything = self._request.messages
        window = self._windows.window(self._model)
        takes = f"takes {window:,} tokens" if window else "does not take so many tokens"
        return Notice(
            f"The oldest {self._cut.left_out} of {len(everything)} chat messages were not sent: "
            f"the model {takes}, and all of them are about {estimated_size(everything):,} "
            "(an estimate)."
        )

    def shrink(self, refusal: WindowExceeded) -> bool:
        """Cut more after a refusal; can less be sent than before?"""
        before = self._cut.left_out
        sent = estimated_size(self.messages)
        self._was_refused = True
        if refusal.window is not None:
            self._windows.learn(self._model, refusal.window)
        room = self._windows.room(self._model, self._request.generation.max_tokens)
        if room is None or room >= sent:
            # The estimate was too low, or nobody told the window.
            room = int(sent * _SHRINK)
        self._room = room
        self._cut = self._fitted()
        return self._cut.left_out > before

    def succeeded(self) -> None:
        """The service took it; what had to be found out by trying need not be tried again."""
        if self._was_refused and self._room is not None:
            self._windows.learn_room(self._model, self._room)

    def _fitted(self) -> Cut:
        messages = self._request.messages
        if self._room is None or estimated_size(messages) <= self._room:
            return Cut(messages, 0)
        return cut_to(messages, self._room)
