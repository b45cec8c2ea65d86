"""Citations of ChatGPT's web searches, taken out of the text in which they are marked.

A mark stands between U+E200 and U+E201, or is like 【7†source】, and the links are kept apart from
the text. Shape seen in exports since 2023.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.formats.base import parse_json
from fakegpt_tui.formats.foreign_values import dict_of, dicts_of
from fakegpt_tui.text import replace_surrogates

_MARK = re.compile("\ue200([^\ue200\ue201]*)\ue201")
_STRAY = re.compile("[\ue200-\ue206]")
_SEPARATOR = "\ue202"
_BRACKET = "【"
_OLD_MARK = re.compile(r"【\d+(?::\d+)?†[^【】\n]*】")
_SHORTEST_ENTITY = 2
_LINKS = re.compile(r"\(?\[([^\[\]\n]*)\]\(([^()\s]+)\)[,;)\s]*")
_MOST_SOURCES = 1_000
_LISTS = ("items", "sources", "supporting_websites", "images", "products")
"""Where a reference has more sources; pictures and products are shown with their pages."""
_DEEPEST = 2


class CitedText(NamedTuple):
    """A text without marks, and its sources.

    `lost` counts marks that named none and are gone, `kept` older ones that stay in the text.
    """

    text: str
    citations: tuple[CitationPart, ...] = ()
    lost: int = 0
    kept: int = 0


class _Mark(NamedTuple):
    """A mark from `start` to `end`: what a person reads in its place, and what it cites."""

    start: int
    end: int
    said: str = ""
    sources: tuple[tuple[str, str], ...] = ()


def take_citations(text: str, metadata: Mapping[str, object]) -> CitedText:
    """`text` without its marks, and the sources that they stood for, each at its place."""
    found = [*_old_marks(text, metadata.get("citations"))] if _BRACKET in text else []
    if _STRAY.search(text):
        found += _marks(text, metadata)
    elif not found:
        return CitedText(text, kept=len(_OLD_MARK.findall(text)))
    out: list[str] = []
    citations: list[CitationPart] = []
    at = length = lost = 0
    for mark in sorted(found):
        if mark.start < at:
            continue
        before = _STRAY.sub("", text[at : mark.start])
        at = mark.end
        after = text[at : at + 1]
        is_glued = (before or "".join(out[-1:]))[-1:].strip() != ""
        if mark.said:
            gap = " " if is_glued and (before or out[-1])[-1] not in "(*_" else ""
            said = f"{gap}{mark.said}{' ' if after.isalnum() else ''}"
        else:
            # No blank is left where there was one on each side, and no words are glued together.
            before = before if after.isalnum() else before.rstrip(" ")
            said = " " if is_glued and after.isalnum() else ""
        out += [before, said]
        length += len(before)
        citations += (
            CitationPart(length, length, replace_surrogates(url), replace_surrogates(title))
            for title, url in mark.sources
        )
        length += len(said)
        lost += not (mark.said or mark.sources)
    out.append(_STRAY.sub("", text[at:]))
    clean = "".join(out)
    kept = len(_OLD_MARK.findall(clean))
    return CitedText(clean, tuple(citations[:_MOST_SOURCES]), lost, kept)


def read_footnotes(metadata: Mapping[str, object]) -> Iterator[CitationPart]:
    """The sources that the whole of a reply names, below it."""
    for reference in dicts_of(metadata.get("content_references")):
        if reference.get("type") == "sources_footnote":
            for title, url in _sources(reference):
                yield CitationPart(0, 0, replace_surrogates(url), replace_surrogates(title))


def _marks(text: str, metadata: Mapping[str, object]) -> Iterator[_Mark]:
    """The marks of the newer kind, with what the export says about each."""
    known: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}
    for reference in dicts_of(metadata.get("content_references")):
        mark = reference.get("matched_text")
        if isinstance(mark, str) and _STRAY.search(mark):
            known.setdefault(mark, _what(reference))
    for mark, (said, sources) in known.items():
        at = text.find(mark)
        while at >= 0:
            yield _Mark(at, at + len(mark), said, sources)
            at = text.find(mark, at + len(mark))
    for match in _MARK.finditer(text):
        if match[0] not in known:
            yield _Mark(*match.span(), _widget_text(match[1]))


def _what(reference: Mapping[str, object]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a person reads in the place of a mark, and its sources."""
    alt = reference.get("alt")
    said = alt.strip() if isinstance(alt, str) else ""
    sources = tuple(dict.fromkeys(_sources(reference)))
    if said and not _LINKS.sub("", said):
        sources = sources or tuple((match[1], match[2]) for match in _LINKS.finditer(said))
        said = ""
    return said, sources


def _sources(reference: Mapping[str, object], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Titles and addresses of what a reference is or lists; a file of the person has only a name.

    What it lists may have further pages for the same.
    """
    url, title = reference.get("url"), reference.get("title")
    if isinstance(url, str) and url:
        yield str(title or ""), url
    elif reference.get("type") == "file" and isinstance(name := reference.get("name"), str):
        yield name, ""
    if depth < _DEEPEST:
        for name in _LISTS:
            for item in dicts_of(reference.get(name)):
                yield from _sources(item, depth + 1)


def _old_marks(text: str, citations: object) -> Iterator[_Mark]:
    for citation in dicts_of(citations):
        match citation:
            case {
                "start_ix": int(start),
                "end_ix": int(end),
                "metadata": {**about},
            } if 0 <= start < end and text[start:end].startswith(_BRACKET):
                if sources := tuple(_sources(dict_of(about))):
                    yield _Mark(start, end, "", sources)
            case _:
                pass


def _widget_text(mark: str) -> str:
    """The readable text of a mark that is no citation; empty if there is none."""
    kind, _, held = mark.partition(_SEPARATOR)
    if kind not in ("entity", "genui"):
        return ""
    found = parse_json(held)
    if isinstance(found, list):
        is_named = len(found) >= _SHORTEST_ENTITY and isinstance(found[1], str)
        return found[1] if is_named else ""
    contents = (each.get("content") for each in dicts_of([*dict_of(found).values()]))
    return next((text for text in contents if isinstance(text, str)), "")
