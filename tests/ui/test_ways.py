"""Whatever can be clicked can be reached by key, on every screen."""

import importlib
import pkgutil

from textual.screen import ModalScreen
from textual.widget import Widget

import fakegpt_tui.ui.dialogs
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    TextSpan,
    ToolResultPart,
)
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.ui.screens.chat import ChatScreen
from tests.ui.dialog_scenes import DIALOGS
from tests.ui.running import running
from tests.ui.ways import IN_SCENES, METAS, WIDGETS, clicks_in_sources, unreachable
from tests.ui.widgets.transcript.transcript_app import MarkdownApp, prompt, show
from tests.ui.widgets.transcript.transcript_app import reply as transcript_reply

BASES = {
    "ChoiceListScreen",
    "ListScreen",
    "PreviewListScreen",
    "CommandListScreen",
    "ServicePickerScreen",
}
"""What dialogs are made of, and is not shown itself."""


def dialogs() -> set[str]:
    """The dialogs that there are."""
    for module in pkgutil.iter_modules(fakegpt_tui.ui.dialogs.__path__):
        importlib.import_module(f"fakegpt_tui.ui.dialogs.{module.name}")
    found = [ModalScreen]
    for each in found:
        found += [one for one in each.__subclasses__() if one.__module__.startswith("fakegpt_tui")]
    return {each.__name__ for each in found[1:]} - BASES


def test_every_kind_of_click_in_the_sources_has_a_way_by_key() -> None:
    classes, metas = clicks_in_sources()
    assert classes == {"ConversationList", "FirstPage", "KeyFooter", "Transcript"}
    assert classes <= WIDGETS.keys()
    assert metas == METAS.keys() | {"PICTURE_META", "offset"}
    keyed = {command.id for command in COMMANDS if command.keys}
    assert {command for command, _ in METAS.values()} <= keyed


BLOB = Blob("ab" * 32, 340_000, "image/png", 300, 200)


def _has_size(widget: Widget) -> bool:
    return bool(widget.size)


async def test_every_dialog_that_no_scene_shows_can_be_used_without_a_pointer() -> None:
    seen: set[str] = set()

    async with running(size=(60, 20)) as it:
        for make in DIALOGS.values():
            dialog = make()
            await it.app.push_screen(dialog)
            await it.until(lambda one=dialog: one.is_current and all(map(_has_size, one.children)))
            assert list(unreachable(dialog)) == []
            seen.add(type(dialog).__name__)
            await it.pilot.press("escape")
            await it.until(lambda: isinstance(it.app.screen, ChatScreen))
    assert seen | IN_SCENES == dialogs() | {"ChatScreen"}


async def test_all_that_a_message_can_show_has_a_hint() -> None:
    """And so has what the pointer can use in a transcript of a dialog."""
    parts = (ImagePart(BLOB, "cat.png"), FilePart(Blob("cd" * 32, 9, "text/plain"), "a.txt"))
    app = MarkdownApp()
    async with app.run_test(size=(40, 40)) as pilot:
        source = CitationPart(0, 4, "https://example.org/giraffes", "Giraffes")
        code = f"```py\n{'wide ' * 30}\n```"
        details = "<details>\n<summary>More</summary>\n\nHidden.\n</details>"
        text = f"A [link](https://one.example).\n\n{details}\n\n{code}\n"
        tool = ToolResultPart("c1", "search", "Tall.")
        await show(
            pilot,
            prompt(0, "Look", parts=parts),
            transcript_reply(1, text, reasoning="So.", parts=(TextSpan(len(text)), tool, source)),
        )
        app.transcript.toggle_code_wrap()
        await pilot.pause()
        metas = {
            name
            for row in app.transcript.render_lines(app.transcript.size.region)
            for segment in row
            for name in (segment.style.meta if segment.style else {})
        }
        assert metas >= METAS.keys() - {"transcript"}
        assert list(unreachable(app.screen)) == []
