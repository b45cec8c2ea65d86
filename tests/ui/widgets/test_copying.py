"""What is copied of a message, however long it is."""

from fakegpt_tui.ui.widgets.copying import code_at, code_blocks
from tests.ui.widgets.transcript_app import MarkdownApp, drag, reply, show, shown

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


def test_the_code_around_a_mark_is_the_whole_block() -> None:
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
        head, end = drawn.index("│ a   │ b"), drawn.index("│ The end.")
        assert await drag(pilot, (6, head), (20, end)) == f"│ b\n{rows}\n\nThe end."
