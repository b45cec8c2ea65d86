"""The snippet of `ask`: by its name, with values and an input from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from fakegpt_tui.attachments.snippets import INPUT, Snippet, blanks, clipboard_value, read_snippets
from fakegpt_tui.text import safe_line

_MAX_NAME = 60


def snippet_prompt(
    folder: Path, name: str, words: Sequence[str]
) -> tuple[str, Callable[[str], str]]:
    """The words that belong to the input of a snippet, and what makes its prompt of an input.

    Raises:
        UsageError: There is no such snippet, or a variable has neither a value nor a default.
        LoadError: The snippet needs the clipboard, which cannot be read.
    """
    snippet = _named(folder, name)
    values, rest = _split(snippet, words)
    if missing := snippet.missing(values):
        raise click.UsageError(
            f"The snippet {snippet.name} needs {blanks(missing)} in front of the prompt."
        )
    values |= asyncio.run(clipboard_value(snippet, values))
    return " ".join(rest), lambda text: snippet.complete(values | {INPUT: text})


def _named(folder: Path, name: str) -> Snippet:
    found = read_snippets(folder)
    snippet = found.named(name)
    if snippet is None:
        known = f"there is {', '.join(found.snippets)}" if found.snippets else "there are none"
        where = safe_line(str(folder), 1_000)
        raise click.UsageError(
            f"There is no snippet {safe_line(name, _MAX_NAME)!r} in {where}; {known}."
        )
    return snippet


def _split(snippet: Snippet, words: Sequence[str]) -> tuple[dict[str, str], Sequence[str]]:
    """Values from the first words, which the shell has taken out of their quotes, and the rest."""
    values: dict[str, str] = {}
    for place, word in enumerate(words):
        name, sign, value = word.partition("=")
        if not sign or name not in snippet.assignable:
            return values, words[place:]
        values[name] = value
    return values, ()
