"""Sources of a reply, in all the forms in which services name them: each is told once."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.text import replace_surrogates

_LISTS: Final = (
    "citations", "search_results", "web_search", "references", "annotations", "sources",
    "documents", "results", "groundingChunks", "grounding_chunks",
)  # fmt: skip
_HOLDERS: Final = (
    "context", "search_info", "search_results", "executed_tools", "provider_specific_fields",
    "groundingMetadata", "grounding_metadata", "vertex_ai_grounding_metadata",
)  # fmt: skip
_ENTRIES: Final = ("url_citation", "web", "source")
"""What an entry of a list may hold the source in."""
_KEYS: Final = frozenset((*_LISTS, *_HOLDERS))
_URLS: Final = ("url", "link", "source", "uri")
_TITLES: Final = ("title", "name", "site_name", "document_title", "filename", "filepath")
_QUOTES: Final = ("content", "snippet", "text", "cited_text")
_MAX_SOURCES: Final = 500
_MAX_QUOTE: Final = 2_000


class CitedSources:
    """Collects the sources of a reply, each once, in the order in which the reply counts them."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str, str]] = {}
        """The address, title and quote of each, by its address or else its title."""
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._told = 0

    def add(self, fields: Mapping[Any, object]) -> None:
        """Add what an event, a delta or a message names."""
        if _KEYS.isdisjoint(fields):
            return
        for name in _LISTS:
            match fields.get(name):
                case [*entries]:
                    self.add_entries(entries)
                case _:
                    pass
        for name in _HOLDERS:
            found = fields.get(name)
            for held in found if isinstance(found, list) else [found]:
                if isinstance(held, dict):
                    self.add(held)

    def add_entries(self, entries: Iterable[object]) -> None:
        """Add the sources in the list of a field."""
        for entry in entries:
            self._add_entry(entry)

    def parts(self) -> Iterator[CitationPart]:
        """A part for each place that a source is named for, or one for the whole reply."""
        for key, source in self._found.items():
            for start, end in self._spans.get(key) or [(0, 0)]:
                yield CitationPart(start, end, *source)

    def new_parts(self) -> Iterator[CitationPart]:
        """A part of the whole reply for each source that this has not given before."""
        for source in islice(self._found.values(), self._told, None):
            self._told += 1
            yield CitationPart(0, 0, *source)

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
        self._add_source(url, title, _first(cited, _QUOTES)[:_MAX_QUOTE])
        match cited:
            case {"start_index": int(start), "end_index": int(end)} if 0 <= start < end:
                spans = self._spans.setdefault(url or title, [])
                if (start, end) not in spans and len(spans) < _MAX_SOURCES:
                    spans.append((start, end))
            case _:
                pass

    def _add_source(self, url: str, title: str, quote: str) -> None:
        url, title, quote = map(replace_surrogates, (url, title, quote))
        key = url or title
        if not key or (key not in self._found and len(self._found) >= _MAX_SOURCES):
            return
        _, known_title, known_quote = self._found.get(key, ("", "", ""))
        self._found[key] = (url, known_title or title, known_quote or quote)


def _first(fields: Mapping[Any, object], names: Iterable[str]) -> str:
    texts = (value for name in names if isinstance(value := fields.get(name), str))
    return next((text.strip() for text in texts if text.strip()), "")
