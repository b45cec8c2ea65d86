"""What lists of models tell of a model: limits, thinking, pictures and prices, in all their forms.

Anthropic, OpenRouter, Ollama, llama.cpp, LM Studio, vLLM and others each have fields of their own;
a fact that is in none of them stays unknown.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fakegpt_tui.backends.api.json_values import table_of, window_of
from fakegpt_tui.domain.prices import TokenPrices

_LIMIT_NAMES: Final = (
    *("max_output_tokens", "max_completion_tokens", "max_tokens", "output_token_limit"),
)
_THINKING: Final = ("thinking", "reasoning", "reasoning_effort", "include_reasoning")
_SEEING: Final = ("vision", "image", "image_input", "multimodal")
_PER: Final = Decimal(1_000_000)
_LONGEST: Final = 30
_MAX_EFFORTS: Final = 20
_RISING: Final = ("off", "none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Levels of effort that many services have, the least first."""

_Item = Mapping[Any, object]


def capabilities(item: _Item) -> dict[str, Any]:
    """The fields of `Model` that an item of a list tells of."""
    words = set(_words(item))
    efforts = _efforts(item)
    return {
        "max_output": _limit(item),
        "thinks": _flag(item, _THINKING, words) or (True if efforts else None),
        "efforts": efforts,
        "sees": _flag(item, _SEEING, words),
        "prices": _prices(item),
    }


def _limit(item: _Item) -> int | None:
    for table in (item, table_of(item, "top_provider"), table_of(item, "limits")):
        for name in _LIMIT_NAMES:
            if (found := window_of(table.get(name))) is not None:
                return found
    return None


def _words(item: _Item) -> Iterator[str]:
    """What a model can do, where that is a list of words."""
    lists = (
        item.get("capabilities"),
        item.get("supported_parameters"),
        item.get("features"),
        table_of(item, "architecture").get("input_modalities"),
        item.get("input_modalities"),
        item.get("modalities"),
    )
    for found in lists:
        if isinstance(found, list):
            yield from (each.casefold() for each in found if isinstance(each, str))


def _flag(item: _Item, names: tuple[str, ...], words: set[str]) -> bool | None:
    """Does one of these stand among the words, or is it true or supported by a table?"""
    if words & set(names):
        return True
    table = table_of(item, "capabilities")
    told = [_told(table[name]) for name in names if name in table]
    known = [each for each in told if each is not None]
    if known:
        return any(known)
    # A list of words that has none of them says that it cannot.
    return False if words else None


def _told(value: object) -> bool | None:
    match value:
        case bool():
            return value
        case {"supported": bool(supported)}:
            return supported
        case {"types": dict(types)}:
            return any(_told(each) for each in types.values())
        case {"allowed_options": list(options)}:
            return any(each != "off" for each in options)
        case _:
            return None


def _efforts(item: _Item) -> tuple[str, ...]:
    """The levels of effort, the least first; as the service has them where a word is not known."""
    table = table_of(item, "capabilities")
    for found in (
        table_of(table, "reasoning").get("allowed_options"),
        table_of(item, "reasoning").get("supported_efforts"),
        item.get("reasoning_efforts"),
        item.get("supported_reasoning_levels"),
        _supported_efforts(table_of(table, "effort")),
    ):
        if isinstance(found, list) and found:
            named = (_effort_name(each) for each in found[:_MAX_EFFORTS])
            words = tuple(dict.fromkeys(filter(None, named)))
            return tuple(sorted(words, key=_RISING.index)) if set(words) <= set(_RISING) else words
    return ()


def _supported_efforts(table: _Item) -> list[object]:
    """Levels of a table that says beside them whether there are any."""
    if table.get("supported") is False:
        return []
    return [name for name, value in table.items() if name != "supported" and _told(value)]


def _effort_name(value: object) -> str:
    name = value.get("effort") if isinstance(value, Mapping) else value
    return name if isinstance(name, str) and name.isprintable() and len(name) < _LONGEST else ""


def _prices(item: _Item) -> TokenPrices | None:
    """Prices, which are told in dollars for one token as text; -1 means that it depends."""
    table = table_of(item, "pricing")
    prompt = _price(table, "prompt", "input")
    output = _price(table, "completion", "output")
    if prompt is None or output is None:
        return None
    return TokenPrices(
        prompt,
        output,
        _price(table, "input_cache_read", "cache_read"),
        _price(table, "input_cache_write", "cache_write"),
        "of the service's list",
    )


def _price(table: _Item, *names: str) -> Decimal | None:
    for name in names:
        value = table.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                price = Decimal(str(value)[:_LONGEST]) * _PER
            except InvalidOperation:
                continue
            return price if price.is_finite() and price >= 0 else None
    return None
