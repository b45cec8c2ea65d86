"""Background jobs: exporting conversations to files and importing them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fakegpt_tui.domain import FakeGPTError, LoadError, NotFound, StoreError
from fakegpt_tui.fast_import import dataclass

if TYPE_CHECKING:
    from fakegpt_tui.chat.conversation_index import ConversationIndex
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.pending_writes import Stores
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.chat.undo import UndoHistory
    from fakegpt_tui.formats.discovery import FoundSource
    from fakegpt_tui.formats.importer import Importer


@dataclass(slots=True)
class JobProgress:
    """Progress of a job: `done` of a `total`. Setting `stopped` ends the job soon.

    It is shared with the thread that does it.
    """

    done: int = 0
    total: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a job in one line, and what else a person should know, in sentences."""

    summary: str
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Job:
    """Something long to be run, how far it has come, and its result once it is over.

    `follow_up` is a job that may be wanted next, with the label of its button.
    """

    title: str
    run: Callable[[JobProgress], Awaitable[JobResult]]
    follow_up: tuple[str, Job] | None = None
    progress: JobProgress = field(default_factory=JobProgress)
    result: JobResult | None = None
    is_watched: bool = False
    """Is it shown how far it has come, so that no notice has to tell its result?"""


MARKDOWN: Final = "md"


def export_formats() -> Mapping[str, str]:
    """What a conversation can be saved as, by the suffix of the file."""
    from fakegpt_tui.formats.registry import NAMES  # noqa: PLC0415 - not at every start

    return NAMES


_MAX_ERRORS = 20


class ConversationExporter:
    """Saves conversations as they stand, also what cannot be written to the store just now.

    Files are written in a thread, so that the event loop does not wait for the disk.
    """

    def __init__(self, stores: Stores, index: ConversationIndex, trees: MessageTrees) -> None:
        self._stores = stores
        self._index = index
        self._trees = trees

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
        from fakegpt_tui.formats.saving import save_as  # noqa: PLC0415 - not at every start

        conversation = self._index.get(conversation_id)
        messages = self._trees.snapshot(conversation_id)
        return await asyncio.to_thread(
            save_as,
            conversation,
            messages,
            folder,
            suffix=suffix,
            only=only,
            read_blob=self._stores.of(conversation_id).read_blob,
        )

    async def export_to(self, conversation_id: str, path: Path, *, suffix: str) -> Path:
        """Write a conversation as the file at `path`, or into the folder that is there.

        The format is that of the `suffix`, or else the one that the name of the file says.

        Raises:
            NotFound: There is no such conversation.
            SaveError: Something else is there, the name is of no format, or the file could not be
                written.
            StoreError: The conversation could not be read.
        """
        from fakegpt_tui.formats.saving import save_at  # noqa: PLC0415 - not at every start

        if await asyncio.to_thread(path.is_dir):
            return await self.export(conversation_id, path, suffix=suffix or MARKDOWN)
        conversation = self._index.get(conversation_id)
        messages = self._trees.snapshot(conversation_id)
        read_blob = self._stores.of(conversation_id).read_blob
        return await asyncio.to_thread(
            save_at, conversation, messages, path, suffix=suffix, read_blob=read_blob
        )

    async def export_all(
        self, folder: Path, progress: JobProgress, *, suffix: str = MARKDOWN
    ) -> JobResult:
        """Write every conversation into `folder`, but for those that leave nothing on disk."""
        chosen = [each for each in self._index.all() if not self._index.is_temporary(each.id)]
        progress.total = len(chosen)
        saved = 0
        errors: list[str] = []
        for conversation in chosen:
            if progress.stopped or len(errors) == _MAX_ERRORS:
                break
            try:
                await self.export(conversation.id, folder, suffix=suffix)
                saved += 1
            except NotFound:
                progress.total -= 1
                continue
            except FakeGPTError as error:
                errors.append(f"{conversation.title}: {error}")
            progress.done += 1
        words = f"Conversations that were saved in {folder}: {saved} of {len(chosen)}."
        return JobResult(f"Stopped. {words}" if progress.stopped else words, tuple(errors))


