"""Upstream pool: several backends as one, with fallbacks, shares, and rests for those that fail."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from fakegpt_tui.backends.base import Backend, ReplyRequest
from fakegpt_tui.domain import (
    Model,
    PromptTooLong,
    RateLimited,
    ReasoningDelta,
    ReplyEnded,
    RequestRefused,
    RetryScheduled,
    ServiceError,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
)

_WORDS = (TextDelta, TextReplaced, ReasoningDelta, ReplyEnded)
"""Events after which another service can no longer take over."""

_FAULT_OF_REQUEST = (RequestRefused, PromptTooLong)
"""What another service would say, too."""

_MOST_FAILURES = 3
_REST_SECONDS = 5.0
_MODELS_SECONDS = 60.0
_LONGEST_REST = 300.0


@dataclass(slots=True, kw_only=True)
class Upstream:
    """A backend of a pool. Those with the lowest `order` are asked first, in shares of `weight`.

    `models` are those it is asked for; if empty, the models that it lists.
    """

    name: str
    backend: Backend
    order: int = 1
    weight: int = 1
    models: tuple[str, ...] = ()
    _failures: int = field(default=0, init=False)
    _rests_until: float = field(default=-math.inf, init=False)
    _is_probed: bool = field(default=False, init=False)
    _listed: frozenset[str] | None = field(default=None, init=False)
    _listed_until: float = field(default=-math.inf, init=False)

    def wait(self, at: float) -> float:
        """Seconds until it may be asked; after a rest, one request has to come back first."""
        if self._rests_until > at:
            return self._rests_until - at
        return 1.0 if self._is_probed else 0.0

    def begin(self) -> None:
        """A request goes there; after a rest it is the probe."""
        self._is_probed = self._rests_until > -math.inf

    def end(self) -> None:
        self._is_probed = False

    def succeed(self) -> None:
        self._failures, self._rests_until = 0, -math.inf

    def fail(self, error: ServiceError | None, at: float) -> None:
        """Count a failure; too many of them, or one after a rest, make it rest."""
        self._failures += 1
        told = error.retry_after if isinstance(error, RateLimited) else None
        if told is not None:
            self._rests_until = at + min(max(told, _REST_SECONDS), _LONGEST_REST)
        elif self._failures >= _MOST_FAILURES or self._rests_until > -math.inf:
            self._rests_until = at + _REST_SECONDS

    def may_have(self, model: str) -> bool | None:
        """Has it the model, as far as is known?"""
        if self.models:
            return model in self.models
        return None if self._listed is None else model in self._listed

    async def list_models(self, at: float) -> tuple[Model, ...]:
        """Its models that it is asked for.

        Raises:
            ServiceError: The list cannot be had.
        """
        # One that cannot tell is not asked by every request.
        self._listed_until = at + _MODELS_SECONDS / 4
        models = await self.backend.models()
        self._listed, self._listed_until = (
            frozenset(each.id for each in models),
            at + _MODELS_SECONDS,
        )
        return tuple(each for each in models if not self.models or each.id in self.models)

    def has_fresh_list(self, at: float) -> bool:
        return bool(self.models) or self._listed_until > at


class UpstreamPool:
    """A backend over several. Another one takes over until the first word, and never after it.

    One that fails several times in a row rests for some seconds, or as long as it asks for; then
    one request tries it again.
    """

    def __init__(
        self,
        upstreams: Sequence[Upstream],
        *,
        clock: Callable[[], float] = monotonic,
        random: Random | None = None,
    ) -> None:
        self._upstreams = list(upstreams)
        self._clock = clock
        self._random = random or Random()  # noqa: S311 - shares, not secrets

    async def stream(self, request: ReplyRequest) -> AsyncGenerator[StreamEvent]:
        """Stream one reply, as `Backend.stream` says."""
        waiting = await self._candidates(request.model)
        errors: list[ServiceError] = []
        while waiting:
            upstream = waiting.pop(0)
            if upstream.wait(self._clock()) > 0:
                continue
            try:
                async with aclosing(self._ask(upstream, request, is_last=not waiting)) as events:
                    async for event in events:
                        yield event
            except _NextUpstream as error:
                errors.append(error.reason)
            else:
                return
        raise self._sum_up(errors, request.model)

    async def models(self) -> tuple[Model, ...]:
        """The models of all, each once, those of the first upstream first.

        Raises:
            ServiceError: No list can be had.
        """
        at = self._clock()
        ordered = sorted(self._upstreams, key=lambda each: each.order)
        lists = await asyncio.gather(
            *(each.list_models(at) for each in ordered), return_exceptions=True
        )
        found: dict[str, Model] = {}
        errors: list[ServiceError] = []
        for each in lists:
            match each:
                case ServiceError():
                    errors.append(each)
                case BaseException():
                    raise each
                case tuple():
                    for model in each:
                        found.setdefault(model.id, model)
        if not found:
            raise errors[0] if errors else Unreachable("No service has any model.")
        return tuple(found.values())

    async def aclose(self) -> None:
        """Close all backends."""
        await asyncio.gather(*(each.backend.aclose() for each in self._upstreams))

    async def _ask(
        self, upstream: Upstream, request: ReplyRequest, *, is_last: bool
    ) -> AsyncGenerator[StreamEvent]:
        """The reply of one upstream.

        Raises:
            _NextUpstream: It failed before the first word.
            ServiceError: It failed later, or the request is at fault.
        """
        has_begun = False
        upstream.begin()
        try:
            async with aclosing(upstream.backend.stream(request)) as events:
                async for event in events:
                    if not has_begun and not is_last:
                        _refuse_to_wait(event)
                    if isinstance(event, _WORDS) and not has_begun:
                        has_begun = True
                        upstream.succeed()
                    yield event
        except _FAULT_OF_REQUEST:
            upstream.succeed()
            raise
        except (ServiceError, _NextUpstream) as error:
            reason = error.reason if isinstance(error, _NextUpstream) else error
            upstream.fail(reason, self._clock())
            if has_begun:
                raise
            raise _NextUpstream(reason) from error
        finally:
            upstream.end()

    async def _candidates(self, model: str) -> list[Upstream]:
        """Those that have the model, in the order in which they are asked."""
        at = self._clock()
        if any(not each.has_fresh_list(at) for each in self._upstreams):
            with suppress(ServiceError):  # Each of them will say for itself what is wrong.
                await self.models()
        having = [each for each in self._upstreams if each.may_have(model)]
        chosen = having or [each for each in self._upstreams if not each.models]
        return list(self._arrange(chosen))

    def _arrange(self, upstreams: Sequence[Upstream]) -> Iterator[Upstream]:
        for order in sorted({each.order for each in upstreams}):
            group = [each for each in upstreams if each.order == order]
            while group:
                (first,) = self._random.choices(group, [each.weight for each in group])
                group.remove(first)
                yield first

    def _sum_up(self, errors: Sequence[ServiceError], model: str) -> ServiceError:
        """What a client is told after all have failed: the error that is over soonest."""
        limits = [error for error in errors if isinstance(error, RateLimited)]
        if errors and len(limits) == len(errors):
            return min(limits, key=lambda error: error.retry_after or 0.0)
        if errors:
            return next(error for error in errors if not isinstance(error, RateLimited))
        at = self._clock()
        waits = [each.wait(at) for each in self._upstreams if each.may_have(model) is not False]
        if not waits:
            return RequestRefused("No service has this model.")
        return Unreachable(
            "All services that have this model failed a moment ago. Try again soon.",
            retry_after=min(waits),
        )


def _refuse_to_wait(event: StreamEvent) -> None:
    """A service that would be tried again later gives way to the next one."""
    if isinstance(event, RetryScheduled):
        raise _NextUpstream(Unreachable(event.reason))


class _NextUpstream(Exception):
    """An upstream failed before its first word, so that another one may be asked."""

    def __init__(self, reason: ServiceError) -> None:
        super().__init__(str(reason))
        self.reason = reason
