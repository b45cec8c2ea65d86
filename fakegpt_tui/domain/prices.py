"""Prices of tokens, and what replies cost: charged, priced, free, or unknown; never a guessed 0."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Final

from fakegpt_tui.domain.conversations import MessageStatus, Usage
from fakegpt_tui.fast_import import dataclass

_PER: Final = Decimal(1_000_000)
_DIGITS: Final = 4
_LEAST: Final = Decimal("0.0001")
_WHOLE_CENTS_FROM: Final = 1
USUAL_TIERS: Final = frozenset({"", "default", "standard", "auto", "on_demand", "standard_only"})
"""Other tiers of a service have other prices."""


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """Dollars for a million tokens; `None` where a price is unknown, and zero where it is free.

    `source` says where they come from, in a few words that can follow “prices”.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    source: str = ""
    cache_write_long: Decimal | None = None
    """Of what a cache keeps for an hour or longer."""

    def cost(self, usage: Usage) -> Decimal | None:
        """The cost of a whole reply; `None` if some of its tokens are unknown.

        What a cache took part in costs as much as what is fresh, where its price is unknown, and
        what it keeps for long as much as what it keeps.
        """
        if usage.fresh is None or usage.output is None:
            return None
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        long = write if self.cache_write_long is None else self.cache_write_long
        kept_long = min(usage.cache_write_long or 0, usage.cache_write or 0)
        parts = (
            (usage.fresh, self.input),
            (usage.cache_read or 0, read),
            ((usage.cache_write or 0) - kept_long, write),
            (kept_long, long),
            (usage.output, self.output),
        )
        return sum((count * price for count, price in parts), Decimal(0)) / _PER


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reply cost, or a sum of them, in dollars.

    `charged` is what services said, `priced` what follows from a list of prices; `unknown` counts
    replies whose cost is not known, so that the rest is the least that they can have cost.
    """

    charged: Decimal = Decimal(0)
    priced: Decimal = Decimal(0)
    unknown: int = 0
    known: int = 0
    source: str = ""

    @property
    def least(self) -> Decimal:
        """What is known to have been spent."""
        return self.charged + self.priced

    def __add__(self, other: "Cost") -> "Cost":
        sources = dict.fromkeys(filter(None, (*self.source.split("; "), other.source)))
        return Cost(
            self.charged + other.charged,
            self.priced + other.priced,
            self.unknown + other.unknown,
            self.known + other.known,
            "; ".join(sources),
        )

    def __str__(self) -> str:
        """As in “$0.0132”, “≈ $0.013”, “at least $0.42” or “price unknown”; empty for nothing."""
        if not self.known:
            return _UNKNOWN if self.unknown else ""
        if not self.least:
            return _UNKNOWN if self.unknown else _FREE
        amount = f"{'≈ ' if self.priced else ''}{format_dollars(self.least)}"
        return f"at least {amount}" if self.unknown else amount


_FREE: Final = "free"
_UNKNOWN: Final = "price unknown"
UNKNOWN_COST: Final = Cost(unknown=1)
FREE: Final = Cost(known=1)


def sum_costs(costs: Iterable[Cost]) -> Cost:
    return sum(costs, Cost())


def reply_cost(usage: Usage | None, prices: TokenPrices | None, *, is_whole: bool) -> Cost:
    """The cost of a reply. It is unknown if the reply was stopped or failed and is not free."""
    if usage is not None and usage.cost:
        return Cost(charged=Decimal(usage.cost), known=1)
    if prices is not None and not (prices.input or prices.output):
        return FREE
    if usage is None or prices is None or not is_whole:
        return UNKNOWN_COST
    amount = prices.cost(usage)
    if amount is None:
        return UNKNOWN_COST
    # Searches of the web are charged beside the tokens, at prices that no list here has.
    is_least = bool(usage.searches) or (
        bool(usage.cache_write_long) and prices.cache_write_long is None
    )
    return Cost(priced=amount, unknown=is_least, known=1, source=prices.source)


def format_dollars(amount: Decimal) -> str:
    """Four digits that count, and never a rounded nothing."""
    if 0 < amount < _LEAST:
        return f"< ${_LEAST}"
    if amount >= _WHOLE_CENTS_FROM:
        return f"${amount:,.2f}"
    digits = max(2, _DIGITS - 1 - amount.adjusted()) if amount else 2
    return f"${amount:.{min(digits, 6)}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """Prices of the models whose names `model` matches at a service, from a day on.

    In `model` a `*` stands for anything; an empty `service` is any. They hold for replies of a
    service `tier`, which is the usual one where it is empty, and within `hours` of the day in UTC,
    which may span midnight.
    """

    model: str
    prices: TokenPrices
    service: str = ""
    since: date = date.min
    tier: str = ""
    hours: tuple[time, time] | None = None

    def holds(self, service: str, names: Iterable[str], tier: str, at: datetime) -> bool:
        """Are these the prices of a reply at that time, by a model with one of the names?"""
        is_tier = tier == self.tier or (not self.tier and tier in USUAL_TIERS)
        is_there = self.service in ("", service) and is_tier and self.since <= at.date()
        return is_there and self._holds_at(at) and any(fnmatchcase(n, self.model) for n in names)

    def _holds_at(self, at: datetime) -> bool:
        if self.hours is None:
            return True
        first, last = self.hours
        now = at.astimezone(UTC).time()
        return first <= now < last if first <= last else now >= first or now < last


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingEntry:
    """A row of the ledger: one reply, title or summary that a service was asked for.

    It stays when its conversation is deleted; `title` is empty then. With `is_imported` the reply
    was there before there was a ledger, and may be of another program.
    """

    reply_id: str
    conversation_id: str
    at: datetime
    service: str
    model: str
    purpose: str = "reply"
    status: MessageStatus = MessageStatus.COMPLETE
    usage: Usage | None = None
    title: str = ""

    @property
    def is_imported(self) -> bool:
        return self.purpose == "earlier"
