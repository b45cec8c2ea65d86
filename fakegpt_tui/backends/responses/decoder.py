"""Decoder for streams of the OpenAI Responses API: server-sent events in, domain events out.

The events are those of https://developers.openai.com/api/docs/api-reference/responses-streaming;
what other servers make of them is read, too.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, ClassVar, Final

from fakegpt_tui.backends.api.attachments import ToolCalls
from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.backends.api.errors import stream_error
from fakegpt_tui.backends.api.reply_decoder import REFUSED, ReplyDecoder, SaveState, save_nothing
from fakegpt_tui.backends.responses.output import (
    OutputText,
    PartIndex,
    find_citations,
    index_of,
    is_refusal,
    message_texts,
    read_response_usage,
    search_query,
    texts_of,
)
from fakegpt_tui.domain import (
    FinishReason,
    PartAdded,
    ReplyCut,
    ServiceError,
    StreamEvent,
    ToolStarted,
    UsageReported,
)
from fakegpt_tui.domain.parts import ReasoningSpan, ToolCallPart
from fakegpt_tui.protocol.end_words import EndWord
from fakegpt_tui.protocol.error_shapes import find_message

_MAX_ITEMS: Final = 1_000
_READ: Final = ("message", "reasoning", "compaction", "mcp_list_tools")
"""Kinds of items of which there is nothing more to be shown."""
_WORKING: Final = ("in_progress", "searching", "interpreting", "generating")


class ResponseDecoder(ReplyDecoder):
    """Turns the events of one response into domain events, and judges how it ended."""

    json_key: ClassVar[str] = "output"
    marks: ClassVar[tuple[str, ...]] = ('"response.',)

    def __init__(
        self,
        continued: str = "",
        *,
        save_state: SaveState = save_nothing,
        uncounted: Collection[str] = (),
    ) -> None:
        """`continued` is the text that the reply continues; what repeats it is left out.

        `uncounted` are fields of the usage in which the server always writes zero.
        """
        super().__init__(CompletionText(continued), save_state)
        self._uncounted = uncounted
        self._output = OutputText(self._text)
        self._phases: dict[int, str] = {}
        self._thought_kinds: dict[int, str] = {}
        self._thoughts_seen: set[tuple[int, int]] = set()
        self._items: dict[int, dict[str, object]] = {}
        self._calls = ToolCalls()
        self._has_refused = False

    def _read(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        # Most events are deltas, so that nothing else is compared with them.
        is_delta = kind == "response.output_text.delta"
        return self._add_text(value, "delta") if is_delta else self._read_other(kind, value)

    def _read_other(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        match kind.removeprefix("response.").split("."):
            case ["refusal", "delta"]:
                yield from self._refuse()
                yield from self._add_text(value, "delta")
            case ["output_text" | "refusal" | "content_part" as name, "done"]:
                yield from self._close_text(value, name)
                yield from self._cite(value, find_citations({"content": [value.get("part")]}))
            case ["output_text", "annotation", "added"]:
                yield from self._cite({}, [value.get("annotation")])
            case ["reasoning_text" | "reasoning_summary_text" | "reasoning" | "reasoning_summary"
                  as name, "delta" | "done" as step]:  # fmt: skip
                yield from self._think(name, step, value)
            case ["output_item", "added" | "done" as step]:
                yield from self._read_item(index_of(value), value.get("item"), step)
            case [name, step] if step in _WORKING:
                yield from self._use_tool(name)
            case _:
                yield from self._read_end(kind, value)

    def _flush(self) -> Iterator[StreamEvent]:
        yield from self._output.flush()
        yield from self._text.finish(self._calls.to_markdown() + self._pictures.to_markdown())
        yield from self._tell_origin([self._items[index] for index in sorted(self._items)])

    def _add_text(self, value: dict[str, object], field: str) -> Iterator[StreamEvent]:
        match value.get(field):
            case str(text) | {"text": str(text)}:
                pass
            case _:
                return
        self.is_working = False
        output = index_of(value)
        if self._phases.get(output) == "commentary":
            yield from self._add_reasoning((output, "commentary"), text)
        else:
            yield from self._output.add(PartIndex.of(value), text)

    def _close_text(self, value: dict[str, object], name: str) -> Iterator[StreamEvent]:
        match name, value, value.get("part"):
            case ("output_text", {"text": str(text)}, _) | (
                "content_part",
                _,
                {"type": "output_text" | "text", "text": str(text)},
            ):
                refuses = False
            case ("refusal", {"refusal": str(text)}, _) | (
                "content_part",
                _,
                {"type": "refusal", "refusal": str(text)},
            ):
                refuses = True
            case _:
                yield from self._pictures.add([value.get("part")])
                return
        if self._phases.get(index_of(value)) != "commentary":
            if refuses:
                yield from self._refuse()
            yield from self._close_part(PartIndex.of(value), text)

    def _refuse(self) -> Iterator[StreamEvent]:
        if not self._has_refused:
            self._has_refused = True
            yield REFUSED

    def _think(self, name: str, step: str, value: dict[str, object]) -> Iterator[StreamEvent]:
        output = index_of(value)
        part = index_of(value, "content_index") + index_of(value, "summary_index")
        text = value.get("delta" if step == "delta" else "text")
        # A server that sends both thoughts and their summary says the same twice.
        kind = "summary" if "summary" in name else "text"
        if self._thought_kinds.setdefault(output, kind) != kind or not isinstance(text, str):
            return
        if step == "delta" or (output, part) not in self._thoughts_seen:
            self._thoughts_seen.add((output, part))
            yield from self._add_reasoning((output, part), text)

    def _read_item(self, index: int, item: Any, step: str) -> Iterator[StreamEvent]:
        match item:
            case {"type": "message", "phase": str(phase)} if step == "added":
                self._phases[index] = phase
            case {"type": str(kind)} if kind.endswith("_call") and step == "added":
                if kind != "function_call":
                    yield from self._use_tool(kind)
            case {"type": str()} if step == "done" and len(self._items) < _MAX_ITEMS:
                self._items[index] = item
                yield from self._read_final_item(index, item)
            case _:
                pass

    def _use_tool(self, kind: str) -> Iterator[StreamEvent]:
        """A tool runs; that is told once."""
        if not self.is_working:
            yield ToolStarted(kind.removesuffix("_call"))
        self.is_working = True

    def _read_final_item(self, index: int, item: dict[str, object]) -> Iterator[StreamEvent]:
        match item:
            case {"type": "message"} if item.get("phase", self._phases.get(index)) != "commentary":
                if is_refusal(item):
                    yield from self._refuse()
                yield from self._read_parts(index, item)
                yield from self._cite(item, find_citations(item))
            case {"type": "reasoning"} if index not in self._thought_kinds:
                yield from self._read_thoughts(index, item)
            case {"type": "search_results", "results": [*results]}:
                yield from self._cite({}, results)
            case {"type": "web_search_call"}:
                self.is_working = False
                yield from self._tell_search(item)
            case {"type": "function_call", "name": str(name), "arguments": str(arguments)}:
                call = {"index": index, "function": {"name": name, "arguments": arguments}}
                self._calls.add({"tool_calls": [call]})
            case {"type": "image_generation_call", "result": str(data)}:
                self.is_working = False
                del self._items[index]  # It is kept as a picture, and is too long to go back.
                yield from self._pictures.add([{"b64_json": data}])
            case _:
                self.is_working = False
                yield from self._show_unknown(item, _READ)

    def _read_parts(self, index: int, item: dict[str, object]) -> Iterator[StreamEvent]:
        """Read the texts of a message, and its pictures, each behind the text before it."""
        content = item.get("content")
        parts = content if isinstance(content, list) else []
        for position, text in enumerate(message_texts(item)):
            yield from self._close_part(PartIndex(index, position), text)
            yield from self._pictures.add(parts[position : position + 1])

    def _close_part(self, part: PartIndex, text: str) -> Iterator[StreamEvent]:
        yield from self._pictures.follow(self._output.close(part, text))

    def _read_thoughts(self, index: int, item: dict[str, object]) -> Iterator[StreamEvent]:
        """Read thoughts that were not streamed, or are hidden."""
        texts = list(texts_of(item))
        for position, text in enumerate(texts):
            yield from self._add_reasoning((index, position), text)
        if not texts and item.get("encrypted_content"):
            yield PartAdded(ReasoningSpan(0, is_redacted=True))

    def _tell_search(self, item: dict[str, object]) -> Iterator[StreamEvent]:
        call_id = item.get("id")
        query = json.dumps({"query": search_query(item)}, ensure_ascii=False)
        yield PartAdded(ToolCallPart(str(call_id or ""), "web_search", query, by_service=True))
        if item.get("status") == "failed":
            self._notices.append("A search of the web failed; the reply went on without it.")

    def _read_end(self, kind: str, value: dict[str, Any]) -> Iterator[StreamEvent]:
        match kind, value.get("response", value):
            case (
                (
                    "response.completed" | "response.done" | "response.incomplete" | "message"
                ) as word,
                dict(response),
            ) if word != "message" or "output" in response:
                yield from self._read_response(response)
                self.done = True
            case "response.failed" | "response.cancelled" | "response.error", response:
                self._error = _failure(response, kind.removeprefix("response."))
                self.done = True
            case _:
                pass  # Of another kind, or of a later version.

    def _read_response(self, response: dict[str, object]) -> Iterator[StreamEvent]:
        if isinstance(output := response.get("output"), list):
            yield from self._reconcile([each for each in output if isinstance(each, dict)])
        if not self._text.has_text:
            yield from self._close_text({"text": response.get("output_text")}, "output_text")
        yield from self._cite(response)
        usage = read_response_usage(response)
        if usage is not None:
            unknown: dict[str, Any] = dict.fromkeys(self._uncounted)
            yield UsageReported(replace(usage, **unknown))
        status = str(response.get("status") or "").lower()
        if EndWord(status).error is not None:
            self._error = _failure(response, status)
        elif status == "incomplete":
            self._read_incomplete(response.get("incomplete_details"))
        else:
            self._reason = FinishReason.STOP

    def _reconcile(self, output: list[dict[str, object]]) -> Iterator[StreamEvent]:
        """Read the whole output, of which some servers stream nothing, or a part."""
        if self._items:
            return
        is_unseen = not self._text.has_text
        for index, item in enumerate(output[:_MAX_ITEMS]):
            self._items[index] = item
            is_message = item.get("type") == "message"
            if is_unseen or not (is_message or index in self._thought_kinds):
                yield from self._read_final_item(index, item)
        if not is_unseen:
            messages = [each for each in output if each.get("type") == "message"]
            said = [each for each in messages if each.get("phase") != "commentary"]
            texts = ["".join(message_texts(each)) for each in said]
            whole = self._text.add_message("\n\n".join(filter(None, texts)))
            yield from self._pictures.follow(whole)
            for each in messages:
                yield from self._pictures.add(each.get("content"))
                yield from self._cite(each, find_citations(each))

    def _read_incomplete(self, details: object) -> None:
        reason = details.get("reason") if isinstance(details, dict) else None
        end = EndWord(reason)
        told = "".join(each.text for each in end.notices())
        # Whatever else the word says, the reply is not whole.
        self._error = ReplyCut(f"The reply broke off before its end. {told}") if told else end.error
        is_filtered = end.reason is FinishReason.CONTENT_FILTER
        self._reason = end.reason if is_filtered else FinishReason.LENGTH


def _failure(response: object, word: str) -> ServiceError:
    """The error of a response that ended with the status `word`."""
    error = response.get("error") if isinstance(response, dict) else None
    if told := error or find_message(response):
        return stream_error({"error": told}, json.dumps(response))
    return EndWord(word).error or ServiceError("The service broke off the reply.")
