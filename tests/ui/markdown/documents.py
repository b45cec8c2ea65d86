"""Random documents, made of all that Markdown has and of what breaks it."""

import random

from hypothesis import strategies as st

_FRAGMENTS = [
        "word ", "**b** ", "*", "`c`", "\t",
        "漢字。", "👩\u200d👩", "e\u0301", "\n", "\n\n", "  \n", "\\\n",
        "# h\n", "===\n", "---\n", "- item\n", "  - n\n", "1. a\n", "2. b\n", "- [ ] t\n", "- ",
        "-        up **b**\n", "1.      up\n",
        "> q\n", ">> z\n", "> ", "```py\n", "```\n", "~~~\n", "'''\n", '"""\n', "    code\n",
        "| a | b |\n", "|---|:-:|\n", "| 1 | 2 |\n", "[l](http://x.y)", "[r]", "[r]: http://d\n",
        "$x^2$ ", "$x + y$ ", "https://x.y/__z__ ", "**重：**请",
        "$$\n", "\\[", "\\]\n", "$5 ", "[^1]", "[^1]: note\n", "[^1]:",
        "<think>", "<think>\n", "</think>\n", "\n\nAt the margin. ", "\n\n**At** 1", "\n\n12 at ",
        "<div>\n", "</p>\n", "<details>\n", "<summary>a", " </summary>\n", "</details>\n",
        "vec<T>", "&lt;", "&#8238;", "\x1b[0m", "\x00", "\r\n", "\x0b", "\u2028",
        "\u202e",
]  # fmt: skip
_LONG = [
        "- item\n" * 9,
        "-      lined *up*\n\n  1.       twice\n" * 5,
        "1. a\n\n   b\n" * 5,
        "```py\n" + "x = '''\n" * 93,
        "```\n" + "plain\n" * 90 + "```\n",
        "| a | b |\n|---|---|\n" + "| 1 | **2** |\n" * 50,
        "a sentence **with** `code` in it. " * 90,
        "a line of *text*\nand [more](http://x.y \"t t\")\n" * 60,
        "> quoted\n>\n" * 9,
        "- item\n  - [ ] sub\n\n    1. deep\n- item\ngoes on\n\n  more\n" * 4,
        "9. a\n10. b\n   - c\n\n   d\n11. e\n    ```\n    11. f\n\n    ```\n" * 3,
        "| a | b |\r\n|---|---|\r\n" + "| 1 \\| 1 |\r\n" * 60,
        "> quoted\n> text\n>\n> # h\n> - a\n>   b\n>\n> more\n" * 5,
        "~~~\n" + "code\n\n" * 900,
        "    code\n" * 39 + "\n\n" + "    code\n\n\n" * 30 + "\tcode\n" * 50,
        "<ul>\n" + "  <li>an *item*</li>\n" * 90 + "</ul>\n",
        "x" * 9_000,
        "漢字" * 700,
]  # fmt: skip
FRAGMENTS, LONG = st.sampled_from(_FRAGMENTS), st.sampled_from(_LONG)
DOCUMENTS = st.lists(FRAGMENTS, max_size=40).map("".join)
LONG_DOCUMENTS = st.lists(FRAGMENTS | LONG, max_size=6).map("".join)

_BLOCKS = st.sampled_from(
    [
        "- item\n", "- item\n", "- [x] t\n", "  - sub\n", "   - sub\n", "-\n", "- \n",
        "* star\n", "+ plus\n", "- - a\n", "- - -\n", "-     code\n", "-\ttab\n", "\t- tab\n",
        " - one\n", "1. a\n", "2. b\n", "3) c\n", "10. d\n", "11. e\n", "- ```\n", "  ```\n",
        "1. ```\n", "   ```\n", "- > q\n", "  > r\n", "- $$\n", "  $$\n", "- # h\n", "  more\n",
        "   more\n", "    more\n", "text\n", "text\n", "a | b\n", "a |\n", "| a | b |\n",
        "|---|---|\n", "| 1 | 2 |\n", "| 1 |\n", "# h\n", "---\n", "===\n", "***\n", "```py\n",
        "```\n", "~~~\n", "    code\n", "$$\n", "\\[\n", "> q\n", "> q\n", ">\n", "> - a\n",
        ">   b\n", "> ```\n", ">\tt\n", ">> z\n", "[r]: http://d\n", "[^1]: n\n", "<think>\n",
        "</think>\n", "text</think>\n", "<details>\n", "<Details open><summary>a\n",
        " <summary>a", "</summary>", " <details>\n", "</details>\n", " </details>\n",
        "\n", "\n", "\n", "\r\n", "  \n", "\x0b",
        "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 40,
    ]
)  # fmt: skip
BLOCKS = st.lists(_BLOCKS | LONG, min_size=2, max_size=25).map("".join)
"""Whole lines in any order, in which blocks begin, go on and end."""

