"""Giving files, pictures, large pastes and outputs of commands to a model, by keys."""

import asyncio
import os
import threading
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest
from textual import events

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.domain import Model, PictureRefused, Service, ServiceKind, StoreError
from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart, attached_parts
from fakegpt_tui.ui.dialogs.command_output import CommandScreen, TextScreen
from fakegpt_tui.ui.dialogs.items import AttachmentsScreen
from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer
from fakegpt_tui.ui.dialogs.services import ServicesScreen
from fakegpt_tui.ui.widgets.prompt_lists import AttachmentBar
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.attachments.examples import png
from tests.patience import PATIENCE
from tests.stubs import MemoryStore, connecting
from tests.ui.running import Running, reply
from tests.ui.running import running as running_with

SEEING = Service(
    name="scripted", kind=ServiceKind.OPENAI, url="http://127.0.0.1:9", model="scripted-1"
)
running = partial(running_with, service=SEEING)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a picture and texts."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "photo.png").write_bytes(png(120, 80))
    (folder / "notes.md").write_text("remember the milk\n")
    (folder / "src/main.py").write_text("print(1)\n")
    (folder / "my file.txt").write_text("blank\n")
    monkeypatch.chdir(folder)
    return folder


async def paste(it: Running, text: str) -> None:
    it.app.post_message(events.Paste(text))
    await it.pilot.pause()


def parts(it: Running) -> list[ImagePart | FilePart]:
    return [each for each in it.path[0].parts if isinstance(each, ImagePart | FilePart)]


def last_request(it: Running) -> ReplyRequest:
    return it.backend.requests[-1]


async def sent(it: Running) -> None:
    await it.until(lambda: len(it.path) >= 2 and not it.chat.active_turns.all())


async def test_a_file_is_completed_attached_and_sent_at_its_place() -> None:
    async with running(reply("milk")) as it:
        await it.pilot.press(*"what is in @not")
        await it.see("notes.md")
        await it.pilot.press("tab")
        await it.see("▤ 1 notes.md · text · 18 B")
        await it.pilot.press(*"please", "enter")
        await sent(it)
        assert it.path[0].text == "what is in please"
        (part,) = parts(it)
        assert (part.name, part.as_text) == ("notes.md", True)
        assert it.store.read_blob(part.blob.digest) == b"remember the milk\n"
        assert it.prompt.text == ""
        assert "▤" not in it.text.split("─")[-1]


async def test_a_path_that_is_typed_to_its_end_needs_no_completion() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"see @photo.png, and @src/main.py", "enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["photo.png", "main.py"]
        assert it.path[0].text == "see , and "


async def test_a_name_with_a_blank_is_put_in_quotes() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"@my")
        await it.see("my file.txt")
        await it.pilot.press("enter")
        await it.see("[#1 my file.txt]")
        await it.pilot.press("enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["my file.txt"]


async def test_keys_that_come_faster_than_the_list_complete_all_the_same() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"@not", "tab", *"and @src/m", "tab", *"say?", "enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["notes.md", "main.py"]
        assert it.path[0].text == "and say?"


@pytest.mark.parametrize(
    "typed", ["@~/not", '@"my', "@'my", "@./src/../not", "@src/../../project/not"]
)
async def test_homes_quotes_and_paths_with_folders_are_completed(
    project: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setenv("HOME", str(project))
    async with running() as it:
        await it.pilot.press(*typed, "tab")
        await it.see("▤ 1 ")
        assert it.prompt.text in ("[#1 notes.md] ", "[#1 my file.txt] ")


async def test_tab_does_not_leave_a_path_that_nothing_fits() -> None:
    async with running() as it:
        await it.pilot.press(*"see @nothing-here", "tab", "x")
        await it.until(lambda: it.prompt.text == "see @nothing-herex")
        assert it.app.focused is it.prompt


async def test_a_folder_leads_on() -> None:
    async with running() as it:
        await it.pilot.press(*"@src")
        await it.see(" src/")
        await it.pilot.press("tab")
        await it.until(lambda: it.prompt.text == "@src/")
        await it.see("main.py")
        await it.pilot.press("enter")
        await it.see("[#1 main.py]")


async def test_a_sign_alone_is_sent_as_it_is() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"meet me @")
        await it.see("notes.md")
        await it.pilot.press("enter")
        await sent(it)
        assert it.path[0].text == "meet me @"


async def test_what_names_no_file_stays_text() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"hello @nobody.", "enter")
        await sent(it)
        assert it.path[0].text == "hello @nobody."
        assert it.path[0].parts == ()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (r"\@notes.md ok", "@notes.md ok"),
        ("me@notes.md", "me@notes.md"),
        ("C@notes.md ok", "C@notes.md ok"),
    ],
)
async def test_a_literal_sign_attaches_nothing(keys: str, expected: str) -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*keys, "enter")
        await sent(it)
        assert it.path[0].text == expected
        assert it.path[0].parts == ()


