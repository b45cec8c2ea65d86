"""Limiter: admits replies by the limits of their keys, counts them, and tells what is left."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.backends.token_estimate import estimate_part_tokens
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    ReasoningDelta,
    ReplyEnded,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
    UsageReported,
    now,
)
from fakegpt_tui.host.access_keys import AccessKey, KeyLimits, TotalLimits
from fakegpt_tui.host.logs import record_of
from fakegpt_tui.host.meter import MINUTE, ArrivalRate, MemoryMeter, Meter, Renewal, left_of

UNLIMITED: Final = KeyLimits(
    requests_per_minute=0, burst=0, tokens_per_minute=0, streams=0, tokens_per_day=0
)
MAX_REPLY: Final = 1_000_000
"""Characters of a reply that the host keeps until its end."""
_CHARACTERS_PER_TOKEN = 4
_RESERVED_REPLY = 1_024
"""Tokens of a reply that are reserved beforehand; the real number is settled after the reply."""


@dataclass(slots=True)
class Tally:
    """What one reply took: the service's own count, or an estimate by characters."""

    prompt_tokens: int
    _characters: int = 0
    _reported: int | None = None

    @property
    def reply_tokens(self) -> int:
        return _tokens_of(self._characters)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.reply_tokens if self._reported is None else self._reported

    async def watch(
        self, events: AsyncGenerator[StreamEvent], *, most: float = math.inf
    ) -> AsyncGenerator[StreamEvent]:
        """The same events, counted on their way; above `most` characters the reply ends."""
        async with aclosing(events):
            async for event in events:
                match event:
                    case TextDelta(text) | TextReplaced(_, text) | ReasoningDelta(text):
                        self._characters += len(text)
                        if self._characters > most:
                            yield ReplyEnded(FinishReason.LENGTH)
                            return
                    case UsageReported(usage):
                        self._reported = usage.total
                    case _:
                        pass
                yield event


