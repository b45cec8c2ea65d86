"""Taking code blocks out of a reply: into files, the editor, commands and the clipboard."""

from pathlib import Path

import pytest

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.ui.dialogs.command_output import CommandScreen
from fakegpt_tui.ui.dialogs.items import ItemsScreen, items_of
from fakegpt_tui.ui.dialogs.pick import AskScreen
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.attachments.examples import png
from tests.ui.running import Running, reply, running

REPLY = """\
Two files:

```python title="src/hello.py"
print("hello")
```

and

```sh
wc -c
```
"""


async def asked(it: Running, answer: str = REPLY) -> None:
    await it.ask("write it")
    await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
    await it.see(answer.splitlines()[0])
    it.app.screen.query_one(Transcript).focus()


async def open_items(it: Running) -> None:
    await it.pilot.press("x")
    await it.until(lambda: isinstance(it.app.screen, ItemsScreen))


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("python", "block-1.py"),
        ("python title=src/main.py", "main.py"),
        ('js filename="app.js"', "app.js"),
        ("rust:src/lib.rs", "lib.rs"),
        ("src/app.ts", "app.ts"),
        ("ts {1,3} file=../../etc/x.conf", "x.conf"),
        ("", "block-1.txt"),
        ("nonesuch", "block-1.txt"),
        ("text name=..", "block-1.txt"),
        ("text name=/", "block-1.txt"),
        ("sh title=a;rm$IFS-rf.sh", "a-rm-ifs-rf.sh"),
        ("Dockerfile", "block-1.docker"),
    ],
)
def test_a_block_gets_the_name_of_a_file_without_folders(info: str, name: str) -> None:
    (item,) = items_of(f"```{info}\nx\n```\n")
    assert item.name == name


async def test_a_block_is_saved_to_a_file_of_the_name_behind_its_fence(tmp_path: Path) -> None:
    async with running(reply(REPLY)) as it:
        await asked(it)
        await open_items(it)
        await it.see("hello.py")
        await it.see("block-2.sh")
        await it.pilot.press("s")
        await it.until(lambda: isinstance(it.app.screen, AskScreen))
        await it.pilot.press("home", *f"{tmp_path}/", "enter")
        await it.see("Saved as")
        assert (tmp_path / "hello.py").read_text() == 'print("hello")\n'


async def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text("mine")
    async with running(reply(REPLY)) as it:
        await asked(it)
        await open_items(it)
        await it.pilot.press("s")
        await it.until(lambda: isinstance(it.app.screen, AskScreen))
        await it.pilot.press("home", *f"{tmp_path}/", "enter")
        await it.see("hello.py is there already")
        assert (tmp_path / "hello.py").read_text() == "mine"


async def test_a_block_runs_through_a_command_only_after_it_was_shown(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    async with running(reply(REPLY)) as it:
        await asked(it)
        await open_items(it)
        await it.pilot.press("p")
        await it.until(lambda: isinstance(it.app.screen, AskScreen))
        await it.see("enter go on")
        await it.pilot.press(*f"tee {trace}", "enter")
        await it.until(lambda: isinstance(it.app.screen, CommandScreen))
        await it.see("enter run")
        await it.see(f"$ tee {trace}")
        assert not trace.exists()
        await it.pilot.press("enter")
        await it.see("Exit code 0")
        assert trace.read_text() == 'print("hello")\n'
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, CommandScreen))


async def test_escape_leaves_a_command_that_was_not_confirmed(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    async with running(reply(REPLY)) as it:
        await asked(it)
        await open_items(it)
        await it.pilot.press("p", *f"touch {trace}", "enter")
        await it.see("enter run")
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, CommandScreen))
        assert not trace.exists()


async def test_the_second_block_is_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("PATH", str(tmp_path))
    async with running(reply(REPLY), exports=tmp_path) as it:
        await asked(it)
        await open_items(it)
        await it.pilot.press("down", "c")
        await it.until(lambda: bool(list(tmp_path.glob("copy-*.txt"))))
        assert next(tmp_path.glob("copy-*.txt")).read_text() == "wc -c\n"


async def test_a_message_without_blocks_says_so() -> None:
    async with running(reply("none here")) as it:
        await asked(it, "none here")
        await it.pilot.press("x")
        await it.see("There is no code block or file in the marked message.")


async def test_the_list_of_a_hostile_message_shows_no_control_characters() -> None:
    hostile = "```x\x1b]0;y\x07 [b]markup[/b]\nA\x1b[2J\u202eB [bold]C[/bold]\n```\n"
    async with running(reply(hostile)) as it:
        await it.ask("write it")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        it.app.screen.query_one(Transcript).focus()
        await open_items(it)
        await it.see("[bold]C[/bold]")
        assert not {"\x1b", "\x07", "\u202e"} & set(it.text)


async def test_a_file_and_a_picture_of_a_message_are_saved_as_they_came(tmp_path: Path) -> None:
    picture = png(3, 2)
    async with running(reply(REPLY)) as it:
        conversation = it.chat.conversations.create()
        parts = [
            await it.chat.attachments.add_bytes(conversation.id, data, name)
            for data, name in ((picture, "../my photo.png"), (b"remember the milk\n", "notes.md"))
        ]
        turn = it.chat.turns.new(conversation, "look", parts=tuple(parts))
        it.app.work.start_turn(turn)
        await it.until(lambda: turn.reply.status is MessageStatus.COMPLETE)
        it.list.focus()
        await it.pilot.press("enter")
        await it.see("Two files:")
        it.app.screen.query_one(Transcript).focus()
        await it.pilot.press("g")
        await open_items(it)
        await it.see("my-photo.png  PNG 3×2")
        await it.see("notes.md  text, 18 B")
        await it.pilot.press("s")
        await it.until(lambda: isinstance(it.app.screen, AskScreen))
        await it.pilot.press("home", *f"{tmp_path}/", "enter")
        await it.see("Saved as")
        assert (tmp_path / "my-photo.png").read_bytes() == picture
        await open_items(it)
        await it.pilot.press("e")
        await it.until(lambda: "is no text" in " ".join(it.status.split()))
        await open_items(it)
        await it.pilot.press("down", "p")
        await it.until(lambda: not isinstance(it.app.screen, ItemsScreen))
        await it.pilot.press(*"wc -c", "enter")
        await it.see("reads these 18 bytes")
        await it.see("remember the milk")
