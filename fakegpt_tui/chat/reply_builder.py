"""The text of a reply that is still growing."""


class TextBuffer:
    """Gathers pieces and joins them only when somebody reads them.

    A fast reply grows many times between two looks at it; joining once a look keeps that cheap.
    """

    def __init__(self, text: str = "") -> None:
        self._chunks: list[str] = [text]
        self._length = len(text)

    def __len__(self) -> int:
        """The length in code points, without joining anything."""
        return self._length

    def __str__(self) -> str:
        if len(self._chunks) > 1:
            self._chunks = ["".join(self._chunks)]
        return self._chunks[0]

    def append(self, text: str) -> None:
        self._chunks.append(text)
        self._length += len(text)

    def replace(self, keep: int, text: str) -> None:
        """Keep the first `keep` code points and put `text` after them."""
        self._chunks = [str(self)[:keep], text]
        self._length = sum(map(len, self._chunks))
