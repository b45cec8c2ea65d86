"""Citation marks of web searches, as Markdown links.

ChatGPT writes a mark between U+E200 and U+E201, or as 【7†source】, and keeps the links apart from
the text. Shape seen in exports since 2023.
"""

import json
import re
from collections.abc import Iterable, Mapping

_MARK = re.compile("\ue200([^\ue200\ue201]*)\ue201")
_STRAY = re.compile("[\ue200-\ue206]")
_SEPARATOR = "\ue202"
_BRACKET = "【"
_SHORTEST_ENTITY = 2


def link_citations(text: str, metadata: Mapping[str, object]) -> tuple[str, int]:
    """`text` with a link for each mark, and how many marks named no link and are gone."""
    if _BRACKET in text:
        text = _link_old_marks(text, metadata.get("citations"))
    if not _STRAY.search(text):
        return text, 0
    for reference in _dicts(metadata.get("content_references")):
        mark = reference.get("matched_text")
        if isinstance(mark, str) and _STRAY.search(mark) and (link := _link(reference)):
            text = _replace_all(text, mark, link)
    lost = 0

    def read(match: re.Match[str]) -> str:
        nonlocal lost
        said = _widget_text(match[1])
        lost += not said
        return _spaced(text, match.start(), match.end(), said)

    return _STRAY.sub("", _MARK.sub(read, text)), lost


def write_link(title: str, url: str) -> str:
    """A Markdown link that nothing in its parts can end."""
    label = re.sub(r"([\\\[\]])", r"\\\1", " ".join(title.split()) or url)
    return f"[{label}](<{url}>)" if re.search(r"[\s()<>]", url) else f"[{label}]({url})"


def write_sources(sources: Iterable[tuple[str, str]]) -> str:
    """A list of what a reply names as its sources, each once; empty where there are none."""
    links = dict.fromkeys(write_link(title, url) for title, url in sources if url)
    return "Sources:\n\n" + "\n".join(f"- {link}" for link in links) if links else ""


def _link(reference: Mapping[str, object]) -> str:
    """What stands for a mark: as the service itself would write it, or the links it names."""
    alt = reference.get("alt")
    if isinstance(alt, str) and alt.strip():
        return alt.strip()
    links = [
        write_link(str(item.get("title") or ""), url)
        for item in _dicts(reference.get("items"))
        if isinstance(url := item.get("url"), str) and url
    ]
    return f"({', '.join(links)})" if links else ""


def _link_old_marks(text: str, citations: object) -> str:
    marks: list[tuple[int, int, str]] = []
    for citation in _dicts(citations):
        match citation:
            case {
                "start_ix": int(start),
                "end_ix": int(end),
                "metadata": {"url": str(url), **about},
            } if 0 <= start < end and text[start:end].startswith(_BRACKET):
                marks.append((start, end, f"({write_link(str(about.get('title') or ''), url)})"))
    for start, end, link in sorted(marks, reverse=True):
        text = text[:start] + _spaced(text, start, end, link) + text[end:]
    return text


def _replace_all(text: str, mark: str, link: str) -> str:
    at = text.find(mark)
    while at >= 0:
        said = _spaced(text, at, at + len(mark), link)
        text = text[:at] + said + text[at + len(mark) :]
        at = text.find(mark, at + len(said))
    return text


def _spaced(text: str, start: int, end: int, said: str) -> str:
    """`said` in place of that part of `text`, so that no words are glued together."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if not said:
        return " " if before.strip() and after.isalnum() else ""
    first = " " if before.strip() and before not in "(*_" else ""
    return f"{first}{said}{' ' if after.isalnum() else ''}"


def _widget_text(mark: str) -> str:
    """What a person would read in a mark that is no citation; empty if that is nothing."""
    kind, _, held = mark.partition(_SEPARATOR)
    if kind not in ("entity", "genui"):
        return ""
    try:
        found = json.loads(held)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, list):
        is_named = len(found) >= _SHORTEST_ENTITY and isinstance(found[1], str)
        return found[1] if is_named else ""
    contents = (each.get("content") for each in _dicts(_values(found)))
    return next((text for text in contents if isinstance(text, str)), "")


def _values(found: object) -> list[object]:
    return [*found.values()] if isinstance(found, dict) else []


def _dicts(value: object) -> list[dict[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
