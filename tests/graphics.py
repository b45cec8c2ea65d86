"""A terminal with pictures for tests: what kitty's, Sixel's and iTerm2's protocols would show.

`KittyGraphics` obeys kitty's protocol as far as Unicode placeholders go
(https://sw.kovidgoyal.net/kitty/graphics-protocol/), and writes down every fault that it meets.
`GraphicsTerminal` is a terminal on a pty that has it, answers the questions of a program, and sees
at the end of every frame that no placeholder is without its picture.
"""

import re
import zlib
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pyte
from PIL import Image

from fakegpt_tui.pictures.protocols import PLACEHOLDER, diacritics
from tests.terminal import Terminal

_ORDER = {mark: number for number, mark in enumerate(diacritics())}
_MOST_IN_CHUNK = 4096
_HEX = re.compile(r"[0-9a-f]{6}")
_LATER_KEYS = {"m", "q"}
_CHANNELS = {"24": 3, "32": 4}
_LEAKED = re.compile(r"[A-Za-z0-9+/]{60}|Ga=|_G[a-z]=|1337;File|#\d+;2;\d+;\d+")
"""What the protocols would look like as text; no text of the tests has that."""


@dataclass
class HeldImage:
    """A picture that the terminal keeps, and the cells of its virtual placement."""

    pixels: Image.Image
    columns: int = 0
    rows: int = 0


class KittyGraphics:
    """What kitty keeps of pictures, by their ids."""

    def __init__(self) -> None:
        self.images: dict[int, HeldImage] = {}
        self.faults: list[str] = []
        self.sent = 0
        """Bytes of pictures that came."""
        self._begun: dict[str, str] | None = None
        self._data: list[bytes] = []

    def obey(self, body: bytes) -> None:
        """Do what the inside of an APC sequence says, from behind its G."""
        control, _, payload = body.partition(b";")
        keys = dict(
            each.split("=", 1) for each in control.decode("ascii", "replace").split(",") if each
        )
        if len(payload) > _MOST_IN_CHUNK:
            self.faults.append(f"a chunk of {len(payload)} characters")
        if self._begun is not None:
            if not keys.keys() <= _LATER_KEYS:
                self.faults.append(f"{control!r} between the chunks of a picture")
        else:
            self._begun = keys
        self._data.append(payload)
        if keys.get("m") == "1":
            if len(payload) % 4:
                self.faults.append("a chunk that ends within four characters")
            return
        begun, self._begun = self._begun, None
        data, self._data = b"".join(self._data), []
        self.sent += len(data)
        self._act(begun, data)

    def _act(self, keys: Mapping[str, str], data: bytes) -> None:
        if not data and keys.keys() <= _LATER_KEYS:
            return  # the end of a transmission that is over already, of which kitty says nothing
        match keys.get("a", "t"):
            case "t" | "T":
                self._take(keys, data)
            case "p":
                self._place(keys)
            case "d":
                self._delete(keys)
            case "q":
                pass
            case other:
                self.faults.append(f"an unknown action {other}")

    def _take(self, keys: Mapping[str, str], data: bytes) -> None:
        number = int(keys.get("i", "0"))
        try:
            raw = b64decode(data, validate=True)
            raw = zlib.decompress(raw) if keys.get("o") == "z" else raw
            pixels = _pixels(keys, raw)
        except (Error, zlib.error, ValueError, OSError, KeyError) as error:
            self.faults.append(f"a picture that cannot be read: {error}")
            return
        if not number:
            self.faults.append("a picture without an id, which cannot be freed")
        self.images[number] = HeldImage(pixels)
        if keys.get("a") == "T":
            self._place(keys)

    def _place(self, keys: Mapping[str, str]) -> None:
        held = self.images.get(int(keys.get("i", "0")))
        if held is None:
            self.faults.append(f"a placement of a picture that is not there: {keys}")
        elif keys.get("U") != "1":
            self.faults.append(f"a placement that is no placeholder's: {keys}")
        else:
            held.columns, held.rows = int(keys.get("c", "0")), int(keys.get("r", "0"))

    def _delete(self, keys: Mapping[str, str]) -> None:
        what = keys.get("d", "a")
        if what == "I":
            self.images.pop(int(keys.get("i", "0")), None)
        elif what == "i" and (held := self.images.get(int(keys.get("i", "0")))):
            held.columns = held.rows = 0
        elif what not in ("i", "a", "A"):
            self.faults.append(f"an unknown way to delete: {what}")