_NASTY = st.sampled_from(
    [
        "words ", "words ", "some more words ", "word", "x" * 9, "x" * 31, "\n", "\n", "\n", "\n",
        "some words\n", "and more of them\n", "\r\n", "  \n", "\n\n", "漢字。", "*", "**", "_", "`",
        "``", "~~", "$", "$x^2", "[", "[a](", "](", ")", "](http://x.y)", "<", "<http://x", ">",
        "&", "&amp", ";", "\\", "</think>", "<think>", "<think>\n", "</think>\n", "\n<", "\n>",
        "<details>\n", "\n<details><summary>", "<summary>", "</summary>", "</details>\n",
        "\n> ", "\n-", "\n- ", "- ", "\n1", "\n1. ", "1", ".", "2. ", "\n#", "# ", "\n===", "===\n",
        "---", "---\n", "\n---", "\n-----------------------------", " a", "|", "| ", " | ",
        "a | b\n", "---|---\n", "---|---", "| a | b |\n", "|---|---|\n", "--- | --- | --- | ---",
        "a | b | c | d", "\n```", "```\n", "``` ", "\n$$", "$$\n", "\\[", "\\]\n", "\n    ", "\t",
        "\x0b", "\u2028", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
        "\u202e", "\u3000", "\n[r]: http://d\n", "[^1]", "\n[^1]: n\n", "* * * ", "+ ", ":", "===",
    ]
)  # fmt: skip
_FLOWING = st.sampled_from(
    ["words and words " * 4, "a line of text\n" * 5, "x" * 60, "漢字。" * 20]
)
NASTY = st.lists(_NASTY | _FLOWING, max_size=30).map("".join)
"""What may be taken for something else until more is known, near the ends of short fragments."""

QUOTES = st.builds(
    lambda text, mark: "> " + text.replace("\n", mark),
    NASTY,
    st.sampled_from(["\n> ", "\n>", "\n"]),
)
"""The same in a quote whose lines are marked, or only its first one."""

_WITHIN = st.sampled_from(
    [
        "- item", "- [ ] task", "- [x] done", "1. num", "10. ten", "* star", "-  two",
        "  - sub", "  1. one", "    - subsub", "    - [ ] st", "        - deep item",
        "- - twice", "- > quote", "- # h", "- ```", "- | a | b |", "-", "-     code",
        "-\ttab", "\ttab", "   para of words", "  more words and more words",
        "    words in sub", "     deep text", "  漢字。字。字。", "text", "lazy words",
        "  ```py", "  x = 1", "  ```", "   ```", "      code", "  > quote", "  > more",
        "  > - in quote", "  | a | b |", "  |---|---|", "  | 1 | 2 |", "  a | b",
        "  --|--", "  # head", "  ---", "  ===", "***", "  <think>", "</think>", "  $$",
        "  x^2", "  [r]: http://x", "  [r]", "  'title", "[^1]", "  [^1]: note",
        "> - quoted", ">   words of it", "> ", "> ```py", "> x = 1", "> | a | b |",
        "> |---|---|", "> | 1 | 2 |", ">   > qq", "> > more", "", "", "",
    ]
)  # fmt: skip
WITHIN = (
    st.lists(_WITHIN, min_size=3, max_size=14)
    .flatmap(lambda lines: st.lists(st.sampled_from(lines), min_size=5, max_size=40))
    .map("\n".join)
)
"""Lines within items and quotes, few of them and often, so that blocks in there are long."""


def nasty_text(chance: random.Random) -> str:
    """Such a document where nothing looks for the smallest one that fails."""
    return "".join(
        chance.choice(_LONG if chance.random() < 0.06 else _FRAGMENTS)
        for _ in range(chance.randint(1, 60))
    )
