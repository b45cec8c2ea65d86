"""What a person does with conversations as files."""

from functools import partial

from textual import on, work

from fakegpt_tui.chat.jobs import MARKDOWN, export_formats
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.messages import Job, JobFinished, RunJob
from fakegpt_tui.ui.options import Options

_OPEN, _PICKED, _ALL = "open", "picked", "all"
_SEPARATOR = "."


class FileController(ChatScreenBase):
    """Saving what is open, what is picked of it, or everything, and importing.

    Of what takes long there is one at a time, and its screen can be closed and opened again.
    """

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._job: Job | None = None

    def action_save(self, suffix: str = MARKDOWN) -> None:
        self._save_open(suffix, ())

    def action_save_picked(self, suffix: str = MARKDOWN) -> None:
        """Save the messages that are picked, or selected, or the marked one."""
        if ids := self._targets():
            self._save_open(suffix, ids)
        else:
            self.notice("There is nothing to save yet.")

    def action_save_all(self) -> None:
        self._choose_what([_ALL])

    def action_save_as(self) -> None:
        self._choose_what([_OPEN, _PICKED, _ALL])

    def action_pick_message(self) -> None:
        """Pick the marked message, or no longer, and go on to the next."""
        if (message := self._transcript.current_message) is None:
            self.notice("There is no message to pick yet.")
            return
        self._workspace.picked ^= {message.id}
        self._label()
        self._transcript.action_mark(1)
        count = len(self._workspace.picked_in_path)
        self.notice(f"{count} picked; s saves them." if count else "Nothing is picked.")

    def action_import(self) -> None:
        if self._is_busy():
            return
        from fakegpt_tui.ui.dialogs.import_files import ImportRequest, ImportScreen  # noqa: PLC0415 - after first paint

        def take(wish: ImportRequest | None) -> None:
            if wish is None:
                return
            take_in = partial(self._chat.imports.import_files, [wish.path])
            errand = Job(f"Import of {wish.path.name}", take_in)
            if wish.dry_run:
                tell = Job(
                    f"What would be imported of {wish.path.name}",
                    partial(take_in, dry_run=True),
                    follow_up=("import it", errand),
                )
                self.start_job(tell)
            else:
                self.start_job(errand)

        self.app.push_screen(ImportScreen(), take)

    def action_show_errand(self) -> None:
        if self._job is None:
            self.notice("Nothing was imported or saved in bulk yet.")
        else:
            self._show_job(self._job)

    @on(JobFinished)
    def show_job_result(self, event: JobFinished) -> None:
        if event.job.result is not None:
            self.notice(event.job.result.summary)
        self._workspace.reload()
        self.show_conversation()
        self.refresh_rows()

    def _choose_what(self, parts: list[str]) -> None:
        count = len(self._targets())
        words = {
            _OPEN: "This conversation",
            _PICKED: "One message of it" if count == 1 else f"{count} messages of it",
            _ALL: "Every conversation",
        }
        if not count:
            parts = [_ALL]
        choices = [
            Choice(f"{part}{_SEPARATOR}{suffix}", f"{words[part]} as {name}", f".{suffix}")
            for part in parts
            for suffix, name in export_formats().items()
        ]

        def take(choice: str | None) -> None:
            if choice is not None:
                self._save_part(*choice.split(_SEPARATOR))

        self.pick("Save", choices, take)

    def _save_part(self, part: str, suffix: str) -> None:
        if part == _OPEN:
            self.action_save(suffix)
        elif part == _PICKED:
            self.action_save_picked(suffix)
        elif not self._is_busy():
            folder = self._options.exports
            run = partial(self._chat.exports.export_all, folder, suffix=suffix)
            self.start_job(Job(f"Saving every conversation as {export_formats()[suffix]}", run))

    @work(group="save")
    async def _save_open(self, suffix: str, only: tuple[str, ...]) -> None:
        conversation = self._workspace.open
        if conversation.leaf_id is None:
            self.notice("There is nothing to save yet.")
            return
        try:
            path = await self._chat.exports.export(
                conversation.id, self._options.exports, suffix=suffix, only=only
            )
        except FakeGPTError as error:
            self.notice(str(error))
            return
        self.notice(f"Saved as {path}" if not only else f"Saved {len(only)} of them as {path}")
        if only and conversation.id == self._workspace.open.id:
            self._workspace.picked = frozenset()
            self._label()

    def _targets(self) -> tuple[str, ...]:
        transcript = self._transcript
        marked = transcript.current_message
        selected = tuple(message.id for message in transcript.selected_messages)
        here = () if marked is None else (marked.id,)
        return self._workspace.picked_in_path or selected or here

    def _label(self) -> None:
        self._transcript.set_labels(self._workspace.labels(self._workspace.path))

    def start_job(self, errand: Job) -> None:
        """Run something long, and show how far it is."""
        self._job = errand
        self.post_message(RunJob(errand))
        self._show_job(errand)

    def _show_job(self, errand: Job) -> None:
        from fakegpt_tui.ui.dialogs.errand import JobScreen  # noqa: PLC0415 - after first paint

        def go_on(following: Job | None) -> None:
            if following is not None and not self._is_busy():
                self.start_job(following)

        self.app.push_screen(JobScreen(errand), go_on)

    def _is_busy(self) -> bool:
        """Is there something under way? It is shown then."""
        if self._job is None or self._job.result is not None:
            return False
        self._show_job(self._job)
        return True
