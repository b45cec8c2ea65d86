"""Exports of ChatGPT: ZIP archives, JSON arrays and single conversations."""

import json
from collections.abc import Iterator

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import (
    LARGEST_CONVERSATION,
    ByteStream,
    Format,
    FormatError,
    ImportFile,
    ImportItem,
    SkippedItem,
)
from fakegpt_tui.formats.chatgpt_conversation import read_conversation
from fakegpt_tui.formats.large_exports import ZipExport, iter_array
from fakegpt_tui.text import safe_line

UNPACKED = "conversations*.json"
"""Files that hold the conversations in a folder to which an archive was unpacked."""

_ZIP = b"PK\x03\x04"


def _sniff(head: bytes) -> bool:
    return head.startswith(_ZIP) or head.lstrip().startswith((b"[", b"{"))


def _read(file: ImportFile) -> Iterator[ImportItem]:
    head = file.head().lstrip()
    if head.startswith(_ZIP):
        yield from _read_archive(file)
    elif head.startswith(b"["):
        yield from _read_array(file, file.stream, "")
    else:
        yield _read_element(file, file.whole(LARGEST_CONVERSATION), "The conversation")


def _read_archive(file: ImportFile) -> Iterator[ImportItem]:
    archive = ZipExport(file.stream)
    file.size = archive.size
    for member in archive.members:
        name = safe_line(member.filename)
        try:
            with archive.open(member) as stream:
                yield from _read_array(file, stream, name)
        except LoadError as error:
            # The other members of the archive may be whole.
            yield SkippedItem(name, str(error))


def _read_array(file: ImportFile, stream: ByteStream, name: str) -> Iterator[ImportItem]:
    elements = iter_array(file.counted(stream), LARGEST_CONVERSATION)
    for number, element in enumerate(elements, start=1):
        where = f"Conversation {number}" + (f" of {name}" if name else "")
        if element is None:
            yield SkippedItem(where, f"{where} is larger than any real one.")
        else:
            yield _read_element(file, element, where)


def _read_element(file: ImportFile, element: bytes, where: str) -> ImportItem:
    try:
        return read_conversation(json.loads(element), service=file.service, model=file.model)
    except FormatError as error:
        return SkippedItem(where, f"{where} {error}.")
    except RecursionError:
        return SkippedItem(where, f"{where} is nested too deep.")
    except ValueError:
        return SkippedItem(where, f"{where} is damaged JSON.")


FORMAT = Format(name="an export of ChatGPT", suffix="zip", sniff=_sniff, read=_read)
