"""Emergency export: what the store cannot take is written to files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.drafts import Drafts, conversation_of_draft
from fakegpt_tui.chat.jobs import ConversationExporter, JobResult
from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
from fakegpt_tui.chat.queue import PromptQueue
from fakegpt_tui.domain import FakeGPTError, SaveError, new_id
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import Part

_CONVERSATIONS: Final = ("reply", "branch")
_TYPED: Final = ("draft", "queue")
_LAST_ATTEMPT_SECONDS = 2.0


_Save: TypeAlias = Callable[[Path], Awaitable[Path]]


class _Typed(NamedTuple):
    """A prompt that was not sent, and what goes with it."""

    text: str
    parts: tuple[Part, ...]
    read_blob: Callable[[str], bytes]


class EmergencyExport:
    """Writes what is only in memory to files when the program ends, as on a full disk."""

    def __init__(
        self,
        writes: PendingWrites,
        index: ConversationIndex,
        files: ConversationExporter,
        drafts: Drafts,
        queue: PromptQueue,
        *,
        stores: Stores,
    ) -> None:
        self._writes = writes
        self._index = index
        self._files = files
        self._drafts = drafts
        self._queue = queue
        self._stores = stores

    @property
    def is_needed(self) -> bool:
        """Are there replies or typed texts that could not be saved? Titles do not count."""
        has_failed = self._writes.error is not None
        return has_failed and any(map(self._writes.pending, (*_CONVERSATIONS, *_TYPED)))

    async def write_files(self, folders: Iterable[Path]) -> JobResult | None:
        """Retry the store, then write what is left to the first folder that can be written.

        Returns:
            What was written and what was not; `None` where nothing was left.
        """
        # The last reply may still be on its way. Drafts are gathered, and come later.
        await self._wait_for_writes(*_CONVERSATIONS)
        if not self.is_needed:
            return None
        error = self._writes.error
        self._writes.retry()
        await self._wait_for_writes(*_CONVERSATIONS, *_TYPED)
        saves = list(self._pending_exports())
        written: list[str] = []
        for folder in folders:
            left = []
            for save in saves:
                try:
                    written.append(str(await save(folder)))
                except FakeGPTError:
                    left.append(save)
            saves = left
            if not saves:
                break
        if not written and not saves:
            return None
        sentences = [str(error), "What it lacks is in files, which can be imported:"]
        if saves:
            sentences[1:] = [f"{len(saves)} of {len(saves) + len(written)} files were not written:"]
        return JobResult(" ".join(sentences), tuple(written))

    async def _wait_for_writes(self, *kinds: str) -> None:
        if futures := self._writes.futures(kinds):
            await asyncio.to_thread(wait, futures, _LAST_ATTEMPT_SECONDS)

    def _pending_exports(self) -> Iterator[_Save]:
        for conversation_id in sorted(set().union(*map(self._writes.pending, _CONVERSATIONS))):
            yield partial(self._files.export, conversation_id)
        typed = [*self._queued(), *self._drafted()]
        if typed:
            yield partial(_save_typed, typed)

    def _queued(self) -> Iterator[_Typed]:
        for each in self._writes.pending("queue"):
            for prompt in self._queue.of(each):
                yield _Typed(prompt.text, prompt.parts, self._stores.of(each).read_blob)

    def _drafted(self) -> Iterator[_Typed]:
        for each in self._writes.pending("draft"):
            if (draft := self._drafts.get(each)) and draft.text:
                parts = tuple(attachment.part for attachment in draft.attachments)
                store = self._stores.of(conversation_of_draft(each))
                yield _Typed(draft.text, parts, store.read_blob)


async def _save_typed(typed: Iterable[_Typed], folder: Path) -> Path:
    return await asyncio.to_thread(_write_typed, typed, folder)


def _write_typed(typed: Iterable[_Typed], folder: Path) -> Path:
    """Write texts into a file, and what is attached to them into a folder beside it."""
    from fakegpt_tui.domain.parts import attached_parts  # noqa: PLC0415 - not at every start
    from fakegpt_tui.formats.assets import write_assets  # noqa: PLC0415 - as above
    from fakegpt_tui.formats.files import save_file, save_sentence  # noqa: PLC0415
    from fakegpt_tui.temporary_files import make_private_folder  # noqa: PLC0415

    written: list[str] = []
    for each in typed:
        try:
            make_private_folder(folder)
            paths = write_assets(folder, "unsent.assets", [each.parts], each.read_blob)
        except OSError as error:
            raise SaveError(save_sentence(folder, error)) from error
        names = (
            f"{safe_line(part.name) or 'no name'}: {paths.get(part.blob.digest, 'missing')}"
            for part in attached_parts(each.parts)
        )
        written.append("\n".join([each.text, *names]))
    text = "\n\n".join(written) + "\n"
    return save_file(folder, "unsent", ".txt", text, owner_id=new_id())
