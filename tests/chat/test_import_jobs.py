"""Taking conversations out of files while the program runs, and taking that back."""

import asyncio
from dataclasses import replace
from pathlib import Path

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.chat.jobs import JobProgress
from fakegpt_tui.domain import TextDelta
from fakegpt_tui.formats.saving import save_as
from tests.chat.fake_chat import ask, run, says, service_of, streaming, texts
from tests.formats.exports import many, ordinary, write_json, zipped
from tests.formats.trees import branched


async def test_an_export_is_there_at_once_and_taken_once(tmp_path: Path) -> None:
    chat, store, _ = service_of()
    assert chat.conversations.all() == []
    file = tmp_path / "export.zip"
    file.write_bytes(zipped({"conversations.json": many(3)}))
    progress = JobProgress()
    result = await chat.imports.import_files([file], progress)
    assert result.summary.startswith("Added: 3 conversations with 12 new messages.")
    assert result.details == ("3 messages that the service had hidden were left out.",)
    assert progress.done == progress.total > 0
    assert len(chat.conversations.all()) == 3
    assert {(each.service, each.model) for each in store.headers.values()} == {
        ("scripted", "scripted-1")
    }
    again = await chat.imports.import_files([file], JobProgress())
    assert again.summary.startswith("Added: 0 conversations with 0 new messages.")


async def test_a_dry_run_only_tells(tmp_path: Path) -> None:
    chat, store, _ = service_of()
    file = write_json(tmp_path / "c.json", many(2))
    result = await chat.imports.import_files([file], JobProgress(), dry_run=True)
    assert result.summary.startswith("To add: 2 conversations with 8 new messages.")
    assert chat.conversations.all() == []
    assert store.headers == {}
    assert chat.history.undo() is None


async def test_what_was_skipped_is_told_with_its_reason(tmp_path: Path) -> None:
    chat, _, _ = service_of()
    bad = tmp_path / "notes.txt"
    bad.write_text("hello")
    good = write_json(tmp_path / "c.json", [ordinary(), {}])
    result = await chat.imports.import_files([bad, tmp_path / "gone", good], JobProgress())
    assert "Added: 1 conversation with" in result.summary
    assert result.details[0].startswith(
        f"{bad}: This is neither a saved conversation nor an export that is known. What can be"
    )
    assert result.details[1] == f"{tmp_path / 'gone'}: No such file, or not a regular file."
    assert result.details[-1] == f"{good}: Conversation 2 is no conversation of a known kind."


async def test_an_import_can_be_stopped_and_what_was_taken_stays(tmp_path: Path) -> None:
    chat, _, _ = service_of()
    progress = JobProgress(stopped=True)
    result = await chat.imports.import_files([write_json(tmp_path / "c.json", many(2))], progress)
    assert result.summary.startswith("Stopped. Added: 0 conversations")


class StopsHalfway(JobProgress):
    """Asks for an end once so many bytes were read."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "done" and isinstance(value, int) and value > 2**18:
            super().__setattr__("stopped", True)


async def test_a_thousand_are_taken_back_at_once_and_a_stop_leaves_whole_ones(
    tmp_path: Path,
) -> None:
    file = write_json(tmp_path / "c.json", many(1000))
    chat, store, _ = service_of()
    half = await chat.imports.import_files([file], StopsHalfway())
    assert half.summary.startswith("Stopped. Added: ")
    there = len(store.headers)
    assert 0 < there < 1000
    assert {len([*chat.messages.path(each)]) for each in store.headers} == {2}
    assert len(store.nodes) == 4 * there
    told = await chat.imports.import_files([file], JobProgress(), dry_run=True)
    rest = await chat.imports.import_files([file], JobProgress())
    assert rest.summary.removeprefix("Added") == told.summary.removeprefix("To add")
    assert f"Already there: {there}." in rest.summary
    assert len(store.headers) == 1000
    assert chat.history.undo() == f"{1000 - there} conversations were imported."
    assert chat.history.undo() == f"{there} conversations were imported."
    assert chat.conversations.all() == []


async def test_new_conversations_are_taken_back_into_the_trash(tmp_path: Path) -> None:
    chat, _, _ = service_of(says("one"))
    turn = await ask(chat, "hi")
    chat.actions.rename(turn.conversation.id, "Mine")
    await chat.imports.import_files([write_json(tmp_path / "c.json", many(2))], JobProgress())
    assert chat.history.undo() == "2 conversations were imported."
    assert [each.title for each in chat.conversations.all()] == ["Mine"]
    assert len(chat.conversations.trashed()) == 2
    assert chat.history.undo() == "“Mine” was renamed."


async def test_messages_of_a_known_conversation_are_taken_back(tmp_path: Path) -> None:
    conversation, messages = branched()
    chat, store, _ = service_of()
    known = replace(conversation, leaf_id=messages[0].id)
    store.add_turn(known, messages[0])
    await chat.imports.import_files([save_as(conversation, messages, tmp_path)], JobProgress())
    assert len(chat.messages.path(conversation.id)) > 1
    assert chat.history.undo() == "“Rivers” was imported."
    assert texts(chat, conversation.id) == [messages[0].text]
    assert len(store.nodes) == len(messages)


async def test_a_reply_that_streams_on_is_not_lost_to_taking_an_import_back(
    tmp_path: Path,
) -> None:
    gate = Gate()
    chat, _, _ = service_of([TextDelta("a"), gate, *says("b")])
    conversation, messages = branched()
    conversation = replace(conversation, service="scripted")
    await chat.imports.import_files([save_as(conversation, messages, tmp_path)], JobProgress())
    turn = chat.turns.new(chat.conversations.get(conversation.id), "and now?")
    task = asyncio.create_task(run(chat, turn))
    await streaming(turn, "a")
    chat.history.undo()
    gate.open()
    await task
    assert [each.id for each in chat.conversations.trashed()] == [conversation.id]
    assert texts(chat, conversation.id)[-2:] == ["and now?", "ab"]
