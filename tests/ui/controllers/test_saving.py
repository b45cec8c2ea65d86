"""Saving where a path says, and what can be done with the file then."""

import os
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

from fakegpt_tui.config.secrets import without_keys
from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.markdown import read_markdown
from fakegpt_tui.ui.dialogs.import_files import ImportScreen, JobScreen
from fakegpt_tui.ui.dialogs.pick import AskPathScreen
from fakegpt_tui.ui.external_programs import open_link, open_on_desktop
from fakegpt_tui.ui.messages import OpenLink
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import Running, reply, running

WIDE = (140, 30)


async def asked(it: Running) -> None:
    await it.ask("first")
    await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())


@pytest.mark.parametrize(
    ("typed", "name", "beginning"),
    [
        ("talk.md", "talk.md", "---"),
        ("talk", "talk.md", "---"),
        ("talk.html", "talk.html", "<!doctype html>"),
        ("a talk.clean.md", "a talk.clean.md", "# first"),
    ],
)
async def test_a_path_says_where_and_its_suffix_in_which_format(
    tmp_path: Path, typed: str, name: str, beginning: str
) -> None:
    async with running(reply("one"), size=WIDE) as it:
        await asked(it)
        await it.ask(f"/save {tmp_path}/{typed}")
        await it.see("Saved as")
        saved = tmp_path / name
        assert saved.read_text().lower().startswith(beginning.lower())
        assert list(tmp_path.iterdir()) == [saved]
        assert it.prompt.text == ""


async def test_a_folder_is_saved_into_and_a_file_of_its_own_is_replaced(tmp_path: Path) -> None:
    async with running(reply("one"), reply("two"), size=WIDE) as it:
        await asked(it)
        await it.ask(f"/save {tmp_path}")
        await it.until(lambda: len(list(tmp_path.glob("first-*.md"))) == 1)
        await it.ask(f"/save {tmp_path}/mine.md")
        await it.until((tmp_path / "mine.md").exists)
        await it.ask("second")
        await it.until(lambda: len(it.path) == 4 and not it.chat.active_turns.all())
        await it.ask(f"/export {tmp_path}/mine.md")
        await it.until(
            lambda: len(read_markdown((tmp_path / "mine.md").read_text())[1]) == 4,
        )


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("taken.md", "is there already"),
        ("gone/talk.md", "Nothing could be saved"),
        ("talk.docx", "names no format"),
    ],
)
async def test_what_cannot_be_saved_so_is_left_to_be_changed(
    tmp_path: Path, path: str, problem: str
) -> None:
    (tmp_path / "taken.md").write_text("something of mine")
    async with running(reply("one"), size=WIDE) as it:
        await asked(it)
        await it.ask(f"/save {tmp_path}/{path}")
        await it.see(problem)
        assert it.prompt.text == f"/save {tmp_path}/{path}"
        assert [each.name for each in tmp_path.iterdir()] == ["taken.md"]
        assert (tmp_path / "taken.md").read_text() == "something of mine"


async def test_a_sentence_is_sent_after_esc_and_two_slashes_are_at_once() -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("/save the whales")
        await it.see("“the whales” is no FORMAT")
        await it.pilot.press("escape", "enter")
        await it.see("one")
        await it.ask("//save whales.md")
        await it.see("two")
        prompts = [each.text for each in it.path[::2]]
        assert prompts == ["/save the whales", "/save whales.md"]


async def test_tab_completes_the_path_behind_the_command(tmp_path: Path) -> None:
    for name in ("report-1", "report-2"):
        (tmp_path / name).mkdir()
    async with running(reply("one"), size=WIDE) as it:
        await asked(it)
        it.prompt.insert(f"/save {tmp_path}/re")
        await it.pilot.press("tab")
        await it.until(lambda: it.prompt.text == f"/save {tmp_path}/report-")
        await it.pilot.press("tab")
        await it.see("report-2/\n")
        assert it.prompt.text == f"/save {tmp_path}/report-"
        await it.pilot.press("2", "tab")
        await it.until(lambda: it.prompt.text == f"/save {tmp_path}/report-2/")
        await it.pilot.press("enter")
        await it.until(lambda: len(list((tmp_path / "report-2").iterdir())) == 1)


