"""Workbooks of Excel (`.xlsx`), which are archives of XML: the rows of each sheet as objects.

ECMA-376, part 1, has the elements. The first row of a sheet names the columns.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.archives import ZipExport
from fakegpt_tui.formats.base import LARGEST_CONVERSATION, Record

_SHEETS = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_ANY = "{*}"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile(r"[A-Z]{1,3}")
_CHUNK_SIZE = 256 * 1024


def read_workbook(archive: ZipExport) -> Record:
    """The sheets in their order, each a list of its rows, under `workbook`.

    Raises:
        LoadError: The workbook is damaged, or too large.
    """
    shared = [_text(each) for each in _parse(archive, "xl/sharedStrings.xml").findall(f"{_ANY}si")]
    found = (
        (int(match[1]), name) for name in archive.by_name if (match := _SHEETS.fullmatch(name))
    )
    return {"workbook": [[*_rows(archive, name, shared)] for _, name in sorted(found)]}


def _rows(archive: ZipExport, name: str, shared: list[str]) -> Iterator[Record]:
    """The rows below the first one, as far as they have something below a name."""
    names: dict[str, str] = {}
    for number, row in enumerate(_parse(archive, name).findall(f"{_ANY}sheetData/{_ANY}row")):
        cells = {}
        for place, cell in enumerate(row.findall(f"{_ANY}c")):
            letters = _LETTERS.match(cell.get("r", ""))
            cells[letters[0] if letters else str(place)] = _value(cell, shared)
        if number == 0:
            names = cells
        else:
            yield {names[column]: value for column, value in cells.items() if names.get(column)}


def _value(cell: ET.Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.findtext(f"{_ANY}v", "")
    if cell.get("t") != "s":
        return value
    place = int(value) if value.isdecimal() else -1
    return shared[place] if 0 <= place < len(shared) else ""


def _text(element: ET.Element) -> str:
    """The text of a cell, which may be in pieces, without pronunciations."""
    pieces = [each.text or "" for each in element.findall(f"{_ANY}t")]
    pieces += [each.text or "" for each in element.findall(f"{_ANY}r/{_ANY}t")]
    pieces += [each.text or "" for each in element.findall(f"{_ANY}is//{_ANY}t")]
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), "".join(pieces))


class _SheetBuilder(ET.TreeBuilder):
    """Refuses declarations, by which a few bytes can stand for gigabytes; no workbook has any."""

    def doctype(self, _name: str, _public_id: str | None, _system: str | None) -> None:
        raise LoadError("The workbook has declarations, which no program writes.")


def _parse(archive: ZipExport, name: str) -> ET.Element:
    """A member of the workbook; an empty element if it is missing."""
    member = archive.by_name.get(name)
    if member is None:
        return ET.Element("empty")
    if member.file_size > LARGEST_CONVERSATION:
        raise LoadError("A sheet of the workbook is larger than any real export.")
    parser = ET.XMLParser(target=_SheetBuilder())  # noqa: S314 - without declarations
    try:
        with archive.open(member) as stream:
            while data := stream.read(_CHUNK_SIZE):
                parser.feed(data)
        found: ET.Element = parser.close()
    except ET.ParseError as error:
        raise LoadError("The workbook is damaged.") from error
    return found
