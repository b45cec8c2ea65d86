"""Conversations, chat messages, drafts and generation settings."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Attachment, Part

TEMPERATURES: Final = (0.0, 2.0)
TOP_PS: Final = (0.0, 1.0)
MAX_TOKENS: Final = (1, 10_000_000)
SEEDS: Final = (0, 2**63 - 1)
"""The smallest and the largest value that can be set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How replies are made; `None` or an empty text leaves a setting to the service.

    `schema` and `extra` are the texts of JSON objects. The rows of `domain/generation.py` say what
    each setting takes, and where it stands in a request.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    effort: str = ""
    thinking: str = ""
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    num_ctx: int | None = None
    verbosity: str = ""
    service_tier: str = ""
    schema: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named system prompt with generation settings, for any conversation."""

    name: str
    system_prompt: str = ""
    generation: GenerationSettings = GenerationSettings()


class Role(StrEnum):
    """The author of a chat message."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class MessageStatus(StrEnum):
    """Progress of a chat message, and how it ended."""

    QUEUED = "queued"
    WAITING = "waiting"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """Is the message complete, or ended otherwise?"""
        return self not in _UNDER_WAY


_UNDER_WAY = {MessageStatus.QUEUED, MessageStatus.WAITING, MessageStatus.STREAMING}


class TitleSource(StrEnum):
    """Where a title comes from; a title by a person is never overwritten."""

    PROMPT = "prompt"
    SERVICE = "service"
    PERSON = "person"


class FinishReason(StrEnum):
    """Why a reply ended, as the service reports it."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a reply, as the service counts them; `None` is unknown, which is not zero.

    What was read lies in three parts that share nothing: `fresh`, `cache_read`, and `cache_write`,
    which was read and put into a cache. `output` has the `reasoning` in it. `cost` are the dollars
    that the service charged, as it wrote them; `tier` and `served_model` are what answered.
    `searches` of the web have a price of their own, and so has `cache_write_long`, the part of
    `cache_write` that is kept for an hour or longer.
    """

    fresh: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    searches: int | None = None
    cost: str = ""
    tier: str = ""
    served_model: str = ""
    cache_write_long: int | None = None

    @classmethod
    def from_totals(
        cls, prompt: int | None, output: int | None, details: Mapping[str, object]
    ) -> Self:
        """The usage of all that was read and written; what is no detail of its type is unknown."""
        found = {name: details.get(name) for name in USAGE_COUNTS}
        counts = {name: each if type(each) is int else None for name, each in found.items()}
        words = {name: str(details.get(name) or "") for name in USAGE_WORDS}
        cached = sum(each or 0 for each in (counts["cache_read"], counts["cache_write"]))
        fresh = None if prompt is None else max(0, prompt - cached)
        return cls(fresh, output, **counts, **words)  # type: ignore[arg-type]  # by their names

    @property
    def details(self) -> dict[str, object]:
        """What is known beside the totals."""
        found = {name: getattr(self, name) for name in (*USAGE_COUNTS, *USAGE_WORDS)}
        return {name: value for name, value in found.items() if value not in (None, "")}

    @property
    def prompt_tokens(self) -> int | None:
        """All that was read, as far as it is known."""
        parts = [each for each in (self.fresh, self.cache_read, self.cache_write) if each]
        return sum(parts) if parts or self.fresh is not None else None

    def __add__(self, other: "Usage") -> "Usage":
        """The sum of two requests; unknown if one does not tell, but for what few tell."""
        return Usage(
            _sum_known(self.fresh, other.fresh),
            _sum_known(self.output, other.output),
            cost=_sum_charged(self.cost, other.cost),
            tier=other.tier or self.tier,
            served_model=other.served_model or self.served_model,
            **{each: _sum_told(getattr(self, each), getattr(other, each)) for each in USAGE_COUNTS},
        )

    @property
    def total(self) -> int:
        """All tokens that are known of."""
        return (self.prompt_tokens or 0) + (self.output or 0)


USAGE_COUNTS: Final = ("cache_read", "cache_write", "reasoning", "searches", "cache_write_long")
USAGE_WORDS: Final = ("cost", "tier", "served_model")
"""Fields of `Usage` beside the totals."""


def _sum_charged(one: str, other: str) -> str:
    if not (one and other):
        return ""
    from decimal import Decimal  # noqa: PLC0415 - not for the first frame

    return format(Decimal(one) + Decimal(other), "f")


def _sum_known(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _sum_told(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The header of a tree of chat messages; `leaf_id` ends the path that is shown.

    `server_id` is the service's own name for it, where the service keeps the history. A
    conversation with a `trashed_at` is in the trash since then. `folder` is a path such as
    `Work/Reports`, empty for one in no folder.
    """

    id: str
    title: str = ""
    title_source: TitleSource = TitleSource.PROMPT
    service: str
    model: str
    created_at: datetime
    updated_at: datetime
    leaf_id: str | None = None
    unread: bool = False
    pinned: bool = False
    archived: bool = False
    trashed_at: datetime | None = None
    server_id: str = ""
    system_prompt: str = ""
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    folder: str = ""
    tags: tuple[str, ...] = ()

    @property
    def is_set_up(self) -> bool:
        """Has it a system prompt, a setting, a folder or a tag of its own?"""
        has_settings = self.generation != GenerationSettings()
        return bool(self.system_prompt or self.folder or self.tags) or has_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One node of a conversation's tree.

    `text` is what was typed or sent, untouched; `error` is a sentence for a person. `service` and
    `model` say who was asked, and are empty for prompts. `reasoning` is what a service sent apart
    from the text. `server_id` is the service's own name for the message. `parts` lay out text and
    reasoning among pictures, files and citations; without any, the message is its reasoning, and
    then its text. `first_word_after` and `ended_after` say how long a reply took, from when its
    prompt was sent; `thought_for` is the length of its reasoning. Older replies have none of these.
    A message that `summarizes` stands in requests for that many messages from the root of its path.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    status: MessageStatus
    created_at: datetime
    error: str | None = None
    service: str = ""
    model: str = ""
    reasoning: str = ""
    finish: FinishReason | None = None
    usage: Usage | None = None
    server_id: str = ""
    trashed_at: datetime | None = None
    parts: "tuple[Part, ...]" = ()
    summarizes: int = 0
    first_word_after: timedelta | None = None
    ended_after: timedelta | None = None
    thought_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """A message that a backend is sent as context; any role that a service may know.

    `reasoning` is there for the spans of `parts`; a message without parts is its text alone.
    """

    role: str
    text: str
    reasoning: str = ""
    parts: "tuple[Part, ...]" = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that is typed and not sent yet; `cursor` is a line and a column."""

    conversation_id: str
    text: str
    cursor: tuple[int, int] = (0, 0)
    attachments: "tuple[Attachment, ...]" = ()
    header: str = ""
    """What a conversation without a prompt was set up as, in JSON."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where reading of a conversation stopped, before its end.

    It names a line of a message's `part` by its text, so that it is the same at every width: the
    line with the text at offset `source`, after `letters` letters of it, or `above` lines higher.
    """

    conversation_id: str
    message_id: str
    part: str
    source: int
    letters: int
    above: int


@dataclass(frozen=True, slots=True)
class QueuedPrompt:
    """A prompt that waits for the end of the reply in its conversation."""

    id: str
    conversation_id: str
    text: str
    parts: "tuple[Part, ...]" = ()
