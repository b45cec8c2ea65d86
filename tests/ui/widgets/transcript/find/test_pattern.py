"""Find in text behind bars and in tables."""

import pytest

from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.find.test_controller import found
from tests.ui.widgets.transcript.transcript_app import MarkdownApp, press, reply, show

QUOTE = "> Some words that are quoted and go over the end of the line, here and there."
ITEM_IN_QUOTE = "> - An item that is quoted, and goes on on the next line, too."
TABLE = """
| Name | What it is about | Remark |
|---|---|---|
| first | A long description that does not fit beside the others | It is shortened here |
| AnUnbrokenNameThatIsFarTooLongForAColumn | Short | none |
"""


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        (QUOTE, "quoted and go over", ["quoted and go", "over"]),
        (ITEM_IN_QUOTE, "goes on on the next", ["goes on", "on the next"]),
        (TABLE, "does not fit beside", ["does", "not fit", "beside"]),
        (TABLE, "it is shortened", ["It is", "shortened"]),
        (TABLE, "UnbrokenNameThat", ["UnbrokenN", "ameThat"]),
    ],
)
async def test_words_are_found_over_the_end_of_a_line(
    text: str, words: str, marked: list[str]
) -> None:
    app = MarkdownApp()
    async with app.run_test(size=(43, 24)) as pilot:
        await show(pilot, reply(0, text))
        await press(pilot, "slash", *("space" if letter == " " else letter for letter in words))
        assert found(app.transcript) == marked
        assert " 1/1 " in strips(app.transcript)[-1].text


async def test_matches_in_a_table_are_walked_from_the_top_down() -> None:
    app = MarkdownApp()
    rows = "| one and two and needle | a needle |\n"
    async with app.run_test(size=(24, 20)) as pilot:
        await show(pilot, reply(0, f"| a | b |\n|---|---|\n{rows}"))
        await press(pilot, "slash", *"needle", "enter")
        assert found(app.transcript) == ["needle", "needle"]
        for number in (1, 2, 1):
            assert f" {number}/2 " in strips(app.transcript)[-1].text
            await press(pilot, "n")


async def test_what_stands_in_two_cells_is_not_one_match() -> None:
    app = MarkdownApp()
    async with app.run_test(size=(43, 24)) as pilot:
        await show(pilot, reply(0, "| a | b |\n|---|---|\n| one | two |"))
        await press(pilot, "slash", *"one", "space", *"two")
        assert found(app.transcript) == []
        assert " not found " in strips(app.transcript)[-1].text
