"""Price book: what replies cost, by the service itself, `config.toml`, its list, or a dated table.

Nothing is fetched for it. `prices.json` is the table that ships with the program, with its date and
sources.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role, Service, ServiceKind, Usage
from fakegpt_tui.domain.prices import (
    USUAL_TIERS,
    Cost,
    PriceRow,
    SpendingEntry,
    TokenPrices,
    reply_cost,
    sum_costs,
)
from fakegpt_tui.fast_import import dataclass

_TABLE: Final = Path(__file__).with_name("prices.json")
_LOCAL: Final = re.compile(
    r"https?://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(?=[:/]|\Z)", re.IGNORECASE
)
_HOST: Final = re.compile(r"https?://([^/:]+)", re.IGNORECASE)
_LONG_WRITES: Final = {"api.anthropic.com": 2}
"""What a cache that keeps for an hour costs, by what is fresh (November 2026)."""

ListedPrices: TypeAlias = Callable[[Service, str], TokenPrices | None]


@dataclass(frozen=True, slots=True)
class _TablePrices:
    prices: TokenPrices
    most: int | None
    """A longer prompt has other prices."""


class PriceBook:
    """Says what a reply cost. Prices of the configuration win over those of a list or the table."""

    def __init__(
        self,
        services: Mapping[str, Service],
        rows: Sequence[PriceRow] = (),
        listed: ListedPrices = lambda _service, _model: None,
    ) -> None:
        """`listed` are the prices that a service's list of models told."""
        self._services = services
        self._rows = sorted(
            rows, key=lambda row: (row.since, len(row.model), row.hours is not None), reverse=True
        )
        self._listed = listed

    def names_model(self, service_name: str) -> bool:
        """Does the configuration say which model of a service replies?"""
        service = self._services.get(service_name)
        return service is not None and bool(service.model)

    def knows(self, service_name: str) -> bool:
        """Is there such a service in the configuration?"""
        return service_name in self._services

    def prices(
        self, service_name: str, model: str, at: datetime, usage: Usage | None = None
    ) -> TokenPrices | None:
        """The prices of a model at a time, for a reply of that `usage`; `None` where unknown."""
        service = self._services.get(service_name)
        model = model or (service.model if service else "")
        names = [name for name in (model, usage.served_model if usage else "") if name]
        tier = usage.tier if usage else ""
        for row in self._rows:
            if row.holds(service_name, names, tier, at):
                return row.prices
        if service is None:
            return None
        if service.kind is ServiceKind.EMBEDDED:
            return _FREE
        is_usual = tier in USUAL_TIERS
        # A gateway on this machine may tell what those behind it take.
        listed = self._listed_price(service, names) if is_usual else None
        if listed is not None:
            return listed
        if _LOCAL.match(service.url):
            return self._local_price(service_name, names)
        return _table_price(service.url, names, usage) if is_usual else None

    def _listed_price(self, service: Service, names: Sequence[str]) -> TokenPrices | None:
        found = (self._listed(service, name) for name in names)
        return next((each for each in found if each is not None), None)

    def _local_price(self, service_name: str, names: Sequence[str]) -> TokenPrices | None:
        """Nothing, but for a model that is not named, and may be one that has a price."""
        may_have = not names and any(row.service in {"", service_name} for row in self._rows)
        return None if may_have else _FREE

    def reply(self, message: ChatMessage) -> Cost:
        """What a reply or a summary cost; nothing for what was not asked for here."""
        is_asked_for = message.role is Role.ASSISTANT or message.summarizes
        if not (is_asked_for and self.knows(message.service)):
            return Cost()
        if not message.status.is_final:
            return Cost()
        return self._cost(
            message.service, message.model, message.created_at, message.status, message.usage
        )

    def conversation(self, messages: Iterable[ChatMessage]) -> Cost:
        """What all replies of a tree cost, variants included."""
        return sum_costs(map(self.reply, messages))

    def entry(self, entry: SpendingEntry) -> Cost:
        """What an entry of the ledger cost."""
        if entry.is_imported and not self.knows(entry.service):
            return Cost()
        return self._cost(entry.service, entry.model, entry.at, entry.status, entry.usage)

    def _cost(
        self, service: str, model: str, at: datetime, status: MessageStatus, usage: Usage | None
    ) -> Cost:
        prices = self.prices(service, model, at, usage)
        return reply_cost(usage, prices, is_whole=status is MessageStatus.COMPLETE)


_FREE: Final = TokenPrices(Decimal(0), Decimal(0), source="of this machine")


def _table_price(url: str, names: Sequence[str], usage: Usage | None) -> TokenPrices | None:
    host = _HOST.match(url)
    table = _table().get(host[1].casefold(), {}) if host else {}
    found = next((row for name in names if (row := _row(table, name)) is not None), None)
    if found is None:
        return None
    is_long = found.most is not None and usage and (usage.prompt_tokens or 0) > found.most
    return None if is_long else found.prices


def _row(table: Mapping[str, _TablePrices], name: str) -> _TablePrices | None:
    """The row of a model: of its very name, or else the longest pattern that fits."""
    if name in table:
        return table[name]
    fitting = [pattern for pattern in table if fnmatchcase(name, pattern)]
    return table[max(fitting, key=len)] if fitting else None


@cache
def _table() -> Mapping[str, Mapping[str, _TablePrices]]:
    content = json.loads(_TABLE.read_bytes())
    source = f"of a table of {content['date']}"
    return {
        host: {
            name: _table_prices(row, source, _LONG_WRITES.get(host)) for name, row in rows.items()
        }
        for host, rows in content["services"].items()
    }


def _table_prices(
    row: Sequence[str | int | None], source: str, long_writes: int | None
) -> _TablePrices:
    first, second, read, written, *most = row
    read_price, write_price = (None if each is None else Decimal(each) for each in (read, written))
    fresh = Decimal(first or 0)
    long = None if long_writes is None else fresh * long_writes
    prices = TokenPrices(fresh, Decimal(second or 0), read_price, write_price, source, long)
    return _TablePrices(prices, int(most[0] or 0) if most else None)
