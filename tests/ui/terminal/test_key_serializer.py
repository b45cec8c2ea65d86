"""Keys that arrive all at once do what they would do one by one."""

import asyncio

from textual.app import ComposeResult
from textual.events import Key, Paste
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from fakegpt_tui.ui.terminal.input_parser import TolerantParser
from fakegpt_tui.ui.terminal.key_serializer import KeySerializer
from fakegpt_tui.ui.terminal.typed_keys import LayoutKey
from tests.patience import PATIENCE
from tests.ui.running import Running, reply, running

BACKSPACE, DELETE, LEFT, RIGHT = "\x7f", "\x1b[3~", "\x1b[D", "\x1b[C"
NAMES = {"/": "slash", " ": "space"}


def write(it: Running, written: str) -> None:
    """Have all keys of one write of the terminal arrive."""
    for message in TolerantParser(erase="\x7f").feed(written):
        it.app.post_message(message)


def burst(it: Running, *keys: str) -> None:
    """Have keys arrive before the first of them is obeyed."""
    for key in keys:
        it.app.post_message(Key(NAMES.get(key, key), key if len(key) == 1 else None))


async def asked(it: Running) -> None:
    await it.ask("prompt")
    await it.see("one reply")
    await it.until(lambda: not it.chat.active_turns.all())


async def test_a_line_of_a_dialog_is_edited_in_order_and_the_rest_is_for_the_prompt() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        await it.command("/rename")
        await it.see("Title")
        burst(it, "ctrl+u", *"abc", "left", "x", "home", "y", "backspace", "z", "enter", *"next")
        await it.see("│ next ")
        assert [row.title for row in it.list.rows] == ["zabxc"]
        assert it.prompt.text == "next"


async def test_fields_of_a_form_are_filled_in_order() -> None:
    async with running(reply("one reply")) as it:
        await it.pilot.press("alt+g")
        await it.see("ctrl+s save")
        burst(it, *"0.5", "tab", *"0.9", "ctrl+s")
        await it.see("holds from the next reply on")
        (conversation,) = [it.chat.conversations.create(conversation_id=it.list.current)]
        assert conversation.generation.temperature == 0.5
        assert conversation.generation.top_p == 0.9


async def test_what_is_to_be_found_is_typed_behind_the_key_that_begins_it() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        await it.pilot.press("tab")
        await it.see("/ Find")
        burst(it, *"/one", "backspace", *"ly", "backspace", "backspace", "e")
        await it.see(" /one ")
        await it.see("1/1")


async def test_the_palette_hears_what_is_typed_behind_the_key_that_opens_it() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        burst(it, "ctrl+p", *"rename")
        await it.see(" /rename ")
        burst(it, "escape", *"x")
        await it.see("│ x ")
        assert it.prompt.text == "x"


async def test_the_palette_takes_whole_characters_back() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        await it.pilot.press("ctrl+p")
        await it.see("Commands")
        write(it, f"re👩‍💻{BACKSPACE}name")
        await it.see(" /rename ")
        assert it.app.screen.query_one(Input).value == "rename"


async def test_a_paste_comes_behind_the_keys_before_it() -> None:
    async with running() as it:
        burst(it, *"ab", "left")
        it.app.post_message(Paste("-pasted-"))
        burst(it, "c")
        await it.until(lambda: it.prompt.text == "a-pasted-cb")


async def test_held_keys_of_one_write_change_the_text_once_and_in_order() -> None:
    async with running() as it:
        write(it, "one\x1b\rtwo é" + BACKSPACE * 3 + LEFT * 4 + RIGHT + "-" + DELETE * 2 + "Ж")
        await it.until(lambda: it.prompt.text == "one-Жw")
        write(it, "\x1b[1;2D\x1b[1;2D" + BACKSPACE * 3 + "!")
        await it.until(lambda: it.prompt.text == "o!w")


async def test_many_backspaces_of_one_write_are_one_change() -> None:
    async with running() as it:
        it.prompt.load_draft("and 👩‍💻 some words " * 9)
        await it.pilot.pause()
        changes: list[Message] = []
        it.prompt.message_signal.subscribe(it.app, changes.append, immediate=True)
        write(it, BACKSPACE * 60 + "Ж")
        await it.until(lambda: it.prompt.text == "and 👩‍💻 some words " * 5 + "and 👩‍💻 soЖ")
        await it.pilot.pause()
        assert sum(isinstance(each, TextArea.Changed) for each in changes) == 2


async def test_held_arrows_lead_through_earlier_prompts_one_by_one() -> None:
    async with running(reply("one reply"), reply("two reply"), reply("three reply")) as it:
        for prompt in ("first", "second", "third"):
            await it.ask(prompt)
            await it.until(lambda: not it.chat.active_turns.all())
        write(it, "\x1b[A" * 3)
        await it.until(lambda: it.prompt.text == "first")
        write(it, "\x1b[B" * 2 + "!")
        await it.until(lambda: it.prompt.text == "third!")


async def test_a_letter_of_another_layout_is_a_command_where_nothing_is_typed() -> None:
    async with running(reply("one reply")) as it:
        await asked(it)
        burst(it, *"ab")
        it.app.post_message(LayoutKey("и", "и", "b"))
        await it.until(lambda: it.prompt.text == "abи")
        await it.pilot.press("tab")
        it.app.post_message(LayoutKey("Т", "Т", "K"))  # marks the message before
        it.app.post_message(LayoutKey("н", "н", "y"))
        await it.see("ed the message ")
        burst(it, "/")
        it.app.post_message(LayoutKey("щ", "щ", "o"))
        await it.see(" /щ ")


class Stubborn(Input):
    """Does not come back from a key before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.is_let = asyncio.Event()

    async def on_key(self, event: Key) -> None:
        if event.key == "f5":
            await self.is_let.wait()


class StubbornApp(KeySerializer):
    def compose(self) -> ComposeResult:
        yield Stubborn()
        yield Input(id="other")


async def test_keys_do_not_wait_for_ever_for_a_widget_that_does_not_come_back() -> None:
    app = StubbornApp()
    async with app.run_test() as pilot:
        other, stubborn = app.query_one("#other", Input), app.query_one(Stubborn)
        app.post_message(Key("f5", None))
        app.post_message(Key("f6", None))
        await pilot.pause()
        other.focus()
        app.post_message(Key("a", "a"))
        async with asyncio.timeout(PATIENCE):
            while other.value != "a":
                await asyncio.sleep(0.01)
        stubborn.is_let.set()


class SlowDialog(ModalScreen[None]):
    """Counts a key, and has no widgets until it is let go on."""

    BINDINGS = [("down", "count")]

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.presses = 0

    async def on_mount(self) -> None:
        await self.go_on.wait()

    def action_count(self) -> None:
        self.presses += 1


async def test_a_late_key_does_nothing_in_a_dialog_that_has_no_widgets_yet() -> None:
    async with (app := KeySerializer()).run_test() as pilot:
        app.push_screen(dialog := SlowDialog())
        # As one does that was handed on before, and bubbles up now.
        late = Key("down", None)
        late._set_forwarded()  # noqa: SLF001
        await app.on_event(late)
        dialog.go_on.set()
        await pilot.press("down")
        assert dialog.presses == 1
