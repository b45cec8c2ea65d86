"""Session of a plain chat: what is open, what was numbered last, and how sentences are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fakegpt_tui.chat.argument_values import ServiceWriter, SettingChoices, find_numbered
from fakegpt_tui.domain import ChatMessage, Conversation, FakeGPTError
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.plain.replies import PlainReply
from fakegpt_tui.text import safe_line, safe_text

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.domain import ConnectionCheck, ModelRef, Secret, ServiceForm
    from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart, Part

_LONGEST_LINE = 1000

WriteLine = Callable[[str], None]


class NamedSetting(SettingChoices, Protocol):
    """A setting with its effective value and the origin of that."""

    @property
    def origin(self) -> str: ...
    @property
    def description(self) -> str: ...


class SettingsAccess(Protocol):
    """Reads and writes the settings; raises a `FakeGPTError` where it cannot."""

    async def settings(self) -> Sequence[NamedSetting]: ...
    async def change(self, name: str, value: str | None) -> str | None: ...


class ServiceAccess(ServiceWriter, Protocol):
    """Adds, tests, changes and removes services; raises a `FakeGPTError` where it cannot."""

    @property
    def favourites(self) -> tuple[ModelRef, ...]: ...
    async def set_favourite(self, answerer: ModelRef, *, favourite: bool) -> None: ...
    def check_connection(self, draft: ServiceForm) -> AsyncIterator[ConnectionCheck]: ...
    async def remove(self, name: str) -> None: ...


class MessagePiece(Protocol):
    """Something that can be taken out of a message: a code block, or a file by its blob."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def size(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def blob(self) -> Blob | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPorts:
    """What a plain chat needs of the program around it.

    `edit` lets a text be edited in $EDITOR, and returns `None` where nothing was saved;
    `read_secret` asks for a line without showing it. `remember` keeps choices for the next start.
    `items` finds code blocks and files in a text and its parts; `write_file` writes a new file.
    `snippets` reads the snippets by their names, out of `snippets_folder`. `copy` copies a text,
    which it is told the name of, and says where to. `open_file` opens a file on the desktop; where
    it is given a name, a copy that is called so. `links` finds the words and addresses of links,
    one of which `open_link` opens in a browser, or refuses. `suspend` stops the program until the
    shell lets it go on.
    """

    exports: Path
    services: Callable[[], ServiceAccess]
    settings: SettingsAccess
    remember: Callable[[Mapping[str, str | None]], Awaitable[None]]
    edit: Callable[[str], str | None]
    read_secret: Callable[[str], Secret | None]
    items: Callable[[str, Sequence[Part]], Sequence[MessagePiece]]
    write_file: Callable[[str, bytes], Path]
    snippets: Callable[[], Mapping[str, Snippet]] = dict
    snippets_folder: Path | None = None
    copy: Callable[[str, str], Awaitable[str]]
    open_file: Callable[[Path, str], Awaitable[None]]
    links: Callable[[str, Sequence[Part]], Sequence[tuple[str, str]]]
    open_link: Callable[[str], Awaitable[None]]
    suspend: Callable[[], None]


class PlainSession:
    """The open conversation of a plain chat.

    `write` takes one line without its end. It is given nothing that a terminal would act on.
    """

    def __init__(self, chat: ChatService, write: WriteLine, ports: PlainPorts) -> None:
        self.chat = chat
        self.ports = ports
        self.open: Conversation = chat.conversations.create()
        self.attached: list[ImagePart | FilePart] = []
        self.marked = ""
        """The id of the message that commands are about, if it is not the last one."""
        self.picked: set[str] = set()
        """The ids of the messages that are to be saved together."""
        self.is_over = False
        self._write = write
        self._numbered: dict[str, tuple[str, ...]] = {}
        self._line = ""
        self._question = ""
        self._answer = ""

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The messages of the open conversation."""
        return self.chat.messages.path(self.open.id)

    @property
    def path_to_mark(self) -> tuple[ChatMessage, ...]:
        """The messages of the open conversation up to the marked one."""
        path = self.path
        places = [place for place, each in enumerate(path) if each.id == self.marked]
        return path[: places[0] + 1] if places else path

    def say(self, sentence: str) -> None:
        """Write a sentence in one line."""
        self._write(safe_line(sentence, _LONGEST_LINE))

    def read_out(self, text: str) -> None:
        """Write a text of any number of lines."""
        self._write(safe_text(text))

    def offer(self, kind: str, ids: Sequence[str]) -> None:
        """Let the numbers of a list that was just written mean these."""
        self._numbered[kind] = tuple(ids)

    def numbered(self, kind: str, typed: str) -> str | None:
        """The entry of a number in the last list of its kind, if it is one."""
        return find_numbered(self._numbered.get(kind, ()), typed)

    def hear(self, line: str) -> None:
        """Note a line that was typed; a question is answered by the same line again."""
        self._answer = self._question if self._question.startswith(f"{line.strip()}\n") else ""
        self._question = ""
        self._line = line.strip()

    def is_confirmed(self, question: str) -> bool:
        """Was this line typed twice? Else ask for that."""
        asked = f"{self._line}\n{question}"
        if self._answer == asked:
            return True
        self._question = asked
        self.say(f"{question} Type it once more to do it.")
        return False

    def start(self, conversation: Conversation) -> None:
        """Open a conversation that has no prompt yet."""
        self.open = conversation
        self.marked = ""
        self.attached.clear()
        self.picked.clear()

    def go_on(self, conversation_id: str) -> None:
        """Open a conversation, saying what was said last.

        Raises:
            NotFound: There is no such conversation.
        """
        self.start(self.chat.conversations.get(conversation_id))
        self.say(f"Conversation: {self.open.title}")
        self.read_last()

    def refresh(self) -> None:
        """Take in what a command has changed of the open conversation."""
        found = self.chat.conversations.find(self.open.id)
        if found is not None:
            self.open = found

    def read_last(self) -> None:
        """Say the last prompt and its reply."""
        for message in self.path[-2:]:
            self.read_message(message)

    def read_message(self, message: ChatMessage, *, tools: bool = False) -> None:
        """Say a message; with `tools`, also all that they were asked and answered."""
        self._write(f"{message.role.value.capitalize()}:")
        if not message.parts:
            self.read_out(message.text)
            return
        from fakegpt_tui.domain.captions import line_starts, split_at_captions, tool_text  # noqa: PLC0415 - few messages have parts

        for each in split_at_captions(message.text, message.parts, line_starts):
            if isinstance(each, str):
                self.read_out(each)
            else:
                self.say(each.caption.text)
                if tools and len(text := tool_text(each.part)) > len(each.caption.text):
                    self.read_out(text)

    async def run(self, turn: Turn) -> None:
        """Run a turn, and write its reply sentence by sentence."""
        writer = PlainReply(self.say, self.read_out)
        try:
            async with turn:
                self.marked = ""
                self.attached.clear()
                await writer.write_reply(turn)
        except FakeGPTError as error:
            self.say(str(error))
        finally:
            self.chat.turns.end(turn)
            if turn.is_saved:
                self.open = self.chat.conversations.get(turn.conversation.id)
                writer.write_outcome(turn.reply, turn.notices, turn.ending)
