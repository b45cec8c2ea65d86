"""Pictures drawn in the conversation, in a terminal of kitty's protocol: B27 to B30."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO

from PIL import Image

from fakegpt_tui.domain import MessageStatus, Role
from fakegpt_tui.domain.parts import ImagePart
from tests.benchmarks.program import home
from tests.benchmarks.rows import Row, p95
from tests.benchmarks.watched import Watched
from tests.cli.program import COMMAND, Home
from tests.store.tree import chat_message, conversation

_PICTURES = 60
"""More than 64 MB of them can be looked at."""
_SIZE = (1200, 800)
_SCREEN = (120, 60)
_LETTERS = "ЖИЛПУФЦЧШЩЭЮЯбгджзий"
_ROUNDS = 10
_DECODED = 4
_PLACEHOLDER = "\U0010eeee".encode()
_CELLS = re.compile(rb"\x1b\[[\d;]*m(?:%b(?:[\xcc-\xdf][\x80-\xbf]){3})+\x1b\[0m" % _PLACEHOLDER)
_SENT = re.compile(rb"\x1b_G(a=[Td],[^;\x1b]*)")


class Kitty(Watched):
    """Says that it is kitty when it is asked."""

    def _feed(self, data: bytes) -> None:
        super()._feed(data)
        if b"\x1b[>q" in data:
            self.send(b"\x1bP>|kitty(0.42.0)\x1b\\")
        if b"\x1b[c" in data:
            self.send(b"\x1b[?62;22c")

    def until_sent(self, count: int = 1) -> None:
        """Wait until so many more pictures are sent, and nothing comes any more."""
        wanted = len(self.drawn) + count
        self.until(lambda: len(self.drawn) >= wanted)
        self.until_quiet()

    @property
    def drawn(self) -> list[bytes]:
        return re.findall(rb"\x1b_Ga=T,", self.output)


def measure(repeats: int) -> Iterator[Row]:
    """Look at pictures, scroll and type."""
    with home() as made:
        _fill(made)
        cells, sent, idle, busy = [], [], [], []
        for _ in range(repeats):
            with _opened(made) as terminal:
                cells.append(_bytes_of_a_cell(terminal))
                sent.append(_sent_by_scrolling(terminal))
                busy.append(p95(_typed(terminal)))
            captions = {**made.environment, "FAKEGPT_PICTURES": "off"}
            with Kitty([*COMMAND, "--resume"], env=captions, size=_SCREEN) as terminal:
                terminal.until_seen(b"reply 59")
                terminal.until_quiet()
                idle.append(p95(_typed(terminal)))
        with _opened(made) as terminal:
            held = _held_at_most(terminal)
    yield Row(budget="B27", what="bytes of a picture's cell", values=cells, limit=12, unit="B")
    yield Row(
        budget="B28", what="bytes of pictures for lines scrolled", values=sent, limit=0, unit="B"
    )
    yield Row(
        budget="B29",
        what="a key while a screen of pictures is drawn, p95",
        values=busy,
        floor=idle,
        floor_name="captions",
        limit=2,
        unit="ms",
    )
    yield Row(budget="B30", what="pictures kept, of 80 MB", values=[held], limit=64, unit="MiB")


def _fill(made: Home) -> None:
    """A conversation with pictures of noise, which are hard to decode and to send."""
    made.environment["COLORTERM"] = "truecolor"
    with made.store() as store:
        one = conversation(title="Noise", service="embedded", model="guide")
        messages, parent = [], None
        for number in range(_PICTURES):
            channels = [Image.effect_noise(_SIZE, 40 + each + number) for each in range(3)]
            target = BytesIO()
            Image.merge("RGB", channels).save(target, "JPEG")
            part = ImagePart(store.put_blob(target.getvalue()), f"noise-{number}.jpg")
            prompt = chat_message(one, parent, text=f"prompt {number}", parts=(part,))
            reply = chat_message(one, prompt.id, role=Role.ASSISTANT, text=f"reply {number}")
            messages += [prompt, replace(reply, status=MessageStatus.COMPLETE)]
            parent = reply.id
        store.add_turn(replace(one, leaf_id=parent), *messages).result()


@contextmanager
def _opened(made: Home) -> Iterator[Kitty]:
    command = [*COMMAND, "--resume"]
    with Kitty(command, env=made.environment, size=_SCREEN) as terminal:
        terminal.until_sent()
        yield terminal


def _bytes_of_a_cell(terminal: Kitty) -> float:
    """Of a whole redraw, as when a dialog is closed."""
    terminal.press("f1")
    terminal.until_seen(b"In the prompt")
    terminal.until_quiet(0.5)
    before = len(terminal.output)
    terminal.press("esc")
    terminal.until(lambda: _CELLS.search(terminal.output[before:]) is not None)
    terminal.until_quiet(0.5)
    runs = _CELLS.findall(bytes(terminal.output[before:]))
    return sum(map(len, runs)) / sum(run.count(_PLACEHOLDER) for run in runs)


def _sent_by_scrolling(terminal: Kitty) -> float:
    """Bytes of the protocol while lines that were seen are scrolled out of view and back."""
    before = len(terminal.output)
    for key in (*["alt+up"] * 6, *["alt+down"] * 6):
        at = len(terminal.output)
        terminal.press(key)
        terminal.until_paused(at)
    terminal.until_quiet()
    return sum(map(len, re.findall(rb"\x1b_G[^\x1b]*", terminal.output[before:])))


def _typed(terminal: Kitty) -> list[float]:
    """Milliseconds until each letter was shown, while one page after the other is drawn."""
    times = []
    for letter in _LETTERS[:_ROUNDS]:
        terminal.press("pageup")
        for _ in range(4):
            time.sleep(0.04)
            before, pressed = len(terminal.output), time.monotonic()
            terminal.type(letter)
            times.append(1000 * (terminal.until_seen(letter.encode(), after=before) - pressed))
            terminal.press("backspace")
            terminal.until_paused(before)
    terminal.until_quiet()
    return times


def _held_at_most(terminal: Kitty) -> float:
    """MiB of pictures that the terminal has been given and not told to forget, at most."""
    while terminal.output.find(b"prompt 0") < 0:
        at = len(terminal.output)
        terminal.press("pageup")
        terminal.until_paused(at, 0.5)
    held: dict[bytes, int] = {}
    most = 0
    for command in _SENT.findall(bytes(terminal.output)):
        keys = dict(each.split(b"=") for each in command.split(b","))
        if keys[b"a"] == b"d":
            held.pop(keys[b"i"], None)
        else:
            held[keys[b"i"]] = int(keys[b"s"]) * int(keys[b"v"]) * _DECODED
        most = max(most, sum(held.values()))
    return most / 2**20
