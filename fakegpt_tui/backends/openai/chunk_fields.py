"""Fields of chat completions beside their content, in all forms: sources, and how they end.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fakegpt_tui.backends.api.reply_decoder import unknown_end
from fakegpt_tui.domain import FinishReason, Notice, ServiceError
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.text import replace_surrogates, safe_line

_LISTS: Final = ("citations", "search_results", "web_search", "references", "annotations")
_HOLDERS: Final = ("context", "search_info", "provider_specific_fields")
_KEYS: Final = frozenset((*_LISTS, *_HOLDERS))
_URLS: Final = ("url", "link", "source", "uri")
_TITLES: Final = ("title", "name", "site_name")
_QUOTES: Final = ("content", "snippet", "text", "cited_text")
_MAX_SOURCES: Final = 200
_MAX_QUOTE: Final = 2_000


class CitedSources:
    """Collects the sources of a reply, each once, in the order in which the reply counts them."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str]] = {}
        self._spans: dict[str, list[tuple[int, int]]] = {}

    def add(self, fields: Mapping[Any, object]) -> None:
        """Add what an event, a delta or a message names."""
        if _KEYS.isdisjoint(fields):
            return
        for name in _LISTS:
            match fields.get(name):
                case [*entries]:
                    for entry in entries:
                        self._add_entry(entry)
                case _:
                    pass
        for name in _HOLDERS:
            match fields.get(name):
                case {**held}:
                    self.add(held)
                case _:
                    pass

    def parts(self) -> Iterator[CitationPart]:
        """A part for each place that a source is named for, or one for the whole reply."""
        for url, (title, quote) in self._found.items():
            for start, end in self._spans.get(url) or [(0, 0)]:
                yield CitationPart(start, end, url, title, quote)

    def _add_entry(self, entry: object) -> None:
        match entry:
            case str(url):
                self._add_source(url, "", "")
            case {"url_citation": {**cited}}:
                self._add_cited(cited)
            case {**cited}:
                self._add_cited(cited)
            case _:
                pass

    def _add_cited(self, cited: Mapping[Any, object]) -> None:
        url, title = _first(cited, _URLS), _first(cited, _TITLES)
        self._add_source(url or title, title, _first(cited, _QUOTES)[:_MAX_QUOTE])
        match cited:
            case {"start_index": int(start), "end_index": int(end)} if 0 <= start < end:
                spans = self._spans.setdefault(url or title, [])
                if (start, end) not in spans and len(spans) < _MAX_SOURCES:
                    spans.append((start, end))
            case _:
                pass

    def _add_source(self, url: str, title: str, quote: str) -> None:
        url = replace_surrogates(url)
        if not url or (url not in self._found and len(self._found) >= _MAX_SOURCES):
            return
        known_title, known_quote = self._found.get(url, ("", ""))
        self._found[url] = (
            known_title or replace_surrogates(title),
            known_quote or replace_surrogates(quote),
        )


def _first(fields: Mapping[Any, object], names: Iterable[str]) -> str:
    texts = (value for name in names if isinstance(value := fields.get(name), str))
    return next((text.strip() for text in texts if text.strip()), "")


_NO_REASON: Final = {"", "null", "none"}
"""Some services write null as a word, in every chunk."""

_STOPS: Final = {
    "stop", "stopped", "stop_sequence", "stop_token", "eos", "eos_token", "eot", "end", "end_turn",
    "complete", "completed", "done", "finish", "finished", "success", "normal",
    "tool_calls", "tool_call", "tool_use", "function_call",
}  # fmt: skip
_LENGTHS: Final = {
    "length", "max_length", "max_tokens", "max_output_tokens", "max_completion_tokens",
    "max_new_tokens", "token_limit", "model_length", "context_length",
    "context_length_exceeded", "model_context_window_exceeded", "error_limit",
}  # fmt: skip
_FILTERS: Final = {
    "content_filter", "content_filtered", "safety", "image_safety", "sensitive", "recitation",
    "prohibited_content", "blocklist", "spii", "guardrail_intervened", "refusal", "error_toxic",
}  # fmt: skip
_BROKEN_OFF: Final = lazy_pattern(
    r"insufficient_|error|abort|cancel|timeout|time_limit|fail|interrupt|overload|malformed"
)
_TRUSTED_CONTRADICTIONS: Final = 1

_ENUM: Final = lazy_pattern(r"^finish_?reason[._]")
"""Before the words of an enumeration, which some libraries write as they call it themselves."""
_TOKEN: Final = lazy_pattern(r"</?[^<>]+>")
"""The token at which the model stopped, such as `<|im_end|>`."""


class FinishTracker:
    """The finish reason of a reply, and whether it can be believed."""

    def __init__(self) -> None:
        self.reason: FinishReason | None = None
        self._unknown_word = ""
        self._contradictions = 0

    @property
    def is_reliable(self) -> bool:
        """Does a reason mean the end? Some services send one with every piece of text."""
        return self._contradictions <= _TRUSTED_CONTRADICTIONS

    def contradict(self) -> None:
        """Count text after a reason, which speaks against it; one piece is a habit of some."""
        self._contradictions += 1

    def read(self, word: object) -> ServiceError | None:
        """Take the `finish_reason` of a chunk; the error, if it means that the service failed."""
        name = _folded(word)
        if name in _NO_REASON:
            return None
        if name in _LENGTHS:
            self.reason = FinishReason.LENGTH
        elif name in _FILTERS:
            self.reason = FinishReason.CONTENT_FILTER
        elif name not in _STOPS and _BROKEN_OFF.search(name):
            said = "" if name == "error" else f" ({safe_line(name, 60)})"
            return ServiceError(f"The service broke off the reply{said}.")
        else:
            self.reason = FinishReason.STOP
            self._unknown_word = "" if name in _STOPS else name
        return None

    def notices(self) -> Iterator[Notice]:
        """A word that this program does not know is told: the reply may have been cut."""
        if self._unknown_word:
            yield Notice(unknown_end(self._unknown_word))


def _folded(word: object) -> str:
    """A finish reason in the one spelling that is looked up here."""
    name = word.strip().lower() if isinstance(word, str) else ""
    return "stop_token" if _TOKEN.fullmatch(name) else _ENUM.sub("", name).replace("-", "_")
