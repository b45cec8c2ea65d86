"""The prompt of `ask`: words, a snippet around them, standard input, and files."""

from __future__ import annotations

import asyncio
import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fakegpt_tui.domain import Conversation, GenerationSettings, LoadError, NotFound, Service
from fakegpt_tui.domain.generation import merge_settings
from fakegpt_tui.domain.media_types import EMPTY, TEXT, media_type
from fakegpt_tui.domain.parts import FilePart, Part
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.config.spec import Settings
_MAX_FILES = 20
_MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class AskPrompt:
    """A question: a text, files whose text precedes it, and files that are sent unchanged.

    `piped` is what came from standard input and is no text.
    """

    text: str
    files: tuple[Path, ...] = ()
    attachments: tuple[Path, ...] = ()
    piped: bytes = b""


class AskOutput(StrEnum):
    """What `ask` prints: the reply, one document at its end, or events as they come."""

    TEXT = "text"
    JSON = "json"
    LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class AskPlan:
    """The conversation that a prompt goes to, and its settings.

    `continues` names a conversation that is gone on with, by the beginning of its id or its title;
    it is empty for the newest, and `None` for a new one, which may be in a `folder`. Without a
    `system_prompt` and a `model` a conversation keeps its own. `is_kept` says whether anything goes
    to disk.
    """

    continues: str | None = None
    folder: str = ""
    title: str = ""
    system_prompt: str | None = None
    generation: GenerationSettings = GenerationSettings()  # noqa: RUF009 - it cannot be changed
    is_kept: bool = True
    output: AskOutput = AskOutput.TEXT


def planned_conversation(chat: ChatService, settings: Settings, plan: AskPlan) -> Conversation:
    """The conversation of a plan, set up as the plan says.

    Raises:
        NotFound: There is none that it could go on with, or its service is no longer there.
    """
    if plan.folder:
        conversation = chat.folders.new_conversation(plan.folder)
        _choose_model(chat, settings, conversation)
    elif plan.continues is None:
        conversation = chat.conversations.create(temporary=not plan.is_kept)
    else:
        from fakegpt_tui.cli.options import named_or_newest  # noqa: PLC0415 - seldom

        conversation = named_or_newest(chat.conversations.all(), plan.continues)
        if not plan.is_kept and conversation.leaf_id is not None:
            leaf_id = conversation.leaf_id
            conversation = chat.actions.branch(conversation.id, leaf_id, temporary=True)
        _choose_model(chat, settings, conversation)
    system_prompt = conversation.system_prompt if plan.system_prompt is None else plan.system_prompt
    chat.actions.configure(
        conversation.id,
        system_prompt=system_prompt,
        generation=merge_settings(conversation.generation, plan.generation),
    )
    if plan.title:
        chat.actions.rename(conversation.id, plan.title)
    return chat.conversations.get(conversation.id)


def _choose_model(chat: ChatService, settings: Settings, conversation: Conversation) -> None:
    """Let the service and model of the options reply; without them, those of the conversation."""
    from fakegpt_tui.config.spec import Source  # noqa: PLC0415 - seldom

    chosen = {each for each in ("service", "model") if settings.origins[each].source is Source.FLAG}
    is_chosen = "service" in chosen
    service = settings.chosen_service if is_chosen else _service_of(conversation, settings)
    if chosen:
        model = (settings.model or "") if "model" in chosen else service.model
        chat.actions.set_service(conversation.id, service.name, model)


def _service_of(conversation: Conversation, settings: Settings) -> Service:
    service = settings.services.get(conversation.service)
    if service is None:
        name = safe_line(conversation.service, _MAX_NAME)
        raise NotFound(
            f"The service {name!r} of this conversation is no longer in the configuration;"
            " --service chooses another."
        )
    return service


def read_prompt(
    words: str,
    piped: bytes,
    files: Sequence[str],
    attachments: Sequence[str],
    wrap: Callable[[str], str] | None,
) -> AskPrompt:
    """The prompt; the first bytes of standard input say whether it is text.

    `wrap` makes the prompt of all text but that of files, as a snippet does of its input.

    Raises:
        UsageError: There is none, or more files than a prompt can have.
    """
    is_text = media_type(piped) in (TEXT, EMPTY)
    input_text = (decode_text(piped) or "") if is_text else ""
    texts = (words.strip(), input_text.strip("\r\n"))
    text = "\n\n".join(part for part in texts if part.strip())
    prompt = AskPrompt(
        text if wrap is None else wrap(text),
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


def snippet_prompt(
    folder: Path, name: str, words: Sequence[str]
) -> tuple[str, Callable[[str], str]]:
    """The words that belong to the input of a snippet, and what makes its prompt of an input.

    Raises:
        UsageError: There is no such snippet, or a variable has neither a value nor a default.
        LoadError: The snippet needs the clipboard, which cannot be read.
    """
    from fakegpt_tui.attachments.snippets import INPUT, blanks, clipboard_value  # noqa: PLC0415 - seldom

    snippet = _named(folder, name)
    values, rest = _split(snippet, words)
    if missing := snippet.missing(values):
        raise click.UsageError(
            f"The snippet {snippet.name} needs {blanks(missing)} in front of the prompt."
        )
    values |= asyncio.run(clipboard_value(snippet, values))
    return " ".join(rest), lambda text: snippet.complete(values | {INPUT: text})


def _named(folder: Path, name: str) -> Snippet:
    from fakegpt_tui.attachments.snippets import read_snippets  # noqa: PLC0415 - as above

    found = read_snippets(folder)
    snippet = found.named(name)
    if snippet is None:
        known = f"there is {', '.join(found.snippets)}" if found.snippets else "there are none"
        where = safe_line(str(folder), 1_000)
        raise click.UsageError(
            f"There is no snippet {safe_line(name, _MAX_NAME)!r} in {where}; {known}."
        )
    return snippet


def _split(snippet: Snippet, words: Sequence[str]) -> tuple[dict[str, str], Sequence[str]]:
    """Values from the first words, which the shell has taken out of their quotes, and the rest."""
    values: dict[str, str] = {}
    for place, word in enumerate(words):
        name, sign, value = word.partition("=")
        if not sign or name not in snippet.assignable:
            return values, words[place:]
        values[name] = value
    return values, ()
