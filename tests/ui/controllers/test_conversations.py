"""Renaming, pinning, deleting and finding conversations by keys."""

from datetime import UTC, datetime
from threading import Event

import pytest
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.screen import Screen

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import ChatMessage, RateLimited, ReplyEnded, SearchHit, TextDelta
from fakegpt_tui.ui.widgets import RowStatus
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.chat.fake_chat import long_conversation
from tests.patience import PATIENCE
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running


async def three(it: Running) -> None:
    for name in ("one", "two", "three"):
        await it.pilot.press("ctrl+n")
        await it.ask(name)
        await it.see(f"reply {name}")
        await it.until(lambda: not it.chat.active_turns.all())


def titles(it: Running) -> list[str]:
    return [row.title for row in it.list.rows]


SCRIPTS = [reply(f"reply {name}") for name in ("one", "two", "three")]


async def test_a_conversation_is_renamed_and_that_is_taken_back() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("r")
        await it.see("enter save")
        await it.pilot.press(*" [/]", "enter")
        await it.until(lambda: titles(it)[0] == "three [/]")
        it.list.focus()
        await it.pilot.press("u")
        await it.until(lambda: titles(it)[0] == "three")


async def test_a_conversation_is_pinned_to_the_top() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("G", "p")
        await it.until(lambda: titles(it) == ["one", "three", "two"])
        await it.see("Pinned")


async def test_several_are_archived_at_once_and_brought_back() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("home", "space", "space", "a")
        await it.until(lambda: titles(it) == ["one"])
        await it.see("2 conversations: archived; is:archived finds it. u takes it back.")
        await it.pilot.press("u")
        await it.until(lambda: len(titles(it)) == 3)
        # What is told of another conversation than the open one has its name.
        await it.pilot.press("G", "a")
        await it.see("one: archived; is:archived finds it. u takes it back.")
        await it.pilot.press("g", "a")
        await it.see("Archived; is:archived finds it. u takes it back.")
        # In the prompt that letter would be typed.
        it.prompt.focus()
        await it.pilot.press(*"/archive", "enter")
        await it.see("rought back. /undo takes it back.")


async def test_several_are_deleted_at_once_and_come_back() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("home", "space", "space", "d")
        await it.until(lambda: titles(it) == ["one"])
        await it.pilot.press("u")
        await it.until(lambda: titles(it) == ["three", "two", "one"])


async def test_a_later_run_shows_failures_and_tells_what_it_takes_back_before_it_does() -> None:
    store = MemoryStore()
    async with running([RateLimited("Too many requests.")], store=store) as it:
        await it.ask("one")
        await it.until(lambda: [row.status for row in it.list.rows] == [RowStatus.FAILED])
        it.chat.actions.archive([it.list.rows[0].id])
    async with running(store=store) as it:
        await it.pilot.press("ctrl+p", *"undo")
        await it.see("Take back: “one” was archived.")
        await it.pilot.press("escape")
        it.list.focus()
        await it.pilot.press("u")
        await it.see("“one” was archived. u or /undo once more takes it back.")
        assert titles(it) == []
        await it.pilot.press("u")
        await it.see("Taken back: “one” was archived.")
        await it.until(lambda: [row.status for row in it.list.rows] == [RowStatus.FAILED])


async def test_another_model_is_taken_back() -> None:
    async with running(*SCRIPTS) as it:
        await it.ask("one")
        await it.see("reply one")
        row = it.list.rows[0]
        it.chat.actions.set_service(row.id, "scripted", "other-model")
        await it.command("/undo")
        await it.see("Taken back: “one” was switched to scripted other-model.")
        assert it.chat.conversations.get(row.id).model == "scripted-1"


async def test_a_deleted_conversation_is_in_the_trash_and_comes_back() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("d")
        await it.until(lambda: titles(it) == ["two", "one"])
        await it.see("A new conversation")
        it.list.focus()
        await it.pilot.press("T")
        await it.see("enter restore")
        await it.pilot.press("enter")
        await it.until(lambda: len(titles(it)) == 3)
        await it.see("reply three")


async def test_the_list_is_filtered_by_typing() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        it.list.focus()
        await it.pilot.press("slash")
        await it.see("Conversations")
        await it.pilot.press(*"one", "enter")
        await it.see("reply one")


