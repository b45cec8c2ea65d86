"""Fields of chat completions beside their content, in all forms: sources, and how they end.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fakegpt_tui.domain import FinishReason, Notice, ServiceError
from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.protocol.end_words import EndWord
from fakegpt_tui.text import replace_surrogates

_LISTS: Final = (
    "citations", "search_results", "web_search", "references", "annotations", "sources",
    "groundingChunks", "grounding_chunks",
)  # fmt: skip
_HOLDERS: Final = (
    "context", "search_info", "provider_specific_fields", "groundingMetadata",
    "grounding_metadata", "vertex_ai_grounding_metadata",
)  # fmt: skip
_ENTRIES: Final = ("url_citation", "web", "source")
"""What an entry of a list may hold the source in."""
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
                case {**held} | [{**held}, *_]:
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
            case {**fields}:
                inner = (fields.get(name) for name in _ENTRIES)
                self._add_cited(next((each for each in inner if isinstance(each, dict)), fields))
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


_TRUSTED_CONTRADICTIONS: Final = 1
_WORD_FIELDS: Final = ("finish_reason", "finishReason", "stop_reason", "finish_details")


class FinishTracker:
    """The finish reason of a reply, and whether it can be believed."""

    def __init__(self) -> None:
        self._end = EndWord(None)
        self._contradictions = 0

    @property
    def reason(self) -> FinishReason | None:
        return self._end.reason

    @property
    def is_reliable(self) -> bool:
        """Does a reason mean the end? Some services send one with every piece of text."""
        return self._contradictions <= _TRUSTED_CONTRADICTIONS

    def contradict(self) -> None:
        """Count text after a reason, which speaks against it; one piece is a habit of some."""
        self._contradictions += 1

    def read(self, fields: Mapping[str, object]) -> ServiceError | None:
        """Take the reason of a chunk or a choice; the error, if it says that the service failed."""
        for name in _WORD_FIELDS:
            match fields.get(name):
                case {"type": str(word)} | {"reason": str(word)} | str(word):
                    end = EndWord(word)
                    if end.reason is not None or end.error is not None:
                        self._end = end
                        return end.error
                case _:
                    pass
        return None

    def notices(self) -> Iterator[Notice]:
        """As `EndWord.notices`."""
        return self._end.notices()
