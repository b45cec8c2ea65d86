"""The values every room speaks of, and the troubles a person may meet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias
from uuid import uuid4


def new_id() -> str:
    """A random UUID, in the form the wire uses for conversations and messages."""
    return str(uuid4())


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that must not show in logs, reports or representations."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return "••••"


class Role(StrEnum):
    """Who speaks in a chat message."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class MessageStatus(StrEnum):
    """How far a chat message has come, and how it ended."""

    QUEUED = "queued"
    WAITING = "waiting"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """Will nothing more arrive for this message?"""
        return self not in _UNDER_WAY


_UNDER_WAY = {MessageStatus.QUEUED, MessageStatus.WAITING, MessageStatus.STREAMING}


class TitleSource(StrEnum):
    """Who gave a conversation its title; a person's title is never overwritten."""

    PROMPT = "prompt"
    SERVICE = "service"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How a model should write; `None` leaves it to the service."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A way of writing that has a name, to be given to any conversation."""

    name: str
    system_prompt: str = ""
    generation: GenerationSettings = GenerationSettings()


class FinishReason(StrEnum):
    """Why a service says that its reply has ended."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply cost, in tokens as the service counts them."""

    prompt_tokens: int
    reply_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The header of a tree of chat messages; `leaf_id` ends the path that is shown.

    `server_id` is the service's own name for it, where the service keeps the history. A
    conversation with a `trashed_at` is in the trash since then.
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
    generation: GenerationSettings = GenerationSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One node of a conversation's tree.

    `text` is what was typed or sent, untouched; `error` is a sentence for a person.
    `service` and `model` say who was asked, and are empty for prompts. `reasoning` is what a
    service sent apart from the text. `server_id` is the service's own name for the message.
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


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """One line of what a backend is asked to go on from; any role a service may know."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed for a conversation and not sent yet; `cursor` is a line and a column."""

    conversation_id: str
    text: str
    cursor: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class QueuedPrompt:
    """A prompt that was sent while its conversation streamed, and waits for the end of that."""

    id: str
    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What to look for; every word of `text` must be there, as it stands in the box.

    `is_pinned` and `is_archived` want it so where they are true. `before` and `after` are about
    when the message came, and for a title when its conversation was last changed.
    """

    text: str = ""
    title_only: bool = False
    model: str = ""
    is_pinned: bool = False
    is_archived: bool = False
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A place where the words were found; without a `message_id` it is the title itself.

    Each of the `marks` is where a word begins within `snippet`, and where what follows it does.
    """

    conversation_id: str
    message_id: str | None
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    created_at: datetime


class ServiceKind(StrEnum):
    """The protocols that a service may speak."""

    EMBEDDED = "embedded"
    FAKEGPT = "fakegpt"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Seconds that a stream may take; `None` means no limit.

    `first_event` runs from the sent request to the first event, `idle` between any two bytes.
    """

    connect: float = 15.0
    first_event: float = 120.0
    idle: float = 60.0
    total: float | None = None


class History(StrEnum):
    """Who keeps what was said before a prompt."""

    PACKED = "packed"
    """This program, which sends all of it with every prompt."""

    SERVER = "server"
    """The service, which is told where in its own conversation a prompt belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a FakeGPT service has what it offers, below its base URL."""

    loads: str = "/api/loads"
    login: str = "/auth/login"
    session: str = "/api/auth/session"
    conversation: str = "/api/conversation"
    models: str = "/api/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A configured backend. `url` is empty for the embedded host until it has a port.

    `window` is how many tokens the model takes, where the person knows better than the service.
    With `prefill` the service goes on from a reply that is sent as the last message. `headers` are
    sent with every request; one without a value is left out, also where it is usually sent.
    """

    name: str
    kind: ServiceKind
    url: str = ""
    model: str = ""
    proxy: Secret | None = None
    verify: bool | str = True
    limits: TimeLimits = TimeLimits()
    notice: str = ""
    window: int | None = None
    prefill: bool = False
    history: History = History.PACKED
    endpoints: Endpoints = Endpoints()
    headers: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Being signed in to one base URL. `expires_at` is `None` where nothing tells."""

    base_url: str
    token: Secret
    expires_at: datetime | None
    account: str
    password: Secret
    cookies: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody has tried to sign in yet, or the session was given up."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Step `step` of `of` is under way; `what` names it in a few words."""

    step: int
    of: int
    what: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token is good until `expires_at`, as far as anyone knows."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expired:
    """The token is no longer good; the next prompt signs in again."""


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """The service said no."""

    reason: str


