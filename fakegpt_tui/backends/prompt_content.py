"""Content of a message as it is sent: text, and pictures and files among it, for every protocol."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.context_window import media_label
from fakegpt_tui.backends.thoughts import remove_thoughts
from fakegpt_tui.domain import (
    ContextMessage,
    ModelLoading,
    NoConnection,
    PictureRefused,
    RequestRefused,
    Role,
    ServiceError,
    StoreError,
    Unreachable,
    Unsupported,
)
from fakegpt_tui.domain.media_types import PDF
from fakegpt_tui.domain.parts import FilePart, ImagePart, TextSpan, place_parts
from fakegpt_tui.fast_import import dataclass, lazy_pattern
from fakegpt_tui.http.requests import PlainText
from fakegpt_tui.text import replace_surrogates, safe_line

if TYPE_CHECKING:
    from fakegpt_tui.backends.documents import TextFile

_PIECE: Final = 3 * 65_536
_MUCH_TEXT: Final = 1_000_000
_MEDIA: Final = lazy_pattern(
    r"\bimages?\b|image_url|vision|multi-?modal|\bpictures?\b|mmproj|\bmedia\b|\bfiles?\b|audio"
    r"|content\b[^\n]{0,60}\b(?:string|array|list)|\b(?:string|array|list)\b[^\n]{0,60}content"
)
"""What a service says that reads no pictures or files, or no list of contents."""
_TOO_LARGE: Final = lazy_pattern(
    r"too (?:large|big|many)|exceed|larger than|(?:at|of at) most|maximum"
)
"""What a service says that reads them, but not so large ones, or not so many."""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file as it is sent; `data` is base64."""

    media_type: str
    data: PlainText
    name: str = ""
    detail: str = ""

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def url(self) -> PlainText:
        """The bytes as an address of their own (RFC 2397)."""
        head = f"data:{self.media_type};base64,"
        return PlainText(head + self.data, (head.encode(), *self.data.pieces))


Content: TypeAlias = str | Media


class PromptContent:
    """Makes the contents of messages for one service.

    It reads, scales and encodes, so call it in a thread. Each picture is prepared once.
    """

    def __init__(
        self, request: ReplyRequest, *, takes: Iterable[str] = (), takes_pictures: bool = True
    ) -> None:
        """`takes` are media types besides JPEG and PNG; without pictures they become a label."""
        self._read = request.read_blob
        self._takes = frozenset(takes)
        self._takes_pictures = takes_pictures
        self._prepared: dict[str, Media] = {}
        self._has_sent_media = False
        self._has_sent_pictures = False
        self.read_pdfs: dict[str, str] = {}
        """The PDFs of which only the text goes along, as the service takes none: digest to name."""

    def of(self, message: ContextMessage) -> tuple[Content, ...]:
        """The message in order, its text files first; neighbouring texts are one.

        Raises:
            RequestRefused: Something of it cannot be sent.
        """
        if not message.parts:
            return (_spoken(message, message.text),) if message.text else ()
        documents: list[TextFile] = []
        found: list[Content] = []
        for part, text in place_parts(message.text, message.reasoning, message.parts):
            match part:
                case TextSpan():
                    _add_text(found, text)
                case ImagePart():
                    self._add_picture(found, part)
                case FilePart(blob, name) if blob.media_type in self._takes:
                    if part.as_text:
                        documents.append(self._document(part))
                    else:
                        data = _base64([self._bytes(part)])
                        found.append(Media(blob.media_type, data, safe_line(name) or "file"))
                case FilePart():
                    documents.append(self._document(part))
                case _:
                    pass  # Reasoning, sources and tools are not what was said.
        media = [each for each in found if isinstance(each, Media)]
        self._has_sent_media |= bool(media)
        self._has_sent_pictures |= any(each.is_picture for each in media)
        return _with_documents([_said(message, each) for each in found], documents)

    def check_refusal(self, error: ServiceError, response: str, model: str) -> None:
        """Say what to do where a request was refused for its pictures or files.

        Raises:
            RequestRefused: It was; `response` is what the service said.
        """
        is_refusal = isinstance(error, RequestRefused | Unsupported | Unreachable)
        was_asked = not isinstance(error, NoConnection | ModelLoading)
        said = f"{error} {response}".casefold()
        if not (is_refusal and was_asked and self._has_sent_media and _MEDIA.search(said)):
            return
        if _TOO_LARGE.search(said):
            self.check_size(error, model, str(error))
        # A model that takes no sound may see all the same.
        refused = PictureRefused if self._has_sent_pictures else RequestRefused
        raise refused(
            f"{safe_line(model, 80)} does not take the picture or file of this conversation. "
            f"Choose another model, or take it out of the prompt and describe it in words. {error}"
        ) from error

    def check_size(self, error: ServiceError, model: str, told: str) -> None:
        """Say what to do where a request was refused for its bytes, of which pictures are most.

        `told` is what the service said.

        Raises:
            RequestRefused: There are pictures or files in it.
        """
        if self._has_sent_media:
            raise RequestRefused(
                "The pictures or files of this conversation are too large or too many for "
                f"{safe_line(model, 80)}. Attach smaller ones, or take some out. {told}"
            ) from error

    def _add_picture(self, found: list[Content], part: ImagePart) -> None:
        if not self._takes_pictures:
            _add_text(found, media_label(part))
            return
        known = self._prepared.get(part.blob.digest)
        if known is None:
            from fakegpt_tui.backends.picture_copies import SURELY_TAKEN, copy_picture  # noqa: PLC0415 - for a picture

            takes = SURELY_TAKEN | self._takes
            copy = copy_picture(self._bytes(part), part.name, takes=takes)
            known = Media(copy.media_type, _base64(copy.pieces), part.name, part.detail)
            self._prepared[part.blob.digest] = known
        found.append(known)

    def _document(self, part: FilePart) -> TextFile:
        from fakegpt_tui.backends.documents import TextFile, document_text  # noqa: PLC0415 - for a file

        text = document_text(self._bytes(part), part.blob.media_type, part.name)
        if part.blob.media_type == PDF:
            self.read_pdfs[part.blob.digest] = part.name
        return TextFile(part.name, text)

    def _bytes(self, part: ImagePart | FilePart) -> bytes:
        try:
            return self._read(part.blob.digest)
        except StoreError as error:
            name = safe_line(part.name) or "a picture without a name"
            raise RequestRefused(f"Nothing was sent, because of {name}. {error}") from error


