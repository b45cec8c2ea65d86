"""Folder controller: move and tag conversations, and set up, rename and delete folders."""

from collections.abc import Callable
from dataclasses import replace

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import ModelRef
from fakegpt_tui.domain.folders import Folder, parse_tag_changes, split_tags
from fakegpt_tui.ui.controllers.conversations import ConversationController
from fakegpt_tui.ui.controllers.services import recent_models
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window

_USUAL = "as in other conversations"
_TEMPORARY = "A temporary conversation goes into no folder."


class FolderController:
    """Acts on what the commands of the list are about, or on the folder under its cursor."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        options: Options,
        conversations: ConversationController,
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._conversations = conversations

    def move(self, path: str = "") -> None:
        """Put conversations, or the folder under the cursor, into a folder that is asked for."""
        moved, ids = self._conversations.folder, self._conversations.targets(unsaved=True)
        if moved is None and all(map(self._chat.conversations.is_temporary, ids)):
            self._window.notify(_TEMPORARY if ids else "There is nothing to move.")
            return

        def take(target: str) -> None:
            if moved is not None:
                self._rename(moved, f"{target}/{moved.rpartition('/')[2]}")
            else:
                self._move(ids, target)

        if path:
            take(path)
            return
        from fakegpt_tui.ui.dialogs.folders import FolderPickScreen  # noqa: PLC0415 - after first paint

        current = moved.rpartition("/")[0] if moved else self._folder_of(ids)
        screen = FolderPickScreen("Folder", self._chat.folders.all(), current=current)
        self._window.ask(screen, take)

    def _move(self, ids: tuple[str, ...], path: str) -> None:
        is_saved = not all(map(self._chat.conversations.is_new, ids))
        moved = self._chat.folders.move(ids, path)
        self._conversations.unpick()
        where = self._folder_of(ids) or "the top"
        undo = f" {self._window.undo_key} takes it back." if is_saved else ""
        self._window.notify(f"Moved to {where}.{undo}" if moved else f"This is in {where} already.")

    def _folder_of(self, ids: tuple[str, ...]) -> str:
        """The folder of the first conversation that is there."""
        return next((each.folder for each in self._chat.conversations.find_many(ids)), "")

    def tag(self, changes: str = "") -> None:
        """Edit the tags that all chosen conversations have, or add and take away what is given."""
        ids = self._conversations.targets(unsaved=True)
        found = self._chat.conversations.find_many(ids)
        if not found:
            self._window.notify("There is nothing to tag.")
            return
        if changes:
            self._tag(ids, *parse_tag_changes(changes))
            return
        common = [tag for tag in found[0].tags if all(tag in each.tags for each in found)]
        from fakegpt_tui.ui.dialogs.folders import TagScreen  # noqa: PLC0415 - after first paint

        def take(text: str) -> None:
            kept = split_tags(text)
            folded = {tag.casefold() for tag in kept}
            self._tag(ids, kept, tuple(tag for tag in common if tag.casefold() not in folded))

        self._window.ask(TagScreen(common, self._chat.folders.tags(), count=len(found)), take)

    def _tag(self, ids: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        changed = self._chat.folders.tag(ids, add, remove)
        self._conversations.unpick()
        if changed:
            self._window.notify(f"Tagged. {self._window.undo_key} takes it back.")

    def show(self, path: str = "") -> None:
        """Show what can be done with a folder: the one under the cursor, or of what is open."""
        path = path or self._conversations.folder or self._state.open.folder
        if path:
            self._show(self._chat.folders.find(path))
        else:
            self._choose()

    def _choose(self) -> None:
        """Choose a folder, or make one, and then what to do with it."""
        from fakegpt_tui.ui.dialogs.folders import FolderPickScreen  # noqa: PLC0415 - after first paint

        known = self._chat.folders.all()

        def take(path: str) -> None:
            folder = self._chat.folders.spelled(path)
            self._show(folder if folder in known else self._chat.folders.configure(folder))

        self._window.ask(FolderPickScreen("Folders", known, has_top=False), take)

    def _show(self, folder: Folder) -> None:
        acts: dict[str, Callable[[Folder], object]] = {
            "new": lambda each: self._conversations.start_in(each.path),
            "model": self._choose_model,
            "usual": lambda each: self._configure(replace(each, service="", model="")),
            "prompt": self._edit_prompt,
            "rename": lambda each: self.rename(each.path),
            "delete": lambda each: self.delete(each.path),
            "other": lambda _: self._choose(),
        }
        served = f"{folder.service} {folder.model}".strip()
        choices = (
            Choice("new", "New conversation here"),
            Choice("model", "Service and model", served or _USUAL),
            *([Choice("usual", "No service of its own", _USUAL)] if served else []),
            Choice("prompt", "System prompt", folder.system_prompt or "none"),
            Choice("rename", "Rename"),
            Choice("delete", "Delete the folder", "its conversations go back to the top"),
            Choice("other", "Another folder"),
        )
        from fakegpt_tui.ui.dialogs.pick import PickScreen  # noqa: PLC0415 - after first paint

        self._window.ask(
            PickScreen(f"Folder {folder.path}", choices, filters=False),
            lambda chosen: acts[chosen](folder),
        )

    def _choose_model(self, folder: Folder) -> None:
        from fakegpt_tui.ui.dialogs.service_picker import SelectionRequest  # noqa: PLC0415 - after first paint
        from fakegpt_tui.ui.dialogs.services import ServicesScreen  # noqa: PLC0415 - as above

        current = ModelRef(folder.service, folder.model) if folder.service else self._state.model

        def take(chosen: tuple[ModelRef, ...]) -> None:
            for model in chosen:
                self._configure(replace(folder, service=model.service, model=model.model))

        screen = ServicesScreen(
            self._chat,
            self._options.services(),
            current=current,
            clock=self._options.clock,
            wanted=SelectionRequest(f"New conversations in {folder.path}"),
            recent=recent_models(self._options.memory),
        )
        self._window.ask(screen, take)

    def _edit_prompt(self, folder: Folder) -> None:
        from fakegpt_tui.ui.dialogs.folders import PromptTextScreen  # noqa: PLC0415 - after first paint

        self._window.ask(
            PromptTextScreen(f"System prompt in {folder.path}", folder.system_prompt),
            lambda text: self._configure(replace(folder, system_prompt=text.strip())),
        )

    def _configure(self, folder: Folder) -> None:
        self._chat.folders.configure(folder)
        self._window.notify(
            f"New conversations in {folder.path} get this. {self._window.undo_key} takes it back."
        )

    def rename(self, path: str) -> None:
        """Ask for another path of a folder."""
        from fakegpt_tui.ui.dialogs.pick import AskScreen  # noqa: PLC0415 - after first paint

        self._window.ask(AskScreen("Folder", path), lambda new: self._rename(path, new))

    def _rename(self, path: str, new: str) -> None:
        renamed = self._chat.folders.rename(path, new)
        self._window.notify(f"The folder is {renamed}. {self._window.undo_key} takes it back.")

    def delete(self, path: str) -> None:
        """Delete a folder, whose conversations go back to the top."""
        count = self._chat.folders.delete(path)
        back = f" Back at the top: {count}." if count else ""
        self._window.notify(
            f"The folder {path} is deleted.{back} {self._window.undo_key} takes it back."
        )
