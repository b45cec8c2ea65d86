"""What is shown is what is so: after each command, dialog and report, read and drawn once."""

from inspect import signature

import pytest
from textual.actions import parse

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import Preset, Service, ServiceKind
from fakegpt_tui.keymap import COMMANDS, Command, KeyScope
from fakegpt_tui.keymap.argument_kinds import slots_of
from fakegpt_tui.ui.bindings import command_action
from fakegpt_tui.ui.options import local_now
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.view_model import ChatView, ViewModel
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.stubs import MemoryStore
from tests.ui.running import Running, reply, running

OTHER = Service(name="other", kind=ServiceKind.EMBEDDED, model="other-1")
PRESETS = {"short": Preset("short", "Be short.")}
LEAVES = {"app.quit", "app.theme", "app.palette"}
PARTS = (
    "conversation",
    "path",
    "labels",
    "service",
    "login",
    "tokens",
    "queued",
    "queue_held",
    "edited",
    "keys",
)


def stale(it: Running) -> list[str]:
    """The parts of what is shown that are no longer so."""
    screen = it.app.screen
    assert isinstance(screen, ChatScreen)
    assert screen.shown is not None
    now = ViewModel(it.chat, screen.state, local_now).build()
    found = [part for part in PARTS if getattr(screen.shown, part) != getattr(now, part)]
    # That the open conversation has a draft is seen in the prompt.
    open_id = now.conversation.id
    before, after = ([r for r in each.rows if r.id != open_id] for each in (screen.shown, now))
    return found if before == after else [*found, "rows"]


async def close_dialogs(it: Running, key: str) -> None:
    await it.pilot.press(key)
    while not isinstance(it.app.screen, ChatScreen):
        await it.pilot.press("escape")


async def settle(it: Running) -> None:
    await it.until(lambda: not it.chat.active_turns.all())
    await it.pilot.pause()


async def open_conversation_with_variants(it: Running) -> None:
    await it.app.screen.run_action(command_action(row("chat.new")))
    for text in ("first", "second"):
        await it.ask(text)
        await settle(it)
    for each in ("message.pick", "message.regenerate"):
        await it.app.screen.run_action(command_action(row(each)))
        await settle(it)


CHANGING = [command for command in COMMANDS if command.slash and command.id not in LEAVES]
GROUPS = 12
"""A start of the app costs more than a command: each app runs the commands of a group."""


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("key", ["enter", pytest.param("ctrl+s", marks=pytest.mark.long)])
async def test_nothing_that_a_command_changes_stays_as_it_was_on_the_screen(
    group: int, key: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where “/save to” proposes to save
    commands = CHANGING[group::GROUPS]
    scripts = [reply("four words, five words")] * 10 * len(commands)
    options = {"services": [OTHER], "presets": PRESETS, "exports": tmp_path}
    async with running(*scripts, **options) as it:
        for command in commands:
            await open_conversation_with_variants(it)
            await it.app.screen.run_action(command_action(command))
            await it.pilot.pause()
            if not isinstance(it.app.screen, ChatScreen):
                await close_dialogs(it, key)
            await settle(it)
            assert stale(it) == [], command.id


def row(command_id: str) -> Command:
    return next(command for command in COMMANDS if command.id == command_id)


async def test_a_longer_system_prompt_shows_in_the_tokens_at_once() -> None:
    async with running(reply("four " * 10)) as it:
        await it.ask("five " * 10)
        await it.until(lambda: it.header.endswith("≈ 20 tokens"))
        await it.command("/system")
        await it.see("Generation settings")
        await it.pilot.press(*"be brief, be kind, be truthful, mind", "ctrl+s")
        await it.until(lambda: "≈ 20" not in it.header and "tokens" in it.header)


class CountingStore(MemoryStore):
    """Notes what is read of conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def conversations(self):
        self.reads.append("conversations")
        return super().conversations()

    def conversation(self, conversation_id):
        self.reads.append("conversation")
        return super().conversation(conversation_id)

    def messages(self, conversation_id):
        self.reads.append("messages")
        return super().messages(conversation_id)

    def path_end(self, leaf_id, count):
        self.reads.append("path_end")
        return super().path_end(leaf_id, count)

    def prompts(self, limit):
        self.reads.append("prompts")
        return super().prompts(limit)


async def test_one_enter_reads_the_conversation_once_and_shows_one_new_path() -> None:
    store, gate = CountingStore(), Gate()
    async with running(reply("one"), [gate, *reply("two")], store=store) as it:
        await it.ask("first")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.see("one")
        paths: list[tuple[str, ...]] = []

        def note(shown: ChatView) -> None:
            path = tuple(message.id for message in shown.path)
            if not paths or paths[-1] != path:
                paths.append(path)

        it.app.screen.watch(it.app.screen, "shown", note)
        paths.clear()
        store.reads.clear()
        await it.ask("second")
        await it.until(lambda: it.backend.playing == 1)
        await it.pilot.pause()
        assert store.reads == ["conversation"]
        assert [len(path) for path in paths] == [4]
        gate.open()
        await it.see("two")
        assert [len(path) for path in paths] == [4]


async def test_each_command_of_the_main_screen_is_a_method_that_takes_its_arguments() -> None:
    async with running() as it:
        screen = it.app.screen
        assert isinstance(screen, ChatScreen)
        for command in COMMANDS:
            slots = slots_of(command.argument)
            _, action, parameters = parse(command_action(command))
            if action == "run_command":
                controller, method, *given = parameters
                bound = getattr(getattr(screen.controllers, controller), method)
                signature(bound).bind(*(given[0] if given else ()), *slots)
            elif slots:
                owner = Transcript if command.scope is KeyScope.TRANSCRIPT else screen
                bound = getattr(owner, f"action_{action}")
                signature(bound).bind(*parameters, *slots, *([None] if owner is Transcript else []))


def test_the_main_screen_leaves_its_commands_to_controllers() -> None:
    ours = [cls for cls in ChatScreen.__mro__ if cls.__module__.startswith("fakegpt_tui")]
    methods = {
        name
        for cls in ours
        for name, value in vars(cls).items()
        if callable(value) or isinstance(value, property)
    }
    assert len(methods) <= 35
