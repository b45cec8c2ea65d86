"""Pictures over the whole screen, by key, as cells that every terminal shows."""

import asyncio
from pathlib import Path

import pytest
from rich.color import Color
from textual import on
from textual.app import App

from fakegpt_tui.domain import LoadError, MessageStatus
from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart
from fakegpt_tui.ui.dialogs.items import ItemsScreen, MessageItem, file_item
from fakegpt_tui.ui.dialogs.pick import AskPathScreen
from fakegpt_tui.ui.dialogs.picture_viewer import PictureViewer
from fakegpt_tui.ui.messages import CopyText, OpenFile
from fakegpt_tui.ui.widgets.picture_canvas import PictureCanvas
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.attachments.examples import png
from tests.attachments.pictures import photo
from tests.ui.running import Running, reply, running

RED, BLUE = (255, 0, 0), (0, 0, 255)
PHOTO = photo((800, 400), "PNG")
HUGE = png(1, 1).replace(b"\0\0\0\1\0\0\0\1", b"\0\0\x75\x30\0\0\x75\x30", 1)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


async def tell(it: Running, *named: tuple[str, bytes]) -> None:
    """Send a prompt with pictures and files, as an import or a service might have brought them."""
    conversation, parts = it.chat.conversations.create(), []
    for name, data in named:
        blob = await it.chat.attachments.put(conversation.id, data)
        is_taken = blob.media_type.startswith("image/") and "file" not in name
        parts.append(ImagePart(blob, name) if is_taken else FilePart(blob, name))
    turn = it.chat.turns.new(conversation, "look", parts=tuple(parts))
    it.app.work.start_turn(turn)
    await it.until(lambda: turn.reply.status is MessageStatus.COMPLETE)
    it.list.focus()
    await it.pilot.press("enter")
    await it.see("I see")
    it.app.screen.query_one(Transcript).focus()


async def view(it: Running, key: str = "o") -> None:
    await it.pilot.press(key)
    await it.until(lambda: isinstance(it.app.screen, PictureViewer))


def cells(it: Running) -> dict[tuple[int, int, int], int]:
    """How many cells of the picture have each colour behind them."""
    canvas = it.app.screen.query_one(PictureCanvas)
    found: dict[tuple[int, int, int], int] = {}
    for y in range(canvas.size.height):
        for text, style, _ in canvas.render_line(y):
            color = style.bgcolor if style is not None else None
            if isinstance(color, Color) and color.triplet is not None:
                found[color.triplet] = found.get(color.triplet, 0) + len(text)
    return found


async def test_a_picture_is_shown_made_larger_moved_saved_and_left(tmp_path: Path) -> None:
    async with running(reply("I see"), size=(100, 30)) as it:
        await tell(it, ("left.png", PHOTO), ("right.jpg", photo((40, 80))))
        await view(it)
        await it.until(lambda: cells(it).get(RED, 0) > 100)
        shown = cells(it)
        assert shown[RED] == shown[BLUE] == 50 * 25
        await it.see("▣ left.png · PNG 800×400 ·")
        await it.see("1 of 2 · 125%")
        assert it.text.splitlines()[-1].startswith(" n N others · o open")

        await it.pilot.press(*"++++++")
        await it.see("· 477%")
        await it.pilot.press(*["right"] * 12)
        await it.until(lambda: cells(it).get(RED, 0) == 0 < cells(it).get(BLUE, 0))
        await it.pilot.press(*["left"] * 24)
        await it.until(lambda: cells(it).get(BLUE, 0) == 0 < cells(it).get(RED, 0))
        await it.pilot.press("0")
        await it.until(lambda: cells(it) == shown)
        await it.pilot.press("1")
        await it.see("· 100%")
        await it.pilot.resize_terminal(60, 20)
        await it.until(lambda: 0 < cells(it).get(RED, 0) == cells(it)[BLUE])

        await it.pilot.press("n")
        await it.see("▣ right.jpg · JPEG 40×80")
        await save(it, tmp_path)
        assert (tmp_path / "right.jpg").read_bytes() == photo((40, 80))
        await it.pilot.press("n")
        await it.see("▣ left.png")
        await it.pilot.press("escape")
        await it.until(lambda: not isinstance(it.app.screen, PictureViewer))


async def save(it: Running, folder: Path) -> None:
    await it.pilot.press("s")
    await it.until(lambda: isinstance(it.app.screen, AskPathScreen))
    await it.pilot.press("home", *f"{folder}/", "enter")
    await it.see("Saved as")


