"""Exports of ChatGPT: its conversations, alone, in lists or in the archive as it was sent."""

from collections.abc import Iterator

from fakegpt_tui.formats.base import LoadedItem, Origin, Record, RecordFormat
from fakegpt_tui.formats.chatgpt_conversation import read_conversation


def _sniff(record: Record) -> str:
    if not isinstance(record.get("mapping"), dict):
        return ""
    return "it has a mapping of messages, as ChatGPT has"


def _read(record: Record, origin: Origin) -> Iterator[LoadedItem]:
    yield read_conversation(record, service=origin.service, model=origin.model)


FORMAT = RecordFormat(name="ChatGPT", sniff=_sniff, read=_read)