class ConversationImporter:
    """Takes conversations into the store, in a thread, each of them whole or not at all."""

    def __init__(
        self,
        store: ChatStore,
        history: UndoHistory,
        *,
        reload: Callable[[], Awaitable[None]],
        default_model: Callable[[], tuple[str, str]],
        max_blob_bytes: int,
        mirror: Path | None,
    ) -> None:
        """Import into `store`, the one on disk; `mirror` is the mirror folder.

        `reload` reads what is new in the store; `default_model` returns the service and the model
        that reply in conversations of other programs; `max_blob_bytes` is as for the importer.
        """
        self._store = store
        self._history = history
        self._reload = reload
        self._default_model = default_model
        self._max_blob_bytes = max_blob_bytes
        self._mirror = mirror

    async def edited_files(self) -> list[tuple[Path, str]]:
        """The files of the mirror folder that were edited, and the titles in them."""
        if self._mirror is None:
            return []
        from fakegpt_tui.chat.read_back import list_edited  # noqa: PLC0415 - few have such a folder

        return await asyncio.to_thread(list_edited, self._store, self._mirror)

    async def read_back(self, path: Path) -> str:
        """Take over what was edited in a file of the mirror folder; what came of it."""
        from fakegpt_tui.chat.read_back import read_back  # noqa: PLC0415 - as above

        try:
            return await asyncio.to_thread(
                read_back, self._store, self._mirror or path.parent, path
            )
        finally:
            await self._reload()

    async def find_sources(self) -> list[FoundSource]:
        """What other programs keep on this machine, and exports among the downloads."""
        from fakegpt_tui.formats.discovery import find_sources_here  # noqa: PLC0415 - as above

        return await asyncio.to_thread(find_sources_here)

    async def import_files(
        self, paths: Iterable[Path], progress: JobProgress, *, dry_run: bool = False
    ) -> JobResult:
        """Import files and folders; what exists already is left as it is. Can be undone.

        `progress` counts the bytes of the current file. What was imported before an error, or
        before the job was stopped, stays.
        """
        from fakegpt_tui.chat.undo import ImportUndo  # noqa: PLC0415 - not at every start
        from fakegpt_tui.formats.importer import Importer  # noqa: PLC0415

        undo = ImportUndo(self._store.changes)
        importer = Importer(
            self._store,
            dry_run=dry_run,
            max_blob_bytes=self._max_blob_bytes,
            keep_undo=undo.keep,
        )
        service, model = self._default_model()

        def run() -> list[str]:
            return list(_import_paths(importer, paths, progress, service=service, model=model))

        try:
            errors = await asyncio.to_thread(run)
        except asyncio.CancelledError:
            progress.stopped = True
            raise
        undo.finish()
        if undo.id:
            self._history.show_done(undo.id)
            await self._reload()
        report = importer.report
        report.log(dry_run=dry_run)
        summary = report.summary(dry_run=dry_run)
        if errors and not report.outcomes:
            return JobResult(errors[0], (*errors[1:], *report.loss_sentences()))
        reasons = (each.reason for each in report.skip_reasons())
        details = (*errors, *report.loss_sentences(), *reasons)
        return JobResult(f"Stopped. {summary}" if progress.stopped else summary, details)


def _import_paths(
    importer: Importer,
    paths: Iterable[Path],
    progress: JobProgress,
    *,
    service: str,
    model: str,
) -> Iterator[str]:
    """Take what is in the files; a sentence for each file that could not be read to its end."""
    from fakegpt_tui.formats.archives import ArchiveGroup  # noqa: PLC0415 - as above
    from fakegpt_tui.formats.discovery import list_import_files  # noqa: PLC0415
    from fakegpt_tui.formats.documents import ImportFile  # noqa: PLC0415
    from fakegpt_tui.formats.registry import read_conversations  # noqa: PLC0415

    found_paths = list(list_import_files(paths))
    with ArchiveGroup(each.path for each in found_paths) as group:
        importer.note_missing(found_paths)
        for path in filter(importer.begin, found_paths):
            try:
                with ImportFile(path.path, service=service, model=model, group=group) as file:
                    for found in read_conversations(file):
                        if progress.stopped:
                            return
                        importer.add(found)
                        progress.done, progress.total = file.bytes_read, file.size
            except LoadError as error:
                if sentence := importer.refuse(path, error):
                    yield sentence
            except StoreError as error:
                yield str(error)
                return
