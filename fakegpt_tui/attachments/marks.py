"""Marks: `[#1 photo.png]` in a prompt, which say where what is attached belongs in its text."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from fakegpt_tui.domain.parts import (
    Attachment,
    FilePart,
    ImagePart,
    Part,
    TextSpan,
    fit_parts,
    place_parts,
)
from fakegpt_tui.text import safe_line

PASTE = "paste"
"""The source of a large paste, which is text of the prompt at its place, and no file."""

_MARK = re.compile(r"\[#\d+ [^\[\]\n]+\]")
_MAX_NAME = 48
_BRACKETS = str.maketrans("[]", "()")


def mark_of(attachment: Attachment) -> str:
    return write_mark(attachment.id, attachment.part.name)


def write_mark(attachment_id: str, name: str) -> str:
    shown = safe_line(name, _MAX_NAME).translate(_BRACKETS) or "file"
    return f"[#{attachment_id} {shown}]"


def marked(text: str, known: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """What the marks in a text stand for, in their order, each once; others are only text."""
    by_mark = {mark_of(each): each for each in known}
    found = (by_mark.get(match[0]) for match in _MARK.finditer(text)) if by_mark else ()
    return tuple({mark_of(each): each for each in found if each is not None}.values())


def new_id(part: ImagePart | FilePart, known: Iterable[Attachment], text: str) -> str:
    """The lowest number that is not in the text, and stands for nothing else of that name."""
    taken = {match[0].partition(" ")[0] for match in _MARK.finditer(text)}
    others = {mark_of(each) for each in known if each.part != part}
    number = 1
    while f"[#{number}" in taken or write_mark(str(number), part.name) in others:
        number += 1
    return str(number)


def mark_around(line: str, column: int, marks: Collection[str], *, before: bool) -> tuple[int, int]:
    """The place of the mark that a deletion at `column` would touch; empty if there is none."""
    for match in _MARK.finditer(line) if marks else ():
        is_touched = (
            match.start() < column <= match.end()
            if before
            else match.start() <= column < match.end()
        )
        if is_touched and match[0] in marks:
            return match.span()
    return column, column


def lay_out(
    text: str, attachments: Sequence[Attachment], pasted: Mapping[str, str]
) -> tuple[str, tuple[Part, ...]]:
    """A prompt as it is sent: its text without marks, and the parts that stood at their places.

    `pasted` is the text of each large paste, by its id, which goes where its mark stood.
    """
    by_mark = {mark_of(each): each for each in attachments}
    texts: list[str] = []
    parts: list[Part] = []
    at = 0
    for match in _MARK.finditer(text):
        attachment = by_mark.pop(match[0], None)
        if attachment is None:
            continue
        _add_text(texts, parts, text[at : match.start()])
        at = match.end()
        if attachment.source == PASTE:
            _add_text(texts, parts, pasted.get(attachment.id, ""))
            continue
        # One of the blanks around it belonged to the mark.
        if text[at : at + 1] == " " and (not texts or texts[-1][-1:].isspace()):
            at += 1
        parts.append(attachment.part)
    rest = text[at:]
    _add_text(texts, parts, rest if rest.strip() else "")
    joined = "".join(texts)
    return joined, fit_parts(parts, joined, "")


def _add_text(texts: list[str], parts: list[Part], text: str) -> None:
    if text:
        texts.append(text)
        parts.append(TextSpan(len(text)))


def put_marks(
    text: str, parts: Iterable[Part], known: Sequence[Attachment] = ()
) -> tuple[str, tuple[Attachment, ...]]:
    """A prompt as it was typed, and what its marks stand for: `lay_out` backwards."""
    found: list[Attachment] = []
    typed = ""
    for part, span in place_parts(text, "", parts):
        match part:
            case ImagePart() | FilePart():
                number = new_id(part, [*known, *found], typed)
                found.append(Attachment(number, part, "path"))
                typed += f"{_gap(typed)}{mark_of(found[-1])}"
            case TextSpan():
                typed += _gap(typed) + span if _ends_in_mark(typed, span) else span
            case _:
                pass
    return typed, tuple(found)


def _gap(typed: str) -> str:
    return "" if not typed or typed[-1].isspace() else " "


def _ends_in_mark(typed: str, span: str) -> bool:
    return typed.endswith("]") and bool(span) and not span[0].isspace()


def labels(attachments: Iterable[Attachment], tokens: Mapping[str, int]) -> Iterator[str]:
    """A line for each: its sign, number, name, kind, size and cost, which `tokens` has by id."""
    from fakegpt_tui.domain.captions import blob_label, size_label  # noqa: PLC0415 - when something is attached

    for each in attachments:
        blob, is_picture = each.part.blob, isinstance(each.part, ImagePart)
        kind = "text" if each.source == PASTE else blob_label(blob)
        cost = tokens.get(each.id, 0)
        name = safe_line(each.part.name, _MAX_NAME)
        size = f"{size_label(blob.size)} · ≈ {cost:,} token{'' if cost == 1 else 's'}"
        yield f"{'▣' if is_picture else '▤'} {each.id} {name} · {kind} · {size}"
