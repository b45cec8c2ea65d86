"""Conversations as files."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from fakegpt_tui.chat.headers import ConversationIndex
from fakegpt_tui.chat.headway import JobProgress, JobResult
from fakegpt_tui.chat.trees import MessageTrees
from fakegpt_tui.domain import FakeGPTError, NotFound

MARKDOWN: Final = "md"
FORMATS: Final = {MARKDOWN: "Markdown", "jsonl": "JSON lines", "html": "an HTML page"}
"""What a conversation can be saved as, by the suffix of the file."""

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
        from fakegpt_tui.transfer.formats import save_as  # noqa: PLC0415 - not at every start

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
