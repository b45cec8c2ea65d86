"""Picture viewer: a picture as large as the screen, made larger, moved, saved and opened."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol, Self

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Static

from fakegpt_tui.attachments.path_listing import current_folder
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.domain.media_types import PIXEL_HEAD, identify
from fakegpt_tui.pictures.cells import BoundedCache, in_decoder
from fakegpt_tui.pictures.decoding import DecodingCancelled, Pixels, decode
from fakegpt_tui.pictures.placement import Zoom, kept_size
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import key_rows
from fakegpt_tui.ui.dialogs.items import MessageItem
from fakegpt_tui.ui.dialogs.pick import AskPathScreen
from fakegpt_tui.ui.messages import CopyText, OpenFile
from fakegpt_tui.ui.terminal.graphics import GraphicsDetection
from fakegpt_tui.ui.terminal.output import forget_pictures
from fakegpt_tui.ui.widgets.picture_canvas import PictureCanvas
from fakegpt_tui.ui.widgets.picture_frames import MOST_SENT

_OTHERS = "n N others · "
_KEYS = "o open · s save · c copy path · + - 0 1 zoom · arrows move · esc close"
_KEY_ROWS: Final = 2
_NO_FILE = "A temporary conversation has no file; s saves the picture to one."
_MARGIN: Final = 2
"""Cells beside the lines below the picture."""
_SENT_PIXEL: Final = 4
"""Bytes of a pixel in a terminal."""
_NO_COLOURS = "Pictures need colours, which NO_COLOR turns off; o opens this one."


class PictureFiles(Protocol):
    """What a viewer needs of the files of pictures."""

    async def read(self, picture: MessageItem) -> bytes: ...
    async def save(self, picture: MessageItem, typed: str) -> Path: ...
    def path(self, picture: MessageItem) -> Path | None: ...


class PictureViewer(ModalScreen[None]):
    """Shows one picture of several, and does with it what can be done with a file."""

    CSS_PATH = ["dialog.tcss", "picture_viewer.tcss"]
    BINDINGS = [
        Binding("escape,q", "dismiss", "Close"),
        Binding("f1", "show_all_keys", "Keys", show=False),
        Binding("plus,equals_sign", "zoom(1)", "Larger"),
        Binding("minus", "zoom(-1)", "Smaller"),
        Binding("0", "fit", "Fit"),
        Binding("1", "life_size", "Life size"),
        Binding("left,h", "move(-1,0)", "Left", show=False),
        Binding("right,l", "move(1,0)", "Right", show=False),
        Binding("up,k", "move(0,-1)", "Up", show=False),
        Binding("down,j", "move(0,1)", "Down", show=False),
        Binding("n,tab", "step(1)", "Next"),
        Binding("N,shift+tab", "step(-1)", "Before"),
        Binding("o", "open", "Open"),
        Binding("s", "save", "Save"),
        Binding("c,y", "copy_path", "Copy path"),
        Binding("ctrl+l", "redraw", "Redraw", show=False),
    ]

    def __init__(
        self,
        pictures: Sequence[MessageItem],
        at: int,
        files: PictureFiles,
        graphics: GraphicsDetection | None,
    ) -> None:
        """Begin with one picture.

        Args:
            pictures: All that can be gone through.
            at: The place of the first one to show, from 0.
            files: Their bytes, and what can be done with them.
            graphics: Finds a better way to draw than half blocks; `None` where these are wanted.
        """
        super().__init__()
        self._pictures = pictures
        self._at = at
        self._files = files
        self._graphics = graphics
        self._kept = BoundedCache[MessageItem, Pixels]()
        self._pixels: Pixels | None = None
        self._zoom: Zoom | None = None
        self._is_closed = False
        self._said = ""
        self._saved: dict[MessageItem, Path] = {}

    def compose(self) -> ComposeResult:
        yield PictureCanvas()
        yield Static(id="about", markup=False)
        yield Static(id="keys", markup=False)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw it anew, but not where a screen below has changed, of which nothing is seen.

        A picture that is drawn over cells would be sent again each time.
        """
        if regions:
            return self
        return super().refresh(repaint=repaint, layout=layout, recompose=recompose)

    def on_mount(self) -> None:
        self._canvas = self.query_one(PictureCanvas)
        self.on_resize()
        self.app.app_suspend_signal.subscribe(self, lambda _app: self._canvas.wipe())
        self.app.app_resume_signal.subscribe(self, lambda _app: self._canvas.show_again())
        if self._graphics is not None:
            self.run_worker(self._find_drawing(self._graphics), group="graphics")
        self._begin()

    def on_resize(self) -> None:
        """Tell as many keys as there is room for."""
        others = _OTHERS if len(self._pictures) > 1 else ""
        most = self.size.height if self.has_class("-all-keys") else _KEY_ROWS
        rows = key_rows(f"{others}{_KEYS}", self.size.width - _MARGIN, most)
        self.query_one("#keys", Static).update(Content("\n".join(rows)))

    def action_show_all_keys(self) -> None:
        """Show all keys, whatever room they take, or again as many as fit."""
        self.toggle_class("-all-keys")
        self.on_resize()

    def on_unmount(self) -> None:
        self._is_closed = True
        self._kept.clear()

    def on_screen_suspend(self) -> None:
        """Another screen is shown: a dialog over this, or that below it."""
        self._canvas.hide()

    def on_screen_resume(self) -> None:
        self._canvas.show_again()

    async def _find_drawing(self, graphics: GraphicsDetection) -> None:
        """Draw by the best way that the terminal says it has."""
        found = await graphics.ask()
        if found.best is not self._canvas.drawing:
            self._canvas.drawing = found.best
            self._canvas.show_again()

    def on_picture_canvas_room_changed(self) -> None:
        """Draw what is seen anew, for other room or other cells."""
        if self._zoom is not None:
            self._look(self._zoom.in_room(self._canvas.room, self._canvas.cell))

    @property
    def _picture(self) -> MessageItem:
        return self._pictures[self._at]

    def _begin(self) -> None:
        """Read the picture and show it, or why it cannot be shown."""
        self._pixels = self._zoom = None
        self._kept.clear()
        self._canvas.say("")
        self._tell("")
        self.run_worker(self._load(self._picture), group="reading", exclusive=True)

    async def _load(self, picture: MessageItem) -> None:
        if self.app.no_color:
            self._canvas.say(_NO_COLOURS)
            return
        try:
            data = await self._files.read(picture)
            _, width, height = identify(data[:PIXEL_HEAD])
            edge = max(kept_size(width or 1, height or 1))
            pixels = await in_decoder(partial(self._decode, picture, data, edge))
        except FakeGPTError as error:
            self._canvas.say(str(error))
            return
        except DecodingCancelled:
            return
        # As it is upright: what was decoded may have been turned by a quarter.
        share = max(width or 1, height or 1) / max(pixels.width, pixels.height)
        size = round(pixels.width * share), round(pixels.height * share)
        self._pixels = pixels
        sent = min(pixels.width * pixels.height, MOST_SENT) * _SENT_PIXEL
        self._kept.put(picture, pixels, len(pixels.rgb) + sent)
        self._look(Zoom(*size, self._canvas.room, self._canvas.cell))

    def _decode(self, picture: MessageItem, data: bytes, edge: int) -> Pixels:
        background = self.background_colors[1].rgb
        return decode(
            data,
            max_width=edge,
            max_height=edge,
            background=background,
            is_cancelled=lambda: self._is_closed or self._picture is not picture,
        )

    def _look(self, zoom: Zoom) -> None:
        if self._pixels is not None:
            self._zoom = zoom
            self._canvas.show(self._pixels, zoom)
            self._tell("")

    def _tell(self, notice: str) -> None:
        """Say something about what was done, or else what the picture is."""
        picture, count = self._picture, len(self._pictures)
        facts = [f"▣ {safe_line(picture.name, 60)}", safe_line(picture.label, 40), picture.size]
        facts += [f"{self._at + 1} of {count}"] if count > 1 else []
        facts += [f"{self._zoom.current:.0%}"] if self._zoom is not None else []
        words = Content(notice) if notice else Content(" · ".join(facts))
        self.query_one("#about", Static).update(words)

    def action_zoom(self, steps: int) -> None:
        if self._zoom is not None:
            self._look(self._zoom.enlarged(steps))

    def action_fit(self) -> None:
        if self._zoom is not None:
            self._look(self._zoom.fitted())

    def action_life_size(self) -> None:
        if self._zoom is not None:
            self._look(self._zoom.in_life_size())

    def action_move(self, right: int, down: int) -> None:
        if self._zoom is not None:
            self._look(self._zoom.moved(right, down))

    def action_step(self, step: int) -> None:
        """Show the next picture of the conversation, or the one before; the ends are joined."""
        if len(self._pictures) == 1:
            self._tell("There is no other picture in this conversation.")
            return
        self._at = (self._at + step) % len(self._pictures)
        self._begin()

    def action_open(self) -> None:
        """Open it in the program that the system has for it."""
        if (path := self._files.path(self._picture)) is None:
            self._tell(_NO_FILE)
        else:
            self.app.post_message(OpenFile(path, self._picture.name))

    def action_save(self) -> None:
        picture = self._picture

        def take(typed: str | None) -> None:
            if typed and typed.strip():
                self._work(self._save(picture, typed.strip()))

        title = f"File in {safe_line(str(current_folder()), 40)}"
        self.app.push_screen(AskPathScreen(title, picture.name), take)

    async def _save(self, picture: MessageItem, typed: str) -> None:
        self._saved[picture] = path = await self._files.save(picture, typed)
        self._tell(f"Saved as {safe_line(str(path))}")

    def action_copy_path(self) -> None:
        """Copy where it was saved, or else where the store keeps it."""
        path = self._saved.get(self._picture) or self._files.path(self._picture)
        if path is None:
            self._tell(_NO_FILE)
        else:
            self.app.post_message(CopyText(str(path), "path"))

    def action_redraw(self) -> None:
        forget_pictures(self.app)
        self._canvas.show_again()

    def _work(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            except FakeGPTError as error:
                self._tell(str(error))

        self.run_worker(run(), group="files")

    def sequence_over(self, drawn: Collection[int] | None) -> str:
        """What is written once something has been drawn (see `OverlaidApp`)."""
        return self._canvas.sequence_over(drawn) if self.is_active else ""