def _tokens_of(characters: int) -> int:
    """About how many tokens a text has."""
    return -(-characters // _CHARACTERS_PER_TOKEN)


Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class RateLeft:
    """How many `what`, such as requests, of a `limit` a minute are left.

    All of them are free again in some `seconds`.
    """

    what: str
    limit: int
    left: int
    seconds: float


RateHeaders: TypeAlias = Callable[[Iterable[RateLeft]], Headers]
"""Writes rates as headers."""


def completion_rate_headers(rates: Iterable[RateLeft]) -> Headers:
    """As clients of OpenAI's protocol read them: `x-ratelimit-remaining-requests`."""
    return _rate_headers(rates, "x-ratelimit-{name}-{what}", "{:.3f}s".format)


def message_rate_headers(rates: Iterable[RateLeft]) -> Headers:
    """As clients of the Messages protocol read them: `anthropic-ratelimit-requests-remaining`."""
    return _rate_headers(rates, "anthropic-ratelimit-{what}-{name}", _moment)


def _rate_headers(rates: Iterable[RateLeft], form: str, reset: Callable[[float], str]) -> Headers:
    return [
        (form.format(name=name, what=rate.what).encode(), value.encode())
        for rate in rates
        for name, value in (
            ("limit", str(rate.limit)),
            ("remaining", str(rate.left)),
            ("reset", reset(rate.seconds)),
        )
    ]


def _moment(seconds: float) -> str:
    """The time in some seconds (RFC 3339)."""
    return (now() + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


class HostFull(Unreachable):
    """All clients together have used up what the host allows; a retry may be admitted."""


class AdmittedReply:
    """Holds the lease of one reply while its block runs, or until `end`."""

    def __init__(
        self, limiter: "Limiter", key_id: str, limits: KeyLimits, tally: Tally, reserved: int
    ) -> None:
        self._limiter = limiter
        self._key_id = key_id
        self._limits = limits
        self._tally = tally
        self._reserved = reserved
        self._lease = ""

    async def __aenter__(self) -> Tally:
        self._lease = await self._limiter.begin(self._key_id, self._limits, self._reserved)
        return self._tally

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        """End the lease before the block does."""
        lease, self._lease = self._lease, ""
        if lease:
            tokens = self._tally.tokens - self._reserved
            await self._limiter.finish(self._key_id, self._limits, lease, tokens)


@dataclass(slots=True, kw_only=True)
class Limiter:
    """Admits replies by the limits of their keys, and counts what they took."""

    meter: Meter = field(default_factory=MemoryMeter)
    total: TotalLimits = field(default_factory=TotalLimits)
    clock: Callable[[], float] = monotonic
    _starts: ArrivalRate = field(default_factory=ArrivalRate, init=False)
    _held: set[tuple[str, str]] = field(default_factory=set, init=False)
    _renewal: Renewal = field(init=False)

    def __post_init__(self) -> None:
        self._renewal = Renewal(
            lambda: self.meter.renew(list(self._held)), lambda: bool(self._held)
        )

    def admit(
        self, key: AccessKey | None, prompt_characters: int, max_tokens: int | None = None
    ) -> AdmittedReply:
        """A block that holds a lease; what its tally has counted is settled at the end.

        To enter it raises:
            LimitReached: The key has to wait.
            HostFull: All keys have to wait.
            RequestRefused: The request is larger than the limits ever allow.
        """
        key_id, limits = (key.id, key.limits) if key else ("", UNLIMITED)
        tally = Tally(_tokens_of(prompt_characters))
        reserved = tally.prompt_tokens + min(max_tokens or _RESERVED_REPLY, _RESERVED_REPLY)
        return AdmittedReply(self, key_id, limits, tally, reserved)

    async def begin(self, key_id: str, limits: KeyLimits, reserved: int) -> str:
        """Reserve tokens, and hold a lease, whose id is returned."""
        self._check_total()
        lease = await self.meter.take(key_id, limits, reserved)
        self._held.add((key_id, lease))
        self._renewal.wake()
        return lease

    async def finish(self, key_id: str, limits: KeyLimits, lease: str, tokens: int) -> None:
        """Settle `tokens` more than were reserved, and end a lease, also when cancelled."""
        self._held.discard((key_id, lease))
        finishing = self._finish(key_id, limits, lease, tokens)
        await (asyncio.shield(finishing) if self.meter.waits else finishing)

    async def rates_left(self, key: AccessKey | None) -> list[RateLeft]:
        """What the rates of a key leave; nothing without limits."""
        if key is None or not (key.limits.requests_per_minute or key.limits.tokens_per_minute):
            return []
        limits, used = key.limits, await self.meter.rates(key.id)
        rows = (
            ("requests", limits.requests_per_minute, max(limits.burst, 1), used[0]),
            ("tokens", limits.tokens_per_minute, limits.tokens_per_minute, used[1]),
        )
        return [
            RateLeft(what, per_minute, left_of(burst, per_minute, seconds), seconds)
            for what, per_minute, burst, seconds in rows
            if per_minute
        ]

    def _check_total(self) -> None:
        if self.total.streams and len(self._held) >= self.total.streams:
            raise HostFull("The host answers as many requests as it may.", retry_after=1.0)
        if most := self.total.starts_per_second:
            rate, at = {"per_minute": MINUTE * most}, self.clock()
            if wait := self._starts.wait(1, **rate, burst=most, at=at):
                raise HostFull("The host gets too many requests.", retry_after=wait)
            self._starts.add(1, **rate, at=at)

    async def _finish(self, key_id: str, limits: KeyLimits, lease: str, tokens: int) -> None:
        await self.meter.settle(key_id, limits, tokens, lease)
        await self.meter.release(key_id, lease)


@dataclass(slots=True)
class LimitedReply:
    """A response that begins once its key's limits admit it; a refusal is an HTTP error."""

    limiter: Limiter
    key: AccessKey | None
    prompt_characters: int
    build: Callable[[Tally], ASGIApp]
    model: str
    max_tokens: int | None = None
    rate_headers: RateHeaders = completion_rate_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admitted = self.limiter.admit(self.key, self.prompt_characters, self.max_tokens)
        async with admitted as tally:
            rates = self.rate_headers(await self.limiter.rates_left(self.key))
            record = record_of(scope)
            record.model, record.prompt_tokens = self.model, tally.prompt_tokens

            async def send_and_release(message: Message) -> None:
                record.reply_tokens = tally.reply_tokens
                if rates and message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", ()), *rates]}
                # A client that has read the end of a reply may ask again at once.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    await admitted.end()
                await send(message)

            await self.build(tally)(scope, receive, send_and_release)


def prompt_length(messages: Iterable[ContextMessage]) -> int:
    """Characters of what is asked, and as many for its pictures and files as cost the same."""
    return sum(
        len(message.text) + _CHARACTERS_PER_TOKEN * sum(map(estimate_part_tokens, message.parts))
        for message in messages
    )
