"""Whatever can be clicked can be reached by key, on every screen."""

import importlib
import pkgutil
from pathlib import Path

from textual.screen import ModalScreen

import fakegpt_tui.ui.dialogs
from fakegpt_tui.attachments.commands import ShellCommand
from fakegpt_tui.attachments.snippets import Snippet
from fakegpt_tui.chat.jobs import Job, JobProgress, JobResult
from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.diff import DiffKind, DiffPart
from fakegpt_tui.domain.exact_request import ExactRequest
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    TextSpan,
    ToolResultPart,
)
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.ui.dialogs.attachments import AttachmentsScreen, TextScreen
from fakegpt_tui.ui.dialogs.branches import CompareScreen
from fakegpt_tui.ui.dialogs.command_output import CommandScreen
from fakegpt_tui.ui.dialogs.folders import FolderPickScreen, PromptTextScreen, TagScreen
from fakegpt_tui.ui.dialogs.generation import RequestScreen
from fakegpt_tui.ui.dialogs.import_files import JobScreen
from fakegpt_tui.ui.dialogs.items import ItemsScreen, MessageItem, items_of
from fakegpt_tui.ui.dialogs.keys import KeysScreen, PressKeyScreen
from fakegpt_tui.ui.dialogs.link import LinkScreen, check_link
from fakegpt_tui.ui.dialogs.pick import AskPathScreen, AskScreen
from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer
from fakegpt_tui.ui.dialogs.snippets import SnippetScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from tests.ui.running import Running, reply, running
from tests.ui.ways import IN_SCENES, METAS, WIDGETS, clicks_in_sources, unreachable
from tests.ui.widgets.transcript.transcript_app import MarkdownApp, prompt, show
from tests.ui.widgets.transcript.transcript_app import reply as transcript_reply

BASES = {"ListScreen", "PreviewListScreen", "CommandListScreen", "ServicePickerScreen"}
"""What dialogs are made of, and is not shown itself."""


def dialogs() -> set[str]:
    """The dialogs that there are."""
    for module in pkgutil.iter_modules(fakegpt_tui.ui.dialogs.__path__):
        importlib.import_module(f"fakegpt_tui.ui.dialogs.{module.name}")
    found = [ModalScreen]
    for each in found:
        found += [one for one in each.__subclasses__() if one.__module__.startswith("fakegpt_tui")]
    return {each.__name__ for each in found[1:]} - BASES


def test_every_kind_of_click_in_the_sources_has_a_way_by_key() -> None:
    classes, metas = clicks_in_sources()
    assert classes == {"ConversationList", "FirstPage", "KeyFooter", "Transcript"}
    assert classes <= WIDGETS.keys()
    assert metas == METAS.keys() | {"PICTURE_META", "offset"}
    keyed = {command.id for command in COMMANDS if command.keys}
    assert {command for command, _ in METAS.values()} <= keyed


TEXT = "Words that go on.\n" * 60
BLOB = Blob("ab" * 32, 340_000, "image/png", 300, 200)
ITEMS = items_of(f"```py\n{TEXT}```\n", (ImagePart(BLOB, "cat.png"),))


class LostFiles:
    """Files that are there no more."""

    async def read(self, picture: MessageItem) -> bytes:
        raise LoadError(f"{picture.name} is missing.")

    async def save(self, picture: MessageItem, _typed: str) -> Path:
        raise LoadError(f"{picture.name} is missing.")

    def path(self, _picture: MessageItem) -> Path | None:
        return None


async def _run(_progress: JobProgress) -> JobResult:
    return JobResult("Done.")


async def _change_keys(_command_id: str, _keys: str | None) -> str | None:
    """Write nothing."""


def shown_alone() -> list[ModalScreen[object]]:
    """The dialogs that no scene shows and no short command opens, with something in them."""
    return [
        AskPathScreen("Save as", "notes.md"),
        AskScreen("Pipe into a command", "wc"),
        AttachmentsScreen((), {"a": "▣ cat.png", "b": "▤ notes.txt"}),
        CommandScreen(ShellCommand("cat", b""), confirms=TEXT),
        CompareScreen(1, 2, lambda _other: [DiffPart(DiffKind.SAME, TEXT)]),
        FolderPickScreen("Folder", ()),
        ItemsScreen(ITEMS),
        JobScreen(Job("Import", _run, result=JobResult("Done.", details=(TEXT,) * 60))),
        KeysScreen({}, _change_keys, lambda own: own),
        LinkScreen(check_link("https://one.example")),
        PictureViewer(ITEMS[:1], 0, LostFiles(), None),
        PressKeyScreen("Send", lambda _keys: False),
        RequestScreen(
            ExactRequest(method="POST", url="http://127.0.0.1:9", headers=(), body=b"{}"),
            None,
            service="a",
        ),
        PromptTextScreen("System prompt", TEXT),
        SnippetScreen({"explain": Snippet("explain", TEXT)}, ("translate",), "snippets"),
        TagScreen((), ("work", "home"), count=1),
        TextScreen("Output", TEXT),
    ]


async def test_every_dialog_that_no_scene_shows_can_be_used_without_a_pointer() -> None:
    seen: set[str] = set()

    async def look(it: Running) -> None:
        dialog = it.app.screen
        await it.until(lambda: dialog.is_current and all(each.size for each in dialog.children))
        assert list(unreachable(dialog)) == []
        seen.add(type(dialog).__name__)
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))

    async with running(reply("Yes"), size=(60, 20)) as it:
        await it.ask("Hello")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        for dialog in shown_alone():
            await it.app.push_screen(dialog)
            await look(it)
        for name in ("/import", "/usage"):
            await it.ask(name)
            await it.until(lambda: not isinstance(it.app.screen, ChatScreen))
            await look(it)
    assert seen | IN_SCENES == dialogs() | {"ChatScreen"}


async def test_all_that_a_message_can_show_has_a_hint() -> None:
    """And so has what the pointer can use in a transcript of a dialog."""
    parts = (ImagePart(BLOB, "cat.png"), FilePart(Blob("cd" * 32, 9, "text/plain"), "a.txt"))
    app = MarkdownApp()
    async with app.run_test(size=(40, 40)) as pilot:
        source = CitationPart(0, 4, "https://example.org/giraffes", "Giraffes")
        code = f"```py\n{'wide ' * 30}\n```"
        details = "<details>\n<summary>More</summary>\n\nHidden.\n</details>"
        text = f"A [link](https://one.example).\n\n{details}\n\n{code}\n"
        tool = ToolResultPart("c1", "search", "Tall.")
        await show(
            pilot,
            prompt(0, "Look", parts=parts),
            transcript_reply(1, text, reasoning="So.", parts=(TextSpan(len(text)), tool, source)),
        )
        app.transcript.toggle_code_wrap()
        await pilot.pause()
        metas = {
            name
            for row in app.transcript.render_lines(app.transcript.size.region)
            for segment in row
            for name in (segment.style.meta if segment.style else {})
        }
        assert metas >= METAS.keys() - {"transcript"}
        assert list(unreachable(app.screen)) == []
