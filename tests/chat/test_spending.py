"""What was spent is summed by month, model and conversation, and a budget is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.price_book import PriceBook
from fakegpt_tui.chat.request_builder import new_prompt, new_reply
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.side_requests import SideRequest
from fakegpt_tui.chat.spending import OverBudget, Spending, SpendingGroup, cost_sentence
from fakegpt_tui.domain import (
    Conversation,
    MessageStatus,
    ModelRef,
    ReplyCut,
    ReplyEnded,
    Service,
    ServiceKind,
    TextDelta,
    Usage,
    UsageReported,
)
from fakegpt_tui.domain.prices import PriceRow, SpendingEntry, TokenPrices, reply_cost
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.chat.fake_chat import run
from tests.stubs import MemoryStore, connecting

KIND = ServiceKind.OPENAI
PAID = Service(name="paid", kind=KIND, url="https://api.openai.com/v1", model="gpt-4o-mini")
LOCAL = Service(name="local", kind=KIND, url="http://localhost:11434/v1", model="llama")
OTHER = Service(name="other", kind=KIND, url="https://models.example.org/v1", model="m")
SERVICES = {each.name: each for each in (PAID, LOCAL, OTHER)}
TODAY = date(2026, 11, 30)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def prices(
    service: Service, model: str = "", usage: Usage | None = None, at: datetime = NOON,
    **options: object,
):  # fmt: skip
    return PriceBook(SERVICES, **options).prices(service.name, model or service.model, at, usage)


def test_the_shipped_table_says_its_date_and_knows_models_by_pattern() -> None:
    found = prices(PAID)
    assert found is not None
    assert found.source == "of a table of 2026-11-30"
    assert 0 < found.input < found.output
    assert prices(PAID, "gpt-4o-mini-2024-07-18") == found
    assert prices(PAID, "no-such-model") is None


def test_this_machine_is_free_and_an_unknown_server_has_no_price() -> None:
    local = prices(LOCAL)
    assert local is not None
    assert (local.input, local.output) == (0, 0)
    assert prices(OTHER, "gpt-4o-mini") is None


def test_a_gateway_on_this_machine_is_as_dear_as_its_list_says() -> None:
    told = TokenPrices(Decimal(3), Decimal(4))
    assert prices(LOCAL, listed=lambda _service, _model: told) == told


def test_the_configuration_wins_over_the_list_of_the_service_and_that_over_the_table() -> None:
    mine, listed = TokenPrices(Decimal(1), Decimal(2)), TokenPrices(Decimal(3), Decimal(4))
    rows = [
        PriceRow(model="gpt-*", prices=mine, service="paid"),
        PriceRow(model="gpt-*", prices=listed, since=TODAY + timedelta(days=1)),
    ]
    assert prices(PAID, rows=rows) == mine
    assert prices(PAID, listed=lambda _service, _model: listed) == listed
    assert prices(OTHER, "gpt-x", rows=rows) is None


def test_another_tier_has_no_price_of_the_table() -> None:
    assert prices(PAID, usage=Usage(1, 1, tier="default")) == prices(PAID)
    assert prices(PAID, usage=Usage(1, 1, tier="priority")) is None


def test_a_tier_and_hours_of_the_day_have_prices_of_their_own() -> None:
    usual, flex, night = (TokenPrices(Decimal(n), Decimal(n)) for n in (1, 2, 3))
    rows = [
        PriceRow(model="gpt-*", prices=usual),
        PriceRow(model="gpt-*", prices=flex, tier="flex"),
        PriceRow(model="gpt-*", prices=night, hours=(time(16, 30), time(0, 30))),
    ]

    def priced(hour: int, tier: str = "") -> TokenPrices | None:
        at = NOON.replace(hour=hour).astimezone(timezone(timedelta(hours=5)))
        return prices(PAID, usage=Usage(1, 1, tier=tier), at=at, rows=rows)

    assert [priced(12), priced(16), priced(17), priced(0), priced(1)] == [
        usual, usual, night, night, usual]  # fmt: skip
    assert (priced(12, "default"), priced(17, "flex")) == (usual, flex)
    assert priced(12, "priority") is None
    listed = {"listed": lambda _service, _model: usual}
    assert prices(OTHER, usage=Usage(1, 1, tier="priority"), **listed) is None


def test_what_a_cache_keeps_for_an_hour_costs_more() -> None:
    claude = Service(name="claude", kind=ServiceKind.ANTHROPIC, url="https://api.anthropic.com")
    book = PriceBook({"claude": claude})
    found = book.prices("claude", "claude-3-haiku", NOON)
    assert found is not None
    assert found.cache_write_long == 2 * found.input
    short, long = Usage(0, 0, cache_write=100), Usage(0, 0, cache_write=100, cache_write_long=100)
    assert found.cost(long) == Decimal(200) * found.input / 1_000_000
    assert found.cost(short) != found.cost(long)
    unknown = replace(found, cache_write_long=None)
    assert str(reply_cost(long, unknown, is_whole=True)).startswith("at least ≈ ")
    assert str(reply_cost(short, unknown, is_whole=True)).startswith("≈ ")


def chat_with(
    store, *scripts, service: Service = PAID, budget: str | None = None, has_budget: bool = True
):
    book = PriceBook(SERVICES)
    return ChatService(
        lambda: store,
        SERVICES,
        connecting(ScriptedBackend(*scripts)),
        service=service.name,
        spending=lambda disk: Spending(disk, book, budget=Decimal(budget) if budget else None),
        has_budget=has_budget,
    )


COUNTED = [TextDelta("Hi"), UsageReported(Usage(1_000_000, 100)), ReplyEnded()]


async def test_sums_outlive_deleted_conversations(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "conversations.db") as store:
        chat = chat_with(store, COUNTED, [TextDelta("Hi"), ReplyCut("cut")])
        first, second = chat.conversations.create(), chat.conversations.create()
        await run(chat, chat.turns.new(first, "One"))
        await run(chat, chat.turns.new(second, "Two"))
        before = chat.spending.rows(SpendingGroup.MONTH)
        store.delete_conversation(first.id).result()
        assert chat.spending.rows(SpendingGroup.MONTH) == before
        (month,) = before
        assert (month.replies, month.prompt_tokens, month.reply_tokens) == (2, 1_000_000, 100)
        assert (month.cost.known, month.cost.unknown) == (1, 1)
        assert str(month.cost).startswith("at least ≈ $0.1")
        assert "1 without a price" in cost_sentence(month.cost)
        by_conversation = chat.spending.rows(SpendingGroup.CONVERSATION)
        assert [row.name[:8] for row in by_conversation] == ["deleted ", "Two"]
        (model,) = chat.spending.rows(SpendingGroup.MODEL)
        assert model.name == "paid gpt-4o-mini"


async def test_prices_are_looked_up_once_there_is_a_budget_or_a_sum_is_asked_for() -> None:
    chat = chat_with(MemoryStore(), COUNTED, has_budget=False)
    await run(chat, chat.turns.new(chat.conversations.create(), "One"))
    assert "spending" not in vars(chat)
    chat.spending.budget = Decimal("0.01")
    with pytest.raises(OverBudget):
        chat.turns.new(chat.conversations.create(), "Two")


async def test_temporary_conversations_are_counted_without_a_trace_of_what_was_said() -> None:
    store = MemoryStore()
    chat = chat_with(store, COUNTED, [TextDelta("Hi"), ReplyCut("cut")], COUNTED)
    secret = chat.conversations.create(temporary=True)
    await run(chat, chat.turns.new(secret, "One"))
    await run(chat, chat.turns.new(secret, "Two"))
    await chat.side_requests.ask(
        SideRequest(conversation_id=secret.id, service="paid", model="", purpose="summary",
                    instructions="Sum up.", text="One", max_tokens=9)
    )  # fmt: skip
    (row,) = chat.spending.rows(SpendingGroup.CONVERSATION)
    assert (row.name, row.replies) == ("temporary conversations", 3)
    assert (row.cost.known, row.cost.unknown) == (2, 1)
    assert (store.headers, store.nodes) == ({}, {})
    assert not [each for each in store.spending() if each.conversation_id or each.title]


async def test_a_temporary_conversation_keeps_to_the_budget() -> None:
    chat = chat_with(MemoryStore(), COUNTED, budget="0.1")
    secret = chat.conversations.create(temporary=True)
    await run(chat, chat.turns.new(secret, "One"))
    with pytest.raises(OverBudget):
        chat.turns.new(secret, "Two")


async def test_a_budget_asks_before_a_prompt_that_passes_it() -> None:
    store = MemoryStore()
    chat = chat_with(store, COUNTED, COUNTED, budget="0.1")
    conversation = chat.conversations.create()
    await run(chat, chat.turns.new(conversation, "One"))
    with pytest.raises(OverBudget, match="once more to pass it") as refused:
        chat.turns.new(conversation, "Two")
    assert "$0.1000 a month would be passed: ≈ $0.15" in str(refused.value)
    await run(chat, chat.turns.new(conversation, "Two"))
    with pytest.raises(OverBudget):
        chat.turns.new(conversation, "Three")


async def test_a_prompt_to_several_models_is_asked_about_once() -> None:
    chat = chat_with(MemoryStore(), COUNTED, COUNTED, COUNTED, budget="0.1")
    conversation = chat.conversations.create()
    await run(chat, chat.turns.new(conversation, "One"))
    models = [ModelRef("paid", "gpt-4o"), ModelRef("paid", "gpt-4o-mini")]
    with pytest.raises(OverBudget):
        chat.turns.new_parallel(conversation, "Two", models)
    for turn in chat.turns.new_parallel(conversation, "Two", models):
        await run(chat, turn)
    with pytest.raises(OverBudget):
        chat.turns.new(conversation, "Another prompt, of which nothing was asked yet")


async def test_a_queued_prompt_that_passes_the_budget_is_held() -> None:
    chat = chat_with(MemoryStore(), COUNTED, budget="0.1")
    conversation = chat.conversations.create()
    turn = chat.turns.new(conversation, "One")
    chat.turns.ask(conversation, "Two")
    await run(chat, turn)
    with pytest.raises(OverBudget):
        chat.turns.next_queued(conversation.id)
    (waiting,) = chat.queue.of(conversation.id)
    assert chat.queue.is_held(waiting.id)


async def test_a_service_of_this_machine_is_never_asked_about() -> None:
    chat = chat_with(MemoryStore(), COUNTED, service=LOCAL, budget="0.0001")
    await run(chat, chat.turns.new(chat.conversations.create(), "One"))
    assert str(chat.spending.this_month()) == "free"


async def test_a_model_that_is_not_named_is_as_dear_as_the_one_that_replied_last() -> None:
    unnamed = replace(LOCAL, model="")
    rows = [PriceRow(model="dear", prices=TokenPrices(Decimal(1), Decimal(2)))]
    book = PriceBook({unnamed.name: unnamed}, rows)
    assert book.prices(unnamed.name, "", NOON) is None
    store = MemoryStore()
    spending = Spending(lambda: store, book, budget=Decimal("0.01"), clock=lambda: NOON)
    asked = Conversation(id="c", service=unnamed.name, model="", created_at=NOON, updated_at=NOON)
    assert spending.problem([asked], 50_000) == ""
    entry = SpendingEntry(
        reply_id="r", conversation_id="", at=NOON, service=unnamed.name, model="dear",
        purpose="host", status=MessageStatus.COMPLETE, usage=Usage(1, 1), title="",
    )  # fmt: skip
    spending.record(entry)
    assert "this prompt costs about $0.05" in spending.problem([asked], 50_000)


async def test_last_month_is_not_this_month() -> None:
    store = MemoryStore()
    chat = chat_with(store, COUNTED)
    await run(chat, chat.turns.new(chat.conversations.create(), "One"))
    (reply,) = (each for each in store.nodes.values() if each.usage)
    store.nodes[reply.id] = replace(reply, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert str(chat.spending.this_month()) == ""
    assert [row.name for row in chat.spending.rows(SpendingGroup.MONTH)] == ["2020-01"]


def test_a_stopped_reply_has_an_unknown_price() -> None:
    book = PriceBook(SERVICES)
    store = MemoryStore()
    chat = chat_with(store)
    conversation = chat.conversations.create()
    prompt = new_prompt(conversation, "x", None)
    reply = replace(new_reply(conversation, prompt), usage=Usage(5, 5))
    assert str(book.reply(replace(reply, status=MessageStatus.STOPPED))) == "price unknown"
    assert str(book.reply(replace(reply, status=MessageStatus.COMPLETE))).startswith("≈")
    assert str(book.reply(prompt)) == ""