def _pixels(keys: Mapping[str, str], raw: bytes) -> Image.Image:
    form = keys.get("f", "32")
    if form == "100":
        picture = Image.open(BytesIO(raw))
        picture.load()
        return picture
    size = int(keys["s"]), int(keys["v"])
    if len(raw) != size[0] * size[1] * _CHANNELS[form]:
        raise ValueError(f"{len(raw)} bytes for {size}")
    return Image.frombytes("RGB" if form == "24" else "RGBA", size, raw)


class PlaceholderCell(NamedTuple):
    """A cell of the screen that shows a part of a picture."""

    x: int
    y: int
    image: int
    row: int
    column: int


def placeholders(screen: pyte.Screen) -> Iterator[PlaceholderCell | str]:
    """The placeholders on a screen; in words, what cannot be one."""
    for y in range(screen.lines):
        for x, cell in sorted(screen.buffer[y].items()):
            if PLACEHOLDER not in cell.data:
                continue
            marks = [_ORDER.get(each) for each in cell.data[1:]]
            if len(marks) != 3 or None in marks or not _HEX.fullmatch(cell.fg):
                yield f"{cell.data!a} in {cell.fg} at {x},{y}"
                continue
            row, column, top = (each or 0 for each in marks)
            yield PlaceholderCell(x, y, top << 24 | int(cell.fg, 16), row, column)


def strays(screen: pyte.Screen, images: Mapping[int, HeldImage]) -> list[str]:
    """What is wrong with the placeholders on a screen, in words."""
    found = []
    for cell in placeholders(screen):
        if isinstance(cell, str):
            found.append(cell)
            continue
        held = images.get(cell.image)
        if held is None:
            found.append(f"no picture {cell.image:x} for the cell {cell.x},{cell.y}")
        elif cell.row >= held.rows or cell.column >= held.columns:
            found.append(f"cell {cell.x},{cell.y} is beyond picture {cell.image:x}")
    return found


@dataclass
class DrawnPicture:
    """A picture that Sixel or iTerm2's sequence drew at a cell."""

    x: int
    y: int
    body: bytes
    cells: set[tuple[int, int]] = field(default_factory=set)


class PictureScreen(pyte.Screen):
    """A screen whose cells lose their part of a drawn picture when something is written there."""

    def __init__(self, columns: int, lines: int) -> None:
        self.drawn: list[DrawnPicture] = []
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        if self.drawn:
            x, y = self.cursor.x, self.cursor.y
            self.forget({(at, y) for at in range(x, x + len(data))})
        super().draw(data)

    def erase_in_display(self, how: int = 0, *args: object, **options: object) -> None:
        if how in (2, 3):
            self.drawn = []
        super().erase_in_display(how, *args, **options)

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        super().resize(lines, columns)
        # As terminals do, and pyte does not: what comes next would be beyond the edge for good.
        self.ensure_hbounds()
        self.ensure_vbounds()
        for picture in self.drawn:
            picture.cells = {
                (x, y) for x, y in picture.cells if x < self.columns and y < self.lines
            }
        self.drawn = [each for each in self.drawn if each.cells]

    def reset(self) -> None:
        self.drawn = []
        super().reset()

    def forget(self, cells: set[tuple[int, int]]) -> None:
        for picture in self.drawn:
            picture.cells -= cells
        self.drawn = [each for each in self.drawn if each.cells]


_APC, _DCS, _OSC = b"\x1b_", b"\x1bP", b"\x1b]"
_WRAPPED = re.compile(rb"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")
_STRING = re.compile(rb"\x1b([_P\]])([^\x1b\x07]*)(\x1b\\|\x07)")
_SIXEL = re.compile(rb"[\d;]*q(.*)", re.DOTALL)
_ITERM = re.compile(rb"1337;File=([^:]*):(.*)", re.DOTALL)
_MOMENT = 0.15
_ROW = re.compile(rb"\x1b\[(\d+);\d+H")
_FRAME_END = b"\x1b[?2026l"
_INTERESTING = re.compile(rb"\x1bPtmux;|\x1b_G|\x1bP(?=[\d;]*q)|\x1b\]1337;|\x1b\[\?2026l")
_MAYBE_CUT = re.compile(rb"\x1b(?:\[[?\d]*|P[\d;tmux]*|\][\d;]*|_)?\Z")


