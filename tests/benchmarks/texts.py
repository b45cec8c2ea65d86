"""Answers of any length, in the shapes that cost different things."""

from collections.abc import Iterator

_PROSE = (
    "Some words about *one* thing and **another**, with `code` in it and a [link](https://"
    "example.org/page), and they go on for a while until the paragraph has come to its end."
)
_TOKEN = 5
_MOST_TOKENS = 2_000
"""The wire says all of a text again with each token, so that a long one comes in larger ones."""


def prose(size: int) -> str:
    return _filled(lambda number: f"{number}. {_PROSE}\n\n".replace(". ", ": ", 1), size)


def listed(size: int) -> str:
    return _filled(lambda number: f"- item {number} with *some* words and `code` in it\n", size)


def quote(size: int) -> str:
    return _filled(lambda number: f"> line {number} with *some* words and `code` in it\n", size)


def paragraph(size: int) -> str:
    return _filled(lambda number: f"Sentence {number} has *some* words and `code` in it. ", size)


def table(size: int) -> str:
    head = "| number | name | value |\n|---|---|---|\n"
    rows = _filled(lambda number: f"| {number} | name {number} | **{number * 7}** |\n", size)
    return (head + rows)[:size]


def fence(size: int) -> str:
    line = "def function_{0}(value: int) -> str:\n    return f'{{value}}'  # {0}\n"
    return ("```python\n" + _filled(line.format, size))[:size]


def mixed(size: int) -> str:
    def part(number: int) -> str:
        return (
            f"## Part {number}\n\n{_PROSE}\n\n- one\n- two\n  - three\n\n"
            f"```python\nx = {number}\nprint(x)\n```\n\n| a | b |\n|---|---|\n| 1 | {number} |\n\n"
        )

    return _filled(part, size)


SHAPES = {
    "prose": prose,
    "mixed": mixed,
    "list": listed,
    "table": table,
    "quote": quote,
    "paragraph": paragraph,
    "fence": fence,
}


def tokens(shape: str, size: int) -> Iterator[str]:
    """An answer in the pieces that a model would send."""
    text = SHAPES[shape](size)
    step = max(_TOKEN, size // _MOST_TOKENS)
    return (text[start : start + step] for start in range(0, len(text), step))


def _filled(part, size: int) -> str:
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(part(len(parts)))
        length += len(parts[-1])
    return "".join(parts)[:size]
