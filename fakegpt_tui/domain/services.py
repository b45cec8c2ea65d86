"""Services, models, sessions and login states; ids, the clock and `Secret`."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self, TypeAlias
from uuid import uuid4

from fakegpt_tui.domain.conversations import GenerationSettings
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.domain.prices import TokenPrices


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


NO_PROXY: Final = "off"
"""In place of a proxy: the service is asked directly, whatever the environment says."""


class ServiceKind(StrEnum):
    """The protocols of services: a row of a name, a label, and `is_api`.

    A kind without a label cannot be added by a person. The service of an API takes a key, if any,
    and generation settings; the others have accounts, or are embedded in this program.
    """

    label: str
    is_api: bool

    def __new__(cls, name: str, label: str = "", is_api: bool = False) -> Self:
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.label = label
        kind.is_api = is_api
        return kind

    EMBEDDED = "embedded"
    FAKEGPT = "fakegpt", "FakeGPT protocol"
    OPENAI = "openai", "OpenAI chat completions: Ollama, llama.cpp, vLLM, most hosted ones", True
    RESPONSES = "responses", "OpenAI Responses: OpenAI itself, Azure, xAI, LM Studio", True
    ANTHROPIC = (
        "anthropic",
        "Anthropic Messages: Claude, and addresses that end in /anthropic",
        True,
    )

    @property
    def key_header(self) -> str:
        """The header that usually carries a key."""
        return "x-api-key" if self is ServiceKind.ANTHROPIC else "Authorization"

    @property
    def options(self) -> frozenset[str]:
        """The settings of a service that only some protocols have."""
        match self.value:
            case "responses":
                return frozenset({"cache", "web_search"})
            case "anthropic":
                return frozenset({"cache", "web_search", "api_version"})
            case _:
                return frozenset()

    @property
    def has_accounts(self) -> bool:
        """Does a person sign in to it, with one of its accounts?"""
        return self is not ServiceKind.EMBEDDED and not self.is_api


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Seconds that a stream may take; `None` means no limit.

    `first_event` runs from the sent request, or the last sign of life, to the next event; `idle`
    between any two bytes of a reply. A model that is loaded or thinks may be silent for minutes.
    """

    connect: float = 15.0
    first_event: float = 600.0
    idle: float = 600.0
    total: float | None = None


class History(StrEnum):
    """Who keeps the history of a conversation."""

    CLIENT = "packed"
    """This program, which sends the history with every prompt."""

    SERVER = "server"
    """The service, which is sent the id of the message that a prompt follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Paths of a FakeGPT service, below its base URL."""

    loads: str = "/api/loads"
    login: str = "/auth/login"
    session: str = "/api/auth/session"
    conversation: str = "/api/conversation"
    models: str = "/api/models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A configured backend. `url` is empty for the embedded host until it has a port.

    `window` is how many tokens the model takes, where the person knows better than the service.
    `key_header` carries the key, in place of the header that is usual for the kind. With `prefill`
    the service goes on from a reply that is sent as the last message. `cache` is how long the
    service keeps what it has read of a conversation, “off” for not at all; with `web_search` it may
    search the web; the `api_version` is the one of a protocol that has several. `headers` are sent
    with every request; one without a value is left out, also where it is usually sent.
    `generation` is what is set for all its models, `model_settings` for some by name; a
    conversation may set otherwise.
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
    key_header: str = ""
    cache: str = ""
    web_search: bool = False
    api_version: str = ""
    history: History = History.CLIENT
    endpoints: Endpoints = Endpoints()
    headers: tuple[tuple[str, Secret], ...] = ()
    generation: GenerationSettings = GenerationSettings()
    model_settings: tuple[tuple[str, GenerationSettings], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session at one base URL. `expires_at` is `None` where it is unknown."""

    base_url: str
    token: Secret
    expires_at: datetime | None
    account: str
    password: Secret
    cookies: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Not signed in yet, or signed out."""


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Step `step` of `of` is under way; `what` names it in a few words."""

    step: int
    of: int
    what: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token is valid until `expires_at`, as far as is known."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expired:
    """The token has expired; the next prompt signs in again."""


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """The service refused the login."""

    reason: str


@dataclass(frozen=True, slots=True)
class Offline:
    """The service could not be reached."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoLogin:
    """The service has no login; its address, and a key if it needs one, are enough."""


@dataclass(frozen=True, slots=True)
class KeyNeeded:
    """The service needs a key that is missing or cannot be read."""

    reason: str


LoginState: TypeAlias = (
    SignedOut | SigningIn | SignedIn | Expired | LoginFailed | Offline | NoLogin | KeyNeeded
)


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """The service reported too many requests; `until` is when that ends, if known."""

    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a service; `id` is its name in requests.

    `window` is how many tokens it takes, `max_output` how many a reply may have; `size`, `family`
    and `owner` are in the service's own words, such as “7B”, “llama” and “library”. What a service
    does not tell is `None`: whether the model `thinks`, with which `efforts`, whether it `sees`
    pictures, and its `prices`.
    """

    id: str
    title: str = ""
    description: str = ""
    window: int | None = None
    max_output: int | None = None
    size: str = ""
    family: str = ""
    owner: str = ""
    thinks: bool | None = None
    efforts: tuple[str, ...] = ()
    sees: bool | None = None
    prices: TokenPrices | None = None
    is_listed: bool = True
    """`False` where the service has no list that can be read, and only the settings name it."""


@dataclass(frozen=True, slots=True, order=True)
class ModelRef:
    """A service and one of its models; an empty model is the service's own choice."""

    service: str
    model: str = ""

    def __str__(self) -> str:
        return f"{self.service}/{self.model}" if self.model else self.service
