"""Scenes of dialogs: each with fixed content, opened alone, for pictures and tests."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast

from textual.screen import ModalScreen

from fakegpt_tui.attachments.commands import ShellCommand
from fakegpt_tui.attachments.snippets import Snippet
from fakegpt_tui.chat.jobs import Job, JobProgress, JobResult
from fakegpt_tui.chat.spending import Spending, SpendingGroup, SpendingRow
from fakegpt_tui.domain import ChatMessage, MessageStatus, Role
from fakegpt_tui.domain.diff import DiffPart, diff_words
from fakegpt_tui.domain.exact_request import ExactRequest
from fakegpt_tui.domain.folders import Folder
from fakegpt_tui.domain.message_tree import MessageTree
from fakegpt_tui.domain.parts import Attachment, Blob, FilePart, ImagePart
from fakegpt_tui.domain.prices import Cost
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.dialogs.branches import CompareScreen, TreeScreen
from fakegpt_tui.ui.dialogs.command_output import CommandScreen, TextScreen
from fakegpt_tui.ui.dialogs.folders import FolderPickScreen, PromptTextScreen, TagScreen
from fakegpt_tui.ui.dialogs.generation import RequestScreen
from fakegpt_tui.ui.dialogs.import_files import ImportScreen, JobScreen
from fakegpt_tui.ui.dialogs.items import AttachmentsScreen, ItemsScreen, items_of
from fakegpt_tui.ui.dialogs.keys import KeysScreen, PressKeyScreen
from fakegpt_tui.ui.dialogs.link import LinkScreen, check_link
from fakegpt_tui.ui.dialogs.pick import AskPathScreen, AskScreen, PickScreen
from fakegpt_tui.ui.dialogs.picture_viewer import PictureFiles, PictureViewer
from fakegpt_tui.ui.dialogs.snippets import SnippetScreen
from fakegpt_tui.ui.dialogs.usage import UsageScreen
from fakegpt_tui.ui.themes import theme_names
from tests.attachments.pictures import photo
from tests.ui.scenes import NOW

_LONG = "Words that go on, as those of a person do who has a lot to tell.\n" * 60
"""More than any screen has rows for."""
_PDF = Blob("0" * 64, 123_456, "application/pdf")
_PICTURE = Blob("1" * 64, 34_567, "image/png", 80, 40)
_NOTES = Blob("2" * 64, 7_890, "text/plain")
_ITEMS = items_of(
    f"```python area.py\nimport math\n\nprint(math.pi * 2)\n```\n\n```\n{_LONG}```",
    (ImagePart(_PICTURE, "chart.png"), FilePart(_PDF, "report.pdf")),
)
_VARIANTS = (
    f"A heading and a list. It rains in Bergen, and the train leaves at nine.\n\n{_LONG}",
    f"A heading and a table. It rains in Bergen, so the train leaves at ten.\n\n{_LONG}",
    "No heading.",
)
_SNIPPETS = {
    "review": Snippet("review", "Review this change of {{language=Python}}.\n\n{{input}}"),
    "translate": Snippet("translate", f"Translate into {{{{language}}}}:\n\n{_LONG}"),
}
_MESSAGES = (
    ("q1", None, "How does **it** work?"),
    ("a1", "q1", "# A long explanation\n\nIt has a heading, and `code`."),
    ("a2", "q1", "## A short one\n\nIt just does."),
    ("q2", "a1", "And in Norway, where it rains a lot, and where trains are late?"),
    ("a3", "q2", "There, too."),
    ("q3", "a1", "And in Spain?"),
    ("a4", "q3", "It rains *less*."),
    ("q4", "a4", "Why?"),
    ("a5", "q4", f"Because of the mountains.\n\n{_LONG}"),
)
"""Name, parent and text; prompts are those named with a `q`."""


def _tree() -> TreeScreen:
    tree = MessageTree(
        ChatMessage(
            id=name,
            conversation_id="shown",
            parent_id=parent,
            role=Role.USER if name.startswith("q") else Role.ASSISTANT,
            text=text,
            status=MessageStatus.COMPLETE,
            created_at=NOW - timedelta(minutes=90 - 7 * number),
        )
        for number, (name, parent, text) in enumerate(_MESSAGES)
    )
    return TreeScreen(tree.turn_rows("a5"), now=NOW)


class _Sums:
    """Spending without a ledger."""

    budget = Decimal(20)

    def rows(self, _group: SpendingGroup) -> Sequence[SpendingRow]:
        return [
            SpendingRow(
                name=month, replies=replies, prompt_tokens=24_000, reply_tokens=680, cost=cost
            )
            for month, replies, cost in (
                ("2026-03", 12, self.this_month()),
                ("2026-02", 1, Cost(unknown=1)),
            )
        ]

    def this_month(self) -> Cost:
        return Cost(charged=Decimal("1.234"), known=12)


def _compare() -> CompareScreen:
    def parts(other: int) -> Sequence[DiffPart]:
        return diff_words(_VARIANTS[other], _VARIANTS[1])

    return CompareScreen(1, len(_VARIANTS), parts)


def _request() -> RequestScreen:
    body = {"model": "scripted-1", "messages": [{"role": "user", "content": "How does it work?"}]}
    request = ExactRequest(
        method="POST",
        url="https://example.org/v1/chat/completions",
        headers=(("Authorization", "Bearer ••••"), ("Content-Type", "application/json")),
        body=json.dumps(body).encode(),
        tokens=12,
        notes=("The oldest 2 of 9 chat messages were not sent.",),
    )
    return RequestScreen(request, None, service="scripted")


async def _run(_progress: JobProgress) -> JobResult:
    return JobResult("")


def _job_done() -> JobScreen:
    summary = "37 conversations with 719 messages would be new; 2 are here already."
    result = JobResult(summary, tuple(_LONG.splitlines()))
    wanted = Job("Import of export.zip", _run)
    return JobScreen(Job("Preview of export.zip", _run, ("import", wanted), result=result))


def _job() -> JobScreen:
    return JobScreen(Job("Import of export.zip", _run, progress=JobProgress(12, 37)))


def _attachments() -> AttachmentsScreen:
    attached = (
        Attachment("1", FilePart(_NOTES, "notes.md", as_text=True), "path"),
        Attachment("2", ImagePart(_PICTURE, "chart.png"), "clipboard"),
    )
    lines = ("▤ notes.md · 120 lines · 7.9 kB", "▣ chart.png · PNG · 35 kB")
    return AttachmentsScreen(attached, dict(zip("12", lines, strict=True)))


def _question() -> PickScreen:
    choices = [
        Choice("model", "Choose another model"),
        Choice("without", "Send it without the pictures"),
    ]
    return PickScreen("Pictures", choices, note="scripted/scripted-1 takes no pictures.")


def _theme() -> PickScreen:
    choices = [Choice(name, name) for name in theme_names()]
    return PickScreen("Theme", choices, current="light", preview=bool)


def _keys() -> KeysScreen:
    async def change(_command: str, _keys: str | None) -> str | None:
        """Write nothing."""

    return KeysScreen({"chat.new": "f12"}, change, lambda own: own)


class _Files:
    """Files of pictures, which are all the same."""

    async def read(self, _picture: object) -> bytes:
        return photo((80, 40), "PNG")


def _viewer() -> PictureViewer:
    return PictureViewer(_ITEMS[:1] * 2, 0, cast("PictureFiles", _Files()), None)


DIALOGS: Mapping[str, Callable[[], ModalScreen[Any]]] = MappingProxyType(
    {
        "attachments": _attachments,
        "command": lambda: CommandScreen(ShellCommand("wc -l"), confirms=f"It reads:\n\n{_LONG}"),
        "compare": _compare,
        "folder": lambda: FolderPickScreen(
            "Folder", (Folder("Recipes"), Folder("Work"), Folder("Work/2026")), current="Work"
        ),
        "import": ImportScreen,
        "items": lambda: ItemsScreen(_ITEMS, 2),
        "job": _job,
        "job-done": _job_done,
        "keys": _keys,
        "link": lambda: LinkScreen(check_link("https://example.org/manual?page=2")),
        "link-refused": lambda: LinkScreen(check_link("file:///etc/passwd")),
        "path": lambda: AskPathScreen("File", "/nowhere/notes.md"),
        "picture": _viewer,
        "press-key": lambda: PressKeyScreen("New", lambda _keys: False),
        "question": _question,
        "request": _request,
        "snippets": lambda: SnippetScreen(_SNIPPETS, ("summary",), "~/.config/snippets"),
        "system-prompt": lambda: PromptTextScreen("System prompt in Work", _LONG),
        "tags": lambda: TagScreen(("travel",), ("recipe", "travel", "work"), count=1),
        "text": lambda: TextScreen("notes.md", _LONG),
        "theme": _theme,
        "title": lambda: AskScreen("Title", "How does it work?"),
        "tree": _tree,
        "usage": lambda: UsageScreen(cast("Spending", _Sums())),
    }
)
"""What makes each of them."""