def join_contents(contents: Iterable[Content]) -> list[Content]:
    """Contents of neighbouring messages; texts that meet have an empty line between them."""
    joined: list[Content] = []
    for each in contents:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += f"\n\n{each}"
        else:
            joined.append(each)
    return joined


def _base64(pieces: Iterable[bytes]) -> PlainText:
    """The bytes in base64, made in pieces, so that other threads get their turn."""
    digest = sha256()

    def encode(piece: memoryview) -> bytes:
        time.sleep(0)  # Lets another thread run now: the loop would wait for 5 ms each time.
        digest.update(piece)
        return b64encode(piece)

    views = (memoryview(each) for each in pieces)
    cut = (view[at : at + _PIECE] for view in views for at in range(0, len(view), _PIECE))
    encoded = [encode(each) for each in cut]
    return PlainText(digest.hexdigest(), encoded)


def plain_text(message: ContextMessage, content: PromptContent) -> str:
    """The message as text alone, for services that take nothing else."""
    return "\n\n".join(each for each in content.of(message) if isinstance(each, str))


def takes_long(messages: Sequence[ContextMessage]) -> bool:
    """Is there much text, or more than text to read, before the messages can be sent?"""
    return sum(len(message.text) for message in messages) > _MUCH_TEXT or any(
        isinstance(part, ImagePart | FilePart) for message in messages for part in message.parts
    )


def _add_text(found: list[Content], text: str) -> None:
    """Add text; what citations and origins part is one text all the same."""
    if found and isinstance(found[-1], str):
        found[-1] += text
    elif text:
        found.append(text)


def _with_documents(found: list[Content], documents: Sequence[TextFile]) -> tuple[Content, ...]:
    if not documents:
        return tuple(found)
    first = found.pop(0) if found and isinstance(found[0], str) else ""
    from fakegpt_tui.backends.documents import frame_documents  # noqa: PLC0415 - as above

    return (frame_documents(documents, str(first), has_more=bool(found)), *found)


def _said(message: ContextMessage, content: Content) -> Content:
    return _spoken(message, content) if isinstance(content, str) else content


def _spoken(message: ContextMessage, text: str) -> str:
    """The text without the reasoning that stands in it, as it is sent back."""
    if message.role != Role.ASSISTANT:
        return replace_surrogates(text)
    return replace_surrogates(remove_thoughts(ContextMessage(message.role, text)).text)
