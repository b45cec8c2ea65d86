"""Import and job dialogs: which file to import, and how far a long job has come."""

from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, ProgressBar, Static

from fakegpt_tui.attachments.path_listing import typed_path
from fakegpt_tui.chat.jobs import Job
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import DialogFrame, ScrollingFrame
from fakegpt_tui.ui.widgets.service_list import PlainCheckbox
from fakegpt_tui.ui.widgets.text_field import PathField

_WHAT = (
    "Conversations that were saved here, and exports of ChatGPT, Claude, Gemini, Open WebUI and "
    "many others: archives as they were sent, files, databases, or folders. What is there already "
    "stays as it is."
)


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import, and whether only to tell what would be done."""

    path: Path
    dry_run: bool


class ImportScreen(ModalScreen[ImportRequest | None]):
    """A field for a path; dismissed with what it says, or with nothing."""

    CSS_PATH = ["dialog.tcss", "import_files.tcss"]
    BINDINGS = [Binding("escape", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with DialogFrame("import"):
            yield PathField(placeholder="File or folder; tab completes")
            yield PlainCheckbox("Dry run: nothing is imported", compact=True)
            yield Static(Content(_WHAT), id="what")

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Import", "enter begin · esc close")

    @on(Input.Submitted)
    def begin(self, event: Input.Submitted) -> None:
        if path := typed_path(event.value):
            self.dismiss(ImportRequest(path, self.query_one(Checkbox).value))


_LOOK_SECONDS = 0.1
_MAX_DETAILS = 200
_MAX_LINE = 400


class JobScreen(ModalScreen[Job | None]):
    """Shows a job, which goes on without it; dismissed with the next one, or with nothing."""

    CSS_PATH = ["dialog.tcss", "job.tcss"]
    BINDINGS = [
        Binding("escape", "dismiss", "Close"),
        Binding("ctrl+c", "stop", "Stop"),
        Binding("enter", "next", "Next"),
    ]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def compose(self) -> ComposeResult:
        with ScrollingFrame("job"):
            yield ProgressBar(show_eta=False)
            yield Static(id="said")

    def on_mount(self) -> None:
        self._timer = self.set_interval(_LOOK_SECONDS, self._look)
        self._job.is_watched = True
        self._look()

    def on_unmount(self) -> None:
        self._job.is_watched = False

    def action_stop(self) -> None:
        self._job.progress.stopped = True

    def action_next(self) -> None:
        if self._job.result is not None and self._job.follow_up is not None:
            self.dismiss(self._job.follow_up[1])

    def _look(self) -> None:
        progress, result = self._job.progress, self._job.result
        bar = self.query_one(ProgressBar)
        bar.update(total=progress.total or None, progress=progress.done)
        frame = self.query_one(ScrollingFrame)
        if result is None:
            frame.set_frame(self._job.title, "ctrl+c stop · esc close")
            said = (
                "It is being stopped …" if progress.stopped else "It goes on when this is closed."
            )
            self.query_one("#said", Static).update(Content.styled(said, "$text-muted"))
            return
        self._timer.stop()
        bar.display = False
        then = "" if self._job.follow_up is None else f"enter {self._job.follow_up[0]} · "
        frame.set_frame(self._job.title, f"{then}esc close")
        details = [safe_line(each, _MAX_LINE) for each in result.details[:_MAX_DETAILS]]
        if more := len(result.details) - len(details):
            details.append(f"And {more} more.")
        lines = [Content(safe_line(result.summary, _MAX_LINE)), *map(Content, details)]
        self.query_one("#said", Static).update(Content("\n").join(lines))
