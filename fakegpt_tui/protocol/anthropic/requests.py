"""Requests for a message: what clients send, read and refused where it cannot be done.

https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.domain.parts import FilePart, Part
from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.protocol.client_protocols import (
    ClientRequest,
    InvalidClientRequest,
    check_fields,
    read_generation,
    read_message_list,
    read_model_name,
)
from fakegpt_tui.protocol.completion_content import ContentParser, InvalidContent
from fakegpt_tui.protocol.completion_settings import MESSAGE_FIELDS
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"user", "assistant", "system"}
_UNSUPPORTED: Final[dict[str, tuple[object, ...]]] = {
    "tools": (None, []),
    "tool_choice": (None, {"type": "none"}, {"type": "auto"}),
    "mcp_servers": (None, []),
    "container": (None,),
    "context_management": (None, {}),
    "inference_geo": (None,),
}
"""Fields that change what a reply means, with the values that ask for nothing unusual."""

_VERSION: Final = lazy_pattern(r"\d{4}-\d\d-\d\d")
_OLDEST: Final = "2023-06-01"
"""Before that, a stream had other events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest(ClientRequest):
    """A request for a message; one that did not ask for thinking is told of none."""

    shows_thinking: bool


def check_version(version: str) -> None:
    """Refuse what `anthropic-version` must not be: nothing, no date, or before 2023-06-01.

    Raises:
        InvalidClientRequest: It is that.
    """
    if not _VERSION.fullmatch(version) or version < _OLDEST:
        raise InvalidClientRequest(
            f"anthropic-version must be a version of the protocol, such as {_OLDEST}.",
            "anthropic-version",
        )


def read_message_request(body: object) -> MessageRequest:
    """Read a parsed JSON body. Unknown fields are ignored, and null counts as absent.

    Raises:
        InvalidClientRequest: It cannot be read, or asks for what cannot be done.
    """
    fields = check_fields(body, _UNSUPPORTED)
    generation = read_generation(fields, MESSAGE_FIELDS)
    if generation.max_tokens is None:
        raise InvalidClientRequest("max_tokens must be a whole number from 1.", "max_tokens")
    parser = BlockParser()
    return MessageRequest(
        messages=tuple(_messages(fields, parser)),
        blobs=parser.blobs,
        model=read_model_name(fields),
        generation=generation,
        is_streamed=fields.get("stream") is True,
        shows_thinking=_shows_thinking(fields.get("thinking")),
    )


def read_counted_messages(body: object) -> tuple[ContextMessage, ...]:
    """The messages whose tokens a client wants to know, as in a request for a reply.

    Raises:
        InvalidClientRequest: They cannot be read, or ask for what cannot be done.
    """
    return tuple(_messages(check_fields(body, _UNSUPPORTED), BlockParser()))


def _shows_thinking(thinking: object) -> bool:
    match thinking:
        case {"type": "disabled"} | {"display": "omitted"}:
            return False
        case {"type": str()}:
            return True
        case _:
            return False


def _messages(fields: Mapping[str, object], parser: "BlockParser") -> Iterator[ContextMessage]:
    if (system := fields.get("system")) is not None:
        yield _message("system", system, "system", parser)
    for index, message in enumerate(read_message_list(fields)):
        where = f"messages.{index}"
        match message:
            case {"role": str(role), "content": str() | list() as content} if role in _ROLES:
                yield _message(role, content, where, parser)
            case _:
                roles = ", ".join(sorted(_ROLES))
                raise InvalidClientRequest(
                    f"{where} must have content and a role, one of {roles}.", where
                )


def _message(role: str, content: object, where: str, parser: "BlockParser") -> ContextMessage:
    try:
        text, parts = parser.read(content)
    except InvalidContent as error:
        raise InvalidClientRequest(f"{where} {error}.", where) from error
    return ContextMessage(role, text, parts=parts)


class BlockParser(ContentParser):
    """Reads the blocks of one request; what its model thought before is left out."""

    def _read_piece(self, piece: object) -> Iterator[str | Part]:
        match piece:
            case {"type": "text", "text": str(text)}:
                yield replace_surrogates(text)
            case {"type": "thinking" | "redacted_thinking"}:
                pass
            case {"type": "image", "source": {"type": "base64", "data": str(data)}}:
                yield self._picture(data)
            case {"type": "document", "source": dict(source), **more}:
                if isinstance(context := more.get("context"), str):
                    yield replace_surrogates(context)
                title = more.get("title")
                name = replace_surrogates(title) if isinstance(title, str) else ""
                yield from self._document(source, name)
            case {"type": "tool_use" | "tool_result"}:
                raise InvalidContent("has calls of tools")
            case _:
                raise InvalidContent("may have text, and pictures and documents in base64, only")

    def _document(self, source: Mapping[str, object], name: str) -> Iterator[str | Part]:
        match source:
            case {"type": "base64", "data": str(data)}:
                yield FilePart(self._decode(data), name)
            case {"type": "text", "data": str(text)}:
                blob = self._keep(replace_surrogates(text).encode())
                yield FilePart(blob, name, as_text=True)
            case {"type": "content", "content": str(text)}:
                yield replace_surrogates(text)
            case {"type": "content", "content": list(blocks)}:
                for block in blocks:
                    yield from self._read_piece(block)
            case _:
                raise InvalidContent("must have documents in base64, or as text")
