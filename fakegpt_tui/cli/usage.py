"""`usage`: tokens and money, by month, model or conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fakegpt_tui.cli.options import file_options, json_option, settings_of
from fakegpt_tui.cli.output import echo_json
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.spending import SpendingRow

_LONGEST_NAME = 48


@click.command()
@click.option(
    "--by",
    "group",
    type=click.Choice(["month", "model", "conversation"]),
    default="month",
    show_default=True,
    help="What is summed.",
)
@json_option
@file_options
@click.pass_context
def usage(context: click.Context, *, group: str, as_json: bool) -> None:
    """Print how many tokens were used, and what they cost as far as that is known.

    A sum is “at least” so much where a part of it has no price. Nothing is fetched for it.
    """
    settings = settings_of(context)
    from fakegpt_tui.chat.spending import SpendingGroup  # noqa: PLC0415 - not for --help
    from fakegpt_tui.cli.composition import open_spending, open_store  # noqa: PLC0415 - as above

    with open_store(settings) as store:
        rows = open_spending(settings, lambda: store).rows(SpendingGroup(group))
    if as_json:
        echo_json({"version": 1, "by": group, "rows": [_document(row) for row in rows]})
        return
    for row in rows:
        click.echo(_line(row))


def _line(row: SpendingRow) -> str:
    from fakegpt_tui.chat.spending import cost_sentence  # noqa: PLC0415 - as above

    name = safe_line(row.name, _LONGEST_NAME)
    replies = f"{row.replies:,} {'reply' if row.replies == 1 else 'replies'}"
    tokens = f"{row.prompt_tokens:,} + {row.reply_tokens:,} tokens"
    return f"{name}  {replies}  {tokens}  {cost_sentence(row.cost)}".rstrip()


def _document(row: SpendingRow) -> dict[str, object]:
    cost = row.cost
    return {
        "name": row.name,
        "replies": row.replies,
        "prompt_tokens": row.prompt_tokens,
        "reply_tokens": row.reply_tokens,
        "dollars": format(cost.least, "f") if cost.known else None,
        "charged": format(cost.charged, "f"),
        "is_least": bool(cost.unknown),
        "replies_without_price": cost.unknown,
        "prices": cost.source or None,
    }