async def test_escape_leaves_what_is_typed() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"@notes")
        await it.see("notes.md")
        await it.pilot.press("escape", *".md it is", "enter")
        await sent(it)
        assert it.path[0].text == "@notes.md it is"
        assert it.path[0].parts == ()


async def test_a_pasted_reference_attaches_nothing() -> None:
    async with running(reply("ok")) as it:
        await paste(it, "look @notes.md and @/etc/passwd ")
        await it.pilot.press("x", "enter")
        await sent(it)
        assert it.path[0].text == "look @notes.md and @/etc/passwd x"
        assert it.path[0].parts == ()


async def test_a_file_is_attached_by_a_slash_command() -> None:
    async with running() as it:
        await it.pilot.press(*"/attach my file.txt", "enter")
        await it.see("[#1 my file.txt]")
        await it.pilot.press("ctrl+end", "alt+a")
        await it.see("Attachment")
        await it.pilot.press(*"photo.png", "enter")
        await it.see("▣ 2 photo.png · PNG 120×80 ·")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.txt", None, "There is no file"),
        ("empty.txt", b"", "empty.txt is empty"),
        ("data.bin", b"\0\1\2\3" * 50, "neither text nor a picture"),
        ("huge.txt", b"x" * 1_100_000, "may have 1 MB at most"),
        ("photo.heic", b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", "convert it to PNG or JPEG"),
    ],
    ids=["missing", "empty", "binary", "huge", "heic"],
)
async def test_what_cannot_be_attached_is_said(
    project: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (project / name).write_bytes(content)
    async with running() as it:
        await it.pilot.press(*f"/attach {name}", "enter")
        await it.until(lambda: sentence in " ".join(it.status.split()), lambda: it.status)


async def test_a_drop_of_several_files_is_taken_back_at_once(project: Path) -> None:
    dropped = f"'{project / 'photo.png'}' '{project / 'my file.txt'}'"
    marks = "look:[#1 photo.png] [#2 my file.txt] "
    async with running() as it:
        it.prompt.insert("look:")
        await paste(it, dropped)
        await it.until(lambda: it.prompt.text == marks)
        await it.pilot.press("ctrl+z")
        assert it.prompt.text == f"look:{dropped}"
        await it.pilot.press("alt+z", "x")
        assert it.prompt.text == f"{marks}x"
        assert [chip.split()[:3] for chip in it.app.screen.query_one(AttachmentBar).chips] == [
            ["▣", "1", "photo.png"],
            ["▤", "2", "my"],
        ]
        await it.pilot.press("ctrl+z", "ctrl+z", "ctrl+z")
        assert it.prompt.text == "look:"


async def test_files_are_sent_that_were_dropped_right_before_enter(project: Path) -> None:
    async with running(reply("ok")) as it:
        it.app.post_message(events.Paste(f"{project}/photo.png {project}/notes.md "))
        await it.pilot.press("enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["photo.png", "notes.md"]
        assert it.path[0].text == ""


async def test_a_drop_of_which_one_is_missing_is_text(project: Path) -> None:
    async with running(reply("ok")) as it:
        await paste(it, f"{project}/photo.png {project}/gone.png")
        await it.pilot.press("enter")
        await sent(it)
        assert it.path[0].parts == ()


async def test_a_drop_of_many_files_attaches_all_that_can_be_attached(project: Path) -> None:
    paths = [project / f"{number}-{'x' * 200}.txt" for number in range(12)]
    paths[3] = project / "program"
    for path in paths:
        path.write_bytes(b"\x7fELF\0\0" if path.name == "program" else b"a text")
    async with running() as it:
        await paste(it, " ".join(map(str, paths)))
        # First of all, as a notice goes by itself.
        await it.until(lambda: "a file of kind program" in " ".join(it.status.split()))
        bars = it.app.screen.query(AttachmentBar)
        await it.until(lambda: any(len(bar.chips) == len(paths) - 1 for bar in bars))
        firsts = [chip.split()[2].partition("-")[0] for chip in bars.first().chips]
        assert firsts == [str(number) for number in range(12) if number != 3]
        assert "pasted" not in it.prompt.text


async def test_a_large_paste_is_a_mark_and_sent_as_text_at_its_place() -> None:
    text = "\n".join(f"line {number}" for number in range(30))
    async with running(reply("ok")) as it:
        await it.pilot.press(*"a ")
        await paste(it, text)
        await it.see("[#1 pasted, 30 lines]")
        await it.pilot.press(*" b", "enter")
        await sent(it)
        assert it.path[0].text == f"a {text} b"
        assert it.path[0].parts == ()


async def test_a_large_paste_is_opened_and_turned_back_into_text() -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    async with running() as it:
        await paste(it, text)
        await it.see("▤ 1 pasted, 30 lines")
        await it.pilot.press("alt+o")
        await it.until(lambda: isinstance(it.app.screen, AttachmentsScreen))
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, TextScreen))
        await it.see("line 7")
        await it.pilot.press("escape", "alt+o")
        await it.until(lambda: isinstance(it.app.screen, AttachmentsScreen))
        await it.pilot.press("t")
        await it.until(lambda: it.prompt.text == text)
        assert it.chat.drafts.all()[it.list.current].attachments == ()


