"""The files that a prompt passes on its way into the store are those that ARCHITECTURE.md names."""

import re
import sys
from pathlib import Path
from types import FrameType

import fakegpt_tui
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.ui.running import reply, running

PACKAGE = Path(fakegpt_tui.__file__).parent
TEXT = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
HANDED_ON = {
    "PromptInput.action_send",
    "new_prompt",
    "BackgroundWork.start_turn",
    "add_turn",
    "StoreWriter.submit",
}
"""What is given the prompt last before another task, thread or value has it."""


class Passed:
    """Notes the files that are at work when a prompt is handed on, until its row is queued."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.is_queued = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        name = frame.f_code.co_qualname
        if event == "call" and name in HANDED_ON and not self.is_queued:
            self.is_queued = name == "StoreWriter.submit" and frame.f_locals["durable"]
            if name != "StoreWriter.submit" or self.is_queued:
                self.files |= set(_files(frame))


def _files(frame: FrameType | None):
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            yield path.relative_to(PACKAGE).as_posix()
        frame = frame.f_back


def named(way: str) -> list[str]:
    """The files of a way, in the order in which the document has them."""
    (sentence,) = re.findall(rf"^- {way} passes (\d+ files: [^.]*(?:\.py[^.]*)*)\.$", TEXT, re.M)
    files = re.findall(r"`([\w/]+\.py)`", sentence)
    assert len(files) == int(sentence.split()[0])
    return files


async def test_a_prompt_passes_the_files_that_are_told(tmp_path: Path) -> None:
    passed = Passed()
    with ConversationStore.open(tmp_path / "c.db") as store:
        await follow(passed, store)
    assert passed.files == set(named("A prompt"))


async def follow(passed: Passed, store: ConversationStore) -> None:
    """Note what the second prompt of a conversation passes."""
    async with running(reply("one"), reply("two"), store=store) as it:
        await it.ask("first")
        await it.see("one")
        await it.until(lambda: not it.chat.active_turns.all())
        it.prompt.insert("second")
        before = sys.getprofile()
        sys.setprofile(passed)
        try:
            await it.pilot.press("enter")
            await it.until(lambda: passed.is_queued)
        finally:
            sys.setprofile(before)
        await it.see("two")
