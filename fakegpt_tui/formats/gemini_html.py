"""Activity of Gemini as Google's Takeout writes it unless it is asked for JSON: one HTML page.

Times are in the words of the account's language; only those that say their zone are read.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from html import unescape
from urllib.parse import unquote

from fakegpt_tui.formats.base import ImportItem, Record, SourceDefaults, TextFormat
from fakegpt_tui.formats.gemini import ACTIVITY

_CELL = '<div class="outer-cell'
_HEADER = re.compile(r'<div class="header-cell.*?<p[^>]*>(.*?)<', re.DOTALL)
_CONTENT = re.compile(
    r'<div class="content-cell[^"]*mdl-typography--body-1"[^>]*>(.*?)</div>'
    r'\s*<div class="content-cell',
    re.DOTALL,
)
_TIME = re.compile(
    r"(?P<at>[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}:\d{2} [AP]M) "
    r"(?P<zone>UTC|GMT(?P<offset>[+-]\d{1,2}(?::\d{2})?)?)"
)
_FILE = re.compile(r'<(?:a|img)\b[^>]*\b(?:href|src)="([^":]+)"')
"""A link to what lies beside the page, which has no scheme."""
_NAMES = re.compile("Gemini|Bard")


def _sniff(head: str) -> str:
    is_one = _CELL in head and _NAMES.search(head) is not None
    return "it is a page of activities of Gemini, as Takeout has" if is_one else ""


def _read(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    records: list[object] = [_read_cell(cell) for cell in text.split(_CELL)[1:]]
    yield from ACTIVITY.read(records, origin)


def _read_cell(cell: str) -> Record:
    """An activity as it is in JSON; without a time where that cannot be read."""
    header, content = _HEADER.search(cell), _CONTENT.search(cell)
    lines = re.split(r"<br\s*/?>", content[1] if content else "")
    for number, line in enumerate(lines):
        if match := _TIME.fullmatch(_plain(line)):
            answer = "<br>".join(lines[number + 1 :]).strip()
            files = [name for each in lines[:number] for name in _FILE.findall(each)]
            said = (_plain(each) for each in lines[:number] if not _FILE.search(each))
            return {
                "header": _plain(header[1]) if header else "",
                "title": "\n".join(said),
                "attachedFiles": [unquote(unescape(name)) for name in files],
                "time": _read_time(match).isoformat(),
                "products": [],
                **({"safeHtmlItem": [{"html": answer}]} if answer else {}),
            }
    return {}


def _plain(html: str) -> str:
    text = unescape(re.sub(r"<[^>]*>", "", html))
    return re.sub("[\u00a0\u202f]", " ", text).strip()


def _read_time(match: re.Match[str]) -> datetime:
    hours, _, minutes = (match["offset"] or "0").partition(":")
    sign = -1 if hours.startswith("-") else 1
    offset = timedelta(hours=int(hours), minutes=sign * int(minutes or 0))
    found = datetime.strptime(match["at"], "%b %d, %Y, %I:%M:%S %p")
    return found.replace(tzinfo=timezone(offset))


FORMAT = TextFormat(name="Gemini", sniff=_sniff, read=_read)