async def test_a_removed_mark_removes_what_is_attached_and_undo_brings_both_back() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("backspace", "backspace")
        await it.until(lambda: "▣" not in it.text)
        assert it.prompt.text == ""
        await it.pilot.press("ctrl+z")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("alt+o")
        await it.until(lambda: isinstance(it.app.screen, AttachmentsScreen))
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, PictureViewer))
        await it.see("photo.png")
        await it.pilot.press("escape", "alt+o")
        await it.until(lambda: isinstance(it.app.screen, AttachmentsScreen))
        await it.pilot.press("d")
        await it.until(lambda: "▣" not in it.text)
        await it.until(lambda: "Removed" in it.status)
        await it.pilot.press("ctrl+z")
        await it.see("▣ 1 photo.png")
        await it.until(lambda: "Removed" not in it.status)
        await it.pilot.press("ctrl+p", *"detach", "enter")
        await it.until(lambda: "▣" not in it.text)
        await it.pilot.press("ctrl+z")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["photo.png"]


async def test_what_is_attached_is_the_file_as_it_was_then(project: Path) -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"/attach notes.md", "enter")
        await it.see("▤ 1 notes.md")
        (project / "notes.md").write_text("changed")
        await it.pilot.press("enter")
        await sent(it)
        (part,) = parts(it)
        assert it.store.read_blob(part.blob.digest) == b"remember the milk\n"


async def test_a_draft_keeps_what_is_attached_when_another_conversation_is_opened() -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("first")
        await sent(it)
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "▣" not in it.text)
        await it.pilot.press("alt+j")
        await it.see("▣ 1 photo.png")


