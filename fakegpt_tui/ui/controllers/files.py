"""File controller: save conversations or picked messages, import, and follow long jobs."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fakegpt_tui.attachments.path_listing import current_folder, typed_path
from fakegpt_tui.chat.argument_values import find_numbered
from fakegpt_tui.chat.jobs import MARKDOWN, Job, export_formats
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import SaveError
from fakegpt_tui.text import file_stem, safe_line
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.messages import CopyText, OpenFile, RunJob
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

_OPEN, _PICKED, _ALL = "open", "picked", "all"
_SEPARATOR = "."


class FileController:
    """Saves and imports; one long job runs at a time, and its dialog can be opened again."""

    def __init__(self, chat: ChatService, state: ChatState, window: Window, folder: Path) -> None:
        """`folder` is where files are saved."""
        self._chat = chat
        self._state = state
        self._window = window
        self._folder = folder
        self._job: Job | None = None
        self._saved: Path | None = None

    def save(self, suffix: str = "", typed: str = "") -> None:
        """Save the open conversation, in the folder of exports or where a path says."""
        work = self._save_to(suffix, typed) if typed else self._save(suffix or MARKDOWN, ())
        self._window.work(work, group="save", exclusive=False)

    def save_picked(self, suffix: str = MARKDOWN) -> None:
        """Save the messages that are picked, or selected, or the one under the cursor."""
        if ids := self._targets():
            self._window.work(self._save(suffix, ids), group="save", exclusive=False)
        else:
            self._window.notify("There is nothing to save yet.")

    async def _save(self, suffix: str, only: tuple[str, ...]) -> None:
        conversation = self._state.open
        if conversation.leaf_id is None:
            self._window.notify("There is nothing to save yet.")
            return
        path = await self._chat.exports.export(
            conversation.id, self._folder, suffix=suffix, only=only
        )
        count = f"{len(only)} message{'' if len(only) == 1 else 's'} " if only else ""
        self._tell_saved(path, f"Saved {count}as")
        if only and conversation.id == self._state.open.id:
            self._state.picked = frozenset()

    def _tell_saved(self, path: Path, what: str = "Saved as") -> None:
        self._saved = path = path.absolute()
        then = "/copy path, /open file, /open folder"
        self._window.notify(f"{what} {path.name} in {path.parent} · {then}")

    async def _save_to(self, suffix: str, typed: str) -> None:
        conversation, path = self._state.open, typed_path(typed)
        if conversation.leaf_id is None or path is None:
            self._window.notify("There is nothing to save yet.")
            return
        try:
            saved = await self._chat.exports.export_to(conversation.id, path, suffix=suffix)
        except SaveError:
            if not self._window.prompt.text:
                self._window.prompt.replace_text(" ".join(filter(None, ("/save", suffix, typed))))
            raise
        self._tell_saved(saved)

    def ask_where(self, typed: str = "") -> None:
        """Save where a path says, which the user is asked for unless it was typed."""
        if typed:
            self.save("", typed)
        elif self._state.open.leaf_id is None:
            self._window.notify("There is nothing to save yet.")
        else:
            from fakegpt_tui.ui.dialogs.pick import AskPathScreen  # noqa: PLC0415 - after first paint

            name = f"{file_stem(self._state.open.title) or 'conversation'}.md"
            self._window.ask(AskPathScreen("File", str(current_folder() / name)), self.ask_where)

    def copy_path(self) -> None:
        """Copy the path of the file that was saved last."""
        if (path := self._last_saved()) is not None:
            self._window.post(CopyText(str(path), "path"))

    def open_saved(self) -> None:
        """Open the file that was saved last on the desktop."""
        if (path := self._last_saved()) is not None:
            self._window.post(OpenFile(path))

    def open_folder(self) -> None:
        """Open the folder of the file that was saved last on the desktop."""
        if (path := self._last_saved()) is not None:
            self._window.post(OpenFile(path.parent))

    def _last_saved(self) -> Path | None:
        if self._saved is None:
            self._window.notify("Nothing was saved yet in this run; ctrl+s saves.")
        return self._saved

    def read_back(self, number: str = "") -> None:
        """Offer the files of the mirror folder that were edited, to be read back."""
        self._window.work(self._offer_edited(number), group="mirror")

    async def _offer_edited(self, number: str) -> None:
        edited = await self._chat.imports.edited_files()
        if not edited:
            self._window.notify("No file of the mirror folder was edited.")
            return
        choices = [Choice(str(path), title, path.name) for path, title in edited]

        def take(chosen: str) -> None:
            self._window.work(self._read_back(Path(chosen)), group="mirror")

        self._window.pick("Edited files", choices, take, number=number, verb="read back")

    async def _read_back(self, path: Path) -> None:
        self._window.notify(await self._chat.imports.read_back(path))

    def save_all(self, suffix: str = "") -> None:
        if suffix:
            self._save_part(_ALL, suffix)
        else:
            self._choose_what([_ALL])

    def save_as(self, suffix: str = "") -> None:
        """Save in a format; where none was typed, ask for it, and for what to save."""
        if suffix:
            self.save(suffix)
        else:
            self._choose_what([_OPEN, _PICKED, _ALL] if self._targets() else [_ALL])

    def _choose_what(self, parts: list[str]) -> None:
        count = len(self._targets())
        labels = {
            _OPEN: "This conversation",
            _PICKED: "One message of it" if count == 1 else f"{count} messages of it",
            _ALL: "Every conversation",
        }
        choices = [
            Choice(f"{part}{_SEPARATOR}{suffix}", f"{labels[part]} as {name}", f".{suffix}")
            for part in parts
            for suffix, name in export_formats().items()
        ]
        self._window.pick(
            "Format", choices, lambda choice: self._save_part(*choice.split(_SEPARATOR, 1))
        )

    def _save_part(self, part: str, suffix: str) -> None:
        if part == _OPEN:
            self.save(suffix)
        elif part == _PICKED:
            self.save_picked(suffix)
        elif not self._show_running_job():
            run = partial(self._chat.exports.export_all, self._folder, suffix=suffix)
            self.start_job(Job(f"Export as {export_formats()[suffix]}", run))

    def pick(self, number: str = "") -> None:
        """Pick the message of a number or under the cursor, or no longer, and go on to the next."""
        transcript = self._window.transcript
        if (numbered := find_numbered(self._state.path, number)) is not None:
            transcript.reveal(numbered.id)
        if (message := transcript.current_message) is None:
            self._window.notify("There is no message to pick yet.")
            return
        self._state.picked ^= {message.id}
        self._window.after_refresh(lambda: transcript.action_mark(1))
        count = len(self._state.picked_in_path)
        self._window.notify(
            f"{count} picked; s saves them." if count else "Nothing is picked.",
            while_true=lambda: len(self._state.picked_in_path) == count,
        )

    def import_file(self, typed: str = "") -> None:
        """Import what is at a path, which the user is asked for unless it was typed."""
        if self._show_running_job():
            return
        if (path := typed_path(typed)) is not None:
            self._import([path], path.name, dry_run=False)
            return
        from fakegpt_tui.ui.dialogs.import_files import ImportRequest, ImportScreen  # noqa: PLC0415 - after first paint

        def take(request: ImportRequest) -> None:
            self._import([request.path], request.path.name, dry_run=request.dry_run)

        self._window.ask(ImportScreen(), take)

    def import_found(self, number: str = "") -> None:
        """Look for what other programs keep on this machine, and offer to import it."""
        if not self._show_running_job():
            said = "Conversations of other programs are looked for"
            self._window.long_work.run(self._offer_found(number), group="import", said=said)

    async def _offer_found(self, number: str) -> None:
        sources = {str(each.path): each for each in await self._chat.imports.find_sources()}
        if not sources:
            self._window.notify("Nothing was found on this machine; alt+i imports a file.")
            return
        choices = [
            Choice(path, safe_line(each.name), f"{each.summary}, {safe_line(path)}")
            for path, each in sources.items()
        ]

        def take(path: str) -> None:
            found = sources[path]
            self._import(found.files, found.name, dry_run=True)

        self._window.pick("Import", choices, take, number=number)

    def _import(self, paths: Sequence[Path], name: str, *, dry_run: bool) -> None:
        run = partial(self._chat.imports.import_files, paths)
        job = Job(f"Import of {name}", run)
        if dry_run:
            title = f"Preview of {name}"
            job = Job(title, partial(run, dry_run=True), follow_up=("import", job))
        self.start_job(job)

    def show_job(self) -> None:
        """Show how far the last job has come, or what came of it."""
        if self._job is None:
            self._window.notify("Nothing was imported or saved in bulk yet.")
            return
        from fakegpt_tui.ui.dialogs.import_files import JobScreen  # noqa: PLC0415 - after first paint

        def go_on(job: Job) -> None:
            if not self._show_running_job():
                self.start_job(job)

        self._window.ask(JobScreen(self._job), go_on)

    def start_job(self, job: Job) -> None:
        """Run a job, and show how far it has come."""
        self._job = job
        self._window.post(RunJob(job))
        self.show_job()

    def _show_running_job(self) -> bool:
        """Show the job that is under way, if there is one; is there?"""
        if self._job is None or self._job.result is not None:
            return False
        self.show_job()
        return True

    def _targets(self) -> tuple[str, ...]:
        transcript = self._window.transcript
        current = transcript.current_message
        selected = tuple(message.id for message in transcript.selected_messages)
        here = () if current is None else (current.id,)
        return self._state.picked_in_path or selected or here
