"""The keys act on what is marked, and what is marked is what is meant."""

from decimal import Decimal

import pytest

from fakegpt_tui.chat.price_book import PriceBook
from fakegpt_tui.domain import SearchHit, Service, ServiceKind
from fakegpt_tui.domain.prices import PriceRow, TokenPrices
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import Running, reply, running

LONG = "\n\n".join(f"line {number}" for number in range(60))


def transcript(it: Running) -> Transcript:
    return it.app.screen.query_one(Transcript)


def marked(it: Running) -> str:
    message = transcript(it).current_message
    return message.text if message else ""


async def conversation(it: Running) -> None:
    for number, words in enumerate(("first", "second", "third"), 1):
        await it.ask(f"{words} prompt")
        await it.until(lambda n=number: len(it.path) == 2 * n and not it.chat.active_turns.all())


FREE = PriceRow(model="*", prices=TokenPrices(Decimal(0), Decimal(0)))
HOSTED = Service(name="hosted", kind=ServiceKind.OPENAI, url="https://api.example", model="big")
REPLIES = [reply(f"{LONG}\n\n{word} needle in the end") for word in ("loop", "tree", "last")]


async def test_the_message_of_the_match_is_marked_while_finding() -> None:
    async with running(*REPLIES) as it:
        await conversation(it)
        await it.pilot.press("tab", "g", "slash", *"second prompt")
        await it.until(lambda: marked(it) == "second prompt")
        await it.pilot.press("enter")
        assert marked(it) == "second prompt"
        await it.pilot.press("e")
        await it.until(lambda: it.prompt.text == "second prompt")


@pytest.mark.parametrize(
    ("query", "shown"),
    [("tree needle", " /tree needle"), ("needle tree", " /needle"), ("TREE", " /tree")],
)
async def test_a_hit_of_the_search_opens_at_its_words(query: str, shown: str) -> None:
    async with running(*REPLIES) as it:
        await conversation(it)
        hit = it.path[3]
        found = {"conversation_id": hit.conversation_id, "message_id": hit.id, "title": "first"}
        snippet = "tree needle in the end"
        it.store.hits = [
            SearchHit(**found, snippet=snippet, marks=((0, 4),), created_at=hit.created_at)
        ]
        await it.pilot.press("ctrl+o", *query)
        await it.see("tree needle in the end")
        await it.pilot.press("enter")
        await it.see(shown)
        await it.see("tree needle in the end")
        await it.until(lambda: "tree needle" in marked(it))


async def test_what_is_typed_after_a_click_is_a_prompt() -> None:
    async with running(*REPLIES) as it:
        await conversation(it)
        await it.pilot.press("tab")
        await it.pilot.click(Transcript, offset=(5, 5))
        await it.pilot.press(*"do it")
        await it.until(lambda: it.prompt.text == "do it")
        await it.pilot.press("tab", "slash", *"prompt", "enter")
        await it.see("/3  n next")
        await it.pilot.click(Transcript, offset=(5, 5))
        await it.pilot.press(*" now")
        await it.until(lambda: it.prompt.text == "do it now")
        assert len(it.path) == 6


async def test_the_conversation_is_scrolled_from_the_prompt() -> None:
    async with running(*REPLIES) as it:
        await conversation(it)
        viewport = transcript(it).viewport
        end = viewport.offset
        await it.pilot.press("pageup")
        page = end - viewport.offset
        assert page > 5
        await it.pilot.press("alt+up")
        assert end - viewport.offset == page + 1
        await it.pilot.press("alt+down", "pagedown")
        assert viewport.offset == end
        await it.pilot.press("ctrl+home")
        assert viewport.offset == 0
        await it.pilot.press(*"ab", "ctrl+home", "c", "ctrl+end", "d")
        assert it.prompt.text == "cabd"
        assert viewport.offset == 0
        await it.pilot.press("ctrl+u", "ctrl+end")
        await it.until(lambda: viewport.lines_below == 0)


