"""Search: parsing what is typed into a query, and running it in a thread."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from threading import Event
from typing import Any

from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.domain import SearchHit, SearchQuery
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates

_WORD = lazy_pattern(r'(?:"[^"]*"?|\S)+')
_DATE = lazy_pattern(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


def parse_query(text: str, zone: tzinfo | None = None) -> SearchQuery:
    """The query of any text: what is no filter, or none that makes sense, is to be found itself.

    Filters are `in:title`, `model:NAME`, `folder:PATH`, `tag:NAME`, `is:pinned`, `is:archived`,
    `before:DATE` and `after:DATE`, where a date is a year, a month or a day (2026, 2026-11,
    2026-11-22) of `zone`, or of this machine: `before:2026` ends with 2025, and `after:2026`
    begins with 2026 itself. In quotes a filter is text, and
    `folder:"My work"` has a value with spaces.
    """
    query = SearchQuery()
    words = []
    for word in _WORD.findall(replace_surrogates(text)):
        filtered = _apply_filter(query, word, zone)
        if filtered is None:
            words.append(word)
        else:
            query = filtered
    return replace(query, text=" ".join(words))


def _apply_filter(query: SearchQuery, word: str, zone: tzinfo | None) -> SearchQuery | None:
    """The query with the filter that `word` is, if it is one."""
    name, _, value = word.partition(":")
    value = value.replace('"', "")
    found: dict[str, Any] = {}
    match name.lower(), value.lower():
        case "in", "title":
            found = {"title_only": True}
        case "is", "pinned" | "archived" as state:
            found = {f"is_{state}": True}
        case "folder", _ if value:
            found = {"folder": value}
        case "tag", _ if value.strip("#"):
            found = {"tags": (*query.tags, value.strip("#"))}
        case "model", model if model:
            found = {"model": value}
        case "before" | "after" as field, _ if (time := parse_date(value, zone)) is not None:
            found = {field: time}
    return replace(query, **found) if found else None


def parse_date(text: str, zone: tzinfo | None = None) -> datetime | None:
    """When a year, a month or a day begins; nothing where the text is none."""
    date = _DATE.fullmatch(text)
    if date is None:
        return None
    year, month, day = (int(part or 1) for part in date.groups())
    try:
        time = datetime(year, month, day, tzinfo=zone)
        return time if zone is not None else time.astimezone()
    except (ValueError, OverflowError):
        return None


class Search:
    """Searches the conversations on disk; temporary ones are not found."""

    def __init__(self, store: ChatStore) -> None:
        self._store = store

    async def find(
        self, text: str, *, limit: int = 50, best_first: bool = False
    ) -> Sequence[SearchHit]:
        """Hits for any text that a person types; cancelling the task stops the search."""
        query = parse_query(text)
        if query == SearchQuery():
            return ()
        stopped = Event()
        try:
            return await asyncio.to_thread(
                self._store.search, query, limit, best_first=best_first, stopped=stopped.is_set
            )
        finally:
            stopped.set()

    def sent_prompts(self, limit: int = 1000) -> Sequence[str]:
        """The texts of earlier prompts, newest first, each of them once."""
        return self._store.prompts(limit)
