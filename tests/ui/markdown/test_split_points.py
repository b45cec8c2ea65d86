from itertools import pairwise

import pytest

from fakegpt_tui.ui.markdown.split_points import find_split_points


def parts(text: str) -> list[str]:
    borders = [0, *find_split_points(text, 1), len(text)]
    return [text[start:end] for start, end in pairwise(borders)]


def test_text_is_cut_above_blocks_at_the_margin() -> None:
    text = "One.\n\n# Two\n\nThree\nfour\n\n\nFive"
    assert parts(text) == ["One.\n\n", "# Two\n\n", "Three\nfour\n\n\n", "Five"]


def test_what_begins_a_paragraph_is_a_border_and_what_may_go_on_is_none() -> None:
    text = "One.\n\n**Two**\n\n3 four\n\n(five)\n\n4. six\n\n* seven\n\n** *\n\n12"
    assert parts(text) == [
        "One.\n\n",
        "**Two**\n\n",
        "3 four\n\n",
        "(five)\n\n4. six\n\n* seven\n\n** *\n\n12",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```\ncode\n\nWord\n```\n",
        "~~~ a ` b\n\nWord\n",
        "````\n```\n\nWord\n",
        "- item\n\n  ```\n\nWord\n",
        "- ```\n  x\n  ```\n ```\n\nWord",
        "<think>\n\nWord\n",
        "<Details open>\n\nWord\n",
        " <details>\n\nWord\n\n- a\n  </details>\n\nWord\n",
        "<details>\n\n<details>\n\n</details>\n\nWord\n",
        "<details>\n\n```\n</details>\n```\n\nWord\n",
        "Word\n- item\n\n  more",
        "Word\x0b\x0bWord\n\nWord",
        "$$\n```\n\nWord\n\n```\nfoo\n\nbar",
        "\\[\nx\n<think>\n\nWord",
        "Word\n\r\r\nWord",
        "\n\n\nWord",
        "```\na\n\nWord\n```\r\r\n\nWord",
    ],
)
def test_no_cut_is_made_where_something_may_be_open(text: str) -> None:
    assert parts(text) == [text]


@pytest.mark.parametrize("sign", ["```", "~~~", "<think>", "</details>", "<details>", "$$", "\\["])
def test_a_sign_amid_a_line_hides_nothing(sign: str) -> None:
    text = f"Word {sign}\n\nWord\n\nWord"
    assert parts(text) == [f"Word {sign}\n\n", "Word\n\n", "Word"]


@pytest.mark.parametrize("sign", ["<", "$$", "~~~"])
def test_a_line_of_a_million_signs_is_looked_through_once(sign: str) -> None:
    # Looked through from each sign on, it would take minutes.
    text = "Word\n\nWord " + sign * (1_000_000 // len(sign)) + "\n\nWord"
    assert parts(text) == ["Word\n\n", text[6:-4], "Word"]


def test_what_is_closed_is_open_no_more() -> None:
    assert len(parts("```\ncode\n```\n\nWord")) == 2
    assert len(parts("<think>\n\nWord\n</think>\n\nWord")) == 2
    assert len(parts("<details>\n\n<details>\n\n</DETAILS>\n</details>\n\nWord")) == 2
    assert len(parts("Word\n\n<details><summary>a</summary>b</details>\n\nWord")) == 2
    assert len(parts("``` a`b\n\nWord")) == 2


def test_a_formula_hides_nothing_below_it() -> None:
    assert parts("$$\nx\n$$\n\nWord\n\n```\n\nx\n```\n\nWord") == [
        "$$\nx\n$$\n\n",
        "Word\n\n```\n\nx\n```\n\n",
        "Word",
    ]


def test_parts_are_not_small() -> None:
    text = "A word.\n\n" * 99
    borders = find_split_points(text, 50)
    assert all(later - one >= 50 for one, later in pairwise(borders))
