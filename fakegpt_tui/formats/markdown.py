"""Markdown files of conversations, written and read back without loss.

The front matter names a `mark`, a word that occurs in none of the texts. A chat message begins at a
line

    <!-- message MARK {"id": …, "parent": …, "role": …, "status": …, "created": …} -->

and nowhere else; what comes before the first such line is for people, and so is what follows a
line `<!-- version MARK -->` up to the next of the former. After a message's line come a heading and
an empty line; where the line has an `error`, one line that shows it and an empty line; where it
has `reasoning`, a quote that holds it, below a line that names it, and an empty line; where it has
`parts`, so many `shown_parts` lines that show pictures and files for people, more of which may be
in the text and below it (`markdown_blocks.py`); then the text as it came, a line that closes a
fence or an HTML block if the line of the mark has `closed_by`, and an empty line.

The messages of the shown path come first. Where others follow, `place` tells where each message
stands in the order of the whole tree.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256

from fakegpt_tui.domain import ChatMessage, Conversation, LoadError, MessageStatus, Role
from fakegpt_tui.domain.message_tree import MessageTree
from fakegpt_tui.domain.parts import blobs_of
from fakegpt_tui.formats.base import (
    Format,
    FormatError,
    LoadedItem,
    SourceDocument,
    UnknownFormat,
    reading_order,
    validate_tree,
)
from fakegpt_tui.formats.fields import (
    Fields,
    decode_conversation,
    decode_message,
    encode_conversation,
    encode_message,
    fields_version,
)
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.formats.markdown_blocks import (
    find_closing_line,
    remove_shown_parts,
    write_shown_parts,
)
from fakegpt_tui.formats.markdown_syntax import (
    Section,
    read_front_matter,
    read_sections,
    with_line_feeds,
    write_front_matter,
)
from fakegpt_tui.text import replace_surrogates, safe_line

_REASONING_HEAD = "> **Reasoning**\n>\n> "
_LINE_END = re.compile(r"\r\n|\n|\r")
_NAMES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_MARK_LENGTH = 12
_SNIPPET_LENGTH = 60
_VALID_MARK = re.compile(rf"[0-9a-f]{{{_MARK_LENGTH}}}")
_QUOTED_END = re.compile(r"(\r\n|\n|\r)> ")


def write_markdown(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: object = None,
    assets: Mapping[str, str] | None = None,
) -> str:
    """The conversation; `messages` have parents first, `assets` are paths of files by digest."""
    del read_blob  # Files are beside it.
    mark = _mark(conversation, messages)
    tree, path = reading_order(messages, conversation.leaf_id)
    branches = list(tree.branches_beside(path))
    in_file = [*path, *(message for branch in branches for message in branch)]
    places = {message.id: place for place, message in enumerate(messages)}
    for message, other in zip(in_file, messages, strict=True):
        # Up to here the order of the file is that of the tree, and lines need not change.
        if message is not other:
            break
        del places[message.id]
    version = fields_version(messages)
    sections = [_write_front_matter(conversation, mark, part, version)]
    if title := safe_line(conversation.title):
        sections.append(f"# {title}\n")
    if part:
        sections.append(f"*{part}*\n")

    def write_sections(written: Iterable[ChatMessage]) -> None:
        sections.extend(_write_section(each, tree, mark, places, assets or {}) for each in written)

    write_sections(path)
    for branch in branches:
        sections.append(_write_version(branch[0], tree, mark))
        write_sections(branch)
    return "\n".join(sections)


def _mark(conversation: Conversation, messages: Iterable[ChatMessage]) -> str:
    """A word that none of the texts contains; the same for the same conversation."""
    texts = [message.text for message in messages]
    mark = replace_surrogates(conversation.id)
    while True:
        mark = sha256(mark.encode()).hexdigest()[:_MARK_LENGTH]
        if not any(mark in text for text in texts):
            return mark


def _write_front_matter(conversation: Conversation, mark: str, part: str, version: int) -> str:
    fields = {
        "digest": EMPTY_DIGEST,
        "format": version,
        **({"part": part} if part else {}),
        **encode_conversation(conversation),
        "mark": mark,
    }
    return write_front_matter(fields)


def _write_version(first: ChatMessage, tree: MessageTree, mark: str) -> str:
    """A line that tells people where the messages from `first` on belong."""
    variants, before = tree.variants(first), tree.get(first.parent_id)
    if before is None:
        where = "from the beginning"
    elif snippet := safe_line(before.text, _SNIPPET_LENGTH):
        where = f"after “{snippet}”"
    else:
        where = f"after an empty {_NAMES[before.role]} message"
    version = f"Version {variants.position} of {variants.count}"
    return f"<!-- version {mark} -->\n# {version}, {where}\n"


def _write_section(
    message: ChatMessage,
    tree: MessageTree,
    mark: str,
    places: dict[str, int],
    assets: Mapping[str, str],
) -> str:
    text = replace_surrogates(message.text)
    closed_by = find_closing_line(text)
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    fields = encode_message(message)
    if message.id in places:
        fields["place"] = places[message.id]
    if message.reasoning:
        fields["reasoning"] = True
    if closed_by:
        fields["closed_by"] = closed_by
    if message.parts:
        above, text, below = write_shown_parts(message, assets, mark)
        used = {blob.digest for blob in blobs_of(message.parts)}
        fields |= {"shown_parts": len(above)} if above else {}
        fields["assets"] = {each: assets[each] for each in sorted(used & assets.keys())}
    # Nothing in it may look like the end of the comment; it means the same.
    shown = json.dumps(fields).replace("--", "-\\u002d")
    lines = [f"<!-- message {mark} {shown} -->", _heading(message, tree), ""]
    if message.error is not None:
        lines += [f"> {safe_line(message.error, 1000)}", ""]
    if message.reasoning:
        quote = _LINE_END.sub(lambda end: f"{end[0]}> ", replace_surrogates(message.reasoning))
        lines += [_REASONING_HEAD + quote, ""]
    lines += [*above, text, *([closed_by] if closed_by else []), *below]
    return "\n".join(lines) + "\n"


def _heading(message: ChatMessage, tree: MessageTree) -> str:
    variants = tree.variants(message)
    variant = f" ‹{variants.position}/{variants.count}›" if variants.count > 1 else ""
    status = "" if message.status is MessageStatus.COMPLETE else f" ({message.status.value})"
    return f"## {_NAMES[message.role]}{variant}{status}"


def read_markdown(
    text: str, assets: dict[str, str] | None = None
) -> tuple[Conversation, tuple[ChatMessage, ...]]:
    """The conversation that was written, and its chat messages in the order of the tree.

    `assets` gets the paths of pictures and files, by digest.

    Raises:
        LoadError: It is another kind of file, or one that was damaged, and in which line.
    """
    text = with_line_feeds(text)
    try:
        values = read_front_matter(text)
        conversation = decode_conversation(Fields(values))
    except FormatError as error:
        raise LoadError(f"The front matter {error}.") from error
    mark = values.get("mark")
    if not isinstance(mark, str) or not _VALID_MARK.fullmatch(mark):
        raise LoadError("The front matter names no mark, so the messages cannot be told apart.")
    sections = list(read_sections(text, mark))
    placed = [_read_placed(section, conversation.id, mark) for section in sections]
    if assets is not None:
        for section in sections:
            assets |= _read_assets(section.fields)
    messages = tuple(message for _, message in sorted(placed, key=lambda each: each[0]))
    if conversation.leaf_id is not None and not messages:
        raise LoadError("The file has no line of ours before a message, so it was changed.")
    try:
        validate_tree(messages, conversation.leaf_id)
    except FormatError as error:
        raise LoadError(f"The file {error}.") from error
    return conversation, messages


def _read_placed(section: Section, conversation_id: str, mark: str) -> tuple[int, ChatMessage]:
    fields = Fields(section.fields)
    body = section.body
    if "parts" in section.fields:
        body = remove_shown_parts(body, mark)
    try:
        return fields.whole("place") or 0, _read_message(fields, body, conversation_id)
    except FormatError as error:
        raise LoadError(f"The message that begins in line {section.line} {error}.") from error


def _read_assets(fields: Mapping[str, object]) -> dict[str, str]:
    match fields.get("assets"):
        case {**found}:
            return {str(digest): path for digest, path in found.items() if isinstance(path, str)}
        case _:
            return {}


def _read_message(fields: Fields, body: str, conversation_id: str) -> ChatMessage:
    heading, empty, text = _split(body, "\n", "\n")
    if not heading.startswith("## ") or empty:
        raise FormatError("has no heading")
    if fields.optional_text("error") is not None:
        shown, empty, text = _split(text, "\n", "\n")
        if not shown.startswith("> ") or empty:
            raise FormatError("has an error that is not shown below its heading")
    reasoning = ""
    if fields.flag("reasoning"):
        quote, text = _split(text, "\n\n")
        if not quote.startswith(_REASONING_HEAD):
            raise FormatError("has reasoning that is not shown below its heading")
        reasoning = _QUOTED_END.sub(r"\1", quote.removeprefix(_REASONING_HEAD))
    if shown_parts := fields.whole("shown_parts"):
        *_, text = _split(text, *["\n"] * min(shown_parts, text.count("\n")))
    if closed_by := fields.text("closed_by", ""):
        text = text.removesuffix("\n" + closed_by)
    return decode_message(fields, conversation_id, text=text, reasoning=reasoning)


def _split(text: str, *ends: str) -> tuple[str, ...]:
    """What is before each of the ends in turn, and the rest.

    Raises:
        FormatError: One of them is not there.
    """
    parts = []
    for end in ends:
        part, found, text = text.partition(end)
        if not found:
            raise FormatError("is cut off")
        parts.append(part)
    return (*parts, text)


def _sniff(head: bytes) -> bool:
    return head.lstrip().startswith(b"---")


def has_our_fields(head: bytes) -> bool:
    """Does a front matter hold what only this program writes?"""
    return b"\nmark:" in head or b"\ndigest:" in head


def _read(file: SourceDocument) -> Iterator[LoadedItem]:
    if has_our_fields(file.head()):
        yield _load(file)
        return
    try:
        yield _load(file)
    except LoadError as error:
        # A note of another program, which a folder may be full of.
        raise UnknownFormat(str(error)) from error


def _load(file: SourceDocument) -> LoadedItem:
    assets: dict[str, str] = {}
    conversation, messages = read_markdown(file.text(), assets)
    blobs = {digest: partial(file.assets.open, path) for digest, path in assets.items()}
    return LoadedItem(conversation, messages, blobs=blobs)


FORMAT = Format(name="Markdown", suffix="md", sniff=_sniff, read=_read, write=write_markdown)