async def test_a_draft_with_attachments_is_there_after_a_start() -> None:
    store = MemoryStore()
    async with running(store=store) as it:
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
    async with running(reply("ok"), store=store) as it:
        await it.see("▣ 1 photo.png")
        await it.pilot.press("enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["photo.png"]


async def test_a_queued_prompt_keeps_what_is_attached_and_can_be_taken_back() -> None:
    gate = Gate()
    async with running(reply("one", gate=gate), reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press(*"what?", "enter")
        await it.until(lambda: it.queued == ("[#1 photo.png] what?",))
        await it.pilot.press("alt+q", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("enter")
        await it.until(lambda: bool(it.queued))
        gate.open()
        await it.until(lambda: len(it.path) == 4 and not it.chat.active_turns.all())
        assert [each.blob.width for each in it.path[2].parts if isinstance(each, ImagePart)] == [
            120
        ]


async def test_an_edited_prompt_has_its_attachments_and_may_lose_them() -> None:
    async with running(reply("one"), reply("two"), reply("three")) as it:
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press(*"what?", "enter")
        await sent(it)
        it.app.screen.query_one(Transcript).focus()
        await it.pilot.press("g", "e")
        await it.until(lambda: it.prompt.text.startswith("[#"))
        await it.see("photo.png · PNG")
        await it.pilot.press("end", *" now", "enter")
        await it.see("two")
        await sent(it)
        assert it.path[0].text == "what? now"
        assert [each.name for each in parts(it)] == ["photo.png"]


async def test_a_prompt_that_cannot_be_saved_comes_back_with_what_is_attached() -> None:
    store = MemoryStore()
    async with running(reply("ok"), store=store) as it:
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        store.refusal = "The disk is full."
        await it.pilot.press(*"what?", "enter")
        await it.until(lambda: it.prompt.text.endswith("photo.png] what?"))
        await it.see("photo.png · PNG")


async def test_output_of_a_command_is_shown_and_neither_sent_nor_kept() -> None:
    async with running() as it:
        await it.pilot.press("!")
        await it.see("Runs in your shell")
        await it.pilot.press(*"cat notes.md", "enter")
        await it.until(lambda: isinstance(it.app.screen, CommandScreen))
        await it.see("remember the milk")
        await it.see("Exit code 0")
        await it.pilot.press("enter")
        await it.until(lambda: not isinstance(it.app.screen, CommandScreen))
        assert it.prompt.text == ""
        assert not it.backend.requests
        assert not it.store.nodes


async def test_output_of_a_command_goes_into_the_prompt_after_it_was_shown() -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*"!!cat notes.md; exit 3", "enter")
        await it.see("Exit code 3")
        assert not it.chat.drafts.all()
        await it.pilot.press("enter")
        await it.see("▤ 1 output of cat notes.md")
        await it.pilot.press("enter")
        await sent(it)
        (part,) = parts(it)
        text = it.store.read_blob(part.blob.digest).decode()
        assert text.startswith("$ cat notes.md; exit 3\nremember the milk\n[Exit code 3")


@pytest.mark.parametrize("literal", [r"\!touch ran", " !touch ran"])
async def test_a_literal_sign_runs_nothing(project: Path, literal: str) -> None:
    async with running(reply("ok")) as it:
        await it.pilot.press(*literal, "enter")
        await sent(it)
        assert it.path[0].text == literal.removeprefix("\\")
        assert not (project / "ran").exists()


async def test_what_was_pasted_or_recalled_is_never_run(project: Path) -> None:
    async with running(reply("one"), reply("two")) as it:
        await paste(it, "!touch ran")
        await it.pilot.press("enter")
        await sent(it)
        await it.pilot.press("up", "enter")
        await it.until(lambda: len(it.path) == 4)
        assert it.path[2].text == "!touch ran"
        assert not (project / "ran").exists()


async def test_a_sign_before_something_pasted_does_not_run_a_paste(project: Path) -> None:
    async with running(reply("ok")) as it:
        await paste(it, "!touch ran")
        await it.pilot.press("home", "!", "enter")
        await sent(it)
        assert it.path[0].text == "!!touch ran"
        assert not (project / "ran").exists()


async def test_a_prompt_without_attachments_is_sent_as_before() -> None:
    async with running(reply("ok")) as it:
        await it.ask("[#1 photo.png] is only text")
        await sent(it)
        assert it.path[0].text == "[#1 photo.png] is only text"
        assert last_request(it).messages[-1].parts == ()


async def test_a_pipe_is_refused_and_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe")
    async with running() as it:
        async with asyncio.timeout(60):
            await it.pilot.press(*"/attach pipe", "enter")
            await it.until(lambda: "only files can be attached" in " ".join(it.status.split()))


async def ask_with_picture(it: Running) -> None:
    await it.pilot.press(*"/attach photo.png", "enter")
    await it.see("▣ 1 photo.png")
    await it.pilot.press(*"what is it?", "enter")


async def test_a_blind_model_is_sent_nothing_before_a_choice() -> None:
    async with running_with(reply("ok")) as it:
        await ask_with_picture(it)
        await it.see("takes no pictures")
        assert not it.backend.requests
        await it.pilot.press("escape")
        await it.until(
            lambda: it.app.screen is it.app.screen_stack[0] or len(it.app.screen_stack) == 2
        )
        await it.until(lambda: it.prompt.text == "[#1 photo.png] what is it?")
        await it.see("▣ 1 photo.png")
        assert not it.backend.requests


async def test_a_prompt_for_a_blind_model_is_sent_without_its_pictures() -> None:
    async with running_with(reply("ok")) as it:
        await ask_with_picture(it)
        await it.see("takes no pictures")
        await it.pilot.press("down", "enter")
        await sent(it)
        assert (it.path[0].text, it.path[0].parts) == ("what is it?", ())


async def test_a_picture_for_a_blind_model_is_described_in_words() -> None:
    async with running_with(reply("ok")) as it:
        await ask_with_picture(it)
        await it.see("takes no pictures")
        await it.pilot.press("up", "enter")
        await it.see("(picture photo.png: ) what is it?")
        await it.pilot.press(*"a cat", "enter")
        await sent(it)
        assert it.path[0].text == "(picture photo.png: a cat) what is it?"


async def test_another_model_is_chosen_for_a_picture() -> None:
    async with running_with(reply("ok")) as it:
        await ask_with_picture(it)
        await it.see("takes no pictures")
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ServicesScreen))
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, ServicesScreen))
        assert it.prompt.text == "[#1 photo.png] what is it?"


