"""The search box: results while typing, safe snippets, and the place that was chosen."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import SearchHit, StoreError
from fakegpt_tui.ui.dialogs import SearchSelection
from fakegpt_tui.ui.dialogs.search import SearchScreen, highlight_snippet
from fakegpt_tui.ui.terminal.key_serializer import KeySerializer
from tests.patience import PATIENCE
from tests.ui.screen_text import screen_text

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HITS = [
    SearchHit(
        conversation_id=f"c{number}",
        message_id=f"m{number}" if number else None,
        title=f"Title [/] {number}",
        snippet=f"a needle \x1b[31m in {number}",
        marks=((2, 8),),
        created_at=NOW,
        folder="Work/2026" if number == 2 else "",
        tags=("late", "[b]") if number == 2 else (),
    )
    for number in range(3)
]


class SearchApp(KeySerializer):
    def __init__(self, search) -> None:
        super().__init__()
        self.search = search
        self.found: SearchSelection | str | None = "nothing yet"

    def on_mount(self) -> None:
        self.push_screen(SearchScreen(self.search, lambda: NOW, recent=HITS[2:]), self.take)

    def take(self, found: SearchSelection | None) -> None:
        self.found = found


async def by_title(query: str) -> Sequence[SearchHit]:
    if query == "broken":
        raise StoreError("The store cannot be read.")
    return [hit for hit in HITS if query in hit.title]


async def until(pilot, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while words not in screen_text(pilot.app):
            await pilot.pause(0.01)


async def test_what_is_found_is_shown_while_typing_and_opened_with_enter() -> None:
    app = SearchApp(by_title)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "Work/2026 #late #[b]         12:00")
        assert "Title [/] 1" not in screen_text(app)
        await pilot.press(*"Title")
        await until(pilot, "a needle ␛[31m in 1")
        assert re.search(r"  Title \[/\] 1 {60,}12:00 ", screen_text(app))
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert app.found == SearchSelection("c2", "m2", ("Title", "title", "needle"))


async def test_a_title_is_found_without_a_message() -> None:
    app = SearchApp(by_title)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("0")
        await until(pilot, "Title [/] 0")
        await pilot.press("enter")
        await pilot.pause()
        assert app.found == SearchSelection("c0", None, ("0", "needle"))


async def test_nothing_found_and_trouble_are_said() -> None:
    app = SearchApp(by_title)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*"zzz")
        await until(pilot, "Nothing was found.")
        await pilot.press("enter")
        assert app.found == "nothing yet"
        await pilot.press("ctrl+u", *"broken")
        await until(pilot, "The store cannot be read.")
        await pilot.press("escape")
        await pilot.pause()
        assert app.found is None


async def test_keys_that_choose_wait_for_what_the_words_find() -> None:
    may_find = asyncio.Event()

    async def slowly(query: str) -> Sequence[SearchHit]:
        if query:
            await may_find.wait()
        return HITS

    app = SearchApp(slowly)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "Title [/] 2")
        await pilot.press(*"no", "backspace", *"eedle", "down", "enter")
        assert app.found == "nothing yet"
        may_find.set()
        async with asyncio.timeout(PATIENCE):
            while app.found == "nothing yet":
                await pilot.pause(0.01)
        assert app.found == SearchSelection("c1", "m1", ("needle",))


async def test_the_next_key_ends_the_search_before_it() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slowly(query: str) -> Sequence[SearchHit]:
        if query == "s":
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
        return HITS[2:] if query else ()

    app = SearchApp(slowly)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("s")
        await begun.wait()
        await pilot.press("t")
        await until(pilot, "Title [/] 2")
        assert "Title [/] 1" not in screen_text(app)
        assert ended.is_set()


@given(
    st.text(max_size=40).flatmap(
        lambda text: st.tuples(
            st.just(text), st.lists(st.integers(0, len(text)), min_size=2, max_size=6).map(sorted)
        )
    )
)
def test_marks_stay_on_their_words_whatever_the_snippet_holds(given_text) -> None:
    text, places = given_text
    marks = list(zip(places[::2], places[1::2], strict=False))
    content = highlight_snippet(text, marks)
    assert "\n" not in content.plain
    assert all(0 <= span.start <= span.end <= len(content.plain) for span in content.spans)


@pytest.mark.parametrize(
    ("snippet", "marks", "words"),
    [
        ("find me here", [(5, 7)], ["me"]),
        ("\x1b[1m two words", [(5, 8), (9, 14)], ["two", "words"]),
    ],
)
def test_a_mark_covers_its_word(snippet: str, marks, words: list[str]) -> None:
    content = highlight_snippet(snippet, marks)
    assert [content.plain[span.start : span.end] for span in content.spans] == words
