"""Retries and timeouts: when to send a request again, and how long to wait for a stream."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import field
from operator import itemgetter
from random import SystemRandom
from typing import TypeAlias, TypeVar

from fakegpt_tui.domain import (
    ModelLoading,
    RateLimited,
    ReplyCut,
    RetryScheduled,
    ServiceError,
    TimeLimits,
    Unreachable,
    UntrustedCertificate,
)
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.http.addresses import Route
from fakegpt_tui.http.errors import CONNECTION_ERRORS, translate_error
from fakegpt_tui.http.sse import holds_line_end

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], Awaitable[None]]

_FIRST_DELAY = 0.5
_FIRST_DELAY_WHEN_BUSY = 2.0
_MAX_DELAY = 8.0
_MAX_WAIT = 60.0
_WORKING_SECONDS = 900.0
"""A search of the web, or code that runs there, may be silent for so long."""

_LOADING_DELAYS = (1.0, 2.0, 10.0)
"""Least, usual and most seconds from one question to the next while a model is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to send a request again.

    A service that names a time is taken at its word, up to a minute. Else the wait is anything
    between nothing and a bound that doubles (full jitter), so that many who failed together do not
    come back together.
    """

    max_attempts: int = 3
    sleep: Sleep = asyncio.sleep
    random: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    """A number from 0 up to 1."""

    def delay(self, attempt: int, error: ServiceError) -> float | None:
        """Seconds to wait after attempt number `attempt` ended in `error`; `None` to give up."""
        if attempt >= self.max_attempts:
            return None
        match error:
            case UntrustedCertificate():
                return None
            case (
                RateLimited(retry_after=int() | float() as seconds)
                | Unreachable(retry_after=int() | float() as seconds)
            ):
                return float(seconds) if 0 <= seconds <= _MAX_WAIT else None
            case RateLimited():
                return self._jittered(_FIRST_DELAY_WHEN_BUSY, attempt)
            case Unreachable():
                return self._jittered(_FIRST_DELAY, attempt)
            case _:
                return None

    def _jittered(self, first: float, attempt: int) -> float:
        bound: float = min(_MAX_DELAY, first * 2 ** (attempt - 1))
        return self.random() * bound


class RetryCounter:
    """Counts the tries of one request; those that only waited for a model to load do not count."""

    def __init__(self, policy: RetryPolicy, limits: TimeLimits) -> None:
        """A model may take `limits.first_event` seconds to load."""
        self._policy = policy
        self._patience = limits.first_event
        self._attempt = 1
        self._loaded_for = 0.0

    def schedule(self, error: ServiceError) -> RetryScheduled:
        """The next try after `error`.

        Raises:
            ServiceError: There is none; `error`, or where it can be waited for longer, how.
        """
        if isinstance(error, ModelLoading):
            return self._schedule_loading(error)
        delay = self._policy.delay(self._attempt, error)
        if delay is None:
            raise error
        self._attempt += 1
        return RetryScheduled(self._attempt, self._policy.max_attempts, delay, str(error))

    def _schedule_loading(self, error: ModelLoading) -> RetryScheduled:
        if self._loaded_for >= self._patience:
            raise ModelLoading(f"{error} {more_patience('first_event')}") from error
        least, usual, most = _LOADING_DELAYS
        delay = min(max(error.retry_after or usual, least), most)
        self._loaded_for += delay
        return RetryScheduled(self._attempt, 0, delay, str(error))


def more_patience(setting: str) -> str:
    """The sentence that names the setting whose time is over."""
    return f"The setting timeouts.{setting} of the service allows it more."


class TimedOut(Unreachable):
    """A limit was reached. The response may still come, so do not send a second request."""


class StreamTimeouts:
    """Awaits everything of one stream within its limits, and translates connection errors.

    Only time spent waiting counts, except for the limit on the whole: a slow reader is not the
    service's fault. `first_event` also bounds the time from one event to the next, so that a
    service that sends a byte of one now and then cannot go on for ever. A line that has ended, as
    of a comment, is a sign of life: the service works on, and the time begins anew.
    """

    def __init__(self, limits: TimeLimits, route: Route, *, ends_at: float | None = None) -> None:
        """`ends_at` is the moment of the loop's clock at which all must be over, if any."""
        self.has_begun = False
        """Has any byte of the stream come?"""
        self._limits = limits
        self._route = route
        self._ends_at = ends_at
        self._end_by: float | None = None
        self._waited = 0.0
        self._least = 0.0
        self._has_event = False

    def record_bytes(self, chunks: Iterable[bytes]) -> None:
        """Bytes came: from now on the limit on silence counts, too."""
        self.has_begun = True
        if any(map(holds_line_end, chunks)):
            self._waited = 0.0

    def record_event(self) -> None:
        """A whole event came, which is progress as bytes alone are not."""
        self._has_event = True
        self._waited = 0.0

    def expect_end(self, seconds: float) -> None:
        """The reply is complete: the connection must end within `seconds` of the first call."""
        if self._end_by is None:
            self._end_by = asyncio.get_running_loop().time() + seconds

    def expect_more(self) -> None:
        """The reply goes on, although it seemed complete."""
        self._end_by = None

    def allow_silence(self, *, working: bool) -> None:
        """Allow more silence than the settings do, while a tool of the service is `working`."""
        self._least = _WORKING_SECONDS if working else 0.0

    async def wait(self, awaited: Awaitable[T]) -> T:
        """The result of `awaited`, which may use the connection.

        Raises:
            Unreachable: The connection failed, or a limit was reached, before the stream began.
            ReplyCut: The same, after that.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        seconds, limit = min(self._remaining(started), key=itemgetter(0))
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                return await awaited
        except CONNECTION_ERRORS as error:
            is_late = scope.expired()
            failure = self._too_late(limit) if is_late else translate_error(error, self._route)
            raise (ReplyCut(str(failure)) if self.has_begun else failure) from error
        finally:
            self._waited += clock() - started
            # A traceback keeps this frame, and the scope the task that has the traceback: without
            # this, all of a stream that was cancelled waits for the garbage collector.
            del scope

    def _remaining(self, moment: float) -> list[tuple[float, str]]:
        """Seconds that are left of each limit; of equal ones, the first is to be told."""
        limits = self._limits
        found = [(max(limits.first_event, self._least) - self._waited, "first_event")]
        if self.has_begun:
            place = 0 if self._has_event else 1
            found.insert(place, (max(limits.idle, self._least), "idle"))
        if self._ends_at is not None:
            found.append((self._ends_at - moment, "total"))
        if self._end_by is not None:
            found.append((self._end_by - moment, "end"))
        return found

    def _too_late(self, limit: str) -> TimedOut:
        """What to say when a limit is over."""
        limits, service = self._limits, f"The service at {self._route}"
        first, idle = max(limits.first_event, self._least), max(limits.idle, self._least)
        if limit == "end":
            return TimedOut(f"{service} did not end its reply.")
        if limit == "idle":
            what = f"{service} fell silent for {idle:g} s in the middle of its reply."
        elif limit == "total":
            what = f"The reply of {self._route} took longer than the {limits.total:g} s allowed."
        elif self._has_event:
            what = f"{service} sent no whole event for {first:g} s, so the reply was cut there."
        else:
            what = f"{service} did not begin to answer within {first:g} s."
        return TimedOut(f"{what} {more_patience(limit)}")
