"""Items dialogs: what is in a message or attached to the prompt, to be opened, saved or changed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain.captions import blob_label, size_label
from fakegpt_tui.domain.media_types import is_picture, suffix_of
from fakegpt_tui.domain.parts import Attachment, Blob, FilePart, ImagePart, Part, attached_parts
from fakegpt_tui.text import file_stem, safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.widgets.transcript.code_blocks import fences

_PREVIEW_LINES = 14
_PREVIEW_WIDTH = 400
_NAMED = re.compile(r"""\b(?:title|file|filename|name)=["']?([^"'\s{}]+)""")
_PATH = re.compile(r"[\w./-]*\w\.\w{1,8}")
_KEYS = "s save · o open · e edit · p pipe · c copy · esc close"
_ATTACHMENT_KEYS = "enter open · e edit · t text · d remove · esc close"
_PICTURE_KEYS = "enter view · s save · o open · p pipe · esc close"


class ItemAction(StrEnum):
    """What can be done with an item."""

    SAVE = "save"
    OPEN = "open"
    EDIT = "edit"
    PIPE = "pipe"
    COPY = "copy"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class MessageItem:
    """Something in a message that can be taken out of it; `name` is that of a file for it.

    A code block has a `text`; a picture or file has its bytes in the store, by `blob`.
    """

    name: str
    label: str
    text: str = ""
    blob: Blob | None = None

    @property
    def digest(self) -> str:
        """Names its bytes in the store; empty for a code block."""
        return self.blob.digest if self.blob is not None else ""

    @property
    def is_picture(self) -> bool:
        """Is it one, even if it cannot be drawn?"""
        return self.blob is not None and (
            is_picture(self.blob.media_type) or self.name.lower().endswith(".svg")
        )

    @property
    def size(self) -> str:
        if self.blob is not None:
            return size_label(self.blob.size)
        lines = self.text.count("\n") + (not self.text.endswith("\n"))
        return f"{lines} line{'' if lines == 1 else 's'}"


def items_of(text: str, parts: Sequence[Part] = ()) -> tuple[MessageItem, ...]:
    """The pictures and files of a message, and then its code blocks, each in their order."""
    blocks = (item for _, item in _code_items(text))
    return (*map(file_item, attached_parts(parts)), *blocks)


def code_item(text: str, start: int) -> MessageItem | None:
    """The code block that begins at an offset of a text; `None` for an empty one."""
    return next((item for begin, item in _code_items(text) if begin == start), None)


def _code_items(text: str) -> Iterator[tuple[int, MessageItem]]:
    """The code blocks of a text, each behind the offset at which it begins."""
    for number, node in enumerate(fences(text), 1):
        if node.content:
            yield node.source[0], _code_item(number, node.info, node.content)


def file_item(part: ImagePart | FilePart) -> MessageItem:
    """The item of a picture or a file; one without a name gets that of its kind."""
    blob = part.blob
    written = PurePosixPath(part.name.replace("\\", "/"))
    stem = file_stem(written.stem) or "attachment"
    suffix = written.suffix if _PATH.fullmatch(f"x{written.suffix}") else ""
    name = f"{stem}{suffix or suffix_of(blob.media_type)}"
    return MessageItem(name, blob_label(blob), blob=blob)


def _code_item(number: int, info: str, code: str) -> MessageItem:
    language = re.split(r"[\s{:,]", info.strip(), maxsplit=1)[0]
    name = _name_in(info)
    if not name:
        name = f"block-{number}{_suffix(language)}"
    return MessageItem(name, language or "text", code)


def _name_in(info: str) -> str:
    """The name of a file that stands behind a fence, without folders; empty where there is none."""
    named = _NAMED.search(info)
    path = named[1] if named else ""
    if not path:
        words = re.split(r"[\s:{}]+", info.strip())
        path = next((word for word in words if _PATH.fullmatch(word)), "")
    written = PurePosixPath(path.replace("\\", "/"))
    stem = file_stem(written.stem)
    return f"{stem}{written.suffix}" if stem and _PATH.fullmatch(f"x{written.suffix}") else stem


def _suffix(language: str) -> str:
    """How files of a language end, as Pygments knows it."""
    if not language:
        return ".txt"
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - slow
    from pygments.util import ClassNotFound  # noqa: PLC0415 - as above

    try:
        patterns: Sequence[str] = get_lexer_by_name(language).filenames
    except ClassNotFound:
        patterns = ()
    found = (each[1:] for each in patterns if re.fullmatch(r"\*\.\w+", each))
    return next(found, ".txt")


class ItemsScreen(ListScreen[tuple[ItemAction, MessageItem] | None]):
    """The items and the beginning of the marked one; dismissed with one and what to do with it."""

    CSS_PATH = ["dialog.tcss", "items.tcss"]
    BINDINGS = [
        Binding("s,enter", "choose('save')", "Save"),
        Binding("o", "choose('open')", "Open"),
        Binding("e", "choose('edit')", "Edit"),
        Binding("p", "choose('pipe')", "Pipe"),
        Binding("c,y", "choose('copy')", "Copy"),
        Binding("escape,q,x", "dismiss", "Close"),
        Binding("j", "move(1)", "Next", show=False),
        Binding("k", "move(-1)", "Previous", show=False),
    ]

    def __init__(self, items: Sequence[MessageItem], at: int) -> None:
        """`at` is the place of the one that is marked first."""
        super().__init__()
        self._items = items
        self._at = at if 0 <= at < len(items) else 0

    def compose(self) -> ComposeResult:
        with DialogFrame("items"):
            yield OptionList(
                *(Option(_line(number, each)) for number, each in enumerate(self._items, 1)),
                compact=True,
                markup=False,
            )
            yield Static(id="preview")

    def on_mount(self) -> None:
        self.options.highlighted = self._at

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        item = self._items[event.option_index]
        keys = _PICTURE_KEYS if item.is_picture else _KEYS
        self.query_one(DialogFrame).set_frame("Code and files", keys)
        lines = item.text.splitlines() or [f"{item.label}, {item.size}"]
        shown = [line[:_PREVIEW_WIDTH] for line in lines[:_PREVIEW_LINES]]
        more = len(lines) - len(shown)
        content = Content(safe_text("\n".join(shown)))
        if more > 0:
            content = Content.assemble(content, (f"\n… and {more} more", "$text-muted"))
        self.query_one("#preview", Static).update(content)

    def on_option_list_option_selected(self) -> None:
        index = self.options.highlighted
        is_shown = index is not None and self._items[index].is_picture
        self.action_choose(ItemAction.VIEW if is_shown else ItemAction.SAVE)

    def action_choose(self, action: str) -> None:
        if (index := self.options.highlighted) is not None:
            self.dismiss((ItemAction(action), self._items[index]))


def _line(number: int, item: MessageItem) -> Content:
    return Content.assemble(
        f"{number:>2}  ",
        (safe_line(item.name, 60), "bold"),
        (f"  {safe_line(item.label, 30)}, {item.size}", "$text-muted"),
    )


class AttachmentAction(StrEnum):
    """What can be done with an attachment of the prompt."""

    OPEN = "open"
    EDIT = "edit"
    INSERT = "insert"
    REMOVE = "remove"


class AttachmentsScreen(ListScreen[tuple[AttachmentAction, Attachment] | None]):
    """A line for each attachment; dismissed with one of them and what to do with it."""

    CSS_PATH = ["dialog.tcss", "items.tcss"]
    BINDINGS = [
        Binding("e", "choose('edit')", "Edit"),
        Binding("t,i", "choose('insert')", "Back to text"),
        Binding("d,delete,backspace", "choose('remove')", "Remove"),
        Binding("o", "choose('open')", "Open"),
        Binding("j", "move(1)", "Next", show=False),
        Binding("k", "move(-1)", "Previous", show=False),
        Binding("q", "dismiss", "Close", show=False),
    ]

    def __init__(self, attachments: Sequence[Attachment], lines: Mapping[str, str]) -> None:
        """`lines` describe them, by their marks, in the same order."""
        super().__init__()
        self._attachments = attachments
        self._lines = lines

    def compose(self) -> ComposeResult:
        with DialogFrame("attached"):
            options = [Option(Content(safe_line(line))) for line in self._lines.values()]
            yield OptionList(*options, compact=True, markup=False)

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Attachments", _ATTACHMENT_KEYS)
        self.options.highlighted = 0

    def on_option_list_option_selected(self) -> None:
        self.action_choose(AttachmentAction.OPEN)

    def action_choose(self, action: str) -> None:
        if (index := self.options.highlighted) is not None:
            self.dismiss((AttachmentAction(action), self._attachments[index]))
