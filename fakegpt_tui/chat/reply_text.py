"""A reply while it grows: its text, its outcome, and its tokens."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fakegpt_tui.backends.context_window import prompt_budget
from fakegpt_tui.backends.token_estimate import estimate_part_tokens, estimate_tokens
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FakeGPTError,
    FinishReason,
    MessageStatus,
    ReplyCut,
    Role,
)
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.domain.parts import Origin, Part, PartLayout, fit_parts, place_parts

REPLY_CUT = "The reply ended without its end marker, so it may not be whole."
_PROGRAM_ENDED = "The program ended before the reply did."
_FAULT = "A fault in this program ended the reply."
_FINISH_NOTICES = {
    FinishReason.LENGTH: "The reply stops here because it reached the model's length limit.",
    FinishReason.CONTENT_FILTER: "The service's content filter ended the reply here.",
}


class TextBuffer:
    """Collects chunks of text, and joins them only when they are read.

    A fast reply grows many times between two reads, so that joining once per read is cheap.
    """

    def __init__(self, text: str = "") -> None:
        self._chunks: list[str] = [text]
        self._length = len(text)

    def __len__(self) -> int:
        """The length in code points, without joining anything."""
        return self._length

    def __str__(self) -> str:
        if len(self._chunks) > 1:
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0]

    def append(self, text: str) -> None:
        self._chunks.append(text)
        self._length += len(text)

    def replace(self, keep: int, text: str) -> None:
        """Keep the first `keep` code points and put `text` after them."""
        self._chunks = [str(self)[:keep], text]
        self._length = sum(map(len, self._chunks))


class ReplyBuffer:
    """A reply while it grows: its text, its reasoning, and the parts among them."""

    def __init__(self, reply: ChatMessage) -> None:
        self._text = TextBuffer(reply.text)
        self._reasoning = TextBuffer(reply.reasoning)
        placed = place_parts(reply.text, reply.reasoning, reply.parts)
        self._layout = PartLayout(each.part for each in placed)
        self._has_parts = bool(reply.parts)
        self._has_new_parts = False

    @property
    def length(self) -> int:
        """Code points of the text."""
        return len(self._text)

    def append(self, text: str) -> None:
        self._text.append(text)
        self._layout.add_text(len(text))

    def replace(self, keep: int, text: str) -> None:
        """Keep the first `keep` code points of the text, with the parts up to there."""
        self._text.replace(keep, text)
        self._layout.keep_text(keep)
        self._layout.add_text(len(text))

    def append_reasoning(self, text: str) -> None:
        self._reasoning.append(text)
        self._layout.add_reasoning(len(text))

    def add(self, part: Part) -> Part:
        """Add a part at the end."""
        self._has_parts = self._has_new_parts = True
        self._layout.add(part)
        return part

    def set_origin(self, origin: Origin) -> Part | Origin:
        """Give what ends here its origin; returns what is to be saved."""
        self._has_parts = self._has_new_parts = True
        return self._layout.set_origin(origin)

    def update(self, reply: ChatMessage) -> ChatMessage:
        """The reply as it stands; the same object where nothing has come since."""
        text, reasoning = str(self._text), str(self._reasoning)
        grew = text is not reply.text or reasoning is not reply.reasoning
        if self._has_parts and (grew or self._has_new_parts):
            self._has_new_parts = False
            parts = fit_parts(self._layout.parts, text, reasoning)
            return replace(reply, text=text, reasoning=reasoning, parts=parts)
        return replace(reply, text=text, reasoning=reasoning) if grew else reply


def reply_outcome(
    error: BaseException | None, finish: FinishReason | None, *, is_stopped: bool
) -> tuple[MessageStatus, str | None]:
    """The final status of a reply, and a sentence that says how it ended.

    `error` is what left the block of the turn, and `finish` is set if the end marker arrived.
    """
    match error:
        case _ if finish is not None:
            outcome = MessageStatus.COMPLETE, _FINISH_NOTICES.get(finish)
        case None | asyncio.CancelledError() | GeneratorExit() if is_stopped:
            outcome = MessageStatus.STOPPED, None
        case None:
            outcome = MessageStatus.INTERRUPTED, REPLY_CUT
        case asyncio.CancelledError() | GeneratorExit():
            outcome = MessageStatus.INTERRUPTED, _PROGRAM_ENDED
        case ReplyCut():
            outcome = MessageStatus.INTERRUPTED, str(error)
        case FakeGPTError():
            outcome = MessageStatus.FAILED, str(error)
        case _:
            outcome = MessageStatus.FAILED, _FAULT
    return outcome


def add_notices(ending: str | None, notices: Sequence[str], status: MessageStatus) -> str | None:
    """What is shown below a reply: how it ended, and the notices that came with it."""
    endings = [] if ending is None else [ending]
    is_whole = status is MessageStatus.COMPLETE
    return " ".join([*notices, *endings] if is_whole else [*endings, *notices]) or None


@dataclass(frozen=True, slots=True)
class TokenCount:
    """A number of tokens; an estimate must be shown as one, as in “≈ 1,200 tokens”."""

    tokens: int
    is_estimate: bool

    def __add__(self, other: "TokenCount") -> "TokenCount":
        """The sum, which is an estimate if one of the two is."""
        return TokenCount(self.tokens + other.tokens, self.is_estimate or other.is_estimate)

    @property
    def in_words(self) -> str:
        return f"{self} {'token' if self.tokens == 1 else 'tokens'}"

    def __str__(self) -> str:
        return f"{'≈ ' if self.is_estimate else ''}{self.tokens:,}"


def count_reply_tokens(reply: ChatMessage) -> TokenCount:
    """Tokens of a reply, its reasoning included."""
    if reply.usage is not None and reply.usage.output is not None:
        return TokenCount(reply.usage.output, is_estimate=False)
    return TokenCount(_estimate(reply), is_estimate=True)


class ContextTokenCounter:
    """Counts the tokens that are sent with the next prompt.

    The usage of the last reply covers everything before it, but a summary takes the place of what
    it covers. The sums of the last path are kept, so that only what is new of a path is counted.
    """

    def __init__(self) -> None:
        self._path: Sequence[ChatMessage] = ()
        self._sums: list[TokenCount] = []
        self._system_prompt = ""

    def count(
        self, conversation: Conversation, path: Sequence[ChatMessage], window: int | None
    ) -> TokenCount:
        """Total tokens of a path, capped by the model's context window."""
        self._update_sums(path, conversation.system_prompt)
        total = self._sums[-1]
        if window is None or not total.is_estimate:
            return total
        room = prompt_budget(window, conversation.generation.max_tokens)
        return TokenCount(min(total.tokens, room), is_estimate=True)

    def _update_sums(self, path: Sequence[ChatMessage], system_prompt: str) -> None:
        """Keep a sum for the system prompt, and one for each message of the path."""
        if not self._sums or system_prompt != self._system_prompt:
            self._path, self._system_prompt = (), system_prompt
            self._sums = [_estimated(system_prompt)]
        same = min(len(self._path), len(path))
        pairs = enumerate(zip(self._path, path, strict=False))
        same = next((at for at, (before, now) in pairs if before is not now), same)
        del self._sums[same + 1 :]
        for at, message in enumerate(path[same:], same):
            if message.summarizes:
                kept = (each for each in path[message.summarizes : at] if not each.summarizes)
                self._sums.append(sum(map(_estimated_message, (message, *kept)), self._sums[0]))
            else:
                self._sums.append(_add_message(self._sums[-1], message))
        self._path = path


def _estimated(text: str) -> TokenCount:
    return TokenCount(estimate_tokens(text), is_estimate=bool(text))


def _add_message(before: TokenCount, message: ChatMessage) -> TokenCount:
    # What a summary cost says nothing of the context, nor does one that was removed.
    usage = message.usage if message.role is Role.ASSISTANT else None
    # Some services report tokens of the reply only.
    if usage is not None and usage.prompt_tokens and usage.output is not None:
        return TokenCount(usage.total, is_estimate=False)
    return before + _estimated_message(message)


def _estimated_message(message: ChatMessage) -> TokenCount:
    parts = sum(map(estimate_part_tokens, message.parts))
    return _estimated(message.text) + TokenCount(parts, is_estimate=bool(parts))


def _estimate(reply: ChatMessage) -> int:
    return estimate_tokens(reply.text) + estimate_tokens(reply.reasoning)
