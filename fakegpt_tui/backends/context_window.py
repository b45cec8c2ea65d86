"""Context windows: what models are known to take, and a conversation truncated to that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Final, Protocol

from fakegpt_tui.backends.token_estimate import (
    MESSAGE_TOKENS,
    TokenRatios,
    estimate_scripts,
    estimate_total_tokens,
)
from fakegpt_tui.domain import ContextMessage, Model, Notice, Role, Usage
from fakegpt_tui.domain.parts import FilePart, ImagePart, Part, TextSpan, fit_parts, place_parts
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.backends.base import ReplyRequest

KEPT_TURNS: Final = 5
"""So many turns keep their pictures where there is no room for all."""

_MIN_REPLY_TOKENS: Final = 16
_REPLY_SHARE: Final = 4
_MAX_REPLY_TOKENS: Final = 1024
_SHRINK: Final = 0.7


@dataclass(frozen=True, slots=True)
class Truncated:
    """What is left of a conversation, and how many of its messages were left out."""

    messages: tuple[ContextMessage, ...]
    omitted: int


def prompt_budget(window: int, max_tokens: int | None) -> int:
    """How many tokens of a model's `window` a conversation may take, so that a reply fits in.

    A reply that may be long is limited by what is left, rather than the conversation by the reply.
    """
    usual = min(window // _REPLY_SHARE, _MAX_REPLY_TOKENS)
    reply = usual if max_tokens is None else min(usual, max_tokens)
    return max(window - max(reply, _MIN_REPLY_TOKENS), window // 2)


def truncate_to(
    messages: Sequence[ContextMessage], budget: int, ratios: TokenRatios | None = None
) -> Truncated:
    """`messages` without the oldest turns, so that about `budget` tokens are left.

    The system messages at the beginning stay, and so does the last turn, even where that alone is
    too much.
    """
    start = next(
        (index for index, message in enumerate(messages) if message.role != Role.SYSTEM),
        len(messages),
    )
    system, rest = tuple(messages[:start]), messages[start:]
    left = estimate_total_tokens(messages, ratios)
    first = 0
    for turn in _turn_starts(rest):
        left -= estimate_total_tokens(rest[first:turn], ratios)
        first = turn
        if left <= budget:
            break
    return Truncated((*system, *rest[first:]), first)


def _turn_starts(messages: Sequence[ContextMessage]) -> list[int]:
    """Where a turn begins: at 0, and at every prompt of a person that follows something else."""
    return [
        index
        for index, message in enumerate(messages)
        if index == 0 or (message.role == Role.USER and messages[index - 1].role != Role.USER)
    ]


class RatioMemory(Protocol):
    """Keeps what models make of texts."""

    def ratios(self) -> defaultdict[str, TokenRatios]:
        """What is known of each model."""
        ...

    def remember_ratios(self, model: str, ratios: TokenRatios) -> None: ...


class WindowCache:
    """The known context windows of one service's models: configured, listed, or learned."""

    def __init__(self, configured: int | None, memory: RatioMemory | None = None) -> None:
        """`memory` keeps what is learned of tokens beyond this run."""
        self._memory = memory
        self._configured = configured
        self._listed: dict[str, int] = {}
        self.learned: dict[str, int] = {}
        """What errors told, which is surer than any list."""
        self.ratios = defaultdict(TokenRatios) if memory is None else memory.ratios()
        """How far the counts of each model were from the estimates."""
        self.budgets: dict[str, int] = {}
        """How many estimated tokens were accepted after more had been refused."""

    def add_models(self, models: Iterable[Model]) -> None:
        """Remember what the list of models tells."""
        self._listed |= {model.id: model.window for model in models if model.window}

    def observe(self, model: str, text: str, tokens: int) -> None:
        """Learn from a text of which the model counted the tokens."""
        ratios = self.ratios[model]
        if ratios.observe(estimate_scripts(text), tokens) and self._memory is not None:
            self._memory.remember_ratios(model, ratios)

    def window(self, model: str) -> int | None:
        return self.learned.get(model) or self._configured or self._listed.get(model)

    def budget(self, model: str, max_tokens: int | None) -> int | None:
        """About how many tokens a conversation may have."""
        window = self.window(model)
        budgets = [self.budgets.get(model), window and prompt_budget(window, max_tokens)]
        return min((budget for budget in budgets if budget), default=None)


