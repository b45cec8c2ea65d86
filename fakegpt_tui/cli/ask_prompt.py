"""The prompt of `ask`: words, standard input, text files, and what is attached as it is."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.media_types import EMPTY, TEXT, media_type
from fakegpt_tui.domain.parts import FilePart, Part
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService

_MAX_FILES = 20


@dataclass(frozen=True, slots=True)
class AskPrompt:
    """What is asked: a text, files whose text goes before it, and files that go as they are.

    `piped` is what came from standard input and is no text.
    """

    text: str
    files: tuple[Path, ...] = ()
    attachments: tuple[Path, ...] = ()
    piped: bytes = b""


def read_prompt(
    words: str, piped: bytes, files: Sequence[str], attachments: Sequence[str]
) -> AskPrompt:
    """The prompt; the first bytes of standard input say whether it is text.

    Raises:
        UsageError: There is none, or more files than a prompt can have.
    """
    is_text = media_type(piped) in (TEXT, EMPTY)
    input_text = (decode_text(piped) or "") if is_text else ""
    texts = (words.strip(), input_text.strip("\r\n"))
    prompt = AskPrompt(
        "\n\n".join(part for part in texts if part.strip()),
        tuple(path for each in files for path in _paths(each)),
        tuple(map(Path, attachments)),
        b"" if is_text else piped,
    )
    count = len(prompt.files) + len(prompt.attachments) + bool(prompt.piped)
    if not prompt.text and not count:
        raise click.UsageError("There is no prompt, neither as arguments nor on standard input.")
    if count > _MAX_FILES:
        raise click.UsageError(f"{count} files are too many; {_MAX_FILES} go with a prompt.")
    return prompt


def _paths(written: str) -> list[Path]:
    """The files of a path, or of a pattern that no shell has replaced."""
    if Path(written).exists():
        return [Path(written)]
    found = sorted(glob.glob(written, recursive=True))  # noqa: PTH207 - as it was written
    return [Path(each) for each in found if Path(each).is_file()] or [Path(written)]


async def attach(chat: ChatService, conversation_id: str, prompt: AskPrompt) -> tuple[Part, ...]:
    """The parts of the files of a prompt, whose bytes are in the store then.

    Raises:
        LoadError: One cannot be read, or is none that a model could take.
        StoreError: One cannot be kept.
    """
    parts: list[Part] = []
    for path in prompt.files:
        part = await chat.attachments.add_file(conversation_id, path)
        if not isinstance(part, FilePart):
            raise LoadError(f"{safe_line(path.name)} is a picture; --attach sends it.")
        parts.append(replace(part, as_text=True))
    parts += [await chat.attachments.add_file(conversation_id, path) for path in prompt.attachments]
    if prompt.piped:
        name = "standard input"
        parts.append(await chat.attachments.add_bytes(conversation_id, prompt.piped, name))
    return tuple(parts)
