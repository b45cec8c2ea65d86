"""Hints in the program: from any part of it, onto the clipboard, into files and dialogs."""

from pathlib import Path

import pytest

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.ui.dialogs.link import LinkScreen
from fakegpt_tui.ui.dialogs.pick import AskScreen
from fakegpt_tui.ui.terminal.typed_keys import LayoutKey
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import Running, reply, running

REPLY = """\
See [one](https://one.example) and [two](https://two.example/a).

<think>
Hidden words.
</think>

```py title=boat.py
sail()
```
"""


def transcript(it: Running) -> Transcript:
    return it.app.screen_stack[0].query_one(Transcript)


async def asked(it: Running) -> None:
    await it.ask("Tell me")
    await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
    await it.see("sail()")


async def hinted(it: Running, *keys: str) -> None:
    """Ask for hints from wherever the focus is, and type."""
    await it.pilot.press("alt+h" if it.app.focused is it.prompt else "f")
    await it.until(lambda: transcript(it).hints is not None)
    await it.pilot.press(*keys)


async def test_a_hint_is_typed_from_the_prompt_which_has_the_focus_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # What is copied becomes a file, where there is no clipboard.
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def copied(text: str) -> None:
        await it.until(lambda: text in [each.read_text() for each in tmp_path.glob("copy-*.txt")])

    async with running(reply(REPLY), size=(100, 30), exports=tmp_path) as it:
        await it.pilot.press("alt+h")
        await it.see("nothing in view")
        await asked(it)
        # You, the reply, two links, the section, the code.
        await hinted(it, "d")
        await it.until(lambda: isinstance(it.app.screen, LinkScreen))
        await it.see("https://one.example")
        await it.pilot.press("escape")
        await it.until(lambda: it.app.focused is it.prompt)
        assert "esc leaves" not in it.text
        await hinted(it, "K")
        await copied("https://two.example/a")
        await hinted(it, "a")
        await copied("sail()\n")
        await hinted(it, "s")
        await it.see("Hidden words.")
        await hinted(it, "S")
        await copied("Hidden words.")

        await hinted(it, "space", "a")
        await it.see("Code block: c copy · s save · e edit · p pipe")
        await it.pilot.press("s")
        await it.until(lambda: isinstance(it.app.screen, AskScreen))
        await it.pilot.press("enter")
        await it.see("Saved as")
        assert (tmp_path / "boat.py").read_text() == "sail()\n"


async def test_a_message_is_marked_for_the_keys_that_follow() -> None:
    long = f"{REPLY}\n" + "more\n\n" * 20 + "sail() again"
    async with running(reply(long), size=(40, 12)) as it:
        await asked(it)
        await hinted(it, "space", "f", "e")
        await it.until(lambda: it.app.focused is it.prompt and "sail()" in it.prompt.text)
        await it.pilot.press("escape")
        await it.until(lambda: not it.prompt.text)
        await hinted(it)
        it.app.post_message(LayoutKey("а", "а", "f"))
        await it.see("Marked: y copies, e edits")
        view = transcript(it)
        assert view.viewport.is_marked
        assert view.has_focus
        assert view.current_message in it.path
        await hinted(it)
        before = view.scroll_offset.y
        await it.pilot.press("pageup")
        await it.until(lambda: view.hints is None and view.scroll_offset.y < before)
        await hinted(it, "escape")
        await it.until(lambda: view.hints is None and "esc leaves" not in it.text)
        assert view.has_focus
        await hinted(it)
        await it.pilot.press("f6")
        await it.see("Services")
        # A dialog covers them, and they are there again below it.
        await it.pilot.press("escape")
        await it.see("esc leaves")
        view.show("other", it.path[:1])
        await it.see("What had a hint is out of view.")
        assert view.hints is None


async def test_hints_stay_on_their_targets_while_a_reply_streams() -> None:
    more, end = Gate(), Gate()
    steps = [
        TextDelta("A [link](https://one.example) here.\n\n"),
        more,
        TextDelta("more\n\n" * 40),
        end,
        ReplyEnded(),
    ]
    async with running(steps, size=(40, 12)) as it:
        await it.ask("Go")
        await it.see("A link here.")
        await hinted(it)
        assert "Adlink" in it.text
        more.open()
        await it.until(lambda: "j more" in it.text and "Adlink" not in it.text)
        # The link is out of view, and its letter with it.
        await it.pilot.press("d", "J")
        await it.see("message")
        assert transcript(it).hints is None
        end.open()
        await it.until(lambda: not it.chat.active_turns.all())
        # It is in the list of links all the same.
        await it.pilot.press(*"/links", "enter")
        await it.see("https://one.example")
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, LinkScreen))