@dataclass(frozen=True, slots=True)
class Offline:
    """The service could not be reached."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoLogin:
    """The service knows no login: whoever has its address, and its key if it wants one, may ask."""


LoginState: TypeAlias = SignedOut | SigningIn | SignedIn | Expired | LoginFailed | Offline | NoLogin


@dataclass(frozen=True, slots=True)
class Model:
    """Something a service can answer with; `id` is what goes over the wire.

    `window` is how many tokens it takes, where the service tells; `size` and `family` are in the
    service's own words, such as “7B” and “llama”.
    """

    id: str
    title: str = ""
    description: str = ""
    window: int | None = None
    size: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class FoundService:
    """A model server that answered on this machine, as a service that could be added."""

    service: Service
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDraft:
    """A service as a person fills it in.

    Its key is named by the environment variable `key_env`, or given as `key`; that one goes to the
    keyring of the system, or with `key_in_file` to a file of its own beside the configuration.
    """

    name: str
    kind: ServiceKind
    url: str
    model: str = ""
    key_env: str = ""
    key: Secret | None = None
    key_in_file: bool = False


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One thing that was tried of a service: a sentence for a person, and whether it worked.

    `models` are those that the service offers, once they are known.
    """

    sentence: str
    worked: bool
    models: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Text to add at the end of the reply; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReplaced:
    """The reply was rewritten: keep its first `keep` code points, then add `text`."""

    keep: int
    text: str


@dataclass(frozen=True, slots=True)
class TitleSuggested:
    """The service offers a title for the conversation."""

    title: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know that is not part of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """Nothing came yet; the next try is in `delay` seconds."""

    attempt: int
    of: int
    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text to add to what the model thought before and while it replied; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """What the reply cost so far, by the service's own count."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class ReplyLocated:
    """Where the service keeps this reply: its own ids of the conversation and the message."""

    conversation_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The end marker. A stream without one was cut, whatever the transport says."""

    reason: FinishReason = FinishReason.STOP


StreamEvent: TypeAlias = (
    TextDelta
    | TextReplaced
    | ReasoningDelta
    | UsageReported
    | ReplyLocated
    | TitleSuggested
    | Notice
    | RetryScheduled
    | ReplyEnded
)


class Remedy(StrEnum):
    """What a person, or the program for them, can do about a trouble."""

    NOTHING = "nothing"
    RETRY = "retry"
    SIGN_IN = "sign in"
    WAIT = "wait"


class FakeGPTError(Exception):
    """Expected trouble. Its text is a whole sentence for a person and holds no secret.

    FakeGPTError
    ├── ConfigError             a setting cannot be used
    ├── NotFound                no such conversation, service or message
    ├── StillReplying           a reply is under way where something else was asked for
    ├── StoreError              the store cannot be read or written
    │   └── NotSavedYet         kept in memory, and tried again
    ├── SaveError               a file cannot be written
    ├── LoadError               a file cannot be read as conversations
    └── ServiceError            anything a service does
        ├── Unreachable         no connection, a time limit, TLS, a proxy
        ├── NotSignedIn         the token is missing or was refused
        ├── LoginRefused        the login itself was refused
        ├── RateLimited         too many requests; `retry_after` seconds if known
        ├── Busy                the account is answering somebody else
        ├── PromptTooLong       the model cannot take that much
        ├── RequestRefused      any other refusal that a person should read
        ├── Unsupported         the service speaks something this program does not
        ├── BadReply            an answer that makes no sense
        └── ReplyCut            the stream ended before its end; what came is kept
    """

    remedy: ClassVar[Remedy] = Remedy.NOTHING


class ConfigError(FakeGPTError):
    """A setting cannot be used as it is."""


class NotFound(FakeGPTError):
    """What was asked for by name or id does not exist."""


class StillReplying(FakeGPTError):
    """This has to wait until the reply that is under way has ended, or is stopped."""

    remedy = Remedy.WAIT


class StoreError(FakeGPTError):
    """The store cannot be read or written."""


class NotSavedYet(StoreError):
    """A write is kept in memory and tried again; who made it can go on as if it were done."""


class SaveError(FakeGPTError):
    """A file cannot be written."""


class LoadError(FakeGPTError):
    """A file cannot be read as conversations."""


class ServiceError(FakeGPTError):
    """A service did not do what it was asked."""

    remedy = Remedy.RETRY


class Unreachable(ServiceError):
    """The service could not be reached, or fell silent before it answered.

    `retry_after` is in seconds, where the service told.
    """

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class NotSignedIn(ServiceError):
    """The service no longer accepts the token."""

    remedy = Remedy.SIGN_IN


class LoginRefused(ServiceError):
    """The service refused every account that was tried."""

    remedy = Remedy.SIGN_IN


class RateLimited(ServiceError):
    """Too many requests. `retry_after` is in seconds, where the service told."""

    remedy = Remedy.WAIT

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Busy(RateLimited):
    """The account is busy with another prompt; it may be free again in a minute."""


class PromptTooLong(ServiceError):
    """The prompt is longer than the model can take."""

    remedy = Remedy.NOTHING


class RequestRefused(ServiceError):
    """The service refused, and asking again would not help."""

    remedy = Remedy.NOTHING


class Unsupported(ServiceError):
    """The service answered in a way this program cannot read."""

    remedy = Remedy.NOTHING


class BadReply(ServiceError):
    """The service answered with something that is not an answer."""


class ReplyCut(ServiceError):
    """The connection ended, or fell silent, before the reply did."""
