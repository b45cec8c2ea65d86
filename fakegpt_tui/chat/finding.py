"""Searching without anybody having to wait for it."""

import asyncio
from collections.abc import Sequence
from threading import Event

from fakegpt_tui.chat.search_query import parse_query
from fakegpt_tui.chat.store import ChatStore
from fakegpt_tui.domain import SearchHit, SearchQuery


async def search_store(
    store: ChatStore, text: str, *, limit: int, best_first: bool
) -> Sequence[SearchHit]:
    """What the store has of what was typed; cancelling stops the store, too."""
    query = parse_query(text)
    if query == SearchQuery():
        return ()
    stopped = Event()
    try:
        return await asyncio.to_thread(
            store.search, query, limit, best_first=best_first, stopped=stopped.is_set
        )
    finally:
        stopped.set()
