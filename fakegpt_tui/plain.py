"""Line-oriented chat for screen readers and terminals that can do no more.

Whole sentences, no redraw, no spinner: what is written is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.domain import (
    AppendOnlyText,
    Conversation,
    FakeGPTError,
    MessageStatus,
    RetryScheduled,
    TextDelta,
    TextReplaced,
)
from fakegpt_tui.text import safe_line, safe_text

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain.parts import FilePart, ImagePart

HELP = """\
Type a prompt and press Enter; ctrl+c stops a reply. Commands:
/new        start a new conversation
/list       list the conversations
/open 3     open the third of the list
/attach a.png  send a file or picture with the next prompt
/detach     send it without what is attached
/save       save this conversation as a Markdown file
/help       say this again
/quit       leave; so does ctrl+d"""

_MAX_LISTED = 20
_LOOK_BACK = 24
"""Characters at an end that tell whether it is one."""
_SENTENCE_END = re.compile(r"[.!?…:;][ \t]+|\n|[。！？]")
_NO_END = re.compile(
    r"""
    (?:^|\n)[\s>]*\(?\d{1,4}\.            # the number of an item
    | (?<!\w)(?:\w\.)+                   # e.g., i.e., an initial
    | (?<!\w)(?:cf|vs|etc|approx|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|p|pp|ca|bzw|vgl)\.
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What ends with a full stop and no sentence does."""

WriteLine = Callable[[str], None]


class PlainChat:
    """One conversation at a time, one line after another.

    `write` takes one line without its end. It is given nothing that a terminal would act on.
    """

    def __init__(self, chat: ChatService, write: WriteLine, *, exports: Path) -> None:
        self._chat = chat
        self._write = write
        self._exports = exports
        self._open = chat.conversations.create()
        self._attached: list[ImagePart | FilePart] = []

    def open(self, conversation_id: str) -> None:
        """Go on with a conversation, saying what was said last.

        Raises:
            NotFound: There is no such conversation.
        """
        self._open = self._chat.conversations.get(conversation_id)
        self._write(f"Conversation: {safe_line(self._open.title)}")
        for message in self._chat.messages.path(self._open.id)[-2:]:
            self._write(f"{message.role.value.capitalize()}:")
            self._write(safe_text(message.text))

    async def run_command(self, line: str) -> bool:
        """Obey a line that begins with a slash; may the chat go on?"""
        name, _, rest = line.strip().partition(" ")
        try:
            match name:
                case "/quit":
                    return False
                case "/new":
                    self._open = self._chat.conversations.create()
                    self._write("A new conversation.")
                case "/list":
                    self._list()
                case "/open":
                    self._open_nth(rest)
                case "/attach" | "/detach":
                    await self._attach(rest.strip() if name == "/attach" else "")
                case "/save":
                    await self._save()
                case _:
                    self._write(HELP)
        except FakeGPTError as error:
            self._write(safe_line(str(error)))
        return True

    async def ask(self, text: str) -> None:
        """Send a prompt and write the reply, sentence by sentence."""
        try:
            turn = self._chat.turns.new(self._open, text, parts=tuple(self._attached))
        except FakeGPTError as error:
            self._write(safe_line(str(error)))
            return
        try:
            async with turn:
                self._attached.clear()
                await self._write_reply(turn)
        except FakeGPTError as error:
            self._write(safe_line(str(error)))
        finally:
            self._chat.turns.end(turn)
            if turn.is_saved:
                self._open = self._chat.conversations.get(turn.conversation.id)
                self._write_outcome(turn)

    async def _write_reply(self, turn: Turn) -> None:
        self._write("Assistant:")
        text, sentences = AppendOnlyText(), SentenceSplitter()
        async for event in turn.events():
            match event:
                case TextDelta() | TextReplaced():
                    for sentence in sentences.add(text.apply(event)):
                        self._write(safe_text(sentence))
                case RetryScheduled(delay=delay, reason=reason):
                    self._write(f"({safe_line(reason)} Next try in {delay:.0f} seconds.)")
                case _:
                    pass
        if text.is_rewritten:
            self._write("(The reply was rewritten. It is now:)")
            sentences = SentenceSplitter()
            for sentence in sentences.add(text.text):
                self._write(safe_text(sentence))
        if rest := sentences.flush():
            self._write(safe_text(rest))

    def _write_outcome(self, turn: Turn) -> None:
        for notice in turn.notices:
            self._write(f"({safe_line(notice)})")
        from fakegpt_tui.domain.captions import captions  # noqa: PLC0415 - not at the start

        reply = turn.reply
        for caption in captions(reply.parts):
            self._write(safe_line(caption.text, 1000))
        if reply.reasoning and not (reply.parts or reply.text.strip()):
            self._write("(There is no answer, only reasoning:)")
            self._write(safe_text(reply.reasoning))
        if reply.status is not MessageStatus.COMPLETE or turn.ending:
            self._write(f"({reply.status.value}. {safe_line(turn.ending or '')})")

    async def _attach(self, typed: str) -> None:
        """Keep a file as it is now, for the next prompt; without a path, drop what is kept."""
        if not typed:
            self._attached.clear()
            self._write("Nothing is attached. Say /attach and the path of a file.")
            return
        from fakegpt_tui.attachments.marks import size_in_words  # noqa: PLC0415 - when attached
        from fakegpt_tui.domain.media_types import type_label  # noqa: PLC0415 - as above

        path = _expanded(typed.strip("'\""))
        part = await self._chat.attachments.add_file(self._open.id, path)
        self._attached.append(part)
        kind, size = type_label(part.blob.media_type), size_in_words(part.blob.size)
        self._write(f"{safe_line(part.name)}, {kind}, {size}, goes with the next prompt.")

    def _list(self) -> None:
        conversations = self._listed()
        for number, conversation in enumerate(conversations, 1):
            mark = ", open" if conversation.id == self._open.id else ""
            self._write(f"{number}. {safe_line(conversation.title)}{mark}")
        if not conversations:
            self._write("There are no conversations yet.")

    def _open_nth(self, number: str) -> None:
        conversations = self._listed()
        if number.isdecimal() and 0 < int(number) <= len(conversations):
            self.open(conversations[int(number) - 1].id)
        else:
            self._write("Say /open and a number of the list.")

    async def _save(self) -> None:
        if self._open.leaf_id is None:
            self._write("There is nothing to save yet.")
        else:
            path = await self._chat.exports.export(self._open.id, self._exports)
            self._write(f"Saved as {safe_line(str(path), 1000)}")

    def _listed(self) -> list[Conversation]:
        return self._chat.conversations.all()[:_MAX_LISTED]


def _expanded(typed: str) -> Path:
    with suppress(RuntimeError):
        return Path(typed).expanduser()
    return Path(typed)


class SentenceSplitter:
    """Cuts growing text where a listener can pause."""

    def __init__(self) -> None:
        self._pending = ""

    def add(self, text: str) -> Iterator[str]:
        """The sentences that `text` completes."""
        self._pending += text
        start = 0
        while end := _SENTENCE_END.search(self._pending, start):
            start = end.end()
            sentence = self._pending[:start]
            if _ends_within(sentence.rstrip(" \t")):
                continue
            self._pending, start = self._pending[start:], 0
            if stripped := sentence.strip():
                yield stripped

    def flush(self) -> str:
        """What is left when nothing more comes."""
        return self._pending.strip()


def _ends_within(text: str) -> bool:
    """Does the text end with a full stop that ends no sentence?"""
    last = text.rpartition("\n")[2][-_LOOK_BACK:]
    return any(match.end() == len(last) for match in _NO_END.finditer(last))
