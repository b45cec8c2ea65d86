"""Moving, tagging, and setting up folders by keys."""

from datetime import UTC, datetime

from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.ui.widgets import ConversationRow, ListRow
from tests.stubs import MemoryStore
from tests.ui.running import FakeMemory, Running, reply, running
from tests.ui.test_conversation_rows import conversation

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def filled() -> MemoryStore:
    store = MemoryStore()
    store.add_turn(conversation("rivers", leaf_id=None))
    store.add_turn(conversation("boats", days=1))
    store.add_turn(conversation("sums", days=2, folder="Work", tags=("late",)))
    return store


def ids(it: Running) -> list[str]:
    return [row.id for row in it.list.rows]


def row(it: Running, row_id: str) -> ListRow:
    return next(each for each in it.list.rows if each.id == row_id)


async def tag_two(it: Running) -> None:
    it.list.cursor = "sums"
    await it.pilot.press("space")
    it.list.cursor = "rivers"
    await it.pilot.press("space", "t")
    await it.see("Tags of all 2")
    await it.pilot.press(*"la", "right", *", #wet", "enter")
    await it.see("Tagged. u takes it back.")
    assert [it.store.headers[each].tags for each in ("rivers", "sums")] == [("late", "wet")] * 2
    tagged = row(it, "rivers")
    assert isinstance(tagged, ConversationRow)
    assert tagged.tags == ("late", "wet")
    it.list.cursor = "rivers"
    await it.pilot.press("t")
    await it.see("late, wet,")
    await it.pilot.press(*"x", "enter")
    await it.until(lambda: it.store.headers["rivers"].tags == ("late", "wet", "x"))


async def rename_and_delete(it: Running) -> None:
    await it.pilot.press("r")
    await it.see("enter save")
    await it.pilot.press(*"/In", "enter")
    await it.see("The folder is Work/In. u takes it back.")
    await it.pilot.press("g", "d")
    await it.see("The folder Work is deleted. Back at the top: 2.")
    assert {each.folder for each in it.store.headers.values()} == {""}
    await it.pilot.press("u")
    await it.until(lambda: ids(it)[:2] == ["/Work", "/Work/In"])
    assert it.store.headers["sums"].folder == "Work/In"


async def test_what_is_marked_is_moved_and_tagged_at_once_and_taken_back() -> None:
    async with running(store=filled(), clock=lambda: NOW, size=(120, 40)) as it:
        await it.pilot.press("alt+l")
        await it.until(lambda: it.app.focused is it.list)
        it.list.cursor = "rivers"
        await it.pilot.press("space", "space", "m")
        await it.see("Name of a folder")
        await it.pilot.press(*"Job/2026")
        await it.see("New folder: Job/2026")
        await it.pilot.press("enter")
        await it.see("Moved to Job/2026. u takes it back.")
        assert ids(it) == ["/Job", "/Job/2026", "rivers", "boats", "/Work", "sums"]
        assert it.list.picked == frozenset()
        await tag_two(it)
        await it.pilot.press("slash")
        await it.see("Type to filter")
        await it.pilot.press(*"#wet job")
        await it.until(lambda: "rivers" in it.text and "sums" not in it.text)
        await it.pilot.press("escape")
        await it.until(lambda: it.app.focused is it.list)
        await it.pilot.press("u", "u", "u")
        await it.until(lambda: ids(it) == ["/Work", "sums", "rivers", "boats"])
        assert [it.store.headers[each].tags for each in ("rivers", "sums")] == [(), ("late",)]


async def test_a_folder_is_set_up_used_renamed_and_deleted() -> None:
    memory = FakeMemory(folded_folders="Work")
    store = filled()
    store.save_folder(Folder("Work", system_prompt="Be brief."))
    async with running(
        reply("Done."), store=store, clock=lambda: NOW, size=(120, 40), memory=memory
    ) as it:
        await it.pilot.press("alt+l", "g", "f")
        await it.see("Folder Work")
        assert "Be brief." in it.text
        await it.pilot.press("down", "down", "enter")
        await it.see("System prompt in Work")
        await it.pilot.press(*" Rhyme.", "ctrl+s")
        await it.see("New conversations in Work get this.")
        assert store.kept_folders["Work"].system_prompt == "Be brief. Rhyme."
        await it.pilot.press("ctrl+n")
        await it.see("A new conversation in Work.")
        await it.ask("Begin")
        await it.see("Done.")
        await it.see("· system prompt  ·  ≈ 9 tokens  ·  Work")
        (begun,) = (each for each in store.headers.values() if each.title == "Begin")
        assert (begun.folder, begun.system_prompt) == ("Work", "Be brief. Rhyme.")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.pilot.press("alt+l", "g", "right")
        await it.until(lambda: memory.values["folded_folders"] == "")
        await rename_and_delete(it)


async def test_a_new_conversation_is_moved_and_a_temporary_one_is_not() -> None:
    store = filled()
    store.save_folder(Folder("Work", "scripted", "big"))
    async with running(store=store, clock=lambda: NOW) as it:
        await it.command("/move")
        await it.see("Name of a folder")
        await it.pilot.press(*"work", "enter")
        await it.see("Moved to Work.")
        assert "u takes it back" not in it.text
        await it.command("/folder")
        await it.see("No service of its own")
        await it.pilot.press("down", "down", "enter")
        await it.until(lambda: store.kept_folders["Work"] == Folder("Work"))
        await it.command("/temporary")
        await it.see("leaves nothing on disk")
        await it.command("/move")
        await it.see("A temporary conversation goes into no folder.")