class ContextFitter:
    """The messages of one request, truncated as far as the model's window needs."""

    def __init__(self, request: ReplyRequest, model: str, windows: WindowCache) -> None:
        self._request = request
        self._model = model
        self._windows = windows
        self._was_refused = False
        self._counted: int | None = None
        self._ratios = windows.ratios[model]
        self._budget = windows.budget(model, request.generation.max_tokens)
        self._named = 0
        self._truncated = self._fit()

    @property
    def messages(self) -> tuple[ContextMessage, ...]:
        return self._truncated.messages

    @property
    def estimate(self) -> int:
        """About how many tokens `messages` are."""
        return estimate_total_tokens(self.messages, self._ratios)

    @property
    def notice(self) -> Notice | None:
        """What a person should know of the truncation; `None` where there was none."""
        if not self._truncated.omitted:
            return self._picture_notice
        everything = self._request.messages
        window = self._windows.window(self._model)
        takes = f"takes {window:,} tokens" if window else "does not take so many tokens"
        return Notice(
            f"The oldest {self._truncated.omitted} of {len(everything)} chat messages were not"
            f" sent: the model {takes}, and all of them are about"
            f" {estimate_total_tokens(everything, self._ratios):,} (an estimate)."
        )

    @property
    def _picture_notice(self) -> Notice | None:
        if not self._named:
            return None
        was = "picture was" if self._named == 1 else "pictures were"
        why = "there is no room for it" if self._request.sees else "the model takes none"
        return Notice(f"{self._named} {was} named and not sent again: {why}.")

    def shrink(self, window: int | None) -> bool:
        """Truncate more after an error that told `window`, if any; is less left than before?"""
        sent = self.estimate
        self._was_refused = True
        if window is not None:
            self._windows.learned[self._model] = window
        budget = self._windows.budget(self._model, self._request.generation.max_tokens)
        if budget is None or budget >= sent:
            # The estimate was too low, or the window is unknown.
            budget = int(sent * _SHRINK)
        self._budget = budget
        self._truncated = self._fit()
        return self.estimate < sent

    def learn(self, usage: Usage) -> None:
        """Compare the estimate with what the model says that it has read.

        A service may say so with every piece of a reply; the same count teaches nothing new.
        """
        if usage.prompt_tokens == self._counted:
            return
        self._counted = usage.prompt_tokens
        if usage.prompt_tokens and not any(each.parts for each in self.messages):
            text = "\n".join(each.text for each in self.messages)
            written = usage.prompt_tokens - MESSAGE_TOKENS * len(self.messages)
            self._windows.observe(self._model, text, written)

    def confirm(self) -> None:
        """The service accepted it: remember a budget that had to be found by trying."""
        if self._was_refused and self._budget is not None:
            self._windows.budgets[self._model] = self._budget

    def _fit(self) -> Truncated:
        messages = self._request.messages
        if not self._request.sees:
            messages = self._name_pictures(messages, turns=1)
        if self._budget is None or estimate_total_tokens(messages, self._ratios) <= self._budget:
            return Truncated(messages, 0)
        messages = self._name_pictures(messages, turns=KEPT_TURNS)
        return truncate_to(messages, self._budget, self._ratios)

    def _name_pictures(
        self, messages: tuple[ContextMessage, ...], *, turns: int
    ) -> tuple[ContextMessage, ...]:
        """The messages with names in place of all pictures but those of the last `turns` turns."""
        starts = [index for index, each in enumerate(messages) if each.role == Role.USER]
        first = starts[-turns] if len(starts) >= turns else 0
        older, newer = messages[:first], messages[first:]
        count = sum(isinstance(part, ImagePart) for each in older for part in each.parts)
        if not count:
            return messages
        self._named = max(count, self._named)
        return (*(_named(each, ImagePart) for each in older), *newer)


def media_label(part: ImagePart | FilePart) -> str:
    """What stands for a picture or file where none is taken."""
    if isinstance(part, FilePart):
        return f"[file: {safe_line(part.name) or 'no name'}]"
    return f"[picture: {safe_line(part.name or part.alt) or 'no name'}]"


def name_media(message: ContextMessage) -> ContextMessage:
    """The message with names in place of all pictures and files."""
    return _named(message, ImagePart | FilePart)


def _named(message: ContextMessage, kind: type[ImagePart] | UnionType) -> ContextMessage:
    if not any(isinstance(part, kind) for part in message.parts):
        return message
    texts: list[str] = []
    parts: list[Part] = []
    for part, text in place_parts(message.text, message.reasoning, message.parts):
        if isinstance(part, ImagePart | FilePart) and isinstance(part, kind):
            texts.append(media_label(part))
            parts.append(TextSpan(len(texts[-1])))
            continue
        if isinstance(part, TextSpan):
            texts.append(text)
        parts.append(part)
    joined = "".join(texts)
    fitted = fit_parts(parts, joined, message.reasoning)
    return ContextMessage(message.role, joined, message.reasoning, fitted)