async def test_after_archiving_the_next_row_is_marked_and_undoing_marks_what_came_back() -> None:
    async with running(reply("one"), reply("two"), reply("three")) as it:
        for number, words in enumerate(("first", "second", "third"), 1):
            await it.pilot.press("ctrl+n")
            await it.ask(words)
            await it.until(lambda n=number: len(it.list.rows) == n and len(it.path) == 2)
            await it.until(lambda: not it.chat.active_turns.all())
        third, second, first = [row.id for row in it.list.rows]
        it.list.focus()
        await it.pilot.press("g", "j", "a")
        await it.until(lambda: len(it.list.rows) == 2)
        assert it.list.cursor == first
        await it.pilot.press("u")
        await it.until(lambda: it.list.cursor == second)
        await it.pilot.press("d")
        await it.until(lambda: [row.id for row in it.list.rows] == [third, first])


async def test_deleting_more_than_one_message_wants_the_key_twice() -> None:
    async with running(reply("one"), reply("two")) as it:
        for number, words in enumerate(("first", "second"), 1):
            await it.ask(words)
            await it.until(lambda n=number: len(it.path) == 2 * n)
            await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("tab", "g", "J", "d")
        await it.see("d again deletes this message and 2 below it.")
        await it.pilot.press("J", "d")
        await it.see("d again deletes this message and 1 below it.")
        assert len(it.path) == 4
        await it.pilot.press("d")
        await it.see("2 in the trash")
        assert [each.text for each in it.path] == ["first", "one"]


@pytest.mark.parametrize("key", ["r", "e", "d", "full_stop"])
async def test_a_letter_acts_on_a_message_only_after_a_key_marked_it(key: str) -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("first")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("tab", key)
        await it.see("Mark a message first: K and J do, G the last one.")
        assert (it.prompt.text, len(it.backend.requests), len(it.path)) == ("", 1, 2)
        await it.pilot.press("G", key)
        await it.until(
            lambda: it.prompt.text == "first" or len(it.backend.requests) == 2 or len(it.path) == 1
        )
        await it.until(lambda: "Mark a message first" not in it.text)


async def test_typing_by_mistake_in_the_transcript_asks_deletes_and_edits_nothing() -> None:
    async with running(reply("one"), reply("two"), reply("three")) as it:
        for number, words in enumerate(("first", "second"), 1):
            await it.ask(words)
            await it.until(lambda n=number: len(it.path) == 2 * n)
            await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("tab", "up", *"error...", "pageup", *"rerere")
        assert it.prompt.text == ""
        assert len(it.backend.requests) == 2


async def test_the_command_acts_on_the_last_message_without_a_mark() -> None:
    async with running(reply("one"), reply("two"), service=HOSTED) as it:
        await it.ask("first")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.ask("/retry")
        await it.see("two")


async def test_a_service_elsewhere_is_asked_again_by_a_letter_after_one_question() -> None:
    replies = (reply("one"), reply("two"), reply("three"))
    async with running(*replies, service=HOSTED) as it:
        await it.ask("first")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("tab", "G", "r")
        await it.see("r again asks hosted, which may charge for it.")
        assert len(it.backend.requests) == 1
        await it.pilot.press("r")
        await it.see("two")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("G", "r")
        await it.see("three")


async def test_what_is_known_to_be_free_is_asked_again_without_a_question() -> None:
    replies = (reply("one"), reply("two"))
    async with running(*replies, service=HOSTED) as it:
        it.chat.spending.book = PriceBook({"hosted": HOSTED}, [FREE])
        await it.ask("first")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("tab", "G", "r")
        await it.see("two")


async def test_a_click_beside_the_rows_of_the_list_leaves_the_keys_in_the_prompt() -> None:
    async with running(reply("one")) as it:
        await it.ask("first")
        await it.until(lambda: len(it.list.rows) == 1 and not it.chat.active_turns.all())
        await it.pilot.click(it.list, offset=(5, 15))
        await it.pilot.press(*"do it")
        assert it.prompt.text == "do it"
        assert len(it.list.rows) == 1
