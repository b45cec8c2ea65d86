"""JSON values of services, read by name: tables, short texts, counts of tokens, usage, costs."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fakegpt_tui.domain import Usage
from fakegpt_tui.protocol.error_body import parse_json

_MOST: Final = 10**12
_LONGEST: Final = 30
_LONGEST_WORD: Final = 200
_LARGEST_WINDOW: Final = 10**9
_END_MARKER: Final = "[DONE]"


def unquoted(data: str) -> str:
    """The JSON in the quotes of an event that was encoded twice; any other data as it is."""
    inner = parse_json(data)
    is_event = isinstance(inner, str) and inner.lstrip().startswith(("{", _END_MARKER))
    return inner if isinstance(inner, str) and is_event else data


def count(table: Mapping[str, object], name: str) -> int | None:
    """A count in a table: a whole number that can be one, also as text."""
    value = table.get(name)
    if isinstance(value, str) and len(value) <= _LONGEST and value.isascii() and value.isdecimal():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_count and 0 <= value <= _MOST else None


def window_of(value: object) -> int | None:
    """A number of tokens that a model takes or gives; nothing for what cannot be one."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_whole and 1 < value < _LARGEST_WINDOW else None


def as_table(value: object) -> Mapping[str, Any]:
    """The value where it is a table, or else an empty one."""
    return value if isinstance(value, Mapping) else {}


def table_of(value: object, name: str) -> Mapping[str, Any]:
    """The table of that name in a value; empty where there is none."""
    return as_table(as_table(value).get(name))


def word_of(value: object, name: str) -> str:
    """The short text of that name in a value; empty where there is none."""
    found = as_table(value).get(name)
    return (
        found
        if isinstance(found, str) and len(found) <= _LONGEST_WORD and found.isprintable()
        else ""
    )


_LONGEST_COST: Final = 30
_MOST_COST: Final = 1_000_000
_TICKS: Final = Decimal(10) ** 10
"""In which xAI counts a dollar."""


def read_usage(
    value: object, prompt_name: str = "prompt", output_name: str = "completion"
) -> Usage | None:
    """The usage in the JSON of an event or a reply; `None` where nothing is told.

    What is told twice is taken from the more exact place, and impossible numbers count as unknown.
    """
    usage = table_of(value, "usage")
    prompt, output = (count(usage, f"{name}_tokens") for name in (prompt_name, output_name))
    if prompt is None and output is None:
        return None
    details = table_of(usage, f"{prompt_name}_tokens_details")
    read = count(details, "cached_tokens")
    if read is None:
        read = count(usage, "prompt_cache_hit_tokens")
    written = count(details, "cache_write_tokens")
    fresh = count(usage, "prompt_cache_miss_tokens")
    if fresh is None and prompt is not None:
        cached = (read or 0) + (written or 0)
        # What is more than all cannot be a part of it: such services count what is fresh alone.
        fresh = prompt - cached if cached <= prompt else prompt
    reasoning = count(table_of(usage, f"{output_name}_tokens_details"), "reasoning_tokens")
    return Usage(
        fresh,
        _all_output(output, reasoning, prompt, count(usage, "total_tokens")),
        cache_read=read,
        cache_write=written,
        reasoning=reasoning,
        cost=charged(usage),
        tier=word_of(value, "service_tier"),
        served_model=word_of(value, "model"),
    )


def _all_output(
    output: int | None, reasoning: int | None, prompt: int | None, total: int | None
) -> int | None:
    """The output with its reasoning, which some services count beside it."""
    if output is None or not reasoning:
        return output
    is_beside = total is not None and prompt is not None and total == prompt + output + reasoning
    return output + reasoning if is_beside or reasoning > output else output


def charged(usage: Mapping[str, object]) -> str:
    """The dollars that the service charged, as it writes them; empty where it does not say."""
    ticks = count(usage, "cost_in_usd_ticks")
    if ticks is not None:
        return format((Decimal(ticks) / _TICKS).normalize(), "f")
    value = usage.get("cost")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    try:
        cost = Decimal(str(value)[:_LONGEST_COST])
    except InvalidOperation:
        return ""
    return format(cost, "f") if cost.is_finite() and 0 <= cost <= _MOST_COST else ""
