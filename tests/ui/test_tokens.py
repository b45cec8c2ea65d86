"""The numbers of tokens on replies and in the status bar."""

from dataclasses import replace
from decimal import Decimal

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.price_book import PriceBook
from fakegpt_tui.domain import (
    Model,
    ReplyEnded,
    Service,
    ServiceKind,
    TextDelta,
    Usage,
    UsageReported,
)
from fakegpt_tui.domain.prices import TokenPrices
from tests.stubs import SERVICE
from tests.ui.running import reply, running

COUNTED = [TextDelta("four " * 10), UsageReported(Usage(1200, 34)), ReplyEnded()]


async def test_what_a_service_counted_is_shown_as_it_is() -> None:
    async with running(COUNTED) as it:
        await it.ask("five " * 10)
        await it.see(" · 34 tokens")
        await it.until(lambda: it.header.endswith("1,234 tokens"))
        assert "≈" not in it.text


async def test_tokens_that_a_service_does_not_count_are_estimated() -> None:
    async with running(reply("four " * 10), COUNTED) as it:
        await it.ask("five " * 10)
        await it.see(" · ≈ 10 tokens")
        await it.until(lambda: it.header.endswith("≈ 20 tokens"))
        await it.ask("x")
        await it.until(lambda: it.header.endswith("  1,234 tokens"))
        await it.see("· 34 tokens")


async def test_the_estimate_is_at_most_the_context_window() -> None:
    async with running(reply("y" * 4_000), service=replace(SERVICE, window=600)) as it:
        await it.ask("five " * 10)
        await it.until(lambda: it.header.endswith("≈ 450 tokens · 75 %"))


async def test_a_new_conversation_has_cost_nothing() -> None:
    async with running(reply("y")) as it:
        await it.ask("x")
        await it.until(lambda: it.header.endswith("≈ 2 tokens"))
        await it.see("≈ 1 token")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "token" not in it.text)


async def test_a_list_of_models_that_tells_prices_prices_the_replies_before_it() -> None:
    api = replace(SERVICE, kind=ServiceKind.OPENAI)
    async with running(COUNTED, service=api) as it:

        def listed(service: Service, model: str) -> TokenPrices | None:
            known = it.chat.services.known_model(service.name, model)
            return known.prices if known else None

        it.chat.spending.book = PriceBook({api.name: api}, listed=listed)
        await it.ask("x")
        await it.until(lambda: it.header.endswith("1,234 tokens"))
        assert "$" not in it.text
        model = Model(api.model, prices=TokenPrices(Decimal(10), Decimal(1000)))
        it.backend.models = ScriptedBackend(models=(model,)).models
        await it.pilot.press("f6")
        await it.see("$10 in, $1000 out")
        await it.pilot.press("escape")
        await it.see("34 tokens · ≈ $0.046")
        assert it.header.endswith("≈ $0.04600")
