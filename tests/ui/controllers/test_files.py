"""Saving and importing from inside the program."""

import asyncio
import shutil
from pathlib import Path

import pytest
from textual.selection import Selection
from textual.widgets import Input

from fakegpt_tui.chat.jobs import Job, JobProgress, JobResult, export_formats
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.ui.dialogs.import_files import ImportScreen, JobScreen
from fakegpt_tui.ui.messages import RunJob
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.formats.exports import many, ordinary, write_json
from tests.formats.reading import FILES
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running


async def asked(it: Running, prompt: str, answer: str) -> None:
    await it.ask(prompt)
    await it.see(answer)
    await it.until(lambda: not it.chat.active_turns.all())


def transcript(it: Running) -> Transcript:
    return it.app.screen.query_one(Transcript)


def texts(path: Path) -> list[str]:
    return [message.text for message in read_markdown(path.read_text())[1]]


async def name(it: Running, path: str) -> None:
    """Say what is to be imported, as a paste would."""
    await it.until(lambda: isinstance(it.app.screen, ImportScreen))
    it.app.screen.query_one(Input).insert_text_at_cursor(path)
    await it.pilot.press("enter")


async def files(it: Running, folder: Path, count: int) -> list[Path]:
    await it.until(lambda: len(list(folder.glob("[!.]*"))) == count)
    return sorted(folder.iterdir())


async def test_the_name_of_a_file_is_told_whole_where_it_takes_more_than_a_line(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a-folder-with-a-name-that-is-no-shorter-than-those-of-others"
    async with running(reply("one"), exports=folder, size=(84, 24)) as it:
        await asked(it, "first", "one")
        await it.pilot.press("ctrl+s")
        (saved,) = await files(it, folder, 1)
        await it.until(lambda: saved.name in "".join(it.text.split()))
        await it.pilot.resize_terminal(84, 11)
        await it.see("Saved as")


async def test_picked_messages_are_saved_as_a_part(tmp_path: Path) -> None:
    async with running(reply("one"), reply("two"), exports=tmp_path, size=(120, 30)) as it:
        await asked(it, "first", "one")
        await asked(it, "second", "two")
        transcript(it).focus()
        await it.pilot.press("g", "m", "m")
        await it.see("2 picked; s saves them.")
        await it.pilot.press("m")
        await it.until(lambda: it.text.count("✓") == 3)
        await it.pilot.press("K", "m")
        await it.see("2 picked")
        await it.pilot.press("s")
        await it.see("Saved 2 messages as")
        (path,) = await files(it, tmp_path, 1)
        assert texts(path) == ["first", "one"]
        assert "A selection: 2 of 4 messages." in path.read_text()
        assert "✓" not in it.text


async def test_picks_are_left_behind_with_their_conversation(tmp_path: Path) -> None:
    async with running(reply("one"), exports=tmp_path) as it:
        await asked(it, "first", "one")
        transcript(it).focus()
        await it.pilot.press("m")
        await it.see("✓")
        await it.pilot.press("ctrl+n")
        await it.see("A new conversation")
        await it.pilot.press("alt+1")
        await it.see("one")
        assert "✓" not in it.text


async def test_the_messages_of_a_selection_are_saved(tmp_path: Path) -> None:
    async with running(reply("one"), reply("two"), exports=tmp_path) as it:
        await asked(it, "first", "one")
        await asked(it, "second", "two")
        lines = it.text.split("\n")
        left = next(line.index("You") for line in lines if "You" in line)
        row = next(number for number, line in enumerate(lines) if line[left:].startswith("one"))
        row -= transcript(it).region.y
        await it.pilot.mouse_down(Transcript, offset=(3, row))
        await it.pilot.hover(Transcript, offset=(4, row + 3))
        await it.pilot.mouse_up(Transcript, offset=(4, row + 3))
        await it.until(lambda: transcript(it).text_selection is not None)
        await it.command("/save selection")
        (path,) = await files(it, tmp_path, 1)
        assert texts(path) == ["one", "second"]


async def test_a_selection_that_has_no_ends_touches_all_messages() -> None:
    async with running(reply("one")) as it:
        await asked(it, "first", "one")
        it.app.screen.selections = {transcript(it): Selection(None, None)}
        assert [each.text for each in transcript(it).selected_messages] == ["first", "one"]


async def test_other_formats_are_saved_from_inside(tmp_path: Path) -> None:
    async with running(reply("one"), exports=tmp_path) as it:
        await asked(it, "first", "one")
        await it.command("/save html")
        await it.command("/save jsonl")
        found = await files(it, tmp_path, 2)
        assert {path.suffix for path in found} == {".html", ".jsonl"}


async def test_every_format_can_be_chosen_in_the_list(tmp_path: Path) -> None:
    async with running(reply("one"), exports=tmp_path, size=(120, 40)) as it:
        await asked(it, "first", "one")
        for count, (suffix, format_name) in enumerate(export_formats().items(), start=1):
            await it.pilot.press("alt+e")
            await it.see("This conversation as Markdown")
            it.app.screen.query_one(Input).insert_text_at_cursor(f"this as {format_name}")
            await it.pilot.press("enter")
            found = await files(it, tmp_path, count)
            assert any(path.name.endswith(f".{suffix}") for path in found)


async def test_every_conversation_is_saved_from_inside(tmp_path: Path) -> None:
    async with running(reply("one"), reply("two"), exports=tmp_path, size=(120, 30)) as it:
        await asked(it, "first", "one")
        await it.pilot.press("ctrl+n")
        await asked(it, "second", "two")
        await it.pilot.press("alt+e")
        await it.see("This conversation as Markdown")
        await it.see("One message of it as Markdown")
        await it.pilot.press(*"every json", "enter")
        await it.see("2 of 2.")
        assert {path.suffix for path in await files(it, tmp_path, 2)} == {".jsonl"}


async def test_an_export_is_imported_and_taken_back(tmp_path: Path) -> None:
    file = write_json(tmp_path / "conversations.json", [*many(2), {}, ordinary()])
    async with running(size=(120, 30)) as it:
        await it.pilot.press("alt+i")
        await name(it, f'"{file}"')
        await it.see("Added: 3 conversations with 12 new messages.")
        await it.see("Conversation 3 is no conversation of a known kind.")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.list.rows) == 3)
        await it.command("/undo")
        await it.see("Taken back: 3 conversations were imported.")
        await it.until(lambda: not it.list.rows)
        await it.pilot.press("alt+i")
        await name(it, f'"{file}"')
        await it.see("Already there: 3. Skipped: 1. In the")


