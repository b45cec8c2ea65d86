"""Background jobs: exporting conversations to files and importing them."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.message_trees import MessageTrees
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.chat.sync import StoreSync
from fakegpt_tui.chat.undo import UndoHistory
from fakegpt_tui.domain import FakeGPTError, LoadError, NotFound, StoreError

if TYPE_CHECKING:
    from fakegpt_tui.formats.importer import Importer


@dataclass(slots=True)
class JobProgress:
    """So much is `done` of a `total`; whoever sets `stopped` has it end soon.

    It is shared with the thread that does it.
    """

    done: int = 0
    total: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of it in a line, and what a person should know beside, in sentences."""

    summary: str
    details: tuple[str, ...] = ()


MARKDOWN: Final = "md"


def export_formats() -> Mapping[str, str]:
    """What a conversation can be saved as, by the suffix of the file."""
    from fakegpt_tui.formats.registry import NAMES  # noqa: PLC0415 - not at every start

    return NAMES


_MAX_ERRORS = 20


class ConversationExporter:
    """Saves conversations as they stand, also what cannot be written to the store just now.

    Files are written in a thread, so that nobody waits for a disk.
    """

    def __init__(
        self, headers: ConversationIndex, trees: MessageTrees, is_temporary: Callable[[str], bool]
    ) -> None:
        self._headers = headers
        self._trees = trees
        self._is_temporary = is_temporary

    async def export(
        self,
        conversation_id: str,
        folder: Path,
        *,
        suffix: str = MARKDOWN,
        only: Collection[str] = (),
    ) -> Path:
        """Write a conversation as a file into `folder`, and tell where it is.

        The shown path comes first, and then every other version. With `only` just the chat
        messages of these ids are written.

        Raises:
            NotFound: There is no such conversation.
            SaveError: The file could not be written.
            StoreError: The conversation could not be read.
        """
        from fakegpt_tui.formats.registry import save_as  # noqa: PLC0415 - not at every start

        conversation = self._headers.get(conversation_id)
        messages = self._trees.snapshot(conversation_id)
        return await asyncio.to_thread(
            save_as, conversation, messages, folder, suffix=suffix, only=only
        )

    async def export_all(
        self, folder: Path, headway: JobProgress, *, suffix: str = MARKDOWN
    ) -> JobResult:
        """Write every conversation into `folder`, but for those that leave nothing on disk."""
        chosen = [each for each in self._headers.all() if not self._is_temporary(each.id)]
        headway.total = len(chosen)
        saved = 0
        troubles: list[str] = []
        for conversation in chosen:
            if headway.stopped or len(troubles) == _MAX_ERRORS:
                break
            try:
                await self.export(conversation.id, folder, suffix=suffix)
                saved += 1
            except NotFound:
                headway.total -= 1
                continue
            except FakeGPTError as error:
                troubles.append(f"{conversation.title}: {error}")
            headway.done += 1
        words = f"Conversations that were saved in {folder}: {saved} of {len(chosen)}."
        return JobResult(f"Stopped. {words}" if headway.stopped else words, tuple(troubles))


class ConversationImporter:
    """Takes conversations into the store, in a thread, each of them whole or not at all."""

    def __init__(
        self,
        store: ChatStore,
        refreshing: StoreSync,
        trees: MessageTrees,
        history: UndoHistory,
        *,
        throw: Callable[[Collection[str]], None],
        answering: Callable[[], tuple[str, str]],
    ) -> None:
        """Import into `store`, the one on disk.

        `throw` puts conversations into the trash; `answering` tells the service and the model that
        go on with what other programs began.
        """
        self._store = store
        self._refreshing = refreshing
        self._trees = trees
        self._history = history
        self._throw = throw
        self._answering = answering

    async def import_files(
        self, paths: Iterable[Path], headway: JobProgress, *, dry_run: bool = False
    ) -> JobResult:
        """Import files, or folders of them; what is there already stays as it is. Can be undone.

        `headway` counts the bytes of the file that is being read. What was taken before a
        trouble, or before it was stopped, stays.
        """
        from fakegpt_tui.formats.importer import Importer  # noqa: PLC0415 - not at every start

        importer = Importer(self._store, dry_run=dry_run)
        service, model = self._answering()

        def run() -> list[str]:
            return list(_import_paths(importer, paths, headway, service=service, model=model))

        try:
            troubles = await asyncio.to_thread(run)
        except asyncio.CancelledError:
            headway.stopped = True
            raise
        await self._show_imported(importer)
        report = importer.report
        summary = report.summary(dry_run=dry_run)
        if troubles and not report.outcomes:
            return JobResult(troubles[0], tuple(troubles[1:]))
        details = (*troubles, *report.loss_sentences(), *(each.reason for each in report.skipped))
        return JobResult(f"Stopped. {summary}" if headway.stopped else summary, details)

    async def _show_imported(self, importer: "Importer") -> None:
        """Show what is new, and remember how to take it back."""
        added, extended = tuple(importer.added), dict(importer.extended)
        if not added and not extended:
            return
        self._refreshing.mark_stale()
        await self._refreshing.refresh()

        def back() -> None:
            self._throw(added)
            for conversation_id, message_ids in extended.items():
                self._trees.trash_without_undo(conversation_id, message_ids)

        count = len(added) + len(extended)
        words = "A conversation was" if count == 1 else f"{count} conversations were"
        self._history.record(f"{words} imported.", back)


def _import_paths(
    importer: "Importer",
    paths: Iterable[Path],
    headway: JobProgress,
    *,
    service: str,
    model: str,
) -> Iterator[str]:
    """Take what is in the files; a sentence for each file that could not be read to its end."""
    from fakegpt_tui.formats.base import ImportFile  # noqa: PLC0415 - as above
    from fakegpt_tui.formats.registry import (  # noqa: PLC0415
        list_import_files,
        read_conversations,
    )

    for path in list_import_files(paths):
        try:
            with ImportFile(path, service=service, model=model) as file:
                for found in read_conversations(file):
                    if headway.stopped:
                        return
                    importer.add(found)
                    headway.done, headway.total = file.bytes_read, file.size
        except LoadError as error:
            yield f"{path}: {error}"
        except StoreError as error:
            yield str(error)
            return
