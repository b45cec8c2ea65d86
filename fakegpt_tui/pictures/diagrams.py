"""Diagrams: Mermaid sources as drawings of text, made in a process that can be ended.

Mermaid: https://mermaid.js.org/intro/
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fakegpt_tui.pictures.diagram_words import says_all
from fakegpt_tui.text import safe_line, safe_text

Drawing = tuple[tuple[str, int], ...]
"""Rows, each with the cells that it was laid out for."""

_KINDS = re.compile(
    r"(?:\s*---[ \t]*\n.*?\n---[ \t]*\n)?(?:\s*%%[^\n]*\n)*\s*"
    r"(?:flowchart|graph|sequenceDiagram|stateDiagram(?:-v2)?|classDiagram|erDiagram|gantt|pie)\b",
    re.DOTALL,
)
"""What the source of a kind that is drawn begins with, behind settings and comments."""
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_PIE_TITLE = re.compile(r"^([ \t]*pie(?:[ \t]+showData)?)[ \t]+title\b", re.MULTILINE)
_MAX_SOURCE = 20_000
_MAX_OUTPUT = 4_000_000
_MAX_ROWS = 1_000
_SECONDS = 10.0
"""On a clock; the process has a limit of its own, of processor time."""
_NEEDED = ("SYSTEMROOT",)
"""What the process is given of the environment, in which there may be keys."""
_SCRIPT = Path(__file__).with_name("mermaid_script.py")


def is_drawable(source: str) -> bool:
    """Is a source of a kind, and of a size, that is drawn?"""
    return len(source) <= _MAX_SOURCE and _KINDS.match(source) is not None


async def draw_diagram(source: str, *, use_ascii: bool = False) -> tuple[Drawing, ...]:
    """Drawings of a diagram, the widest first; none where it cannot be drawn within the limits.

    A drawing without some of what the source says is none.

    With `use_ascii` lines are made of ASCII, for terminals that draw others in two cells.
    """
    if not is_drawable(source):
        return ()
    options = ("--ascii",) if use_ascii else ()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_SCRIPT), *options),
            env={name: os.environ[name] for name in _NEEDED if name in os.environ},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return ()
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(safe_text(_spelled(source)).encode())
    except TimeoutError:
        return ()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
    drawings = _drawings(output) if code == 0 else ()
    return tuple(each for each in drawings if says_all(source, (row for row, _ in each)))


def _spelled(source: str) -> str:
    """The source as the library reads it, which takes a part of `<br>` for the shape of a node."""
    return _PIE_TITLE.sub(r"\1\n title", _LINE_BREAK.sub(" ", source), count=1)


def _drawings(output: bytes) -> tuple[Drawing, ...]:
    """What the process has written, without rows that say nothing above and below."""
    if len(output) > _MAX_OUTPUT:
        return ()
    drawings: Sequence[Sequence[tuple[str, int]]] = json.loads(output)
    return tuple(
        tuple((safe_text(text), width) for text, width in _trimmed(rows))
        for rows in drawings
        if len(rows) <= _MAX_ROWS
    )


def _trimmed(rows: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    written = [number for number, (text, _) in enumerate(rows) if safe_line(text)]
    return rows[written[0] : written[-1] + 1] if written else ()
