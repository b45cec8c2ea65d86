"""Spending: sums by month, model or conversation, and a monthly budget to be asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fakegpt_tui.domain import RequestRefused, Usage, now
from fakegpt_tui.domain.prices import Cost, SpendingEntry, format_dollars, sum_costs
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.chat.price_book import PriceBook
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.domain import ChatMessage, Conversation

_EXPECTED_REPLY: Final = 500
"""Tokens that a reply is expected to have, where it has no limit."""


class SpendingGroup(StrEnum):
    """What spending is summed by."""

    MONTH = "month"
    MODEL = "model"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRow:
    """The sum of a month, a model or a conversation; tokens as far as they are known."""

    name: str
    replies: int
    prompt_tokens: int
    reply_tokens: int
    cost: Cost


class OverBudget(RequestRefused):
    """A prompt would pass the monthly budget, or it has been passed."""


class Spending:
    """Sums what was spent, and says when a prompt would pass the budget."""

    def __init__(
        self,
        store: Callable[[], ChatStore],
        book: PriceBook,
        *,
        budget: Decimal | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`budget` are dollars a month; months are those of the local time."""
        self._store = store
        self._clock = clock
        self.book = book
        self.budget = budget
        self.way_over = "Send it once more to pass it all the same."
        """What lets a person send what would pass the budget."""
        self._refused: tuple[str, int] | None = None

    def rows(self, group: SpendingGroup) -> list[SpendingRow]:
        """The sums, the newest first, or by what was spent the most."""
        groups: dict[str, list[SpendingEntry]] = {}
        for entry in self._entries(None):
            groups.setdefault(_name(entry, group), []).append(entry)
        rows = [self._row(name, entries) for name, entries in groups.items()]
        if group is SpendingGroup.MONTH:
            return sorted(rows, key=lambda row: row.name, reverse=True)
        return sorted(rows, key=lambda row: (row.cost.least, row.replies), reverse=True)

    def this_month(self) -> Cost:
        """What was spent since the first of the month."""
        return sum_costs(map(self.book.entry, self._entries(self._month_began)))

    @property
    def _month_began(self) -> datetime:
        local = self._clock().astimezone()
        return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def problem(self, asked: Sequence[Conversation], tokens: int) -> str:
        """Why a prompt should not be sent without asking; empty where nothing speaks against it.

        It goes to the service and model of each of `asked`, with about so many `tokens`.
        """
        if self.budget is None:
            return ""
        costs = [self._expected(each, tokens) for each in asked]
        if not any(cost is None or cost for cost in costs):
            return ""
        known = [cost for cost in costs if cost is not None]
        expected = sum(known, Decimal(0)) if len(known) == len(costs) else None
        spent = self.this_month()
        if spent.least + (expected or 0) <= self.budget:
            return ""
        about = "" if expected is None else f", and this prompt costs about {_about(expected)}"
        said = str(spent) if spent.least else "nothing that is known"
        return (
            f"The budget of {format_dollars(self.budget)} a month would be passed: "
            f"{said} was spent this month{about}."
        )

    def check(
        self, asked: Sequence[Conversation], tokens: Callable[[], int], *, may_repeat: bool
    ) -> None:
        """Refuse a prompt that would pass the budget; asked for once more at once, it may.

        Raises:
            OverBudget: It would.
        """
        if self.budget is None:
            return
        count = tokens()
        problem, this = self.problem(asked, count), (asked[0].id, count)
        is_repeated = may_repeat and self._refused == this
        self._refused = None if is_repeated or not problem else this
        if problem and not is_repeated:
            raise OverBudget(f"{problem} {self.way_over}" if may_repeat else problem)

    def record(self, entry: SpendingEntry) -> None:
        """Add what is no reply of a conversation's tree."""
        self._store().add_spending(entry)

    def record_temporary(self, reply: ChatMessage) -> None:
        """Add what a reply used that is nowhere on disk, without what was said."""
        self.record(
            SpendingEntry(
                reply_id=reply.id,
                conversation_id="",
                at=reply.created_at,
                service=reply.service,
                model=reply.model,
                purpose="temporary",
                status=reply.status,
                usage=reply.usage,
            )
        )

    def _expected(self, conversation: Conversation, tokens: int) -> Decimal | None:
        """About what a prompt costs; `None` where its price is unknown."""
        tier = Usage(tier=conversation.generation.service_tier)
        at = self._clock()
        prices = self.book.prices(conversation.service, self._model(conversation), at, tier)
        if prices is None:
            return None
        reply = min(conversation.generation.max_tokens or _EXPECTED_REPLY, _EXPECTED_REPLY)
        return prices.cost(Usage(fresh=tokens, output=reply))

    def _model(self, conversation: Conversation) -> str:
        """The model that will reply; if none is named, the one that replied last this month."""
        service = conversation.service
        if conversation.model or self.book.names_model(service):
            return conversation.model
        entries = [each for each in self._entries(self._month_began) if each.service == service]
        last = max(entries, key=lambda each: each.at, default=None)
        return last.model if last else ""

    def _entries(self, since: datetime | None) -> Iterable[SpendingEntry]:
        """The entries of the ledger, those left out that other programs made."""
        for entry in self._store().spending(since):
            if not entry.is_imported or self.book.knows(entry.service):
                yield entry

    def _row(self, name: str, entries: Sequence[SpendingEntry]) -> SpendingRow:
        usages = [each.usage for each in entries if each.usage is not None]
        return SpendingRow(
            name=name,
            replies=len(entries),
            prompt_tokens=sum(each.prompt_tokens or 0 for each in usages),
            reply_tokens=sum(each.output or 0 for each in usages),
            cost=sum_costs(map(self.book.entry, entries)),
        )


def _about(amount: Decimal) -> str:
    return format_dollars(amount) if amount else "nothing"


def _name(entry: SpendingEntry, group: SpendingGroup) -> str:
    match group:
        case SpendingGroup.MONTH:
            return f"{entry.at.astimezone():%Y-%m}"
        case SpendingGroup.MODEL:
            return f"{entry.service} {entry.model}".strip()
        case SpendingGroup.CONVERSATION:
            if not entry.conversation_id:
                is_host = entry.purpose == "host"
                return "replies for others" if is_host else "temporary conversations"
            return entry.title or f"deleted ({entry.conversation_id[:8]})"


def cost_sentence(cost: Cost) -> str:
    """A sum with what is missing of it, and where its prices are from."""
    missing = f"{cost.unknown} without a price" if cost.known and cost.unknown else ""
    source = f"prices {cost.source}" if cost.source else ""
    charged = "" if cost.priced or not cost.charged else "charged"
    notes = "; ".join(filter(None, (missing, source, charged)))
    return f"{cost} ({notes})" if notes and str(cost) else str(cost)
