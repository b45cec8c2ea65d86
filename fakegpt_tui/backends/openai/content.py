"""Contents of a chat completion: their texts, and the pictures that stand among them."""

from collections.abc import Iterator, Sequence

from fakegpt_tui.backends.api.attachments import Pictures, has_picture
from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.backends.openai.chunk_fields import content_text
from fakegpt_tui.domain import StreamEvent


class IllustratedText:
    """Turns contents into events: texts, and pictures where they stand among them."""

    def __init__(self, text: CompletionText, pictures: Pictures) -> None:
        self._text = text
        self._pictures = pictures

    def read(self, content: object, *, is_message: bool) -> Iterator[StreamEvent]:
        """Read a content of a delta, or that of a message, which may repeat what came."""
        pieces = _pieces(content)
        if is_message and any(isinstance(each, dict) for each in pieces):
            yield from self._read_illustrated(pieces)
            return
        for piece in pieces:
            if isinstance(piece, dict):
                yield from self._pictures.add([piece])
            elif is_message:
                yield from self._pictures.follow(self._text.add_message(piece))
            else:
                yield from self._text.add_delta(piece)

    def _read_illustrated(
        self, pieces: Sequence[str | dict[object, object]]
    ) -> Iterator[StreamEvent]:
        text = "".join(each for each in pieces if isinstance(each, str))
        if self._text.is_repeated_by(text) and all(map(self._pictures.has_all, pieces)):
            return
        yield from self._text.replace_all("")
        self._pictures.forget_replaced()
        for piece in pieces:
            if isinstance(piece, dict):
                yield from self._pictures.add([piece])
            else:
                yield from self._text.add_piece(piece)


def _pieces(content: object) -> list[str | dict[object, object]]:
    """The texts of a content, and the parts with pictures between them."""
    pieces: list[str | dict[object, object]] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict) and has_picture(part):
            pieces.append(part)
        if text := content_text(part):
            before = pieces.pop() if pieces and isinstance(pieces[-1], str) else ""
            pieces.append(f"{before}{text}")
    return pieces
