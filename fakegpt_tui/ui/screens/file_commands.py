"""What a person does with conversations as files."""

from functools import partial

from textual import on, work

from fakegpt_tui.chat.jobs import FORMATS, MARKDOWN
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.errands import Errand
from fakegpt_tui.ui.intents import ErrandAsked
from fakegpt_tui.ui.messages import ErrandEnded
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.screens.parts import ChatParts

_OPEN, _PICKED, _ALL = "open", "picked", "all"
_SEPARATOR = "."


class FileCommands(ChatParts):
    """Saving what is open, what is picked of it, or everything, and importing.

    Of what takes long there is one at a time, and its screen can be closed and opened again.
    """

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._errand: Errand | None = None

    def action_save(self, suffix: str = MARKDOWN) -> None:
        self._save_open(suffix, ())

    def action_save_picked(self, suffix: str = MARKDOWN) -> None:
        """Save the messages that are picked, or selected, or the marked one."""
        if ids := self._meant_for_file():
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
        from fakegpt_tui.ui.screens.import_files import ImportScreen, ImportWish  # noqa: PLC0415 - after first paint

        def take(wish: ImportWish | None) -> None:
            if wish is None:
                return
            take_in = partial(self._chat.imports.import_files, [wish.path])
            errand = Errand(f"Import of {wish.path.name}", take_in)
            if wish.dry_run:
                tell = Errand(
                    f"What would be imported of {wish.path.name}",
                    partial(take_in, dry_run=True),
                    then=("import it", errand),
                )
                self.begin_errand(tell)
            else:
                self.begin_errand(errand)

        self.app.push_screen(ImportScreen(), take)

    def action_show_errand(self) -> None:
        if self._errand is None:
            self.notice("Nothing was imported or saved in bulk yet.")
        else:
            self._show_errand(self._errand)

    @on(ErrandEnded)
    def show_errand_end(self, event: ErrandEnded) -> None:
        if event.errand.account is not None:
            self.notice(event.errand.account.summary)
        self._workspace.reread()
        self.show_conversation()
        self.refresh_rows()

    def _choose_what(self, parts: list[str]) -> None:
        count = len(self._meant_for_file())
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
            for suffix, name in FORMATS.items()
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
            self.begin_errand(Errand(f"Saving every conversation as {FORMATS[suffix]}", run))

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

    def _meant_for_file(self) -> tuple[str, ...]:
        transcript = self._transcript
        marked = transcript.current_message
        selected = tuple(message.id for message in transcript.selected_messages)
        here = () if marked is None else (marked.id,)
        return self._workspace.picked_in_path or selected or here

    def _label(self) -> None:
        self._transcript.set_labels(self._workspace.labels(self._workspace.path))

    def begin_errand(self, errand: Errand) -> None:
        """Run something long, and show how far it is."""
        self._errand = errand
        self.post_message(ErrandAsked(errand))
        self._show_errand(errand)

    def _show_errand(self, errand: Errand) -> None:
        from fakegpt_tui.ui.screens.errand import ErrandScreen  # noqa: PLC0415 - after first paint

        def go_on(following: Errand | None) -> None:
            if following is not None and not self._is_busy():
                self.begin_errand(following)

        self.app.push_screen(ErrandScreen(errand), go_on)

    def _is_busy(self) -> bool:
        """Is there something under way? It is shown then."""
        if self._errand is None or self._errand.account is not None:
            return False
        self._show_errand(self._errand)
        return True
