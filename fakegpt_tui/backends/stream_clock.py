"""Waiting for a service, as long as the limits of its streams allow."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fakegpt_tui.domain import ReplyCut, RetryScheduled, ServiceError, TimeLimits, Unreachable
from fakegpt_tui.transport.clients import Route
from fakegpt_tui.transport.retries import RetryPolicy
from fakegpt_tui.transport.troubles import CONNECTION_ERRORS, translate_error

T = TypeVar("T")


class TimedOut(Unreachable):
    """A limit was reached. The answer may still come, so asking again would be asking twice."""


class StreamTimeouts:
    """Does all the waiting of one stream, and says in a sentence how it ended in trouble.

    Only time spent waiting counts, but for the limit on the whole: a reader that takes its time is
    not the service's fault. `first_event` also bounds the time from one event to the next, so that
    a service that sends a byte now and then does not go on for ever.
    """

    def __init__(self, limits: TimeLimits, route: Route, *, ends_at: float | None = None) -> None:
        """`ends_at` is the moment of the loop's clock at which all must be over, if any."""
        self.has_begun = False
        """Has any byte of the stream come?"""
        self._limits = limits
        self._route = route
        self._ends_at = ends_at
        self._waited = 0.0
        self._has_event = False

    def record_bytes(self) -> None:
        """The stream has begun: from now on silence is a trouble of its own."""
        self.has_begun = True

    def record_event(self) -> None:
        """A whole event came, which is progress as bytes alone are not."""
        self._has_event = True
        self._waited = 0.0

    async def wait(self, awaited: Awaitable[T]) -> T:
        """The result of `awaited`, which may use the connection.

        Raises:
            Unreachable: The connection failed, or a limit was reached, before the stream began.
            ReplyCut: The same, after that.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        seconds, sentence = min(self._remaining(started))
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                return await awaited
        except CONNECTION_ERRORS as error:
            if scope.expired():
                trouble: ServiceError = TimedOut(sentence)
            else:
                trouble = translate_error(error, self._route)
            raise (ReplyCut(str(trouble)) if self.has_begun else trouble) from error
        finally:
            self._waited += clock() - started

    def _remaining(self, moment: float) -> list[tuple[float, str]]:
        """Seconds that are left of each limit, and what to say when they are over."""
        limits = self._limits
        allowed = f"{limits.first_event:g} s"
        if self._has_event:
            slow = f"{self._service} sent no whole event for {allowed}, so the reply was cut there."
        else:
            slow = f"{self._service} did not begin to answer within {allowed}."
        found = [(limits.first_event - self._waited, slow)]
        if self.has_begun:
            silent = (
                f"{self._service} fell silent for {limits.idle:g} s in the middle of its reply."
            )
            found.append((limits.idle, silent))
        if self._ends_at is not None and limits.total is not None:
            whole = f"The reply of {self._route} took longer than the {limits.total:g} s allowed."
            found.append((self._ends_at - moment, whole))
        return found

    @property
    def _service(self) -> str:
        return f"The service at {self._route}"


def retry_or_raise(
    retries: RetryPolicy, attempt: int, clock: StreamTimeouts, trouble: ServiceError
) -> RetryScheduled:
    """When to ask again after try number `attempt` ended in `trouble`.

    Raises:
        ServiceError: `trouble` itself, where asking again would not help or would be asking twice.
    """
    delay = retries.delay(attempt, trouble)
    if delay is None or clock.has_begun or isinstance(trouble, TimedOut):
        raise trouble
    return RetryScheduled(attempt + 1, retries.max_attempts, delay, str(trouble))
