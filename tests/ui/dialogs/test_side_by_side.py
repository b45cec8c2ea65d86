"""One prompt, several replies next to each other."""

from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fakegpt_tui.backends.scripted import Gate, ScriptedBackend, Step
from fakegpt_tui.domain import (
    MediaReceived,
    MessageStatus,
    Model,
    ModelRef,
    ReplyEnded,
    RequestRefused,
    Service,
    ServiceKind,
    TextDelta,
)
from fakegpt_tui.domain.parts import ImagePart
from fakegpt_tui.keymap import COMMANDS, KeyScope
from fakegpt_tui.ui.dialogs.link import LinkScreen
from fakegpt_tui.ui.dialogs.side_by_side import SideBySideScreen
from fakegpt_tui.ui.screens.chat import ChatScreen
from fakegpt_tui.ui.widgets.status_bar import StatusBar
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.attachments.examples import png
from tests.ui.running import Running, reply, running

NAMES = ("red", "green", "blue", "grey")


def backend(name: str, *scripts: list[Step]) -> ScriptedBackend:
    return ScriptedBackend(*scripts, models=(Model(f"{name}-1"),))


@asynccontextmanager
async def asked(
    count: int = 2,
    scripts: dict[str, list[list[Step]]] | None = None,
    size: tuple[int, int] = (120, 30),
):
    """Several that were asked “hi” side by side, the first ones of `NAMES`."""
    names = NAMES[:count]
    backends = {name: backend(name, *(scripts or {}).get(name, [])) for name in names}
    services = [
        Service(name=name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9") for name in names
    ]
    async with running(services=services, backends=backends, size=size) as it:
        it.prompt.insert("hi")
        await it.pilot.press("alt+s")
        await choose(it, names)
        await it.until(lambda: isinstance(it.app.screen, SideBySideScreen))
        yield it


async def choose(it: Running, names: tuple[str, ...]) -> None:
    await it.see("Models side by side")
    await it.until(lambda: all(it.chat.services.known_models(name) for name in names))
    if "Marked (1 of 4)" in it.text:
        await it.pilot.press(*"scripted-1", "enter")
    for name in names:
        await it.pilot.press(*f"{name}-1")
        await it.see(f"{name}-1")
        await it.pilot.press("enter")
    await it.see(f"Marked ({len(names)} of 4)")
    await it.pilot.press("ctrl+s")


def titles(it: Running) -> list[str]:
    shown = (each for each in it.app.screen.query(Transcript) if each.display)
    return [str(each.border_title).strip() for each in shown]


async def test_the_replies_stream_side_by_side_and_the_chosen_one_goes_on() -> None:
    gate = Gate()
    scripts = {
        "red": [[TextDelta("roses"), gate, TextDelta(" are red"), ReplyEnded()]],
        "green": [[TextDelta("grass"), gate, ReplyEnded()], reply("more grass")],
    }
    async with asked(2, scripts) as it:
        await it.see("roses")
        await it.see("grass")
        assert titles(it) == ["▶ 1/2 red red-1", "2/2 green green-1"]
        gate.open()
        await it.see("roses are red")
        await it.see("complete, ≈")
        await it.pilot.press("tab")
        await it.until(lambda: titles(it) == ["1/2 red red-1", "▶ 2/2 green green-1"])
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        await it.see("‹ 2/2 ›")
        assert [each.text for each in it.path] == ["hi", "grass"]
        await it.ask("and?")
        await it.see("more grass")
        assert it.path[-1].service == "green"
        it.app.screen.query_one(Transcript).focus()
        await it.pilot.press("K", "K", "left")
        await it.see("roses are red")


async def test_escape_stops_all_and_then_closes() -> None:
    scripts = {name: [[TextDelta(name), Gate()]] for name in NAMES}
    async with asked(3, scripts) as it:
        for name in NAMES[:3]:
            await it.see(name)
        await it.pilot.press("escape")
        await it.see("stopped, ≈")
        await it.until(lambda: not it.chat.active_turns.all())
        assert isinstance(it.app.screen, SideBySideScreen)
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        await it.see("‹ 1/3 ›")
        found = [each.status for each in it.store.nodes.values() if each.service]
        assert found == [MessageStatus.STOPPED] * 3


async def test_a_link_and_the_code_of_a_column_are_reached_by_hints() -> None:
    code = "A [link](https://one.example).\n\n```py\nsail()\n```"
    async with asked(scripts={"red": [reply(code)], "green": [reply("grass")]}) as it:
        await it.see("A link.")
        await it.see("esc close")
        await it.pilot.press("f")
        await it.see("Type a hint")
        # The reply, its link and its code.
        await it.pilot.press("space", "j")
        await it.see("Link: o open · c copy · esc leaves")
        await it.pilot.press("o")
        await it.until(lambda: isinstance(it.app.screen, LinkScreen))
        await it.pilot.press("escape")
        await it.see("esc close")
        await it.pilot.press("f", "d")
        await it.see("ode block")
        await it.pilot.press("f", "escape", "escape")
        await it.until(lambda: not isinstance(it.app.screen, SideBySideScreen))


async def test_the_others_go_on_after_one_was_chosen() -> None:
    gate = Gate()
    scripts = {
        "red": [reply("roses")],
        "green": [[TextDelta("grass"), gate, TextDelta(" and trees"), ReplyEnded()]],
    }
    async with asked(2, scripts) as it:
        await it.see("complete, ≈")
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        gate.open()
        await it.until(lambda: not it.chat.active_turns.all())
        texts = {each.text for each in it.store.nodes.values()}
        assert texts == {"hi", "roses", "grass and trees"}
        assert [each.text for each in it.path] == ["hi", "roses"]
        assert "trees" not in it.text


async def test_one_that_fails_says_so_in_its_column_and_a_picture_is_drawn_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    target = BytesIO()
    Image.linear_gradient("L").save(target, "PNG")
    scripts = {
        "red": [[TextDelta("roses"), MediaReceived(target.getvalue(), "rose.png"), ReplyEnded()]],
        "green": [[RequestRefused("No grass today.")]],
    }
    async with asked(2, scripts) as it:
        await it.see("No grass today.")
        await it.until(lambda: "failed ─" in it.text)
        await it.see("roses")
        await it.see("▣ rose.png")
        await it.see("▀" * 20)


@pytest.mark.parametrize(
    ("size", "count", "shown"),
    [((120, 30), 4, 3), ((80, 24), 2, 2), ((80, 24), 3, 2), ((60, 20), 3, 1)],
)
async def test_as_many_as_fit_are_shown_and_tab_brings_the_others(
    size: tuple[int, int], count: int, shown: int
) -> None:
    scripts = {name: [reply(f"said by {name}")] for name in NAMES}
    async with asked(count, scripts, size) as it:
        await it.see("said by red")
        await it.until(lambda: len(titles(it)) == shown)
        for name in NAMES[:count]:
            await it.see(f"{name} {name}-1: complete" if shown < count else f"said by {name}")
        for name in NAMES[1:count]:
            await it.pilot.press("tab")
            await it.see(f"said by {name}")
        await it.pilot.press("right")
        await it.until(lambda: titles(it)[0].startswith("▶ 1/"))
        await it.pilot.press("shift+tab")
        await it.until(lambda: titles(it)[-1].startswith(f"▶ {count}/"))
        await it.pilot.press("enter")
        await it.until(lambda: it.path[-1].service == NAMES[count - 1])


async def test_with_an_empty_prompt_the_last_one_is_asked_of_others() -> None:
    services = [
        Service(name=name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9") for name in NAMES
    ]
    backends = {name: backend(name, reply(f"said by {name}")) for name in NAMES}
    async with running(reply("the first"), services=services, backends=backends) as it:
        await it.command("/side-by-side")
        await it.see("Type a prompt first")
        it.prompt.insert("hi")
        # Each second it is looked whether a notice still holds.
        status = it.app.screen.query_one(StatusBar)
        status.check_notice()
        assert not status.notice
        await it.pilot.press("enter")
        await it.see("the first")
        await it.until(lambda: not it.chat.active_turns.all())
        await it.command("/side-by-side")
        await choose(it, ("red", "blue"))
        await it.see("said by blue")
        await it.pilot.press("escape")
        await it.see("‹ 2/3 ›")


async def test_those_who_were_asked_are_marked_the_next_time() -> None:
    async with asked(2, {name: [reply("one")] for name in NAMES}) as it:
        await it.see("complete")
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        it.prompt.insert("again")
        await it.pilot.press("alt+s")
        await it.see("Marked (2 of 4): red/red-1, green/green-1")


async def test_one_alone_is_not_side_by_side_and_five_are_too_many() -> None:
    async with running() as it:
        it.services |= {
            name: Service(name=name, kind=ServiceKind.EMBEDDED, model="m") for name in NAMES
        }
        it.prompt.insert("hi")
        await it.pilot.press("alt+s")
        await it.see("Marked (1 of 4): scripted/scripted-1")
        await it.pilot.press("ctrl+s")
        await it.see("Mark two to 4 with enter first.")
        for name in NAMES:
            await it.pilot.press(*name, "enter")
        await it.see("4 are marked, which is as many as there can be.")
        await it.pilot.press("escape")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        assert it.prompt.text == "hi"
        assert it.chat.active_turns.all() == []


async def test_nothing_is_asked_while_a_reply_is_under_way() -> None:
    async with running([TextDelta("one"), Gate()]) as it:
        await it.ask("hi")
        await it.see("one")
        await it.pilot.press("alt+s")
        await it.see("A reply is under way in this conversation")


async def test_a_prompt_that_cannot_be_saved_is_given_back_once() -> None:
    services = [
        Service(name=name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9") for name in NAMES
    ]
    backends = {name: backend(name, reply("x")) for name in NAMES}
    async with running(services=services, backends=backends) as it:
        it.prompt.insert("hi")
        it.store.refusal = "The disk is gone."
        await it.pilot.press("alt+s")
        await choose(it, ("red", "blue"))
        await it.until(lambda: isinstance(it.app.screen, ChatScreen))
        await it.see("The disk is gone.")
        assert it.prompt.text == "hi"


async def test_every_key_of_the_screen_reaches_its_command() -> None:
    async with asked(2, {name: [reply("one")] for name in NAMES}) as it:
        await it.see("complete")
        for command in COMMANDS:
            if command.scope is KeyScope.SIDE_BY_SIDE:
                for key in command.keys.split(","):
                    assert it.app.screen.active_bindings[key].binding.id == command.id
        assert "e Edit" not in it.text


async def test_a_favourite_can_be_asked_from_its_place_at_the_top() -> None:
    services = [Service(name="red", kind=ServiceKind.OPENAI, url="http://127.0.0.1:9")]
    async with running(services=services, backends={"red": backend("red")}) as it:
        it.registry.favourites = (ModelRef("red", "red-1"),)
        it.prompt.insert("hi")
        await it.pilot.press("alt+s")
        await it.see("★ red-1  red")
        await it.pilot.press("pageup", "enter")
        await it.see("Marked (2 of 4): scripted/scripted-1, red/red-1")


async def test_models_that_see_no_pictures_are_told_of_before_any_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cat.png").write_bytes(png(4, 3))
    monkeypatch.chdir(tmp_path)
    backends = {
        "red": ScriptedBackend(reply("roses"), models=(Model("red-1", sees=True),)),
        "green": ScriptedBackend(reply("grass"), models=(Model("green-1", sees=False),)),
    }
    services = [
        Service(name=name, kind=ServiceKind.OPENAI, url="http://127.0.0.1:9") for name in backends
    ]
    async with running(services=services, backends=backends, size=(120, 30)) as it:
        await it.pilot.press(*"/attach cat.png", "enter")
        await it.see("▣ 1 cat.png")
        await it.pilot.press(*"what is it?")
        await it.pilot.press("alt+s")
        await choose(it, tuple(backends))
        await it.see("No pictures are taken by green/green-1.")
        assert not any(each.requests for each in backends.values())
        await it.pilot.press("enter")
        await it.until(lambda: isinstance(it.app.screen, SideBySideScreen))
        await it.see("roses")
        (request,) = backends["red"].requests
        assert isinstance(request.messages[-1].parts[0], ImagePart)
        assert not backends["green"].requests
