"""Emoji of several characters take the cells that were laid out, whatever the terminal knows."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fakegpt_tui.ui.terminal.cell_widths import EmojiSupport

EMOJI = [
    "❤",
    "👩",
    "👨",
    "💻",
    "☎",
    "🏳",
    "🌈",
    "⛹",
    "♂",
    "1",
    "#",
    "👍",
    "a",
    "é",
    "漢",
    " ",
    "क",
    "ष",
]
TIED = ["\ufe0f", "\u200d", "🏽", "🏿", "\u20e3", "\u0301", "\u094d"]
TEXTS = st.lists(st.sampled_from(EMOJI + TIED), max_size=12).map("".join)
ALL = "❤️ 👩🏽\u200d💻 🏳️\u200d🌈 1️⃣ 👍🏿 ⛹\u200d♂️"
COMPOSING = st.builds(
    EmojiSupport,
    joins_sequences=st.booleans(),
    skin_tones=st.booleans(),
    variation_selectors=st.booleans(),
)


@pytest.mark.parametrize(
    ("composing", "shown"),
    [
        (EmojiSupport(), ALL),
        (EmojiSupport(variation_selectors=False), "❤  👩🏽\u200d💻 🏳\u200d🌈  1⃣  👍🏿 ⛹\u200d♂ "),
        (EmojiSupport(joins_sequences=False), "❤️ 👩🏽 🏳️ 1️⃣ 👍🏿 ⛹ "),
        (EmojiSupport(skin_tones=False), "❤️ 👩\u200d💻 🏳️\u200d🌈 1️⃣ 👍 ⛹\u200d♂️"),
        (EmojiSupport(False, False, False), "❤  👩 🏳  1⃣  👍 ⛹ "),
    ],
)
def test_what_is_not_known_is_written_simply(composing: EmojiSupport, shown: str) -> None:
    assert composing.simplify(ALL) == shown


@pytest.mark.parametrize("text", ["", "plain", "é — ①", "क\u094d\u200dष", "🇩🇪 👍 e\u0301"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert EmojiSupport(False, False, False).simplify(text) == text


@given(TEXTS, COMPOSING)
@settings(deadline=None)
def test_it_is_as_wide_as_it_was(text: str, composing: EmojiSupport) -> None:
    assert cell_len(composing.simplify(text)) == cell_len(text)
    assert composing.simplify(composing.simplify(text)) == composing.simplify(text)


@given(st.lists(st.sampled_from(ALL.split()), max_size=6).map(" ".join))
@settings(deadline=None)
def test_a_terminal_that_composes_nothing_shows_it_in_as_many_cells(text: str) -> None:
    shown = EmojiSupport(False, False, False).simplify(text)
    cells = {"W": 2, "Mn": 0, "Me": 0, "Cf": 0}
    widths = (
        cells.get(unicodedata.category(each), cells.get(unicodedata.east_asian_width(each), 1))
        for each in shown
    )
    assert sum(widths) == cell_len(text)
