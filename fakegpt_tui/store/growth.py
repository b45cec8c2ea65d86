"""What replies have gained since it was last written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from fakegpt_tui.text import replace_surrogates

Delta: TypeAlias = tuple[int | None, str]
"""How many code points of the reply stay, `None` for all, and the text that comes after them."""

_LARGEST_INTEGER = 2**63 - 1


def apply_deltas(text: str, deltas: Iterable[Delta]) -> str:
    """What `deltas`, oldest first, make of `text`."""
    pieces = [text]
    for keep, added in deltas:
        if keep is not None:
            pieces = ["".join(pieces)[:keep]]
        pieces.append(added)
    return "".join(pieces)


@dataclass(slots=True)
class DeltaBuffer:
    """Deltas by reply, in the order in which they came; text added to text is one delta."""

    size: int = 0
    """UTF-8 bytes of all that was taken in."""
    _pieces: dict[str, list[tuple[int | None, list[str]]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, reply_id: str, text: str, keep: int | None) -> None:
        text = replace_surrogates(text)
        self.size += len(text.encode())
        deltas = self._pieces.setdefault(replace_surrogates(reply_id), [])
        if keep is not None:
            deltas.append((min(max(keep, 0), _LARGEST_INTEGER), [text]))
        elif deltas:
            deltas[-1][1].append(text)
        else:
            deltas.append((None, [text]))

    def deltas(self) -> list[tuple[str, int | None, str]]:
        """Reply, number of code points to keep, and text."""
        return [
            (reply_id, keep, "".join(pieces))
            for reply_id, deltas in self._pieces.items()
            for keep, pieces in deltas
        ]
