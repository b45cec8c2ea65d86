"""Reference completion: the files that fit the `@path` at the cursor, and what its keys do."""

import asyncio
from contextlib import suppress

from fakegpt_tui.attachments.path_listing import (
    PathEntry,
    current_folder,
    fitting_paths,
    list_paths,
    typed_path,
)
from fakegpt_tui.attachments.prompt_paths import (
    Reference,
    read_reference,
    reference_at,
    write_reference,
)
from fakegpt_tui.ui.widgets.prompt_editor import PromptEditor

_MAX_FITTING = 100
_PATIENCE = 0.5
"""Seconds that a key waits for the list; those behind it wait in the same queue."""
_KEYS = {"up", "down", "tab", "enter", "escape"}


class ReferenceCompletion:
    """Follows a reference in the prompt from the sign that began it to its end.

    Everything is derived from the reference, so no key can take a path of an earlier one. It
    begins with a sign that was typed: what is pasted is never taken for the name of a file.
    """

    def __init__(self, prompt: PromptEditor) -> None:
        self._prompt = prompt
        self._reference: Reference | None = None
        self._listings: dict[str, tuple[PathEntry, ...]] = {}
        self._place = 0
        self._is_closed = True
        self._was_moved = False
        self.matches: tuple[PathEntry, ...] = ()

    def begin(self) -> None:
        """A sign is being typed: list what is there now."""
        self._listings = {}
        self._reference = None
        self._is_closed = False

    @property
    def marked(self) -> int | None:
        """The place of the match that Enter takes."""
        return self._place if self.matches and self._is_chosen else None

    def follow(self) -> None:
        """Find what fits the reference at the cursor, or hand on the one that has just ended."""
        if self._is_closed:
            return
        row, column = self._prompt.cursor_location
        found = reference_at(self._prompt.document[row], column)
        before, self._reference = self._reference, found
        if found is None or (found.is_quoted and found.is_closed):
            self._end(row, found or before)
            return
        if before is None or before.path != found.path:
            self._place = 0
            self._was_moved = False
        self._find()
        if found.folder not in self._listings:
            self._prompt.run_worker(self._load(found.folder), group="paths", exclusive=True)

    def end(self) -> None:
        """The text is about to be sent: hand on the reference that is being typed."""
        if not self._is_closed:
            row, column = self._prompt.cursor_location
            found = reference_at(self._prompt.document[row], column)
            self._end(row, found or self._reference)

    def _end(self, row: int, reference: Reference | None) -> None:
        self._close()
        line = self._prompt.document[row]
        if reference is None or line[reference.start : reference.start + 1] != "@":
            return
        found = read_reference(line, reference.start)
        if found.path:
            written = line[found.start : found.end]
            self._prompt.post_message(self._prompt.ReferenceTyped(written, found.path))

    def _close(self) -> None:
        self._is_closed = True
        self._reference = None
        self.matches = ()

    async def _load(self, folder: str) -> None:
        """List a folder, and show what fits."""
        top = current_folder() / (typed_path(folder) or "") if folder else current_folder()
        is_deep = not folder.startswith(("/", "~", ".."))
        self._listings[folder] = await asyncio.to_thread(list_paths, top, is_deep=is_deep)
        self._find()
        self._prompt.post_message(self._prompt.CompletionMoved())

    async def _be_current(self) -> None:
        """Find what fits now, before a key is about it; keys may come faster than the list."""
        self.follow()
        if self._reference is not None and self._reference.folder not in self._listings:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._load(self._reference.folder)

    async def handle_key(self, key: str) -> bool:
        """Move the mark, take the marked path, or close; whether the key is one for it."""
        if self._is_closed or key not in _KEYS:
            return False
        await self._be_current()
        if self._reference is None:
            return False
        if not self.matches:
            return key == "tab"  # which would leave the prompt, in the middle of a path
        if key in ("up", "down"):
            step = (1 if key == "down" else -1) if self._is_chosen else 0
            self._place = (self._place + step) % len(self.matches)
            self._was_moved = True
        elif key == "escape":
            self._close()
        elif key == "tab" or (key == "enter" and self._is_chosen and not self._is_whole):
            self._take(self._reference, self.matches[self._place])
        else:
            return False
        self._prompt.post_message(self._prompt.CompletionMoved(is_closed=key == "escape"))
        return True

    @property
    def _is_chosen(self) -> bool:
        """Was a letter of a path typed, or the mark moved? A sign alone asks for nothing."""
        return self._was_moved or bool(self._reference and self._reference.path)

    @property
    def _is_whole(self) -> bool:
        """Is the marked file typed to its end, so that Enter sends?"""
        entry, reference = self.matches[self._place], self._reference
        typed = reference.path if reference else ""
        return not entry.is_folder and typed == f"{typed[: typed.rfind('/') + 1]}{entry.path}"

    def _take(self, reference: Reference, entry: PathEntry) -> None:
        """Write the path into the text; a folder stays open for what is in it."""
        row, column = self._prompt.cursor_location
        path = f"{reference.folder}{entry.path}{'/' if entry.is_folder else ''}"
        written = write_reference(path, closed=not entry.is_folder)
        if not entry.is_folder:
            self._close()
            self._prompt.post_message(self._prompt.ReferenceTyped(written, path))
            written += " "
        start = (row, reference.start)
        result = self._prompt.replace(
            written, start, (row, column), maintain_selection_offset=False
        )
        self._prompt.move_cursor(result.end_location)

    def _find(self) -> None:
        reference = self._reference
        if reference is None or self._is_closed:
            self.matches = ()
            return
        entries = self._listings.get(reference.folder, ())
        self.matches = fitting_paths(entries, reference.name, _MAX_FITTING)
