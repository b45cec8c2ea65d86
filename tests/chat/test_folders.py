"""Folders and tags: what is moved, tagged and set up, and taking it back."""

from dataclasses import replace

import pytest

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import NotFound
from fakegpt_tui.domain.folders import Folder
from tests.chat.fake_chat import ask, says, service_of
from tests.stubs import MemoryStore


async def three() -> tuple[ChatService, MemoryStore, list[str]]:
    chat, store, _ = service_of(says("a"), says("b"), says("c"))
    return chat, store, [(await ask(chat, text)).conversation.id for text in ("A", "B", "C")]


def places(store: MemoryStore, ids: list[str]) -> list[str]:
    return [store.headers[each].folder for each in ids]


def paths(chat: ChatService) -> list[str]:
    return [each.path for each in chat.folders.all()]


async def test_many_are_moved_at_once_and_taken_back() -> None:
    chat, store, ids = await three()
    assert chat.folders.move([*ids[:2], "gone"], " Work / 2026") == 2
    assert places(store, ids) == ["Work/2026", "Work/2026", ""]
    assert paths(chat) == ["Work", "Work/2026"]
    assert chat.folders.move(ids, "WORK") == 3
    assert places(store, ids) == ["Work"] * 3
    assert chat.folders.move(ids, "Work") == 0
    assert chat.folders.move([ids[0]], "") == 1
    assert chat.history.undo() == "“A” was moved to the top."
    assert chat.history.undo() == "3 conversations were moved to Work."
    assert places(store, ids) == ["Work/2026", "Work/2026", ""]
    assert chat.history.undo() == "2 conversations were moved to Work/2026."
    assert places(store, ids) == ["", "", ""]
    assert chat.history.undo() is None


async def test_many_are_tagged_at_once_and_taken_back() -> None:
    chat, store, ids = await three()
    assert chat.folders.tag(ids[:1], ["Tax"]) == 1
    assert chat.folders.tag(ids, ["#late", "tax"]) == 3
    assert [store.headers[each].tags for each in ids] == [("Tax", "late"), *[("late", "tax")] * 2]
    assert chat.folders.tag(ids, [], ["TAX", "none"]) == 3
    assert chat.folders.tags() == ["late"]
    assert chat.folders.tag(ids, ["late"]) == 0
    for _ in range(3):
        chat.history.undo()
    assert [store.headers[each].tags for each in ids] == [()] * 3


async def test_new_conversations_get_the_preset_of_their_folder_or_of_one_around_it() -> None:
    chat, store, _ = await three()
    service, _ = chat.services.default_model()
    chat.folders.configure(Folder("Work", service, "big", "Be brief."))
    chat.folders.configure(Folder("Work/Poems", system_prompt="Rhyme."))
    chat.folders.configure(Folder("Old", "", "", "Be old."))
    store.save_folder(Folder("Gone", "removed", "m"))
    found = [
        chat.folders.new_conversation(path) for path in ("work", "Work/Poems/Short", "Old", "gone")
    ]
    assert [(each.folder, each.model, each.system_prompt) for each in found] == [
        ("Work", "big", "Be brief."),
        ("Work/Poems/Short", "big", "Rhyme."),
        ("Old", chat.services.default_model()[1], "Be old."),
        ("gone", chat.services.default_model()[1], ""),
    ]
    moved = chat.conversations.create()
    assert chat.folders.move([moved.id], "Work") == 1
    assert chat.conversations.get(moved.id).model == "big"
    turn = await ask(chat, "hi", found[0])
    assert store.headers[turn.conversation.id].folder == "Work"


async def test_a_preset_can_be_changed_and_taken_back() -> None:
    chat, store, _ = await three()
    with pytest.raises(NotFound, match="no service"):
        chat.folders.configure(Folder("Work", "unknown"))
    with pytest.raises(NotFound, match="name"):
        chat.folders.configure(Folder(" / "))
    for prompt in ("Be brief.", "Be brief.", "Be long."):
        chat.folders.configure(Folder("Work", system_prompt=prompt))
    assert chat.history.undo() == "The folder Work was changed."
    assert store.kept_folders == {"Work": Folder("Work", system_prompt="Be brief.")}
    chat.history.undo()
    assert store.kept_folders == {}
    assert paths(chat) == []


