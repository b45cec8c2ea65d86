"""Contents of chat completions, in all forms: text, reasoning, and pictures among the text."""

from collections.abc import Iterator, Sequence
from typing import Final

from fakegpt_tui.backends.api.attachments import Pictures, has_picture
from fakegpt_tui.backends.api.completion_text import CompletionText
from fakegpt_tui.domain import StreamEvent

_REASONING_FIELDS: Final = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "reasoning_summary",
    "thinking",
    "thinking_blocks",
    "thinking_content",
    "thought",
    "thoughts",
    "cot_summary",
    "reasoning_details",
)
_REASONING_KEYS: Final = frozenset(_REASONING_FIELDS)
_REASONING_PARTS: Final = ("thinking", "reasoning", "reasoning.text", "reasoning.summary")
_SHOWN_ELSEWHERE: Final = ("image", "image_url", "output_image", "reference", *_REASONING_PARTS)


def content_text(content: object) -> str:
    """The text of a `content`: a string, null, one part, or a list of parts."""
    match content:
        case str():
            return content
        case dict():
            return "".join(_texts([content]))
        case list():
            return "".join(_texts(content))
        case _:
            return ""


def content_of(delta: dict[str, object]) -> object:
    """The content of a delta or a message; the words of its sound, if it has nothing else."""
    if content := delta.get("content"):
        return content
    match delta:
        case {"audio": {"transcript": str(words)}} | {"text": str(words)}:
            return words
        case _:
            return content


def count_unread(content: object) -> int:
    """How many parts of a `content` are of a kind that this program cannot read."""
    match content:
        case None | str():
            return 0
        case list():
            return sum(_is_unread(part) for part in content)
        case _:
            return int(_is_unread(content))


def reasoning_text(delta: dict[str, object]) -> str:
    """The reasoning in `delta`; if a service sends several fields, they hold the same."""
    for name in () if _REASONING_KEYS.isdisjoint(delta) else _REASONING_FIELDS:
        if text := _thoughts(delta.get(name)):
            return text
    match delta.get("content"):
        case list(parts):
            return "".join(_thoughts(part) for part in parts if _is_reasoning(part))
        case _:
            return ""


def _thoughts(value: object) -> str:
    """The text of reasoning, in any of the forms that services have for it."""
    match value:
        case str():
            return value
        case list():
            return "".join(map(_thoughts, value))
        case {"text": inner} | {"thinking": inner} | {"content": inner} | {"summary": inner}:
            return _thoughts(inner)
        case {"reasoning": inner}:
            return _thoughts(inner)
        case _:
            return ""


def _texts(parts: list[object]) -> Iterator[str]:
    for part in parts:
        match part:
            case _ if _is_reasoning(part):
                pass
            case {"text": str(text)} | {"refusal": str(text)} | str(text):
                yield text
            case _:
                pass


def _is_reasoning(part: object) -> bool:
    match part:
        case {"type": str(kind)}:
            return kind in _REASONING_PARTS
        case _:
            return False


def _is_unread(part: object) -> bool:
    match part:
        case None | str() | {"text": str() | None} | {"refusal": str()}:
            return False
        case {"type": str(kind)} if kind in _SHOWN_ELSEWHERE:
            return False
        case dict() | list():
            return bool(part)
        case _:
            return True


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
