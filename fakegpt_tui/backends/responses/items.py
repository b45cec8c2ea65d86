"""Items of a response: their texts, citations, searches, and the token counts beside them."""

from collections.abc import Iterator, Mapping
from typing import Final

from fakegpt_tui.backends.api.json_values import count, table_of, word_of
from fakegpt_tui.backends.api.usage import all_output, charged
from fakegpt_tui.domain import Usage

_TEXT_KEYS: Final = ("text", "refusal")


def message_texts(item: dict[str, object]) -> list[str]:
    """The text of each part of a message."""
    content = item.get("content")
    if isinstance(content, str):
        return [content]
    return [_text(part) for part in content] if isinstance(content, list) else []


def texts_of(item: dict[str, object]) -> Iterator[str]:
    """The thoughts of a reasoning item, or else their summary."""
    for name in ("content", "summary"):
        parts = item.get(name)
        texts = [_text(part) for part in parts] if isinstance(parts, list) else []
        if any(texts):
            yield from filter(None, texts)
            return


def find_citations(item: dict[str, object]) -> list[object]:
    """The annotations of all parts of a message."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    found: list[object] = []
    for part in parts:
        match part:
            case {"annotations": list(annotations)}:
                found += annotations
            case _:
                pass
    return found


def is_refusal(item: dict[str, object]) -> bool:
    """Does a message say that the model refuses?"""
    match item.get("content"):
        case [{"type": "refusal"}, *_]:
            return True
        case _:
            return False


def search_query(item: dict[str, object]) -> str:
    """What a search of the web looked for, or the page that it opened."""
    match item.get("action"):
        case {"query": str(query)} if query:
            return query
        case {"queries": [str(query), *_]}:
            return query
        case {"pattern": str(pattern), "url": str(url)}:
            return f"{pattern} in {url}"
        case {"url": str(url)}:
            return url
        case _:
            return ""


def read_usage(response: Mapping[str, object]) -> Usage | None:
    """The usage of a response; what was cached is a part of what it calls the input."""
    usage = table_of(response, "usage")
    prompt, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    if prompt is None and output is None:
        return None
    details = table_of(usage, "input_tokens_details")
    read, written = count(details, "cached_tokens"), count(details, "cache_write_tokens")
    cached = (read or 0) + (written or 0)
    reasoning = count(table_of(usage, "output_tokens_details"), "reasoning_tokens")
    return Usage(
        prompt if prompt is None or cached > prompt else prompt - cached,
        all_output(output, reasoning, prompt, count(usage, "total_tokens")),
        cache_read=read,
        cache_write=written,
        reasoning=reasoning,
        searches=count(table_of(table_of(response, "tool_usage"), "web_search"), "num_requests"),
        cost=charged(usage),
        tier=word_of(response, "service_tier"),
        served_model=word_of(response, "model"),
    )


def _text(part: object) -> str:
    fields = part if isinstance(part, dict) else {}
    return next((text for key in _TEXT_KEYS if isinstance(text := fields.get(key), str)), "")