async def test_what_cannot_be_drawn_says_why_and_the_others_can_be_seen() -> None:
    async with running(reply("I see")) as it:
        await tell(
            it,
            ("huge-file.png", HUGE),
            ("drawing-file.svg", SVG),
            ("torn.png", PHOTO[:300]),
            ("left.png", PHOTO),
            ("notes-file.md", b"remember the milk"),
        )
        await view(it, "enter")
        await it.see("30,000×30,000) is too large to be shown")
        await it.pilot.press("n")
        await it.see("The file is an SVG")
        await it.pilot.press("n")
        await it.see("The picture is damaged and cannot be shown")
        await it.pilot.press("plus", "left", "0", "1", "n")
        await it.until(lambda: cells(it).get(RED, 0) > 100)
        await it.see("4 of 4")


async def test_the_list_of_a_message_shows_the_picture_that_is_chosen() -> None:
    async with running(reply("I see")) as it:
        second = photo((80, 40), "PNG")
        await tell(it, ("first.png", PHOTO), ("second.png", second), ("file.txt", b"words"))
        await it.pilot.press("g", "x")
        await it.until(lambda: isinstance(it.app.screen, ItemsScreen))
        await it.see("enter view · s save")
        await it.pilot.press("end")
        await it.see("s save · o open · e edit")
        await it.pilot.press("up")
        await it.see("enter view · s save")
        await view(it, "enter")
        await it.see("▣ second.png")
        await it.pilot.press("c")
        await it.see("A temporary conversation has no file")
        await it.pilot.press("q", "e")


async def test_without_pictures_and_without_colours_there_is_a_sentence() -> None:
    async with running(reply("I see")) as it:
        await tell(it)
        await it.pilot.press("o")
        await it.see("There is no picture in this conversation.")


async def test_a_notice_is_seen_once_below_the_picture() -> None:
    async with running(reply("I see")) as it:
        await tell(it, ("left.png", PHOTO))
        await view(it)
        await it.see("▣ left.png")
        it.app.show_error(LoadError("No program opens it."))
        await it.see("No program opens it.")
        await it.pilot.pause()
        assert it.text.count("No program opens it.") == 1
        assert "▣ left.png" in it.text


async def test_what_changes_below_does_not_have_the_picture_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(reply("I see")) as it:
        await tell(it, ("left.png", PHOTO))
        await view(it)
        await it.until(lambda: cells(it).get(RED, 0) > 100)
        await it.pilot.pause()
        drawn: list[bool] = []
        monkeypatch.setattr(it.app, "post_display_hook", lambda: drawn.append(True))
        below, is_over = it.app.screen_stack[0], asyncio.Event()
        below.refresh()
        below.set_timer(0.1, is_over.set)
        await is_over.wait()
        assert not drawn
        await it.pilot.press("plus")
        await it.until(lambda: bool(drawn))


class KeptFiles:
    """A picture that the store has as a file."""

    path_of = Path("/store/blobs/5f")

    async def read(self, _picture: MessageItem) -> bytes:
        return PHOTO

    async def save(self, _picture: MessageItem, typed: str) -> Path:
        return Path(typed)

    def path(self, _picture: MessageItem) -> Path:
        return self.path_of


class ViewerApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[OpenFile | CopyText] = []

    def on_mount(self) -> None:
        part = ImagePart(Blob("5f" * 32, len(PHOTO), "image/png", 800, 400), "left.png")
        self.push_screen(PictureViewer([file_item(part)], 0, KeptFiles(), None))

    @on(OpenFile)
    @on(CopyText)
    def note(self, message: OpenFile | CopyText) -> None:
        self.heard.append(message)


async def test_its_file_is_opened_by_the_system_and_its_path_is_copied() -> None:
    async with (app := ViewerApp()).run_test() as pilot:
        await pilot.press("o", "c", "s")
        await pilot.press("home", *"/tmp/", "enter")
        while "Saved as /tmp/left.png" not in str(app.screen.query_one("#about").render()):
            await pilot.pause()
        await pilot.press("c")
        opened, *copied = app.heard
        assert (opened.path, opened.name) == (KeptFiles.path_of, "left.png")
        assert [each.text for each in copied] == [str(KeptFiles.path_of), "/tmp/left.png"]
