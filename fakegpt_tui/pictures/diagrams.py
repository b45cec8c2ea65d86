"""Diagrams: Mermaid sources as drawings of text, which are checked to say all of their words."""

import asyncio
import html
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

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


_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*%%.*$", re.MULTILINE)
_ENTITY = re.compile(r"[#&]\w+;")
_KIND = re.compile(r"\s*([A-Za-z]+)(?:-v2)?\b(?:[ \t]+(?:TB|TD|BT|RL|LR)\b)?")
_STATEMENT_END = re.compile(r"[\n;]")
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPH = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_SAYS_NOTHING = re.compile(
    r"(?:style|classDef|cssClass|linkStyle|click|callback|accTitle|accDescr|direction|autonumber"
    r"|activate|deactivate|end|hide|scale|rect|class\s+[\w,]+(?=\s+\w+\Z)|dateFormat|axisFormat"
    r"|tickInterval|excludes|includes|todayMarker|weekday|weekend|inclusiveEndDates|topAxis)\b"
)
"""How statements begin that are about the look, or where something ends."""
_KEYWORD = re.compile(
    r"\A(?:(?:create|destroy)\s+)?(?:subgraph|state|class|namespace|participant|actor|title|section|loop"
    r"|alt|else|opt|par|and|critical|option|break|box|showData"
    r"|[Nn]ote(?:\s+(?:left\s+of|right\s+of|over|for))?)(?:\s+|\Z)"
)
_STYLE_NAME = re.compile(r":::[\w-]+")
_ARROW = re.compile(r"(?:(?<!\w)[ox])?<?(?:--+|==+|-\.+-?|~~~+)(?:[ox](?!\w))?>?")
_MESSAGE_ARROW = re.compile(r"-?-[x)]")
_PROPERTIES = re.compile(r"@\{[^{}]*\}")
_LABEL = re.compile(r"\blabel:\s*(\"[^\"]*\")")
_QUOTED = re.compile(r"\"[^\"]*\"")
_NODE = re.compile(r"(?<![\w-])([\w-]++)[ \t]*+(?=[\[({@]|>[^>\s])")
_LABELLED = re.compile(r"(?<![\w-])([\w-]++)(?=\[)")
_ALIAS = re.compile(r"\A([\w-]+)\s+as\s+")
_NAMED_STATE = re.compile(r"\"\s+as\s+([\w-]+)")
_BAR = re.compile(r"\A([\w-]+)\s*<<(?:fork|join|choice)>>")


def says_all(source: str, drawing: Iterable[str]) -> bool:
    """Are all words of a Mermaid source in the rows of a drawing of it?"""
    shown = "\n".join(drawing).casefold()
    words = frozenset(_WORD.findall(shown))
    return all(word in words or word in shown for word in said_words(source))


def said_words(source: str) -> frozenset[str]:
    """The words that a source says, in small letters; names of what has a label are none."""
    source = _ENTITY.sub(" ", _COMMENT.sub("", _FRONT_MATTER.sub("", source, count=1)))
    first = _KIND.match(source)
    if first is None:
        return frozenset()
    names: set[str] = set()
    said: set[str] = set()
    for statement in _STATEMENT_END.split(source[first.end() :]):
        if not _SAYS_NOTHING.match(statement.strip()):
            text = _KEYWORD.sub("", _STYLE_NAME.sub("", statement.strip()), count=1)
            said.update(_words(_shown(text, statement, first[1], names)))
    return frozenset(said - set(_words(" ".join(names))))


def _shown(text: str, statement: str, kind: str, names: set[str]) -> str:
    """What a statement shows; adds to `names` those that are not shown for their labels."""
    match kind:
        case "flowchart" | "graph":
            names.update(_NODE.findall(_QUOTED.sub("", text)))
            return _ARROW.sub(" ", _PROPERTIES.sub(_label, text))
        case "sequenceDiagram":
            head, _, said = text.partition(":")
            if alias := _ALIAS.match(head):
                names.add(alias[1])
                head = head[alias.end() :]
            return f"{_MESSAGE_ARROW.sub(' ', head)} {said}"
        case "stateDiagram":
            names.update(_NAMED_STATE.findall(text))
            names.update(_BAR.findall(text))
            return _ARROW.sub(" ", _NAMED_STATE.sub('"', _BAR.sub("", text)))
        case "gantt":
            is_task = _KEYWORD.match(statement.strip()) is None
            return text.partition(":")[0] if is_task else text
        case "pie":
            is_slice = text.startswith('"')
            return " ".join(_QUOTED.findall(text)) if is_slice else _KEYWORD.sub("", text)
        case _:
            names.update(_LABELLED.findall(text))
            return _ARROW.sub(" ", text)


def _label(properties: re.Match[str]) -> str:
    return " ".join(_LABEL.findall(properties[0]))


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(_TAG.sub(" ", html.unescape(text)).casefold()):
        # Lines may end behind each ideograph.
        yield from _IDEOGRAPH.findall(word) or (word,)