async def test_a_model_that_refused_a_picture_is_known_to_be_blind() -> None:
    async with running([PictureRefused("It takes no pictures, it said.")], reply("ok")) as it:
        await ask_with_picture(it)
        await sent(it)
        await it.pilot.press(*"/attach photo.png", "enter")
        await it.see("▣ 1 photo.png")
        await it.pilot.press("enter")
        await it.see("scripted-1 takes no pictures")


async def test_a_list_of_models_says_which_are_blind() -> None:
    backend = ScriptedBackend(models=(Model("scripted-1", sees=False),))
    async with running(connect=connecting(backend)) as it:
        await ask_with_picture(it)
        await it.see("takes no pictures")
        assert not backend.requests


@pytest.fixture
def clipboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose content is the clipboard: a picture, text, or nothing."""
    content = tmp_path / "clipboard"
    tool = tmp_path / "bin/wl-paste"
    tool.parent.mkdir()
    tool.write_text(
        f"""#!/bin/sh
        case "$*" in
        --list-types) head -c4 {content} | grep -q PNG && echo image/png || echo text/plain;;
        *) cat {content};;
        esac
        """
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    for name in ("SSH_CONNECTION", "SSH_TTY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    return content


@pytest.mark.parametrize("key", ["ctrl+v", "alt+v"])
async def test_the_picture_of_the_clipboard_is_attached_by_a_key(clipboard: Path, key: str) -> None:
    clipboard.write_bytes(png(30, 20))
    async with running(reply("ok")) as it:
        await it.pilot.press(*"look ", key)
        await it.see("▣ 1 clipboard · PNG 30×20")
        await it.pilot.press("enter")
        await sent(it)
        (part,) = parts(it)
        assert it.store.read_blob(part.blob.digest) == png(30, 20)


async def test_the_same_key_inserts_text_where_there_is_no_picture(clipboard: Path) -> None:
    clipboard.write_text("some words\x1b[31m")
    async with running() as it:
        await it.pilot.press("ctrl+v")
        await it.until(lambda: it.prompt.text == "some words[31m")


async def test_vim_puts_the_text_of_the_clipboard_as_lines(clipboard: Path) -> None:
    clipboard.write_text("a line\n")
    async with running(values={"editing": "vim"}) as it:
        it.prompt.insert("one")
        await it.pilot.press("escape", "quotation_mark", "plus", "p")
        await it.until(lambda: it.prompt.text == "one\na line")
        # What was copied here is put where the clipboard cannot be read.
        (clipboard.parent / "bin/wl-paste").unlink()
        await it.pilot.press("g", "g", "quotation_mark", "plus", "y", "y")
        await it.pilot.press("G", "quotation_mark", "plus", "P")
        await it.until(lambda: it.prompt.text == "one\none\na line")


async def test_an_empty_paste_is_the_picture_of_the_clipboard(clipboard: Path) -> None:
    clipboard.write_bytes(png(30, 20))
    async with running() as it:
        await paste(it, "")
        await it.see("▣ 1 clipboard · PNG 30×20")


async def test_a_picture_that_cannot_be_read_is_told_from_no_picture(clipboard: Path) -> None:
    clipboard.write_bytes(b"\x89PNG broken")
    async with running() as it:
        await it.pilot.press("ctrl+v")
        await it.until(
            lambda: "cannot be read; copy it" in " ".join(it.status.split()), lambda: it.status
        )


async def test_copied_files_of_any_name_are_attached(project: Path) -> None:
    odd = [
        "\N{LATIN SMALL LETTER A WITH DIAERESIS} # 50%.txt",
        "e\u0301 'q' \"d\".txt",
        "line [1].txt",
    ]
    for name in odd:
        (project / name).write_text("x")
    async with running(reply("ok")) as it:
        await paste(it, "\n".join(str(project / name) for name in odd))
        await it.see("▤ 3 line [1].txt")
        await it.pilot.press("enter")
        await sent(it)
        assert len(parts(it)) == 3


async def test_a_name_that_is_no_utf_8_is_completed_and_attached(project: Path) -> None:
    (project / os.fsdecode(b"bl\xe4nk.txt")).write_text("x")
    async with running(reply("ok")) as it:
        await it.pilot.press(*"@bl", "tab")
        await it.see("▤ 1 bl�nk.txt")
        await it.pilot.press("enter")
        await sent(it)
        assert [each.name for each in parts(it)] == ["bl�nk.txt"]


class SlowStore(MemoryStore):
    """Keeps no bytes before it is released, as a disk that is busy."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def put_blob(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        assert self.released.wait(PATIENCE)
        return super().put_blob(source, limit=limit)