class GraphicsTerminal(Terminal):
    """A terminal on a pty that draws pictures, and says so when it is asked.

    `faults` has every breach of the protocols, and `bad_frames` what was wrong with placeholders at
    the end of a frame, or was freed under them, which the next one may mend.
    """

    screen_class = PictureScreen
    cell = (10, 20)

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str = "kitty(0.42.0)",
        attributes: str = "62;22",
        is_tmux: bool = False,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
        folder: Path | None = None,
    ) -> None:
        """It says of itself that it has this `name`, and the `attributes` of `CSI c`."""
        self.kitty = KittyGraphics()
        self.bad_frames: list[str] = []
        self.frames = 0
        self._is_resized = False
        self._rows: set[int] = set()
        self._held = b""
        self._is_tmux = is_tmux
        self._answers = {
            b"\x1b[>q": b"\x1bP>|%s\x1b\\" % name.encode(),
            b"\x1b[c": b"\x1b[?%sc" % attributes.encode(),
            b"\x1b[?2026$p": b"\x1b[?2026;2$y",
        }
        super().__init__(command, env=env, size=size, folder=folder)
        assert isinstance(self._emulator, PictureScreen)
        self._pictures = self._emulator

    @property
    def faults(self) -> list[str]:
        with self._changed:
            return list(self.kitty.faults)

    @property
    def drawn(self) -> list[DrawnPicture]:
        """The pictures that Sixel and iTerm2 drew and of which something is still to be seen."""
        with self._changed:
            return [
                DrawnPicture(each.x, each.y, each.body, set(each.cells))
                for each in self._pictures.drawn
            ]

    @property
    def shown(self) -> set[int]:
        """The ids of the pictures that have placeholders on the screen."""
        with self._changed:
            cells = placeholders(self._emulator)
            return {each.image for each in cells if isinstance(each, PlaceholderCell)}

    @property
    def pictures(self) -> dict[int, HeldImage]:
        """Those that are shown and held at one moment."""
        with self._changed:
            shown = self.shown
            return {each: self.kitty.images[each] for each in shown if each in self.kitty.images}

    @property
    def held(self) -> dict[int, HeldImage]:
        with self._changed:
            return dict(self.kitty.images)

    def check(self) -> list[str]:
        """What is wrong now: strays, and bytes of a protocol that are read as text."""
        with self._changed:
            found = strays(self._emulator, self.kitty.images)
            text = "\n".join(self._emulator.display)
        return found + [f"leaked: {each}" for each in _LEAKED.findall(text)]

    def resize(self, columns: int, rows: int) -> None:
        with self._changed:
            self._is_resized = True
        super().resize(columns, rows)

    def settle(self) -> None:
        """Wait until the program draws nothing for a moment."""
        with self._changed:
            while self._changed.wait(_MOMENT):
                pass

    def _feed(self, data: bytes) -> None:
        data, self._held = self._held + data, b""
        while found := _INTERESTING.search(data):
            super()._feed(self._answered(data[: found.start()]))
            data = data[found.start() :]
            if data.startswith(_FRAME_END):
                data = data[len(_FRAME_END) :]
                self._end_frame()
                continue
            whole = _WRAPPED.match(data) or _STRING.match(data)
            if whole is None:
                if re.match(rb"\x1b[_P\]][^\x1b\x07]*\x1b[^\\\x1b]", data):
                    self.kitty.faults.append(f"a sequence that was cut: {data[:40]!r}")
                    super()._feed(data[2:])
                    return
                self._held = data
                return
            self._obey(whole)
            data = data[whole.end() :]
        cut = _MAYBE_CUT.search(data)
        end = cut.start() if cut else len(data)
        self._held = data[end:]
        super()._feed(self._answered(data[:end]))

    def _answered(self, data: bytes) -> bytes:
        self._rows |= {int(row) for row in _ROW.findall(data)}
        for question, answer in self._answers.items():
            for _ in range(data.count(question)):
                self.send(answer)
        return data

    def _obey(self, sequence: re.Match[bytes]) -> None:
        whole = sequence[0]
        if whole.startswith(b"\x1bPtmux;"):
            if not self._is_tmux:
                self.kitty.faults.append(f"a passthrough that nothing takes: {whole[:40]!r}")
            for inner in _STRING.finditer(sequence[1].replace(b"\x1b\x1b", b"\x1b")):
                self._obey(inner)
        elif whole.startswith(_APC):
            before = set(self.kitty.images)
            self.kitty.obey(sequence[2][1:])
            if (before - self.kitty.images.keys()) & self.shown and not self._is_resized:
                self.bad_frames.append(f"{sequence[2][1:].decode()} while it is shown")
        elif whole.startswith(_DCS) and (sixel := _SIXEL.fullmatch(sequence[2])):
            width, height = sixel_size(sixel[1])
            self._draw(whole, width, height)
        elif iterm := _ITERM.fullmatch(sequence[2]):
            options = dict(each.split(b"=") for each in iterm[1].split(b";"))
            cell = self.cell
            self._draw(whole, int(options[b"width"]) * cell[0], int(options[b"height"]) * cell[1])

    def _draw(self, body: bytes, width: int, height: int) -> None:
        cell = self.cell
        x, y = self._emulator.cursor.x, self._emulator.cursor.y
        columns, rows = -(-width // cell[0]), -(-height // cell[1])
        right, bottom = x + columns, y + rows
        if not self._is_resized and (
            right > self._emulator.columns or bottom >= self._emulator.lines
        ):
            self.kitty.faults.append(f"a picture of {columns}×{rows} cells at {x},{y} scrolls")
        right, bottom = min(right, self._emulator.columns), min(bottom, self._emulator.lines)
        cells = {(at, row) for at in range(x, right) for row in range(y, bottom)}
        self._pictures.forget(cells)
        self._pictures.drawn.append(DrawnPicture(x, y, body, cells))

    def _end_frame(self) -> None:
        self.frames += 1
        lines = self._emulator.lines
        # Until the program has drawn all of it anew, what it draws may be for another size.
        self._is_resized = self._is_resized and self._rows != set(range(1, lines + 1))
        if not self._is_resized:
            self.bad_frames += strays(self._emulator, self.kitty.images)
        self._rows.clear()


def sixel_size(body: bytes) -> tuple[int, int]:
    """The pixels that a sixel string says it has."""
    found = re.match(rb'"\d+;\d+;(\d+);(\d+)', body)
    if found is None:
        raise ValueError("a sixel string without its size")
    return int(found[1]), int(found[2])


_SIXEL_TOKEN = re.compile(
    rb'"[\d;]+|#(?P<new>\d+);2;(?P<rgb>[\d;]+)|#(?P<color>\d+)|(?:!(?P<count>\d+))?(?P<bits>[?-~])'
    rb"|(?P<move>[$-])"
)


class SixelReader:
    """Draws a picture as a terminal does that is sent sixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.picture = Image.new("RGB", size)
        self._palette: dict[int, tuple[int, ...]] = {}
        self._color = self._x = self._top = 0

    def obey(self, token: re.Match[bytes]) -> None:
        if token["new"]:
            rgb = tuple(round(int(each) * 255 / 100) for each in token["rgb"].split(b";"))
            self._palette[int(token["new"])] = rgb
        elif token["color"]:
            self._color = int(token["color"])
        elif token["move"]:
            self._x = 0
            self._top += 6 if token["move"] == b"-" else 0
        elif token["bits"]:
            self._paint(int(token["count"] or 1), token["bits"][0] - 63)

    def _paint(self, count: int, bits: int) -> None:
        colour = self._palette[self._color]
        for row in (each for each in range(6) if bits >> each & 1):
            top = self._top + row
            self.picture.paste(colour, (self._x, top, self._x + count, top + 1))
        self._x += count


def read_sixel(sequence: bytes) -> Image.Image:
    """The picture that a terminal makes of a whole sixel sequence."""
    body = sequence.removeprefix(b"\x1bP0;1;0q").removesuffix(b"\x1b\\")
    reader, at = SixelReader(sixel_size(body)), 0
    while at < len(body):
        token = _SIXEL_TOKEN.match(body, at)
        if token is None:
            raise ValueError(f"no sixel at {at}: {body[at : at + 20]!r}")
        reader.obey(token)
        at = token.end()
    return reader.picture
