"""Code blocks: what is copied of them, and lines that are wider than the screen."""

import pytest

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.ui.widgets.transcript.code_blocks import code_at, code_blocks
from tests.ui.widgets.shown import shown as shown_exactly
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    drag,
    grow,
    press,
    reply,
    show,
    shown,
)

FENCE = "```py\nx = {0}\n```"
LONG = "\n\n".join(f"Paragraph {number}.\n\n{FENCE.format(number)}" for number in range(3_000))


def test_the_code_blocks_of_a_long_message_are_those_of_its_parts() -> None:
    blocks = list(code_blocks(LONG))
    assert [code for _, code in blocks] == [f"x = {number}\n" for number in range(3_000)]
    assert all(LONG[:end].rstrip("\n").endswith("```") for end, _ in blocks)


def test_code_blocks_are_read_from_where_they_are_asked_for() -> None:
    start = LONG.index("Paragraph 2000.")
    numbers = [int(code.removeprefix("x = ")) for _, code in code_blocks(LONG, start)]
    assert numbers == list(range(numbers[0], 3_000))
    assert 1_500 < numbers[0] <= 2_000


def test_the_code_around_a_copy_button_is_the_whole_block() -> None:
    start = LONG.index(FENCE.format(2_345))
    assert code_at(LONG, start, start + 6) == "x = 2345\n"


def test_an_indented_block_loses_its_indentation() -> None:
    text = "- item\n\n  ```\n  code\n  ```\n\nAnd more"
    assert [code for _, code in code_blocks(text)] == ["code\n"]


async def test_the_lines_between_the_rows_of_a_table_are_not_copied() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(30, 16)) as pilot:
        rows = "| one | a text that does not fit |\n| two | another that does not |"
        await show(pilot, reply(0, f"| a | b |\n|---|---|\n{rows}\n\nThe end."))
        drawn = shown(app.transcript)
        head, end = drawn.index("  a   │ b"), drawn.index("  The end.")
        assert await drag(pilot, (6, head), (20, end)) == f"│ b\n{rows}\n\nThe end."


WIDE = "x = " + "abcdefghij" * 9
TEXT = f"Before.\n\n```py\nshort\n{WIDE}\n```\n\nAfter."


async def test_code_wraps_until_it_is_to_be_cut() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        await show(pilot, reply(0, TEXT))
        wrapped = shown(app.transcript)
        assert any(line.startswith("  ↳") for line in wrapped)
        assert "cut" not in wrapped[4]
        assert app.transcript.toggle_code_wrap() is False
        await pilot.pause()
        cut = shown(app.transcript)
        assert cut[4].split() == ["py", "cut", "›", "copy"]
        assert [line[-1] == "›" for line in cut[5:7]] == [False, True]
        assert cut[8] == "  After."
        assert app.transcript.toggle_code_wrap() is True
        await pilot.pause()
        assert shown(app.transcript) == wrapped


async def test_what_is_cut_is_moved_as_far_as_it_goes_and_back() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        await show(pilot, reply(0, TEXT))
        await press(pilot, "greater_than_sign")
        app.transcript.toggle_code_wrap()
        await press(pilot, *["less_than_sign"])
        start = shown(app.transcript)
        await press(pilot, *["greater_than_sign"] * 9)
        end = shown(app.transcript)
        assert end[6].rstrip().endswith("hij")
        assert end[6].startswith("  ‹")
        await press(pilot, *["shift+left"] * 9)
        assert shown(app.transcript) == start


async def test_a_click_on_the_sign_moves_what_is_cut() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        await show(pilot, reply(0, TEXT))
        app.transcript.toggle_code_wrap()
        await pilot.pause()
        column = shown_exactly(app.transcript)[6].index("›")
        await pilot.click(app.transcript, offset=(column, 6))
        await pilot.pause()
        assert shown(app.transcript)[6].startswith("  ‹")
        await pilot.click(app.transcript, offset=(2, 6))
        await pilot.pause()
        assert shown(app.transcript)[6].startswith("   x = ")


async def test_the_signs_of_what_is_cut_are_not_copied() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        await show(pilot, reply(0, f"    {WIDE}"))
        app.transcript.toggle_code_wrap()
        await pilot.pause()
        row = next(y for y, line in enumerate(shown(app.transcript)) if line.endswith("cut ›"))
        assert await drag(pilot, (7, row), (38, row)) == WIDE[4:30]


async def test_the_choice_holds_for_what_comes_later_and_in_other_conversations() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        app.transcript.toggle_code_wrap()
        await show(pilot, reply(0, TEXT))
        assert "cut ›" in shown(app.transcript)[4]
        await show(pilot, reply(1, "", conversation_id="b"), conversation_id="b")
        growing = reply(1, TEXT[:60], conversation_id="b", status=MessageStatus.STREAMING)
        await grow(pilot, growing)
        await grow(pilot, reply(1, TEXT, conversation_id="b"))
        assert "cut ›" in shown(app.transcript)[4]


async def test_cutting_keeps_the_line_of_the_marked_message_where_it_is() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(40, 14)) as pilot:
        await show(pilot, *(reply(number, TEXT) for number in range(20)))
        await press(pilot, *["pageup"] * 4)
        await press(pilot, "K")
        row = next(y for y, line in enumerate(shown_exactly(app.transcript)) if line[:1] == "▶")
        for _ in range(4):
            app.transcript.toggle_code_wrap()
            await pilot.pause()
            assert shown_exactly(app.transcript)[row].startswith("▶")


@pytest.mark.parametrize("width", [28, 29, 30, 31, 32, 33])
async def test_code_that_is_selected_in_part_is_copied_as_it_was_written(width: int) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(width, 14)) as pilot:
        code = "if x:\n    go(left, right)  # to 漢字漢字漢字 and on\n    more()"
        await show(pilot, reply(0, f"Before.\n\n```py\n{code}\n```"))
        rows = shown(app.transcript)
        go, more = (
            next(y for y, row in enumerate(rows) if word in row) for word in ("go(", "more(")
        )
        start = rows[go].index("left"), go
        whole = "left, right)  # to 漢字漢字漢字 and on"
        assert rows[go + 1].startswith("  ↳")
        assert await drag(pilot, start, (8, more)) == f"{whole}\n    mo"
        assert await drag(pilot, (5, go + 1), (8, more)) in {
            f"{whole[at:]}\n    mo" for at in range(len(whole))
        }


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (reply(0, "so", reasoning="First:\n\n```py\nx = 1\n```\n"), "x = 1\n"),
        (reply(0, '{"a": [1, 2],\n "b": 3}'), '{"a": [1, 2],\n "b": 3}'),
    ],
    ids=["in thoughts", "of a reply in JSON"],
)
async def test_the_word_copy_copies_the_code_below_it(message: ChatMessage, code: str) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await show(pilot, message)
        if message.reasoning:
            await press(pilot, "space")
        rows = shown_exactly(app.transcript)
        y = next(number for number, row in enumerate(rows) if "copy" in row)
        await pilot.click(app.transcript, offset=(rows[y].index("copy"), y))
        await pilot.pause()
        assert app.copied == [(code, "code block")]
