"""Presses keys at random while nasty replies stream, to make the program end or stand still.

`python -m tests.campaigns.keys [--steps N] [--seed S]` prints what is done, and ends with an error
where the program does, or does not answer any more. The same seed does the same; what it meets
depends on the speed of the machine, too.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from textual.geometry import Offset
from textual.pilot import OutOfBounds

from fakegpt_tui.backends.scripted import Pause, Step
from fakegpt_tui.domain import ReasoningDelta, ReplyCut, ReplyEnded, TextDelta
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from tests.ui.markdown.documents import nasty_text
from tests.ui.running import Running, running

LEAVING = {"ctrl+q", "ctrl+d", "ctrl+g"}
"""What a person leaves the program by, for good or for an editor."""
KEYS = sorted({key for each in COMMANDS for key in each.keys.split(",") if key} - LEAVING)
MOVING = [
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab", "shift+tab"),
    *("enter", "escape", "escape", "space", "j", "k", "J", "K", "g", "G", "slash", "n", "N"),
]
LETTERS = [*"abcwordcode12漢é", "space", "asterisk", "grave_accent"]
WIDTHS = [20, 40, 60, 80, 100, 137]
HEIGHTS = [6, 10, 20, 30, 50]
MOST_ESCAPES = 12


class Monkey:
    """Somebody who presses and clicks what they find, and asks something now and then."""

    def __init__(self, program: Running, seed: int) -> None:
        self._program = program
        self._chance = random.Random(seed)
        self.did = ""
        """The last step, in a word."""
        self._ways = {
            self._press_any: 30,
            self._move: 32,
            self._type: 10,
            self._click: 8,
            self._resize: 4,
            self._drag: 6,
            self._ask: 7,
            self._wait: 3,
        }

    async def act(self) -> None:
        """One step."""
        (way,) = self._chance.choices(list(self._ways), list(self._ways.values()))
        self.did = way.__name__.strip("_")
        await way()

    async def _press_any(self) -> None:
        await self._press(self._chance.choice(KEYS))

    async def _move(self) -> None:
        await self._press(self._chance.choice(MOVING))

    async def _type(self) -> None:
        await self._press(self._chance.choice(LETTERS))

    async def _press(self, key: str) -> None:
        self.did = key
        await self._program.pilot.press(key)

    async def _click(self) -> None:
        times = self._chance.choice([1, 1, 2, 3])
        await self._program.pilot.click(offset=self._somewhere(), times=times)

    async def _drag(self) -> None:
        pilot = self._program.pilot
        await pilot.mouse_down(offset=self._somewhere())
        await pilot.hover(offset=self._somewhere())
        await pilot.mouse_up(offset=self._somewhere())

    async def _resize(self) -> None:
        size = self._chance.choice(WIDTHS), self._chance.choice(HEIGHTS)
        self.did = f"{size[0]}x{size[1]}"
        await self._program.pilot.resize_terminal(*size)

    async def _ask(self) -> None:
        for prompt in self._program.app.screen.query(PromptInput):
            prompt.focus()
            prompt.insert(nasty_text(self._chance) if self._chance.random() < 0.3 else "go on")
            await self._program.pilot.press("enter")

    async def _wait(self) -> None:
        await self._program.pilot.pause(self._chance.choice([0.01, 0.1, 0.5]))

    def _somewhere(self) -> Offset:
        width, height = self._program.app.size
        return Offset(self._chance.randrange(width), self._chance.randrange(height))


async def run(steps: int, seed: int, folder: Path, tell: Callable[[str], object]) -> None:
    """Take so many steps, each of which is told, and see that the program answers after them.

    Raises whatever ended the program.
    """
    chance = random.Random(seed)
    async with running(exports=folder) as program:
        program.backend.enqueue(_script(chance))
        monkey = Monkey(program, seed)
        for _ in range(steps):
            program.backend.enqueue(_script(chance))
            try:
                await monkey.act()
            except OutOfBounds:
                monkey.did = "miss"
            tell(f"{monkey.did} ")
        await _say_farewell(program)


async def _say_farewell(program: Running) -> None:
    """Leave all dialogs, ask once more in a new conversation, and wait for the answer."""
    await program.pilot.resize_terminal(100, 30)
    for _ in range(MOST_ESCAPES):
        if isinstance(program.app.screen, ChatScreen):
            break
        await program.pilot.press("escape")
    await program.pilot.press("ctrl+n")
    program.prompt.focus()
    await program.ask("Are you there?")
    await program.until(lambda: len(program.path) > 1 and program.path[-1].status.is_final)


def _script(chance: random.Random) -> Iterator[Step]:
    """A reply in pieces of any length, slow or fast, that now and then breaks off."""
    text, pace = nasty_text(chance), chance.choice([0, 0.002, 0.02])
    if chance.random() < 0.3:
        yield ReasoningDelta("thinking\n" * chance.randint(1, 30))
    while text:
        length = chance.choice([1, 3, 10, 50, 400])
        yield TextDelta(text[:length])
        text = text[length:]
        if pace:
            yield Pause(pace)
    if chance.random() < 0.1:
        yield ReplyCut("It broke.")
    yield ReplyEnded()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    sys.stdout.write(f"seed {asked.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(asked.steps, asked.seed, Path(folder), sys.stdout.write))
    sys.stdout.write("\nand it still answers\n")


if __name__ == "__main__":
    main()
