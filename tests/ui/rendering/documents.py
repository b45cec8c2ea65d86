"""Random documents, made of all that Markdown has and of what breaks it."""

from hypothesis import strategies as st

FRAGMENTS = st.sampled_from(
    [
        "word ", "**b** ", "*", "`c`", "\t",
        "漢字。", "👩\u200d👩", "e\u0301", "\n", "\n\n", "  \n", "\\\n",
        "# h\n", "===\n", "---\n", "- item\n", "  - n\n", "1. a\n", "2. b\n", "- [ ] t\n", "- ",
        "> q\n", ">> z\n", "> ", "```py\n", "```\n", "~~~\n", "'''\n", '"""\n', "    code\n",
        "| a | b |\n", "|---|:-:|\n", "| 1 | 2 |\n", "[l](http://x.y)", "[r]", "[r]: http://d\n",
        "$x^2$ ", "$$\n", "\\[", "\\]\n", "$5 ", "[^1]", "[^1]: note\n", "[^1]:",
        "<think>", "<think>\n", "</think>\n", "\n\nAt the margin. ", "\n\n**At** 1", "\n\n12 at ",
        "vec<T>", "&lt;", "&#8238;", "\x1b[0m", "\x00", "\r\n", "\x0b", "\u2028",
        "\u202e",
    ]
)  # fmt: skip
LONG = st.sampled_from(
    [
        "- item\n" * 9,
        "1. a\n\n   b\n" * 5,
        "```py\n" + "x = '''\n" * 93,
        "```\n" + "plain\n" * 90 + "```\n",
        "| a | b |\n|---|---|\n" + "| 1 | **2** |\n" * 50,
        "a sentence **with** `code` in it. " * 90,
        "a line of *text*\nand [more](http://x.y \"t t\")\n" * 60,
        "> quoted\n>\n" * 9,
        "x" * 9_000,
        "漢字" * 700,
    ]
)  # fmt: skip
DOCUMENTS = st.lists(FRAGMENTS, max_size=40).map("".join)
LONG_DOCUMENTS = st.lists(FRAGMENTS | LONG, max_size=6).map("".join)