async def test_a_folder_is_renamed_with_all_that_is_in_it() -> None:
    chat, store, ids = await three()
    chat.folders.configure(Folder("Work/2026", system_prompt="This year."))
    chat.folders.configure(Folder("Done", system_prompt="Kept."))
    for each, path in zip(ids, ("Work", "Work/2026", "Workshop"), strict=True):
        chat.folders.move([each], path)
    chat.actions.trash([ids[0]])
    assert chat.folders.rename("work/2026", "WORK/2027") == "Work/2027"
    assert chat.folders.rename("Work", "work") == "work"
    assert chat.folders.rename("work", "done") == "Done"
    assert places(store, ids) == ["Done", "Done/2027", "Workshop"]
    assert paths(chat) == ["Done", "Done/2027", "Workshop"]
    assert store.kept_folders["Done"].system_prompt == "Kept."
    assert store.kept_folders["Done/2027"].system_prompt == "This year."
    for _ in range(3):
        chat.history.undo()
    assert places(store, ids) == ["Work", "Work/2026", "Workshop"]
    assert paths(chat) == ["Done", "Work", "Work/2026", "Workshop"]
    with pytest.raises(NotFound, match="no folder 'Wor'"):
        chat.folders.rename("Wor", "x")


async def test_a_conversation_without_a_prompt_goes_along_and_leaves_nothing_to_take_back() -> None:
    chat, store, _ = service_of(says("a"))
    begun = chat.folders.new_conversation("Work")
    assert chat.folders.tag([begun.id], ["late"]) == 1
    assert chat.history.undo() is None
    chat.folders.configure(Folder("Work"))
    chat.folders.rename("Work", "Job")
    turn = await ask(chat, "hi", chat.conversations.get(begun.id))
    kept = store.headers[turn.conversation.id]
    assert (kept.folder, kept.tags) == ("Job", ("late",))
    chat.folders.delete("Job")
    assert store.headers[turn.conversation.id].folder == ""


async def test_a_folder_goes_into_one_of_its_own_name() -> None:
    chat, store, ids = await three()
    for path in ("a", "a/a"):
        chat.folders.configure(Folder(path, system_prompt=path))
    chat.folders.move(ids[:1], "a/a")
    assert chat.folders.rename("a", "A/a") == "A/a"
    presets = {path: each.system_prompt for path, each in store.kept_folders.items()}
    assert presets == {"A/a": "a", "A/a/a": "a/a"}
    assert places(store, ids[:1]) == ["A/a/a"]
    chat.history.undo()
    assert [each.system_prompt for each in chat.folders.all()] == ["a", "a/a"]
    assert places(store, ids[:1]) == ["a/a"]


async def test_a_deleted_folder_puts_its_conversations_back_to_the_top() -> None:
    chat, store, ids = await three()
    folder = chat.folders.configure(Folder("Work/2026", system_prompt="This year."))
    chat.folders.move(ids[:1], "Work")
    chat.folders.move(ids[1:2], "Work/2026")
    chat.actions.archive(ids[:1])
    assert chat.folders.delete("Work") == 2
    assert places(store, ids) == ["", "", ""]
    assert not any(each.trashed_at for each in store.headers.values())
    assert paths(chat) == []
    assert chat.history.undo() == "The folder Work was deleted."
    assert places(store, ids) == ["Work", "Work/2026", ""]
    assert store.kept_folders == {folder.path: folder}


async def test_a_temporary_conversation_is_in_no_folder() -> None:
    chat, store, _ = service_of(says("a"))
    temporary = chat.conversations.create(temporary=True)
    assert chat.folders.move([temporary.id], "Work") == 0
    turn = await ask(chat, "hi", temporary)
    assert chat.folders.move([turn.conversation.id], "Work") == 0
    assert chat.conversations.get(temporary.id).folder == ""
    chat.conversations.is_all_temporary = True
    assert chat.folders.new_conversation("Work").folder == ""
    assert store.headers == {}


async def test_what_another_instance_changes_is_seen() -> None:
    chat, store, ids = await three()
    assert paths(chat) == []
    store.save_folder(Folder("New"))
    store.headers[ids[0]] = replace(store.headers[ids[0]], folder="Theirs")
    store.is_changed = True
    assert await chat.refresh()
    assert paths(chat) == ["New", "Theirs"]
    store.held = True
    chat.folders.configure(Folder("Ours"))
    chat.folders.rename("New", "Newer")
    store.is_changed = True
    assert await chat.refresh()
    assert paths(chat) == ["Newer", "Ours", "Theirs"]


async def test_folders_that_cannot_be_read_keep_nothing_from_being_shown() -> None:
    chat, store, _ = await three()
    store.damage = "The store is damaged."
    assert chat.folders.made == ()
    store.is_changed = True
    assert not await chat.refresh()
    store.damage = None
    store.save_folder(Folder("Work"))
    assert await chat.refresh()
    assert chat.folders.made == ("Work",)
