"""Decoder for streams of the Anthropic Messages API: server-sent events in, domain events out.

The events are those of https://platform.claude.com/docs/en/build-with-claude/streaming; what other
servers make of them is read, too.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Final

from fakegpt_tui.backends.anthropic.blocks import (
    MAX_BLOCKS,
    Block,
    refusal,
    search_error,
    updated_usage,
)
from fakegpt_tui.backends.api.attachments import ToolCalls
from fakegpt_tui.backends.api.cited_sources import CitedSources
from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.backends.api.json_values import count, word_of
from fakegpt_tui.backends.api.reply_decoder import ReplyDecoder, SaveState, save_nothing
from fakegpt_tui.domain import (
    FinishReason,
    PartAdded,
    StreamEvent,
    ToolStarted,
    Usage,
    UsageReported,
)
from fakegpt_tui.domain.parts import ReasoningSpan, ToolCallPart
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import replace_surrogates

_READ: Final = ("text", "thinking", "_tool_result", "compaction")
"""How kinds of blocks end of which there is nothing more to be shown."""
_PAUSES: Final = ("pause_turn", "compaction")
BlockKey = tuple[int, str]
"""The number of a block; and the kind, where another kind came under that number."""
_WINDOW_FULL: Final = (
    "The model's window is full. Start a new conversation, or send less of this one."
)
_PAUSED_TOO_OFTEN: Final = (
    "The service paused the reply again and again, so it ends here. Ask it to go on for more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedReply:
    """What came of a reply that another request continues."""

    text: CompletionText
    content: tuple[dict[str, object], ...]
    usage: Usage
    sources: CitedSources
    notices: tuple[str, ...]
    has_reasoning: bool


class MessageDecoder(ReplyDecoder):
    """Turns the events of one message into domain events, and judges how it ended."""

    json_key: ClassVar[str] = "content"
    marks: ClassVar[tuple[str, ...]] = ("content_block", "message_")

    def __init__(
        self,
        continued: str = "",
        *,
        after: "PausedReply | None" = None,
        may_pause: bool = True,
        save_state: SaveState = save_nothing,
    ) -> None:
        """`continued` is the text that the reply continues; what repeats it is left out.

        The message goes on `after` a reply that paused, and pauses itself only if it `may_pause`.
        """
        super().__init__(CompletionText(continued) if after is None else after.text, save_state)
        self._after = after
        self._may_pause = may_pause
        self._has_paused = False
        self._blocks: dict[BlockKey, Block] = {}
        self._last_index = -1
        self._usage = Usage()
        self._spent = None if after is None else after.usage
        self._calls = ToolCalls()
        self._needs_gap = after is not None
        if after is not None:
            self._sources, self._notices = after.sources, list(after.notices)
            self._has_reasoning = after.has_reasoning

    @property
    def paused(self) -> "PausedReply | None":
        """The reply, if it paused and is to be continued by another request."""
        if not self._has_paused or self._error is not None:
            return None
        return PausedReply(
            text=self._text,
            content=self._content,
            usage=self._all_usage,
            sources=self._sources,
            notices=tuple(self._notices),
            has_reasoning=self._has_reasoning,
        )

    def finish(self) -> Iterator[StreamEvent]:
        if self.paused is None:
            yield from super().finish()

    @property
    def _all_usage(self) -> Usage:
        """The usage of this request and of those that it continues."""
        return self._usage if self._spent is None else self._spent + self._usage

    @property
    def _content(self) -> tuple[dict[str, object], ...]:
        """The blocks so far, as the service would send them at once."""
        made = (self._blocks[key].whole() for key in sorted(self._blocks))
        # A picture is kept as one, and a service takes none back from its model.
        said = (each for each in made if each.get("type") != "image")
        full = (each for each in said if each.get("type") != "text" or each.get("text"))
        return (*(() if self._after is None else self._after.content), *full)

    def _read(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        # Most events are deltas, so that nothing else is compared with them.
        is_delta = kind == "content_block_delta"
        return self._read_delta(value) if is_delta else self._read_frame(kind, value)

    def _read_frame(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        match kind, value:
            case "content_block_start", {"content_block": dict(block)}:
                yield from self._start(self._index(value, self._last_index + 1), block)
            case "content_block_stop", _:
                yield from self._stop(self._index(value, self._last_index))
            case "message_start", {"message": dict(message)}:
                # What it counts of the output there is only what has come by then.
                usage = updated_usage(self._usage, message.get("usage"))
                model = word_of(message, "model")
                self._usage = replace(usage, output=None, served_model=model)
            case "message_delta", _:
                yield from self._read_end(value)
            case "message_stop", _:
                self.done = True
            case "message", {"content": list(blocks)}:
                yield from self._read_whole(blocks, value)
            case _:
                pass  # Pings, and what a later version sends.

    def _read_delta(self, value: dict[str, Any]) -> Iterator[StreamEvent]:
        index = self._index(value, max(0, self._last_index))
        match value.get("delta"):
            case {"type": "text_delta", "text": str(text)}:
                self._block_of(index, "text").add("text", text)
                yield from self._say(text) if self._needs_gap else self._text.add_delta(text)
            case {"type": "thinking_delta", "thinking": str(text)}:
                self._block_of(index, "thinking").add("thinking", text)
                yield from self._add_reasoning(index, text)
            case {"type": str(kind), **fields} if "text" not in fields:
                if (known := self._blocks.get((index, ""))) is not None:
                    known.lengthen(kind, fields)
                elif kind != "signature_delta":
                    self._unread.add(value)
            case {"text": str(text)}:
                self._block_of(index, "text").add("text", text)
                yield from self._say(text)
            case _:
                pass

    def _index(self, value: dict[str, Any], default: int) -> int:
        """The number of a block; some services write it as text, or leave it out."""
        index = value.get("index")
        if isinstance(index, int):
            return index
        number = count(value, "index")
        return default if number is None else number

    def _block_of(self, index: int, kind: str) -> Block:
        """The block with a number, or one beside it where that is of another kind."""
        block = self._blocks.get((index, ""))
        if block is None:
            return self._open((index, ""), {"type": kind, kind: ""})
        if block.kind == kind:
            return block
        return self._blocks.get((index, kind)) or self._open(
            (index, kind), {"type": kind, kind: ""}
        )

    def _open(self, key: BlockKey, start: dict[str, Any]) -> Block:
        block = Block(start)
        self._last_index = key[0]
        if len(self._blocks) < MAX_BLOCKS:
            self._blocks[key] = block
        return block

    def _start(self, index: int, start: dict[str, Any]) -> Iterator[StreamEvent]:
        self._open((index, ""), start)
        self.is_working = start.get("type") == "server_tool_use"
        match start:
            case {"type": "text", "text": str(text)}:
                yield from self._say(text)
            case {"type": "thinking", "thinking": str(text)}:
                yield from self._add_reasoning(index, text)
            case {"type": "server_tool_use"}:
                self._needs_gap = True
                yield ToolStarted(word_of(start, "name") or "tool")
            case {"type": str(kind)} if kind.endswith("_tool_result"):
                self._needs_gap = True
                if sentence := search_error(start):
                    self._notices.append(sentence)
            case _:
                pass

    def _say(self, text: str) -> Iterator[StreamEvent]:
        if self._needs_gap and text:
            # What was said before a search, and what is said after it, are paragraphs.
            self._needs_gap = False
            if self._text.has_text and not text[0].isspace():
                yield from self._text.add_delta("\n\n")
        yield from self._text.add_delta(text)

    def _stop(self, index: int) -> Iterator[StreamEvent]:
        block = self._blocks.get((index, ""))
        if block is None or block.is_closed:
            return
        block.is_closed = True
        whole = block.whole()
        match whole:
            case {"type": "thinking", "thinking": ""} | {"type": "redacted_thinking"}:
                yield PartAdded(ReasoningSpan(0, is_redacted=True))
            case {"type": "text", "citations": list(citations)}:
                yield from self._cite(whole, citations)
            case {"type": "image"}:
                yield from self._pictures.add([whole])
            case {"type": "server_tool_use", "name": str(name)}:
                call_id, said = str(whole.get("id", "")), replace_surrogates(block.input_text)
                yield PartAdded(ToolCallPart(call_id, name, said, by_service=True))
            case {"type": "tool_use", "name": str(name)}:
                call = {"index": index, "function": {"name": name, "arguments": block.input_text}}
                self._calls.add({"tool_calls": [call]})
            case _:
                yield from self._show_unknown(whole, _READ)

    def _read_end(self, value: dict[str, Any]) -> Iterator[StreamEvent]:
        self._usage = updated_usage(self._usage, value.get("usage"))
        if self._usage.fresh is not None or self._usage.output is not None:
            yield UsageReported(self._all_usage)
        yield from self._cite(value)
        match value.get("delta"):
            case {"stop_reason": str(reason), **rest}:
                self._end(reason, rest.get("stop_details"))
            case _:
                pass

    def _end(self, reason: str, details: object) -> None:
        self._has_paused = reason in _PAUSES and self._may_pause
        if self._has_paused:
            self._reason = FinishReason.STOP
        elif reason in _PAUSES:
            self._reason = FinishReason.STOP
            self._notices.append(_PAUSED_TOO_OFTEN)
        elif reason == "model_context_window_exceeded":
            self._reason = FinishReason.LENGTH
            self._notices.append(_WINDOW_FULL)
        elif reason == "refusal":
            self._reason = FinishReason.CONTENT_FILTER
            self._notices.append(refusal(details))
        else:
            self._end_for(reason)

    def _read_whole(self, blocks: list[Any], message: dict[str, Any]) -> Iterator[StreamEvent]:
        """Read a message that was not streamed."""
        for index, block in enumerate(blocks):
            if isinstance(block, dict):
                yield from self._start(index, block)
                yield from self._stop(index)
        yield from self._read_end({"usage": message.get("usage"), "delta": message})
        self.done = True

    def _flush(self) -> Iterator[StreamEvent]:
        if self._reason is not None:
            # Some services never say that a block ends.
            for index, _ in sorted(self._blocks):
                yield from self._stop(index)
        yield from self._text.finish(self._calls.to_markdown() + self._pictures.to_markdown())
        yield from self._tell_origin([*self._content])
