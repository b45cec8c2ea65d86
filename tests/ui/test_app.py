"""The whole user interface, driven by keys, over a scripted backend."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.color import Color
from textual.events import Key, Paste
from textual.theme import Theme

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend
from fakegpt_tui.chat.connections import Connection
from fakegpt_tui.domain import (
    LoginFailed,
    MessageStatus,
    RateLimited,
    RemoteIdAssigned,
    ReplyEnded,
    Role,
    Service,
    ServiceKind,
    SignedIn,
    TextDelta,
    TitleSuggested,
)
from fakegpt_tui.keymap import COMMANDS, KeyScope
from fakegpt_tui.ui.dialogs.keys import HelpScreen
from fakegpt_tui.ui.dialogs.link import LinkScreen
from fakegpt_tui.ui.messages import ReadClipboard
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.themes import DARK, LIGHT
from fakegpt_tui.ui.widgets import RowStatus
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.drawing import FrameLimiter
from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.patience import PATIENCE
from tests.stubs import MemoryStore
from tests.ui.running import FakeMemory, reply, running

SHARED = Service(name="shared", kind=ServiceKind.FAKEGPT, url="http://127.0.0.1:9/", model="m")


async def test_typing_and_enter_sends_and_the_reply_is_drawn_as_markdown() -> None:
    async with running(reply("# Title\n\nSome **bold** text.")) as it:
        assert it.app.focused is it.prompt
        await it.pilot.press(*"hello", "enter")
        await it.see("Some bold text.")
        assert "hello" in it.text
        assert "**" not in it.text
        assert it.prompt.text == ""
        (prompt, answer) = it.store.path(it.list.rows[0].id)
        assert (prompt.role, prompt.text) == (Role.USER, "hello")
        assert answer.status is MessageStatus.COMPLETE


async def test_text_is_drawn_while_the_reply_streams_and_escape_keeps_it() -> None:
    async with running([TextDelta("one two"), Gate()]) as it:
        await it.ask("count")
        await it.see("one two")
        await it.until(lambda: "streaming" in it.status)
        await it.pilot.press("escape")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.see("stopped")
        assert it.store.path(it.list.rows[0].id)[-1].text == "one two"
        assert it.store.path(it.list.rows[0].id)[-1].status is MessageStatus.STOPPED
        assert it.backend.playing == 0


async def test_an_empty_prompt_is_not_sent() -> None:
    async with running(reply("x")) as it:
        await it.pilot.press("enter", "space", "enter")
        assert it.backend.requests == []


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter", "ctrl+enter"])
async def test_the_line_is_broken_by(key: str) -> None:
    async with running(reply("x")) as it:
        await it.pilot.press("a", key, "b")
        assert it.prompt.text == "a\nb"
        assert it.backend.requests == []


async def test_a_backslash_before_enter_breaks_the_line() -> None:
    async with running(reply("x")) as it:
        await it.pilot.press("a", "backslash", "enter", "b")
        assert it.prompt.text == "a\nb"


async def test_what_is_typed_ahead_stays_in_order() -> None:
    gate = Gate()
    async with running(reply("one", gate=gate)) as it:
        for key in (*"first", "enter", *"second", "enter", *"th", "ctrl+j", *"ird"):
            it.app.post_message(Key(key, key if len(key) == 1 else None))
        await it.see("one")
        await it.until(lambda: it.prompt.text == "th\nird")
        assert it.queued == ("second",)
        assert it.backend.requests[0].messages[-1].text == "first"
        gate.open()


async def test_what_is_typed_ahead_is_edited_in_order() -> None:
    async with running() as it:
        for key in (*"abcd", "backspace", "backspace", "7", "left", "x", "home", "y"):
            it.app.post_message(Key(key, key if len(key) == 1 else None))
        await it.until(lambda: len(it.prompt.text) == 5)
        assert it.prompt.text == "yabx7"


async def test_what_is_typed_ahead_of_a_new_conversation_goes_there() -> None:
    gate = Gate()
    async with running(reply("one", gate=gate), reply("two", gate=gate), reply("three")) as it:
        for number, word in enumerate(("first", "second", "third")):
            for key in (*(["ctrl+n"] if number else []), *word, "enter"):
                it.app.post_message(Key(key, key if len(key) == 1 else None))
        await it.until(lambda: len(it.backend.requests) == 3)
        assert [request.messages[-1].text for request in it.backend.requests] == [
            "first",
            "second",
            "third",
        ]
        assert len(it.list.rows) == 3
        gate.open()


async def test_a_prompt_that_is_sent_while_a_reply_streams_waits_in_sight_for_its_end() -> None:
    gate = Gate()
    async with running(reply("one", gate=gate), reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.ask("second")
        await it.see("second  (sent when the reply ends)")
        assert it.prompt.text == ""
        assert len(it.backend.requests) == 1
        gate.open()
        await it.see("two")
        assert it.queued == ()
        assert [each.text for each in it.path] == ["first", "one", "second", "two"]


async def test_a_queued_prompt_is_held_after_a_stop_and_can_be_taken_back_or_sent() -> None:
    async with running([TextDelta("one"), Gate()], reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.ask("second")
        await it.ask("third")
        await it.pilot.press("escape")
        await it.see("second  (waits: /send sends it")
        await it.pilot.press("alt+q")
        await it.see("Queued prompts")
        await it.pilot.press("down", "enter")
        await it.until(lambda: it.prompt.text == "third")
        assert it.queued == ("second",)
        await it.command("/send")
        await it.see("two")
        assert it.queued == ()


async def test_conversations_stream_side_by_side_and_the_list_shows_which() -> None:
    gates = [Gate(), Gate()]
    scripts = [reply(text, gate=gate) for text, gate in zip(("AAA", "BBB"), gates, strict=True)]
    async with running(*scripts) as it:
        await it.ask("first")
        await it.see("AAA")
        await it.pilot.press("ctrl+n")
        await it.until(lambda: "AAA" not in it.text)
        await it.ask("second")
        await it.see("BBB")
        assert [row.status for row in it.list.rows] == [RowStatus.STREAMING, RowStatus.STREAMING]
        assert "1 running" in it.status
        gates[0].open()
        await it.until(lambda: len(it.chat.active_turns.all()) == 1)
        await it.until(lambda: it.list.rows[1].status is RowStatus.UNREAD)
        await it.until(lambda: "1 unread" in it.status)
        await it.pilot.press("alt+u")
        await it.see("AAA")
        await it.until(lambda: it.list.rows[1].status is RowStatus.NONE)
        gates[1].open()


async def test_a_background_failure_is_marked_and_told() -> None:
    gate = Gate()
    async with running([gate, RateLimited("Too many requests.")], reply("x")) as it:
        await it.ask("first")
        await it.until(lambda: len(it.chat.active_turns.all()) == 1)
        await it.pilot.press("ctrl+n")
        gate.open()
        await it.until(lambda: [row.status for row in it.list.rows] == [RowStatus.FAILED])
        await it.see("Too many requests.")
        await it.pilot.press("alt+u")
        await it.see("/retry or r asks again")
        assert [row.status for row in it.list.rows] == [RowStatus.FAILED]
        await it.ask("/retry")
        await it.until(lambda: [row.status for row in it.list.rows] == [RowStatus.NONE])


async def test_trouble_is_told_once_on_the_reply() -> None:
    trouble = RateLimited("Wait [/] a [@click=app.quit]while[/].")
    async with running([TextDelta("some"), trouble]) as it:
        await it.ask("hi")
        await it.see("Wait [/] a [@click=app.quit]while[/].")
        await it.until(lambda: not it.chat.active_turns.all())
        assert it.text.count("Wait [/] a [@click=app.quit]while[/].") == 1
        assert "some" in it.text
        assert "failed" in it.text


async def test_walking_through_conversations() -> None:
    async with running(*(reply(f"reply {number}") for number in range(3))) as it:
        for number in range(3):
            await it.pilot.press("ctrl+n")
            await it.ask(f"prompt {number}")
            await it.see(f"reply {number}")
        await it.pilot.press("alt+j")
        await it.see("reply 1")
        await it.pilot.press("alt+j")
        await it.see("reply 0")
        await it.pilot.press("alt+j")
        await it.pilot.press("alt+k")
        await it.see("reply 1")
        await it.pilot.press("alt+1")
        await it.see("reply 2")
        await it.pilot.press("alt+3")
        await it.see("reply 0")
        await it.pilot.press("alt+9")
        assert "reply 0" in it.text


async def test_a_row_of_the_list_opens_with_enter() -> None:
    async with running(reply("one"), reply("two")) as it:
        await it.ask("first")
        await it.see("one")
        await it.pilot.press("ctrl+n")
        await it.ask("second")
        await it.see("two")
        it.list.focus()
        await it.pilot.press("G", "enter")
        await it.see("one")
        assert it.app.focused is it.prompt


async def test_an_unsent_prompt_stays_with_its_conversation() -> None:
    async with running(reply("one")) as it:
        await it.ask("first")
        await it.see("one")
        it.prompt.insert("half a thou")
        await it.pilot.press("ctrl+n")
        assert it.prompt.text == ""
        assert it.list.rows[0].status is RowStatus.DRAFT
        await it.pilot.press("alt+1")
        assert it.prompt.text == "half a thou"
        # It is in sight there, and the sign would outlive it.
        assert it.list.rows[0].status is RowStatus.NONE


async def test_a_prompt_that_cannot_be_saved_comes_back() -> None:
    async with running(reply("x")) as it:
        it.store.refusal = "The disk is full."
        await it.ask("precious")
        await it.see("The disk is full.")
        assert it.prompt.text == "precious"
        assert it.backend.requests == []
        it.store.refusal = None
        await it.pilot.press("enter")
        await it.until(lambda: len(it.backend.requests) == 1)


async def test_saving_writes_a_file_and_says_where(tmp_path: Path) -> None:
    async with running(reply("kept"), exports=tmp_path, size=(160, 30)) as it:
        await it.pilot.press("ctrl+s")
        await it.see("nothing to save")
        await it.ask("remember")
        await it.see("kept")
        await it.pilot.press("ctrl+s")
        await it.see("Saved as")
        (path,) = tmp_path.iterdir()
        assert "kept" in path.read_text()


async def test_the_list_hides_and_shows() -> None:
    async with running(reply("one")) as it:
        assert not it.list.display, "it is empty"
        await it.ask("question")
        await it.see("one")
        assert it.list.display
        await it.pilot.press("ctrl+t")
        assert not it.list.display
        await it.pilot.press("f9")
        assert it.list.display


async def test_help_shows_every_key_and_closes() -> None:
    async with running(reply("one"), size=(100, 300)) as it:
        await it.ask("question")
        await it.see("one")
        await it.pilot.press("f1")
        await it.until(lambda: isinstance(it.app.screen, HelpScreen))
        for words in ("ctrl+n, F4", "Stop the reply", "In the prompt", "Anywhere"):
            await it.see(words)
        await it.pilot.press(*"start new")
        await it.see("/new /clear /reset · chat.new")
        await it.until(lambda: "Stop the reply" not in it.text)
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen) and not it.path)


async def test_help_begins_with_the_keys_of_what_has_the_focus() -> None:
    async with running(reply("one")) as it:
        await it.ask("question")
        await it.see("one")
        await it.pilot.press("tab", "question_mark")
        await it.see("In the transcript")
        assert "In the prompt" not in it.text
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))


async def test_a_question_mark_is_text_in_the_prompt_and_help_elsewhere() -> None:
    async with running() as it:
        await it.pilot.press("question_mark")
        assert it.prompt.text == "?"
        it.list.focus()
        await it.pilot.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["ctrl+p", "f8"])
async def test_the_palette_finds_commands_and_conversations(key: str) -> None:
    hostile = "Title [/] [@click=app.quit]x"
    async with running([TextDelta("one"), TitleSuggested(hostile), ReplyEnded()]) as it:
        await it.ask("hi")
        await it.see("one")
        await it.pilot.press("ctrl+n", key)
        await it.see("Start a new conversation")
        await it.pilot.press(*"title")
        await it.see(f"Open {hostile}")
        await it.pilot.press("down", "enter")
        await it.see("one")


async def test_the_palette_runs_commands() -> None:
    async with running(reply("one")) as it:
        await it.ask("hi")
        await it.see("one")
        await it.pilot.press("ctrl+p", *"/new")
        await it.see("Start a new conversation")
        await it.pilot.press("enter")
        await it.until(lambda: "one" not in it.text)


async def test_a_login_that_changes_shows_in_the_status_bar() -> None:
    reports = {}

    async def connect(service, report):
        reports[service.name] = report
        return Connection(service, ScriptedBackend(), None)

    other = replace(SHARED, name="other")
    async with running(service=SHARED, services=[other], connect=connect) as it:
        await it.chat.services.models("other")
        await it.until(lambda: set(reports) == {"shared", "other"})
        reports["shared"](LoginFailed("no [/] account"))
        await it.see("refused: no [/] account")
        reports["shared"](SignedIn(None))
        await it.see("signed in")
        reports["other"](LoginFailed("not shown"))
        await it.pilot.pause()
        assert "signed in" in it.status


async def test_a_shared_account_is_warned_about() -> None:
    async with running(service=SHARED) as it:
        await it.see("owner of a shared account")


async def test_ctrl_c_copies_or_stops_or_clears() -> None:
    async with running([TextDelta("one"), Gate()]) as it:
        await it.ask("go")
        await it.see("one")
        it.prompt.insert("unsent")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: not it.chat.active_turns.all())
        assert it.prompt.text == "unsent"
        await it.pilot.press("ctrl+c")
        assert it.prompt.text == ""
        it.prompt.undo()
        assert it.prompt.text == "unsent"


async def test_leaving_stops_and_saves_what_streams_and_keeps_no_command_as_a_draft() -> None:
    store = MemoryStore()
    async with running([TextDelta("half"), Gate()], store=store) as it:
        await it.ask("go")
        await it.see("half")
        await it.pilot.press(*"/quit")
        await it.until(lambda: bool(it.chat.drafts.all()))
        await it.pilot.press("enter")
        await it.until(lambda: it.app.return_code == 0)
    assert not it.chat.drafts.all()
    (saved,) = [node for node in store.nodes.values() if node.role is Role.ASSISTANT]
    assert (saved.text, saved.status) == ("half", MessageStatus.STOPPED)
    assert it.app.return_code == 0


async def test_leaving_is_asked_for_twice_while_words_are_only_in_memory() -> None:
    async with running(reply("one")) as it:
        await it.ask("go")
        await it.see("one")
        it.store.refusal = "The disk is full."
        it.prompt.insert("unsent")
        await it.see("NOT SAVED: The disk is full.")
        await it.pilot.press("ctrl+q")
        await it.see("ctrl+q again leaves")
        assert it.app.is_running
        await it.pilot.press("ctrl+q")
        await it.until(lambda: it.app.return_code == 0)


async def test_leaving_says_once_that_a_temporary_conversation_is_forgotten() -> None:
    async with running(reply("one")) as it:
        await it.command("/temporary")
        await it.ask("secret")
        await it.until(lambda: len(it.path) == 2 and not it.chat.active_turns.all())
        await it.pilot.press("ctrl+n", "ctrl+q")
        await it.see("ctrl+q again leaves, and forgets the temporary conversation")
        assert it.app.is_running
        await it.pilot.press("ctrl+q")
        await it.until(lambda: it.app.return_code == 0)


async def test_ctrl_d_leaves_only_from_an_empty_prompt() -> None:
    async with running() as it:
        await it.pilot.press("a", "b", "home", "ctrl+d")
        assert it.prompt.text == "b"
        await it.pilot.press("ctrl+d", "ctrl+d")
        assert it.app.return_code == 0


async def test_a_pasted_text_is_one_edit_without_control_characters() -> None:
    async with running() as it:
        it.prompt.post_message(Paste("a\x1b[2Jb\r\nc\rd"))
        await it.pilot.pause()
        assert it.prompt.text == "a[2Jb\nc\nd"
        it.prompt.undo()
        assert it.prompt.text == ""


async def test_a_key_can_be_turned_off() -> None:
    async with running(reply("one"), keys={"chat.save": "", "app.list": ""}) as it:
        await it.ask("question")
        await it.see("ctrl+n New")
        await it.see("one")
        assert "Save" not in it.text
        await it.pilot.press("ctrl+t", "x")
        await it.until(lambda: it.prompt.text == "x")
        assert it.list.display


async def test_keys_can_be_moved_and_wrong_ones_are_told() -> None:
    async with running(keys={"chat.new": "f12"}) as it:
        it.list.focus()
        await it.pilot.press("f12")
        assert it.app.focused is it.prompt
    async with running(keys={"chat.nwe": "f12"}) as it:
        await it.see("There is no command 'chat.nwe'")


FOCUS = {
    KeyScope.PROMPT: PromptInput,
    KeyScope.ANY: PromptInput,
    KeyScope.TRANSCRIPT: Transcript,
    KeyScope.LIST: ConversationList,
}


async def test_every_key_reaches_its_command() -> None:
    async with running([TextDelta("one"), Gate()]) as it:
        await it.ask("hi")
        await it.see("one")
        for command in COMMANDS:
            if command.scope not in FOCUS:
                continue  # on a screen of its own
            it.app.screen.query_one(FOCUS[command.scope]).focus()
            if command.id in {"app.help", "app.prompt"}:
                it.list.focus()
            await it.pilot.pause()
            if command.id == "app.prompt":
                continue  # esc stops while a reply is under way
            for key in filter(None, command.keys.split(",")):
                reached = it.app.screen.active_bindings[key].binding.id
                assert reached == command.id or key in {"f8", "ctrl+q"}, (key, reached)


async def test_escape_goes_back_to_the_prompt_when_nothing_streams() -> None:
    async with running() as it:
        it.list.focus()
        await it.pilot.press("escape")
        assert it.app.focused is it.prompt


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("f4", "A new conversation"),
        ("f5", "Saved as"),
        ("f7", "signed"),
        ("ctrl+l", "one"),
    ],
)
async def test_function_keys_do_as_their_letters(key: str, seen: str, tmp_path: Path) -> None:
    async with running(reply("one"), exports=tmp_path, size=(160, 30)) as it:
        await it.ask("hi")
        await it.see("one")
        await it.pilot.press(key)
        await it.see(seen)


async def test_tab_walks_through_the_panes() -> None:
    async with running(reply("one")) as it:
        seen = []
        await it.ask("question")
        await it.see("one")
        for key in ("f2", "tab", "tab", "shift+tab"):
            await it.pilot.press(key)
            seen.append(type(it.app.focused))
        assert seen == [Transcript, ConversationList, PromptInput, ConversationList]


async def test_the_list_has_a_key_of_its_own_which_shows_it() -> None:
    async with running(reply("one"), size=(60, 20)) as it:
        await it.pilot.press("alt+l")
        assert it.list.display
        assert it.app.focused is it.list


async def test_a_link_is_shown_before_anything_opens() -> None:
    async with running(reply("[here](https://example.org/path)")) as it:
        await it.ask("link")
        await it.see("here")
        it.app.screen.query_one(Transcript).post_message(
            Transcript.LinkPressed("https://example.org/path")
        )
        await it.until(lambda: isinstance(it.app.screen, LinkScreen))
        await it.see("https://example.org/path")
        await it.pilot.press("escape")
        assert isinstance(it.app.screen, ChatScreen)


async def test_a_list_that_was_hidden_is_hidden_at_the_next_start() -> None:
    memory = FakeMemory()
    async with running(reply("one"), memory=memory) as it:
        await it.ask("question")
        await it.see("one")
        await it.pilot.press("ctrl+t")
        await it.until(lambda: memory.values == {"list": "hidden"})
    async with running(memory=memory) as it:
        assert not it.list.display
        await it.pilot.press("ctrl+t")
        await it.until(lambda: memory.values == {"list": "shown"})


async def test_old_conversations_are_listed_by_day_and_opened() -> None:
    store = MemoryStore()
    async with running(reply("old words"), store=store) as it:
        await it.ask("remember")
        await it.see("old words")
    later = datetime(2099, 1, 1, tzinfo=UTC)
    async with running(store=store, clock=lambda: later) as it:
        await it.see(f"{datetime.now(UTC).year}")
        await it.pilot.press("alt+1")
        await it.see("old words")


async def test_a_conversation_can_be_resumed() -> None:
    store = MemoryStore()
    async with running(reply("old words"), store=store) as it:
        await it.ask("remember")
        await it.see("old words")
        conversation_id = it.list.rows[0].id
    async with running(store=store, resume=conversation_id) as it:
        await it.see("old words")


async def test_a_wait_is_counted_in_every_conversation_that_is_opened() -> None:
    async with running([Gate()], reply("two")) as it:
        await it.ask("first")
        await it.until(lambda: "waiting" in it.status)
        await it.pilot.press("ctrl+n")
        await it.ask("second")
        await it.see("two")
        await it.until(lambda: "waiting" not in it.status and len(it.chat.active_turns.all()) == 1)
        await it.pilot.press("alt+2")
        await it.until(lambda: "waiting" in it.status)
        before = it.status
        await it.until(lambda: "waiting" in it.status and it.status != before)
        it.chat.active_turns.stop_all()


async def test_what_is_typed_is_drawn_without_waiting_for_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 3600.0)
    async with running() as it:
        drawn = asyncio.Event()
        it.app.post_display_hook = drawn.set
        await it.pilot.press("w")
        async with asyncio.timeout(PATIENCE):
            await drawn.wait()
        assert it.prompt.text == "w"


async def test_the_first_words_of_a_reply_are_drawn_without_waiting_for_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words, rest = Gate(), Gate()
    named = RemoteIdAssigned("c", "m")
    async with running(reply("zero"), [words, named, TextDelta("one"), rest, ReplyEnded()]) as it:
        await it.ask("first")
        await it.see("zero")
        it.prompt.cursor_blink = False
        monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 3600.0)
        monkeypatch.setattr(it.app.screen, "_Screen__update_timer", None)
        await it.ask("second")
        await it.until(lambda: "waiting" in it.status)
        # What is drawn first has them, whatever came before them.
        it.app.screen.window.limiter = FrameLimiter(0.001)
        drawn = asyncio.Event()
        it.app.post_display_hook = lambda: drawn.set() if "one" in it.text else None
        words.open()
        async with asyncio.timeout(PATIENCE):
            await drawn.wait()
        rest.open()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
async def test_everything_has_the_colours_of_the_theme_from_the_start(theme: Theme) -> None:
    async with running(reply("one"), theme=theme.name) as it:
        assert it.list.styles.background == Color.parse(theme.surface)
        await it.ask("first")
        await it.see("one")
        transcript = it.app.screen.query_one(Transcript)
        assert transcript.styles.background == Color.parse(theme.background)


async def test_a_clipboard_that_nobody_waits_for_any_more_is_left() -> None:
    async with running() as it:
        content = asyncio.get_running_loop().create_future()
        content.cancel()
        it.app.run_clipboard(ReadClipboard(content))
        await it.app.workers.wait_for_complete(
            [each for each in it.app.workers if each.group == "clipboard"]
        )
        assert it.app.crash is None
