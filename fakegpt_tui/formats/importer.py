"""Importer: conversations from files into the store, each in one transaction, with a report."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    LoadError,
    MessageStatus,
    NotSavedYet,
    StoreError,
    TitleSource,
)
from fakegpt_tui.domain.folders import Folder, clean_tags
from fakegpt_tui.domain.message_tree import MessageTree
from fakegpt_tui.formats.archives import missing_parts
from fakegpt_tui.formats.asset_import import (
    FILLED_IN,
    MISSING,
    NO_ROOM,
    BlobImport,
    BlobImportStore,
    BlobRoom,
)
from fakegpt_tui.formats.base import (
    EmptyItem,
    ImportItem,
    LoadedItem,
    Loss,
    SkippedItem,
    UnknownFormat,
)
from fakegpt_tui.formats.documents import ImportPath
from fakegpt_tui.formats.import_report import ImportChange, ImportOutcome, ImportReport
from fakegpt_tui.text import safe_line


class ImportStore(BlobImportStore, Protocol):
    """What importing needs of the store."""

    def conversation(self, conversation_id: str) -> Conversation | None: ...

    def messages(self, conversation_id: str) -> Sequence[ChatMessage]: ...

    def add_turn(self, conversation: Conversation, *messages: ChatMessage) -> Future[None]: ...

    def finish_reply(self, reply: ChatMessage) -> Future[None]: ...

    def folders(self) -> Sequence[Folder]: ...

    def save_folder(self, folder: Folder) -> Future[None]: ...


class Importer:
    """Takes what was found into the store, without what is there already.

    A conversation that is known gets the messages that it lacks; when its shown path leads into
    them, they are shown. A reply that was cut short in an earlier file is completed, and pictures
    and files that an earlier one lacked are filled in. A later file
    may bring another title, if no person has given it one here, archive it, put it into a folder
    if it is in none, or tag it. Nothing else about it changes, so that a second import of a
    file changes nothing.
    """

    def __init__(
        self,
        store: ImportStore,
        *,
        dry_run: bool = False,
        max_blob_bytes: int = 0,
        keep_undo: Callable[[ImportChange], object] = lambda _change: None,
    ) -> None:
        """All pictures and files may have `max_blob_bytes` together; with 0 there is no limit.

        `keep_undo` is told of each change before it is written.
        """
        self._store = store
        self._room = BlobRoom(store, max_blob_bytes)
        self._dry_run = dry_run
        self._keep_undo = keep_undo
        self._added: set[str] = set()
        """The conversations that were not there before."""
        self._would_be_there: dict[str, dict[str, ChatMessage]] = {}
        self._is_in_trouble = False
        self._file = ""
        self.report = ImportReport()

    def add(self, found: ImportItem) -> ImportOutcome:
        """Take one; it is on the disk when this returns.

        Raises:
            StoreError: It could not be written; what was taken before stays.
        """
        if isinstance(found, SkippedItem):
            return self._skip(found)
        if isinstance(found, EmptyItem):
            self.report.outcomes[ImportOutcome.EMPTY] += 1
            return ImportOutcome.EMPTY
        try:
            outcome = self._add_loaded(found)
        except StoreError as error:
            if isinstance(error, NotSavedYet) or self._is_in_trouble:
                raise
            # One that cannot be taken may be odd; two of them mean that the store is.
            self._is_in_trouble = True
            return self._skip(SkippedItem(found.conversation.id, str(error)))
        self._is_in_trouble = False
        self.report.outcomes[outcome] += 1
        return outcome

    def note_missing(self, paths: Iterable[ImportPath]) -> None:
        """Tell of numbered parts of an export that are missing between others in a folder."""
        for name in map(
            safe_line, missing_parts(str(path.path) for path in paths if not path.named)
        ):
            self._skip(SkippedItem(name, f"{name} is not there; what it held is missing."))

    def begin(self, path: ImportPath) -> bool:
        """Count a file, out of which the next ones come; is it one to open?"""
        self._file = str(path.path)
        if path.opened:
            self.report.files += 1
        else:
            self.report.unopened += 1
        return path.opened

    def refuse(self, path: ImportPath, error: LoadError) -> str:
        """A sentence about a file that cannot be read; empty if the file is passed over."""
        if isinstance(error, UnknownFormat) and not path.named:
            self.report.passed_over.append(str(path.path))
            return ""
        sentence = f"{path.path}: {error}"
        self.report.refused.append(SkippedItem(str(path.path), sentence))
        return sentence

    def _skip(self, skipped: SkippedItem) -> ImportOutcome:
        self.report.skipped.append(replace(skipped, file=self._file))
        self.report.outcomes[ImportOutcome.SKIPPED] += 1
        return ImportOutcome.SKIPPED

    def _add_loaded(self, found: LoadedItem) -> ImportOutcome:
        known = self._store.conversation(found.conversation.id)
        there = self._messages(found.conversation.id, is_known=known is not None)
        messages = [_finalize(each) for each in found.messages]
        lacking = [each for each in messages if each.id not in there]
        completed = [each for each in messages if _completes(each, there.get(each.id))]
        self.report.trashed += known is not None and known.trashed_at is not None
        is_new = known is None and found.conversation.id not in self._would_be_there
        header = found.conversation if known is None else _take_over(known, found.conversation)
        is_other = known is not None and header != known
        blobs = BlobImport(None if self._dry_run else self._store, found.blobs, self._room)
        others = [each for each in messages if each.id in there and each not in completed]
        filled = [new for each in others if (new := blobs.fill_in(there[each.id], each))]
        if not (is_new or lacking or completed or is_other or filled):
            self._note_loss(NO_ROOM, blobs.without_room)
            return ImportOutcome.KNOWN
        header = _extend(header, found) if lacking or completed else header
        lacking = [blobs.keep(each) for each in lacking]
        completed = [blobs.keep(each) for each in completed]
        if self._dry_run:
            changed = {each.id: each for each in (*lacking, *completed)}
            self._would_be_there[header.id] = there | changed
        else:
            replaced = (*completed, *filled)
            self._tell(known, header, lacking, [there[each.id] for each in replaced])
            self._write(header, lacking, replaced, is_other=is_other)
            self._make_folder(found.folder)
        self.report.messages += len(lacking)
        self.report.left_out.update(found.left_out)
        self._note_loss(MISSING, blobs.missing)
        self._note_loss(NO_ROOM, blobs.without_room)
        self._note_loss(FILLED_IN, len(filled))
        return ImportOutcome.ADDED if is_new else ImportOutcome.EXTENDED

    def _note_loss(self, loss: Loss, count: int) -> None:
        if count:
            self.report.left_out[loss] += count

    def _write(
        self,
        header: Conversation,
        lacking: Sequence[ChatMessage],
        completed: Iterable[ChatMessage],
        *,
        is_other: bool,
    ) -> None:
        for reply in completed:
            self._store.finish_reply(reply).result()
        if lacking or is_other or self._store.conversation(header.id) is None:
            self._store.add_turn(header, *lacking).result()

    def _make_folder(self, folder: Folder | None) -> None:
        """Make a folder for its preset; an existing folder keeps its own preset."""
        if folder and folder.path not in {each.path for each in self._store.folders()}:
            self._keep_undo(ImportChange(folder=folder.path))
            self._store.save_folder(folder).result()

    def _tell(
        self,
        before: Conversation | None,
        after: Conversation,
        lacking: Iterable[ChatMessage],
        replaced: Sequence[ChatMessage],
    ) -> None:
        """Tell what is about to be written, but of what goes as a whole when it is taken back."""
        if before is None:
            self._added.add(after.id)
        elif after.id in self._added:
            return
        added = [message.id for message in lacking]
        change = ImportChange(before=before, after=after, added=added, replaced=replaced)
        self._keep_undo(change)

    def _messages(self, conversation_id: str, *, is_known: bool) -> dict[str, ChatMessage]:
        """The messages that are there, or would be by now, by id."""
        if conversation_id in self._would_be_there:
            return self._would_be_there[conversation_id]
        if not is_known:
            return {}
        return {each.id: each for each in self._store.messages(conversation_id)}


def _completes(found: ChatMessage, known: ChatMessage | None) -> bool:
    """Does this complete a known reply that was cut short?"""
    return (
        known is not None
        and known.status is MessageStatus.INTERRUPTED
        and found.status is MessageStatus.COMPLETE
        and len(found.text) > len(known.text)
    )


def _take_over(known: Conversation, found: Conversation) -> Conversation:
    """The known conversation with the title, folder and tags of a later export."""
    if found.updated_at < known.updated_at:
        return known
    is_named = found.title and found.title_source is not TitleSource.PROMPT
    if is_named and known.title_source is not TitleSource.PERSON:
        known = replace(known, title=found.title, title_source=found.title_source)
    if found.updated_at > known.updated_at:
        known = _take_order(known, found)
    return known


def _take_order(known: Conversation, found: Conversation) -> Conversation:
    """The known conversation in the archive, folder and tags of a newer export."""
    ordered = replace(
        known,
        archived=known.archived or found.archived,
        folder=known.folder or found.folder,
        tags=clean_tags((*known.tags, *found.tags)),
    )
    return known if ordered == known else replace(ordered, updated_at=found.updated_at)


def _extend(known: Conversation, found: LoadedItem) -> Conversation:
    """The known conversation, whose shown path goes on if nothing else happened to it."""
    leaf_id = found.conversation.leaf_id
    above = {each.id for each in MessageTree(found.messages).upwards(leaf_id)}
    if known.leaf_id is not None and known.leaf_id not in above:
        leaf_id = known.leaf_id
    updated_at = max(known.updated_at, found.conversation.updated_at)
    return replace(known, leaf_id=leaf_id, updated_at=updated_at)


def _finalize(message: ChatMessage) -> ChatMessage:
    """Nothing streams into an imported message, whatever was under way when it was saved."""
    if message.status.is_final:
        return message
    return replace(message, status=MessageStatus.INTERRUPTED)
