"""Reading files of other programs in tests, and an outline of what came of them.

`python -m tests.formats.reading` writes the outlines beside the files anew, to be read through.
"""

from collections import Counter
from pathlib import Path

from fakegpt_tui.domain import Role
from fakegpt_tui.domain.parts import CitationPart, attached_parts
from fakegpt_tui.formats.base import (
    EmptyItem,
    ImportItem,
    LoadedItem,
    Loss,
    SkippedItem,
    validate_tree,
)
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.registry import explain, read_conversations

FILES = Path(__file__).parent / "files"
_SIGNS = {Role.USER: ">", Role.ASSISTANT: "<", Role.SYSTEM: "!"}


def read(path: Path) -> list[ImportItem]:
    with ImportFile(path, service="embedded", model="guide") as file:
        return list(read_conversations(file))


def read_bytes(folder: Path, data: bytes, name: str = "file") -> list[ImportItem]:
    path = folder / name
    path.write_bytes(data)
    return read(path)


def explained(path: Path) -> list[str]:
    with ImportFile(path, service="embedded", model="guide") as file:
        return [sentence for sentence in explain(file) if sentence]


def loaded(found: list[ImportItem]) -> list[LoadedItem]:
    return [each for each in found if isinstance(each, LoadedItem)]


def outline(found: list[ImportItem]) -> list[str]:
    """A line for each conversation and each message, in which messages are below their parents.

    A line of a message begins with who speaks; the shown end is marked with `*`.
    """
    lines = []
    for each in found:
        if isinstance(each, EmptyItem):
            lines.append("(empty)")
        elif isinstance(each, SkippedItem):
            lines.append(f"skipped: {each.reason}")
        else:
            validate_tree(each.messages, each.conversation.leaf_id)
            lines.append(f"# {each.conversation.title}")
            if each.conversation.system_prompt:
                lines.append(f"system: {each.conversation.system_prompt!r}")
            tags = (f"#{tag}" for tag in each.conversation.tags)
            if place := " ".join(filter(None, (each.conversation.folder, *tags))):
                lines.append(f"in: {place}")
            if each.folder:
                lines.append(f"new ones there: {each.folder.system_prompt!r}")
            lines.extend(_messages(each))
    return lines


def _messages(item: LoadedItem) -> list[str]:
    depths: dict[str | None, int] = {None: 0}
    lines = []
    for message in item.messages:
        depths[message.id] = depth = depths[message.parent_id] + 1
        shown = "*" if message.id == item.conversation.leaf_id else ""
        thinking = f"({message.reasoning}) " if message.reasoning else ""
        lines.append(f"{depth} {_SIGNS[message.role]}{shown} {thinking}{message.text!r}")
        for part in attached_parts(message.parts):
            is_here = part.blob.digest in item.blobs
            lines[-1] += f" {'+' if is_here else '-'} {part.name or '(unnamed)'}"
        cited = (part for part in message.parts if isinstance(part, CitationPart))
        lines[-1] += "".join(f" ^ {part.title} {part.url}" for part in cited)
    return lines


def account(path: Path) -> str:
    """All that is to be told of a file: why it is taken for what, the outline, what is lost."""
    found = read(path)
    losses: Counter[Loss] = Counter()
    for each in loaded(found):
        losses.update(each.left_out)
    told = sorted(loss.counted(count) for loss, count in losses.items())
    return "\n".join([*explained(path), *outline(found), *told, ""])


def accounts() -> list[Path]:
    return sorted(FILES.glob("**/*.outline"))


if __name__ == "__main__":
    for place in accounts():
        place.write_text(account(place.with_suffix("")))
