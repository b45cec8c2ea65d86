"""Rows of a transcript that are drawn, and drawn again."""

from dataclasses import replace

from textual.strip import Strip

from fakegpt_tui.domain import MessageStatus
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    drag,
    grow,
    press,
    reply,
    show,
)

WORDS = "word " * 60
GROWING = reply(0, WORDS, status=MessageStatus.STREAMING)


def rows(app: MarkdownApp) -> list[Strip]:
    return strips(app.transcript)


async def test_a_line_that_says_the_same_is_the_same_row_however_its_paragraph_grows() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 12)) as pilot:
        await show(pilot, GROWING)
        before = rows(app)
        await grow(pilot, replace(GROWING, text=f"{WORDS}and more"))
        same = [one is other for one, other in zip(before, rows(app), strict=True)]
        assert same[:6] == [True] * 6


async def test_a_line_that_says_something_else_is_another_row() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 5)) as pilot:
        await show(pilot, replace(GROWING, text="one"))
        before = rows(app)
        await grow(pilot, reply(0, "one two"))
        assert before[2].text.strip() == "one"
        assert rows(app)[2].text.strip() == "one two"


async def test_no_row_is_kept_of_what_is_out_of_view() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 3)) as pilot:
        await show(pilot, reply(0, WORDS))
        app.transcript.action_first()
        before = rows(app)
        app.transcript.action_move(3)
        app.transcript.action_first()
        assert rows(app) == before
        assert rows(app)[2] is not before[2]


async def test_what_is_selected_or_found_of_reasoning_is_what_is_marked() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 8)) as pilot:
        await show(pilot, reply(0, "so", reasoning="think of things"))
        await press(pilot, "space")
        assert await drag(pilot, (4, 3), (8, 3)) == "think"
        app.screen.clear_selection()
        await press(pilot, "slash", *"things")
        found = [each.text for each in rows(app)[3] if each.style and each.style.underline]
        assert found == ["things"]
