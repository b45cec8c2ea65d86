"""Blocks of a message: put together from their deltas, as they are shown and as they are kept."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

from fakegpt_tui.backends.api.json_values import as_table, charged, count, table_of, word_of
from fakegpt_tui.domain import Usage
from fakegpt_tui.protocol.error_body import NOT_JSON, parse_json
from fakegpt_tui.text import replace_surrogates, safe_line

MAX_BLOCKS: Final = 1_000
_MAX_ARGUMENTS: Final = 1_000_000
_SEARCH_ERRORS: Final = {
    "max_uses_exceeded": "it had searched as often as it may",
    "too_many_requests": "too many searches at once",
    "unavailable": "the search is not available",
    "query_too_long": "the query is too long",
    "invalid_tool_input": "the query is not valid",
    "request_too_large": "the search is too large",
}


class Block:
    """One block of a message while it arrives."""

    def __init__(self, start: dict[str, object]) -> None:
        self.kind = str(start.get("type", "text"))
        self.is_closed = False
        """Is it whole, and told?"""
        self._start = start
        self._pieces: dict[str, list[str]] = {}
        self._citations: list[object] = []
        self._json: list[str] = []
        self._json_size = 0

    def add(self, field: str, piece: str) -> None:
        """Lengthen a field, such as the text."""
        pieces = self._pieces.get(field)
        if pieces is None:
            pieces = self._pieces[field] = []
        pieces.append(piece)

    def lengthen(self, kind: str, fields: Mapping[object, object]) -> None:
        """Add a delta of another kind than text: the input of a tool, a citation, a signature."""
        match kind, fields:
            case "input_json_delta", {"partial_json": str(piece)}:
                if self._json_size < _MAX_ARGUMENTS:
                    self._json_size += len(piece)
                    self._json.append(piece)
            case "citations_delta", {"citation": citation}:
                if len(self._citations) < MAX_BLOCKS:
                    self._citations.append(citation)
            case "signature_delta", {"signature": str(piece)}:
                self.add("signature", piece)
            case _:
                # Of a later version: what is not known is shown as it came, once it is whole.
                for name, value in fields.items():
                    if isinstance(value, str):
                        self.add(str(name), value)

    @property
    def input_text(self) -> str:
        """The input of a tool, as JSON, or as it came where it is none."""
        if joined := "".join(self._json):
            return joined
        given = self._start.get("input")
        return json.dumps(given, ensure_ascii=False) if given else ""

    @property
    def query(self) -> str:
        """What a tool of the service looks for, as far as its input tells."""
        match parse_json(self.input_text):
            case {"query": str(query)} | {"url": str(query)}:
                return replace_surrogates(query)
            case _:
                return replace_surrogates(self.input_text)

    def whole(self) -> dict[str, object]:
        """The block as the service would send it at once."""
        made = dict(self._start)
        for field, pieces in self._pieces.items():
            before = made.get(field)
            made[field] = (before if isinstance(before, str) else "") + "".join(pieces)
        if self._citations:
            made["citations"] = self._citations
        if self._json:
            value = parse_json("".join(self._json))
            made["input"] = {} if value is NOT_JSON else value
        return made


def updated_usage(before: Usage, value: object) -> Usage:
    """`before` with the counts of a message that `value` tells; they are cumulative."""
    usage = as_table(value)
    told = Usage(
        count(usage, "input_tokens"),
        count(usage, "output_tokens"),
        cache_read=count(usage, "cache_read_input_tokens"),
        cache_write=count(usage, "cache_creation_input_tokens"),
        reasoning=count(table_of(usage, "output_tokens_details"), "thinking_tokens"),
        searches=count(table_of(usage, "server_tool_use"), "web_search_requests"),
        cost=charged(usage),
        tier=word_of(usage, "service_tier"),
        cache_write_long=count(table_of(usage, "cache_creation"), "ephemeral_1h_input_tokens"),
    )
    names = (field.name for field in fields(Usage))
    known = {name: each for name in names if (each := getattr(told, name)) not in (None, "")}
    return replace(before, **known)


def search_error(block: dict[str, object]) -> str:
    """A sentence for a tool of the service that failed; empty where it did not."""
    match block.get("content"):
        case {"error_code": str(code)}:
            reason = _SEARCH_ERRORS.get(code, code.replace("_", " "))
            return f"A search of the web failed: {replace_surrogates(reason)[:100]}."
        case _:
            return ""


def refusal(details: object) -> str:
    """A sentence for a model that refused, from the details of its stop."""
    fields = details if isinstance(details, dict) else {}
    category, explanation = fields.get("category"), fields.get("explanation")
    lead = "The model refused to go on"
    if isinstance(category, str) and category:
        lead += f" ({safe_line(replace_surrogates(category), 60).replace('_', ' ')})"
    if isinstance(explanation, str) and explanation:
        lead += f": {safe_line(replace_surrogates(explanation), 300).rstrip('.')}"
    return f"{lead}. Change the prompt before you go on, or it refuses again."
