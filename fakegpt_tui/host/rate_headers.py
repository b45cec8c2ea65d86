"""Rate headers: what the limits of a key leave it, in the words of each protocol."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from fakegpt_tui.domain import now

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
    return [
        (f"x-ratelimit-{name}-{rate.what}".encode(), value.encode())
        for rate in rates
        for name, value in (
            ("limit", str(rate.limit)),
            ("remaining", str(rate.left)),
            ("reset", f"{rate.seconds:.3f}s"),
        )
    ]


def message_rate_headers(rates: Iterable[RateLeft]) -> Headers:
    """As clients of the Messages protocol read them: `anthropic-ratelimit-requests-remaining`."""
    return [
        (f"anthropic-ratelimit-{rate.what}-{name}".encode(), value.encode())
        for rate in rates
        for name, value in (
            ("limit", str(rate.limit)),
            ("remaining", str(rate.left)),
            ("reset", _moment(rate.seconds)),
        )
    ]


def _moment(seconds: float) -> str:
    """The time in some seconds (RFC 3339)."""
    return (now() + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
