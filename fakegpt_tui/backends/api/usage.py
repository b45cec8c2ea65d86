"""Token counts, which services report in many shapes, as disjoint numbers.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from fakegpt_tui.backends.api.json_values import count, table_of, word_of
from fakegpt_tui.domain import Usage

_LONGEST: Final = 30
_MOST_COST: Final = 1_000_000
_TICKS: Final = Decimal(10) ** 10
"""In which xAI counts a dollar."""


def read_usage(value: object) -> Usage | None:
    """The usage in the JSON of an event or a reply; `None` where nothing is told.

    What is told twice is taken from the more exact place, and impossible numbers count as unknown.
    """
    usage = table_of(value, "usage")
    prompt, output = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if prompt is None and output is None:
        return None
    details = table_of(usage, "prompt_tokens_details")
    read = _first(count(details, "cached_tokens"), count(usage, "prompt_cache_hit_tokens"))
    written = count(details, "cache_write_tokens")
    fresh = count(usage, "prompt_cache_miss_tokens")
    if fresh is None and prompt is not None:
        cached = (read or 0) + (written or 0)
        # What is more than all cannot be a part of it: such services count what is fresh alone.
        fresh = prompt - cached if cached <= prompt else prompt
    reasoning = count(table_of(usage, "completion_tokens_details"), "reasoning_tokens")
    return Usage(
        fresh,
        all_output(output, reasoning, prompt, count(usage, "total_tokens")),
        cache_read=read,
        cache_write=written,
        reasoning=reasoning,
        cost=charged(usage),
        tier=word_of(value, "service_tier"),
        served_model=word_of(value, "model"),
    )


def all_output(
    output: int | None, reasoning: int | None, prompt: int | None, total: int | None
) -> int | None:
    """The output with its reasoning, which some services count beside it."""
    if output is None or not reasoning:
        return output
    is_beside = total is not None and prompt is not None and total == prompt + output + reasoning
    return output + reasoning if is_beside or reasoning > output else output


def charged(usage: Mapping[str, object]) -> str:
    """What the service charged in dollars, as it writes it; empty where it does not say."""
    ticks = count(usage, "cost_in_usd_ticks")
    if ticks is not None:
        return format((Decimal(ticks) / _TICKS).normalize(), "f")
    value = usage.get("cost")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    try:
        cost = Decimal(str(value)[:_LONGEST])
    except InvalidOperation:
        return ""
    return format(cost, "f") if cost.is_finite() and 0 <= cost <= _MOST_COST else ""


def _first(*counts: int | None) -> int | None:
    return next((each for each in counts if each is not None), None)