async def test_the_place_is_asked_for_and_completed(tmp_path: Path) -> None:
    for name in ("letters", "lists"):
        (tmp_path / name).mkdir()
    async with running(reply("one"), size=WIDE) as it:
        await asked(it)
        await it.command("/save to")
        await it.until(lambda: isinstance(it.app.screen, AskPathScreen))
        field = it.app.screen.query_one(Input)
        assert field.value.endswith("/first.md")
        field.value = f"{tmp_path}/l"
        await it.pilot.press("end", "tab")
        await it.see("letters/ · lists/")
        await it.pilot.press("e")
        await it.until(lambda: "lists/" not in it.text)
        await it.pilot.press("tab", *"talk.md", "enter")
        await it.until((tmp_path / "letters" / "talk.md").exists)


async def test_tab_in_the_import_completes_first_and_then_goes_on(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    async with running() as it:
        await it.pilot.press("alt+i")
        await it.until(lambda: isinstance(it.app.screen, ImportScreen))
        field = it.app.screen.query_one(Input)
        field.value = f"{tmp_path}/ex"
        await it.pilot.press("end", "tab")
        assert field.value == f"{tmp_path}/export/"
        assert field.has_focus
        await it.pilot.press("tab")
        assert not field.has_focus


async def test_a_path_behind_import_is_imported(tmp_path: Path) -> None:
    async with running() as it:
        await it.ask(f"/import {tmp_path}")
        await it.until(lambda: isinstance(it.app.screen, JobScreen))


@pytest.fixture
def opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a desktop would open, in a file."""
    log, programs = tmp_path / "opened", tmp_path / "bin"
    programs.mkdir()
    script = programs / "xdg-open"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" $MINE_API_KEY >> "{log}"\n')
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BROWSER", f"{script} %s")
    monkeypatch.setenv("MINE_API_KEY", "sk-canary")
    return log


async def test_the_file_that_was_saved_its_folder_and_a_link_are_opened_without_secrets(
    opener: Path, tmp_path: Path
) -> None:
    environment = partial(without_keys, {}, os.environ)
    async with running(reply("one"), size=WIDE, child_environment=environment) as it:
        await it.command("/open file")
        await it.see("Nothing was saved yet")
        await asked(it)
        await it.ask(f"/save {tmp_path}/talk.md")
        await it.see("Saved as")
        await it.ask("/open file")
        await it.until(opener.exists)
        await it.ask("/open folder")
        await it.until(
            lambda: opener.read_text().splitlines() == [f"{tmp_path}/talk.md", str(tmp_path)]
        )
        it.app.post_message(OpenLink("https://example.org/?a=b"))
        await it.until(lambda: opener.read_text().endswith("\nhttps://example.org/?a=b\n"))


async def test_without_a_desktop_nothing_takes_the_terminal(
    tmp_path: Path, opener: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(LoadError, match="There is no desktop here"):
        await open_on_desktop(tmp_path, os.environ)
    monkeypatch.delenv("BROWSER")
    with pytest.raises(LoadError, match="There is no browser here"):
        await open_link("https://example.org", os.environ)
    assert not opener.exists()


async def test_the_path_is_copied(tmp_path: Path) -> None:
    async with running(reply("one"), exports=tmp_path, size=WIDE) as it:
        await asked(it)
        await it.ask(f"/save {tmp_path}/talk.md")
        await it.see("Saved as")
        await it.ask("/copy path")
        await it.see("ed the path ")


async def test_what_is_selected_with_the_mouse_is_copied_and_flashes() -> None:
    async with running(reply("words to copy"), size=WIDE) as it:
        await asked(it)
        lines = it.text.split("\n")
        row = next(number for number, line in enumerate(lines) if "words to copy" in line)
        transcript = it.app.screen.query_one(Transcript)
        left = lines[row].index("words") - transcript.region.x
        top = row - transcript.region.y
        await it.pilot.mouse_down(Transcript, offset=(left, top))
        await it.pilot.hover(Transcript, offset=(left + 5, top))
        await it.pilot.mouse_up(Transcript, offset=(left + 5, top))
        await it.see("the selection ")
        await it.until(lambda: not it.app.screen.has_class("-copied"))
        assert transcript.text_selection is not None


async def test_a_message_that_is_copied_flashes_and_is_not_selected_then() -> None:
    async with running(reply("words to copy"), size=WIDE) as it:
        await asked(it)
        await it.pilot.press("tab", "G", "y", "y")
        await it.see("ed the message ")
        await it.until(lambda: not it.app.screen.selections)
