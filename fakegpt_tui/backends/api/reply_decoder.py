"""Decoder base for streams of JSON events that name their type, and for how a reply ends."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, TypeAlias

from fakegpt_tui.backends.api.attachments import Pictures
from fakegpt_tui.backends.api.cited_sources import CitedSources
from fakegpt_tui.backends.api.completion_text import CompletionText, SurrogateJoiner
from fakegpt_tui.backends.api.errors import event_error, stream_error
from fakegpt_tui.backends.api.json_values import unquoted
from fakegpt_tui.domain import (
    BadReply,
    FinishReason,
    Notice,
    OriginReported,
    PartAdded,
    ReasoningDelta,
    ReplyCut,
    ReplyEnded,
    ServiceError,
    StreamEvent,
    TextDelta,
)
from fakegpt_tui.domain.parts import Origin, UnknownPart
from fakegpt_tui.protocol.end_words import EndWord
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.protocol.unread_pieces import UnreadPieces
from fakegpt_tui.text import replace_surrogates, safe_line

NO_WORD: Final = "The service ended its reply without a word."
REFUSED: Final = Notice("The model refused to answer; what follows is its refusal.")
_END_MARKER: Final = "[DONE]"
ALL_THOUGHT: Final = (
    "The limit was reached before any text came: all of it went into thinking. A higher max_tokens,"
    " or less effort, leaves room for an answer."
)
_MAX_SHOWN: Final = 2_000
"""Characters of what cannot be read; all of it is kept where it goes back to the service."""

SaveState: TypeAlias = Callable[[list[dict[str, object]]], Origin | None]
"""Makes the items of a reply into what is kept to be sent back, if there is anything."""


def join_texts(events: Iterable[StreamEvent]) -> Iterator[StreamEvent]:
    """`events` that came together, with texts that follow each other as one.

    Each event takes several turns of generators, and a fast service sends thousands a second, so
    decoders join what comes in pieces.
    """
    texts: list[str] = []
    try:
        for event in events:
            if type(event) is TextDelta:
                texts.append(event.text)
                continue
            yield from _joined(texts)
            yield event
    except ServiceError:
        yield from _joined(texts)
        raise
    yield from _joined(texts)


def _joined(texts: list[str]) -> Iterator[TextDelta]:
    if texts:
        text = "".join(texts)
        texts.clear()
        yield TextDelta(text)


def save_nothing(_items: list[dict[str, object]]) -> None:
    """Keep nothing of a reply to be sent back."""


class ReplyDecoder(ABC):
    """Turns JSON events with a type into domain events, and judges how the reply ended."""

    json_key: ClassVar[str]
    reads_joined: ClassVar[bool] = False
    marks: ClassVar[tuple[str, ...]]
    """What the JSON of an event holds that belongs to a reply."""

    grace: ClassVar[None] = None
    """An event of its own ends a reply."""

    def __init__(self, text: CompletionText, save_state: SaveState) -> None:
        self.done = False
        """Has the end come? Nothing after it counts."""
        self.is_working = False
        """Does a tool of the service run?"""
        self._text = text
        self._save_state = save_state
        self._error: ServiceError | None = None
        self._reason: FinishReason | None = None
        self._thoughts = SurrogateJoiner()
        self._has_reasoning = False
        self._thought_of: object = None
        self._notices: list[str] = []
        self._sources = CitedSources()
        self._pictures = Pictures(text)
        self._unread = UnreadPieces(*self.marks)
        self._foreign: dict[str, Any] | None = None

    def decode_all(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        """As `Decoder.decode_all`."""
        return join_texts(self._decode_each(server_events))

    def _decode_each(self, server_events: Iterable[tuple[str, str]]) -> Iterator[StreamEvent]:
        try:
            for event, data in server_events:
                if not self.done:
                    yield from self._decode(event, data)
        except ServiceError:
            yield from self._text.flush_overlap()
            raise

    def finish(self) -> Iterator[StreamEvent]:
        """As `Decoder.finish`.

        Raises:
            ServiceError: The error that the stream told.
            BadReply: The service ended the reply without any text.
            ReplyCut: The stream ended before the reply did.
        """
        yield from self._flush()
        if self._error is not None:
            raise self._error
        has_reply = self._text.has_text or self._text.has_reasoning
        has_reply = has_reply or self._has_reasoning or bool(self._pictures)
        is_foreign = self._foreign is not None and not has_reply
        if is_foreign or (self._reason is None and not (self.done and has_reply)):
            raise incomplete_error(
                self._unread,
                has_text=self._text.has_text,
                is_done=self.done,
                foreign=self._foreign,
            )
        is_cut = self._reason in (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)
        if not (has_reply or is_cut):
            raise self._unread.error() or BadReply(NO_WORD)
        if self._reason is FinishReason.LENGTH and not self._text.has_text:
            yield Notice(ALL_THOUGHT)
        yield from self._unread.notices()
        yield from map(Notice, self._notices)
        yield ReplyEnded(self._reason or FinishReason.STOP)

    @abstractmethod
    def _read(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        """What the event `value` of the type `kind` means."""

    def _flush(self) -> Iterator[StreamEvent]:
        """What was held back; no more text comes."""
        yield from self._text.finish("")

    def _decode(self, event: str, data: str) -> Iterator[StreamEvent]:
        if data.startswith('"'):
            data = unquoted(data)
        value: Any = parse_json(data)
        match value:
            case {"type": str(kind)} if kind != "error":
                yield from self._read(kind, value)
            case _ if data.strip() == _END_MARKER:
                self.done = True
            case _:
                self._error = event_error(event, value, data)
                if self._error is not None:
                    self.done = True
                elif value is NOT_JSON:
                    self._unread.note(event, data)
                elif isinstance(value, dict):
                    if event == "message":
                        self._foreign = self._foreign or value
                    yield from self._read(event, value)

    def _tell_origin(self, items: list[dict[str, object]]) -> Iterator[StreamEvent]:
        """Tell what is kept of a whole reply's items."""
        if self._reason is not None and self._error is None:
            origin = self._save_state(items)
            if origin is not None:
                yield OriginReported(origin)

    def _add_reasoning(self, of: object, text: str) -> Iterator[StreamEvent]:
        """Add thoughts; those `of` another part begin a paragraph."""
        whole = self._thoughts.add(text)
        if not whole:
            return
        if self._has_reasoning and self._thought_of != of:
            whole = f"\n\n{whole}"
        self._thought_of = of
        self._has_reasoning = True
        yield ReasoningDelta(whole)

    def _end_for(self, word: object) -> None:
        """End for the reason that `word` means; a notice names an unknown one."""
        end = EndWord(word)
        self._reason, self._error = end.reason, end.error
        self._notices.extend(each.text for each in end.notices())

    def _show_unknown(
        self, value: Mapping[str, object], known: tuple[str, ...]
    ) -> Iterator[StreamEvent]:
        """Show what a later version sends by its kind and JSON; kinds that end so are `known`."""
        kind = str(value.get("type"))
        if kind.endswith(known):
            return
        said = json.dumps(value, ensure_ascii=False)[:_MAX_SHOWN]
        yield PartAdded(UnknownPart(_clean(kind), replace_surrogates(said)))

    def _cite(
        self, fields: Mapping[Any, object], entries: Iterable[object] = ()
    ) -> Iterator[StreamEvent]:
        """Tell the sources among `fields` and in `entries`, each once."""
        self._sources.add(fields)
        self._sources.add_entries(entries)
        yield from map(PartAdded, self._sources.new_parts())


def incomplete_error(
    unread: UnreadPieces, *, has_text: bool, is_done: bool, foreign: object
) -> ServiceError:
    """The error of a reply that tells no reason for its end.

    `foreign` is the JSON that came in place of a reply.
    """
    if told := unread.error_text:
        return stream_error({"error": told}, told)
    if has_text:
        told = " ".join(each.text for each in unread.notices())
        return ReplyCut(f"The reply broke off before its end. {told}".strip())
    if foreign:
        shown = safe_line(replace_surrogates(json.dumps(foreign, ensure_ascii=False)), 200)
        return BadReply(
            "The service answers in a form that this program does not read; check the kind and the"
            f" url of the service. It sent: {shown}"
        )
    if error := unread.error():
        return error
    if is_done:
        return BadReply(NO_WORD)
    return ReplyCut("The stream ended before a word of the reply came.")


def _clean(text: object) -> str:
    return replace_surrogates(text) if isinstance(text, str) else ""
