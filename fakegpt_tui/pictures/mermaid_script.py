"""Mermaid script: draws one diagram from standard input as text, in a process of its own.

It is run by its path, without the rest of this program. What a model writes may keep a layout busy
for hours or fill the memory, so the process has limits, and ends at once with the first error.
"""

import json
import sys
from typing import Any

_SECONDS = 1
"""Of the processor."""
_MEMORY = 512 * 1024 * 1024
_MOST_CHARACTERS = 200_000
_MOST_NESTING = 300
_STYLES: tuple[dict[str, Any], ...] = (
    {"padding_x": 2, "padding_y": 0},
    {"padding_x": 1, "padding_y": 0, "gap": 2, "max_label_width": 12},
)
"""How a diagram is drawn: as it looks best, and then as narrow as it can be read."""


def _set_limits() -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def main() -> None:
    """Write the drawings as JSON: a list of their rows, each with the cells that it takes."""
    _set_limits()
    sys.setrecursionlimit(_MOST_NESTING)
    from termaid import render  # noqa: PLC0415 - within the limits
    from termaid.utils import display_width  # noqa: PLC0415 - as above

    source = sys.stdin.buffer.read().decode()
    use_ascii = "--ascii" in sys.argv
    drawings = []
    for style in _STYLES:
        drawn = render(source, use_ascii=use_ascii, **style)
        if len(drawn) > _MOST_CHARACTERS:
            break
        drawings.append([(row, display_width(row)) for row in drawn.rstrip().split("\n")])
    sys.stdout.write(json.dumps(drawings))


if __name__ == "__main__":
    main()
