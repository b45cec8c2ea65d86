"""Conversations on standard output: the formats of `list`, `search` and `show`, and filters."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from fakegpt_tui.cli.options import completing, option_group
from fakegpt_tui.cli.output import echo_json, echo_json_line
from fakegpt_tui.domain import Conversation
from fakegpt_tui.text import safe_line

_FORMATS = ("text", "md", "json", "jsonl")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>|#])")

format_option = click.option(
    "--format",
    "shape",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="text for people, Markdown, one JSON document, or one JSON object a line.",
)
limit_option = click.option(
    "-n", "--limit", type=click.IntRange(1, 10_000), metavar="COUNT", help="At most this many."
)


class DateType(click.ParamType[datetime]):
    """A year, a month or a day, as in 2026, 2026-11 or 2026-11-22."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from fakegpt_tui.chat.search import parse_date  # noqa: PLC0415 - not for --help

        found = value if isinstance(value, datetime) else parse_date(str(value))
        if found is None:
            self.fail("Give a year, a month or a day, such as 2026-11-22.", param, ctx)
        return found


filter_options = option_group(
    click.option("--pinned", is_flag=True, help="Only pinned ones."),
    click.option("--archived", is_flag=True, help="Only archived ones."),
    click.option(
        "--folder",
        metavar="PATH",
        help="Only in this folder, or one in it; / is none.",
        shell_complete=completing("folders"),
    ),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="NAME",
        help="Only with this tag; may be given several times.",
        shell_complete=completing("tags"),
    ),
    click.option("-m", "--model", metavar="NAME", help="Only with a model named like this."),
    click.option("--after", type=DateType(), metavar="DATE", help="Only from this day on."),
    click.option("--before", type=DateType(), metavar="DATE", help="Only before this day."),
)
"""Which conversations are meant; what `list` and `search` both know."""


def echo_items(
    items: Sequence[Any],
    shape: str,
    *,
    name: str,
    encode: Callable[[Any], dict[str, object]],
    lines: Callable[[Any], str],
    markdown: Callable[[Any], str],
) -> None:
    """Print items in one of the formats; in a document they are called `name`."""
    if shape == "json":
        echo_json({"version": 1, name: [encode(each) for each in items]})
    for item in items if shape != "json" else ():
        if shape == "jsonl":
            echo_json_line(encode(item))
        else:
            click.echo(markdown(item) if shape == "md" else lines(item))


def markdown_item(title: str, facts: str, quote: str = "") -> str:
    """An item of a Markdown list, in which nothing of a title is taken for a mark."""
    title, quote = (_MARKDOWN_SIGNS.sub(r"\\\1", safe_line(text)) for text in (title, quote))
    item = f"- {title} ({facts})"
    return f"{item}\n  > {quote}" if quote else item


def describe_conversation(conversation: Conversation, id_length: int) -> str:
    """A line about a conversation: id, time of the last change, what is special, and title."""
    special = _special(conversation)
    notes = f"({', '.join(special)}) " if special else ""
    head = f"{safe_line(conversation.id[:id_length])}  {to_minute(conversation.updated_at)}"
    return f"{head}  {notes}{safe_line(conversation.title)}"


def short_facts(conversation: Conversation, id_length: int) -> str:
    short_id = f"`{safe_line(conversation.id[:id_length])}`"
    return ", ".join((short_id, to_minute(conversation.updated_at), *_special(conversation)))


def _special(conversation: Conversation) -> list[str]:
    words = [word for word in ("pinned", "archived", "unread") if getattr(conversation, word)]
    places = (conversation.folder, *(f"#{tag}" for tag in conversation.tags))
    return [*words, *(safe_line(each) for each in places if each)]


def to_minute(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")
