"""What replies cost is on them, in the header, and in sums on a page."""

from dataclasses import replace
from decimal import Decimal

from fakegpt_tui.domain import ReplyEnded, ServiceKind, TextDelta, Usage, UsageReported
from fakegpt_tui.ui.dialogs.usage import UsageScreen
from fakegpt_tui.ui.widgets.notice_box import show_in_dialog
from tests.stubs import SERVICE
from tests.ui.running import reply, running

PAID = replace(SERVICE, kind=ServiceKind.OPENAI, url="https://api.openai.com/v1", model="gpt-4o")
CHARGED = [TextDelta("Hi"), UsageReported(Usage(1200, 34, cost="0.0132")), ReplyEnded()]
PRICED = [TextDelta("Hi"), UsageReported(Usage(1_000_000, 0)), ReplyEnded()]


async def test_what_a_reply_was_charged_is_on_it_and_in_the_sums() -> None:
    async with running(CHARGED, CHARGED, service=PAID, size=(120, 30)) as it:
        await it.ask("x")
        await it.see("34 tokens · $0.01320")
        await it.ask("y")
        await it.until(lambda: it.header.endswith("1,234 tokens · $0.02640"))
        await it.command("/usage")
        await it.until(lambda: isinstance(it.app.screen, UsageScreen))
        await it.see("2 replies  2,400 + 68 tokens  $0.02640 (charged)")
        show_in_dialog(it.app.screen, "Another reply failed.")
        await it.see("Another reply failed.")
        await it.pilot.press("tab")
        await it.see("scripted gpt-4o  2 replies")
        rows = it.text.splitlines()
        last = next(place for place, row in enumerate(rows) if "by conversation" in row)
        assert "2 replies" in "".join(rows[:last]), "a notice takes the place of no row"
        assert "Another reply failed." in rows[last + 1]
        await it.pilot.press("tab")
        await it.see("by conversation")
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, UsageScreen))


async def test_what_is_not_counted_has_no_price_and_is_no_zero() -> None:
    async with running(reply("Hi"), service=replace(PAID, url="https://models.example.org")) as it:
        await it.ask("x")
        await it.see("Hi")
        await it.command("/usage")
        await it.see("1 reply  0 + 0 tokens  price unknown")
        assert "$0" not in it.text


async def test_a_budget_asks_once_and_keeps_what_was_typed() -> None:
    async with running(PRICED, PRICED, service=PAID, size=(140, 30)) as it:
        it.chat.spending.budget = Decimal("0.5")
        await it.ask("x")
        await it.see("≈ $2.50")
        await it.ask("again")
        await it.see("The budget of $0.5000 a month would be passed")
        assert it.prompt.text == "again"
        assert len(it.backend.requests) == 1
        await it.pilot.press("enter")
        await it.until(lambda: len(it.backend.requests) == 2)