async def test_a_prompt_that_is_sent_while_a_file_is_read_waits_for_it() -> None:
    store = SlowStore()
    async with running(reply("ok"), store=store) as it:
        await it.pilot.press(*"see @photo.png now", "enter", *"more")
        await it.until(lambda: it.prompt.text == "more")
        await it.until(
            lambda: (
                [each.text for each in it.chat.drafts.all().values()]
                == ["see @photo.png now\nmore"]
            )
        )
        assert not it.backend.requests
        store.released.set()
        await sent(it)
        assert [each.name for each in parts(it)] == ["photo.png"]
        assert it.path[0].text == "see now"
        assert it.prompt.text == "more"
        assert [each.text for each in it.chat.drafts.all().values()] == ["more"]


async def test_a_prompt_that_waits_is_sent_where_it_was_typed() -> None:
    store = SlowStore()
    async with running(reply("first"), reply("ok"), store=store) as it:
        await it.ask("begin")
        await sent(it)
        conversation_id = it.list.current
        await it.pilot.press(*"see @photo.png now", "enter", *"more", "ctrl+n")
        await it.until(lambda: it.prompt.text == "")
        store.released.set()
        await it.until(lambda: len(it.chat.messages.path(conversation_id)) == 4)
        prompt = it.chat.messages.path(conversation_id)[2]
        assert [each.name for each in attached_parts(prompt.parts)] == ["photo.png"]
        await it.until(lambda: it.chat.drafts.all()[conversation_id].text == "more")
        assert it.prompt.text == ""


async def test_a_file_that_is_read_when_another_conversation_opens_stays_with_its_own() -> None:
    store = SlowStore()
    async with running(reply("first"), store=store) as it:
        await it.ask("begin")
        await sent(it)
        conversation_id = it.list.current
        await it.pilot.press(*"/attach photo.png", "enter", *"what?", "ctrl+n")
        await it.until(lambda: it.prompt.text == "")
        store.released.set()
        await it.until(lambda: bool(it.chat.drafts.all()[conversation_id].attachments))
        assert it.chat.drafts.all()[conversation_id].text == "what? [#1 photo.png]"
        assert "▣" not in it.text
        await it.pilot.press("alt+j")
        await it.see("▣ 1 photo.png")


async def test_bytes_that_cannot_be_kept_leave_the_text_of_a_paste() -> None:
    class FullStore(MemoryStore):
        def put_blob(self, *_: object, **__: object) -> Blob:
            raise StoreError("The disk is full.")

    text = "\n".join(f"line {number}" for number in range(30))
    async with running(store=FullStore()) as it:
        await paste(it, text)
        await it.until(lambda: it.prompt.text == text)
        await it.until(lambda: "disk is full" in it.status)