async def test_conversations_of_other_programs_are_found_and_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".claude" / "projects" / "-boats"
    folder.mkdir(parents=True)
    shutil.copyfile(FILES / "claude-code" / "session.jsonl", folder / "one.jsonl")
    async with running(size=(120, 30)) as it:
        await it.command("/import found")
        await it.see("Claude Code")
        await it.see("1 conversation, ")
        await it.pilot.press(*"claude", "enter")
        await it.see("To add: 1 conversation with")
        await it.pilot.press("enter")
        await it.see("Added: 1 conversation with")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.list.rows) == 1)


async def test_where_no_other_program_is_found_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(size=(120, 30)) as it:
        await it.command("/import found")
        await it.see("Nothing was found on this machine; alt+i imports a file.")


async def test_a_dry_run_tells_and_offers_to_go_on(tmp_path: Path) -> None:
    file = write_json(tmp_path / "conversations.json", many(2))
    store = MemoryStore()
    async with running(store=store, size=(120, 30)) as it:
        await it.command("/import")
        await it.until(lambda: isinstance(it.app.screen, ImportScreen))
        await it.pilot.press("tab", "space", "shift+tab")
        await name(it, str(file))
        await it.see("To add: 2 conversations with 8 new messages.")
        assert store.headers == {}
        await it.pilot.press("enter")
        await it.see("Added: 2 conversations with 8 new messages.")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.list.rows) == 2)


async def test_a_file_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    async with running(size=(120, 30)) as it:
        await it.pilot.press("alt+i")
        await name(it, str(tmp_path / "[/]"))
        await it.see("No such")


class Long:
    """Goes on until it is stopped."""

    def __init__(self) -> None:
        self.progress = JobProgress()

    async def run(self, progress: JobProgress) -> JobResult:
        self.progress = progress
        progress.done, progress.total = 1, 4
        while not progress.stopped:
            await asyncio.sleep(0.01)
        return JobResult("Stopped.", ("It was [/] enough.",))


async def test_something_long_goes_on_behind_the_screen_and_can_be_stopped() -> None:
    async with running(reply("one"), size=(120, 30)) as it:
        long = Long()
        screen = it.app.screen
        assert isinstance(screen, ChatScreen)
        screen.controllers.files.start_job(Job("Long", long.run))
        await it.see("25%")
        await it.pilot.press("escape")
        await it.until(lambda: it.app.screen is screen)
        await asked(it, "first", "one")
        await it.pilot.press("alt+i")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))
        await it.see("ctrl+c stop")
        await it.pilot.press("ctrl+c")
        await it.see("It was [/] enough.")
        await it.pilot.press("escape")
        await it.until(lambda: it.app.screen is screen)
        assert "Stopped." not in it.status
        await it.command("/progress")
        await it.see("It was [/] enough.")


async def test_leaving_stops_what_goes_on() -> None:
    async with running() as it:
        long = Long()
        it.app.post_message(RunJob(Job("Long", long.run)))
        await it.until(lambda: long.progress.total == 4)
        await it.app.action_quit()