async def test_a_search_opens_the_message_that_it_found() -> None:
    async with running(*SCRIPTS) as it:
        await three(it)
        row = it.list.rows[-1]
        it.store.hits = [
            SearchHit(
                conversation_id=row.id,
                message_id=it.chat.messages.path(row.id)[-1].id,
                title="one",
                snippet="a reply [/] that was found",
                marks=((2, 7),),
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        ]
        await it.pilot.press("ctrl+o")
        await it.until(lambda: "two" in it.text)  # Of those that were used last.
        await it.pilot.press(*"one")
        await it.see("a reply [/] that was found")
        await it.pilot.press("enter")
        await it.until(lambda: [each.text for each in it.path] == ["one", "reply one"])
        assert it.store.queries[-1].text == "one"


async def test_a_temporary_conversation_leaves_nothing_in_the_store() -> None:
    store = MemoryStore()
    async with running(reply("secret reply"), store=store) as it:
        await it.command("/temporary")
        await it.see("leaves nothing on disk")
        await it.ask("secret")
        await it.see("secret reply")
        await it.until(lambda: not it.chat.active_turns.all())
    assert store.conversations() == []


async def test_a_conversation_that_cannot_be_read_is_told_and_the_open_one_stays() -> None:
    store = MemoryStore()
    async with running(*SCRIPTS, store=store) as it:
        await three(it)
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        await it.see("reply three")
        store.damage = "The store is damaged."
        await it.pilot.press("alt+2")
        await it.see("The store is damaged.")
        store.is_changed = True
        await it.until(lambda: not store.is_changed)
        await it.pilot.pause()
        await it.see("reply three")
        store.damage = None
        await it.pilot.press("alt+2")
        await it.see("reply two")


async def test_a_draft_outlives_the_program() -> None:
    store = MemoryStore()
    async with running(*SCRIPTS, store=store) as it:
        await it.ask("one")
        await it.see("reply one")
        it.prompt.insert("half a thought")
        await it.pilot.pause()
    async with running(store=store) as it:
        assert it.list.rows[0].status is RowStatus.DRAFT
        await it.pilot.press("alt+1")
        await it.until(lambda: it.prompt.text == "half a thought")


async def test_a_draft_of_a_conversation_that_never_began_comes_back_at_the_start() -> None:
    store = MemoryStore()
    async with running(store=store) as it:
        it.prompt.insert("half a thought")
        await it.pilot.pause()
    async with running(store=store) as it:
        await it.until(lambda: it.prompt.text == "half a thought")


class DrawnFirst(MemoryStore):
    """Notes what was drawn before each time that a whole tree is read."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = ""
        self.drawn_before: list[str] = []

    def display(self, screen: Screen[None], update: object) -> None:
        """Take the place of Textual's method, which draws nothing without a terminal."""
        if isinstance(update, CompositorUpdate):
            self.drawn += update.render_segments(screen.app.console)

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        self.drawn_before.append(self.drawn)
        return super().messages(conversation_id)


async def test_a_long_conversation_is_shown_from_its_end_and_then_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = DrawnFirst()
    monkeypatch.setattr(App, "_display", store.display)
    long_conversation(store, 900)
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        await it.see("text 899")
        transcript = it.app.screen.query_one(Transcript)
        await it.until(lambda: len(transcript.message_list.messages) == 900)
        assert "text 899" in it.text
        # The thread that reads the rest would hold up the first page.
        assert "text 899" in store.drawn_before[-1]
        transcript.focus()
        await it.pilot.press("g")
        await it.see("text 0")


class SlowlyReadStore(MemoryStore):
    """Has all of a conversation once it is `readable`; its end is there at once."""

    def __init__(self) -> None:
        super().__init__()
        self.readable = Event()

    def messages(self, conversation_id: str) -> list[ChatMessage]:
        assert self.readable.wait(PATIENCE)
        return super().messages(conversation_id)

    def count_messages(self, _conversation_id: str) -> int:
        return len(self.nodes)


async def test_keys_that_go_through_a_whole_conversation_wait_until_it_is_read() -> None:
    store = SlowlyReadStore()
    long_conversation(store, 900)
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        await it.see("text 899")
        await it.pilot.press("ctrl+home", *"abc")
        assert it.prompt.text == ""
        store.readable.set()
        await it.until(lambda: it.prompt.text == "abc")
        await it.see("text 0\n")


async def test_an_unread_reply_is_read_from_its_beginning() -> None:
    gate = Gate()
    long = "\n\n".join(f"line {number}" for number in range(60))
    async with running([gate, TextDelta(long), ReplyEnded()]) as it:
        await it.ask("question")
        await it.until(lambda: bool(it.chat.active_turns.all()))
        await it.pilot.press("ctrl+n")
        gate.open()
        await it.until(lambda: any(each.unread for each in it.chat.conversations.all()))
        await it.see("1 unread")
        await it.pilot.press("alt+u")
        await it.see("line 0")
        assert "line 59" not in it.text
        # Where the reader is, the bar says, and one that was read is shown at its end.
        await it.see("message 2 of 2")
        await it.pilot.press("pagedown", "ctrl+end")
        await it.see("line 59")


async def test_a_long_conversation_that_was_left_above_its_end_is_shown_there() -> None:
    store = MemoryStore()
    long_conversation(store, 900)
    async with running(store=store) as it:
        await it.pilot.press("alt+1")
        transcript = it.app.screen.query_one(Transcript)
        await it.until(lambda: len(transcript.message_list.messages) == 900)
        transcript.focus()
        await it.pilot.press("g")
        await it.see("text 0")
        await it.pilot.press("ctrl+n")
        await it.see("A new conversation")
        await it.pilot.press("alt+1")
        await it.see("text 0")
        assert not [each for each in it.app.workers if each.group == "rest"]
        assert "text 899" not in it.text
