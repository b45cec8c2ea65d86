"""From the search box to the store."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.chat.search import parse_query
from fakegpt_tui.domain import SearchHit, SearchQuery
from tests.chat.fake_chat import service_of
from tests.patience import PATIENCE
from tests.stubs import MemoryStore

HIT = SearchHit(
    conversation_id="c", message_id="m", title="T", snippet="s", created_at=datetime.now(UTC)
)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("two words", SearchQuery(text="two words")),
        ("  ", SearchQuery()),
        ("in:title rust", SearchQuery(text="rust", title_only=True)),
        ("rust IN:Title", SearchQuery(text="rust", title_only=True)),
        ("model:gpt-4 is:pinned x", SearchQuery(text="x", model="gpt-4", is_pinned=True)),
        ('model:"my model" is:archived', SearchQuery(model="my model", is_archived=True)),
        ("folder:Work/2026 x", SearchQuery(text="x", folder="Work/2026")),
        ('folder:"My work" tag:#a tag:b', SearchQuery(folder="My work", tags=("a", "b"))),
        ("folder: tag:# folder:/", SearchQuery(text="folder: tag:#", folder="/")),
        ("after:2026", SearchQuery(after=datetime(2026, 1, 1, tzinfo=UTC))),
        ("before:2026-11", SearchQuery(before=datetime(2026, 11, 1, tzinfo=UTC))),
        ("before:2026-2-3 a", SearchQuery(text="a", before=datetime(2026, 2, 3, tzinfo=UTC))),
        ('"in:title" "two words"', SearchQuery(text='"in:title" "two words"')),
        ("before:2026-13 after:yesterday", SearchQuery(text="before:2026-13 after:yesterday")),
        ("before:0000 after:٢٠٢٦", SearchQuery(text="before:0000 after:٢٠٢٦")),
        ("in:box is:odd model: std::string", SearchQuery(text="in:box is:odd model: std::string")),
        ('c++ ( AND "open', SearchQuery(text='c++ ( AND "open')),
    ],
)
def test_filters_are_taken_out_and_the_rest_is_looked_for(text: str, query: SearchQuery) -> None:
    assert parse_query(text, UTC) == query


filters = st.sampled_from(["in:title", "model:", "is:", "before:", "after:2026-", '"', " ", "9999"])


@given(st.lists(filters | st.text(max_size=5)).map("".join))
def test_any_input_is_legal(text: str) -> None:
    query = parse_query(text)
    query.text.encode()
    for time in (query.before, query.after):
        assert time is None or time.tzinfo is not None


async def test_what_the_store_finds_is_handed_on() -> None:
    chat, store, _ = service_of()
    store.hits = [HIT, HIT]
    assert list(await chat.search.find("is:pinned word", limit=1)) == [HIT]
    assert store.queries == [SearchQuery(text="word", is_pinned=True)]
    assert list(await chat.search.find(" ")) == []
    assert len(store.queries) == 1


async def test_the_next_key_ends_a_search() -> None:
    class Slow(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.began = threading.Event()
            self.ended = threading.Event()

        def search(
            self,
            query: SearchQuery,
            limit: int,
            *,
            best_first: bool = False,
            stopped: Callable[[], bool] | None = None,
        ) -> list[SearchHit]:
            del query, limit, best_first
            self.began.set()
            while not (stopped is None or stopped()):
                pass
            self.ended.set()
            return []

    store = Slow()
    chat, _, _ = service_of(store=store)
    search = asyncio.create_task(chat.search.find("word"))
    await asyncio.to_thread(store.began.wait, PATIENCE)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert await asyncio.to_thread(store.ended.wait, PATIENCE)
