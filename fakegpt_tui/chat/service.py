"""Chat service: conversations, turns, drafts and everything else a front end uses."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from fakegpt_tui.chat.active_turns import ActiveTurns
from fakegpt_tui.chat.conversation_actions import ConversationActions, branch_conversation
from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.drafts import Bookmarks, Drafts
from fakegpt_tui.chat.jobs import ConversationExporter, ConversationImporter
from fakegpt_tui.chat.message_trees import MessageTrees
from fakegpt_tui.chat.pending_writes import PendingWrites
from fakegpt_tui.chat.queue import PromptQueue
from fakegpt_tui.chat.routing_store import RoutingStore
from fakegpt_tui.chat.services import Connect, ServiceConnections, Services
from fakegpt_tui.chat.store_interface import ChatStore
from fakegpt_tui.chat.sync import StoreSync
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.chat.turns import Turns
from fakegpt_tui.chat.undo import UndoHistory
from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    Draft,
    MessageStatus,
    Preset,
    QueuedPrompt,
    SearchHit,
    Service,
    StoreError,
)

if TYPE_CHECKING:
    from fakegpt_tui.chat.emergency_export import EmergencyExport
    from fakegpt_tui.chat.side_by_side import SideBySide
    from fakegpt_tui.formats.mirror import MirrorUpdate


class ChatService(Services):
    """Joins backends and the store into turns, and knows which of them run.

    What is done to one noun is with that noun: `arrange` for whole conversations, `trees` for
    their chat messages, `drafts`, `bookmarks`, `queue` for the prompts that wait for the end of a
    reply, `side_by_side` for those that several answer at once, `files` for conversations as files,
    and `imports` for those that come out of files.

    Front ends enter the turns it makes, call `end_turn` when they have left one, and then run what
    `next_turn` gives them; it holds no task of its own, so a turn lives exactly as long as the
    task that runs it.
    """

    def __init__(
        self,
        store: ChatStore,
        services: Mapping[str, Service],
        connect: Connect,
        *,
        service: str,
        model: str = "",
        max_turns: int = 8,
        presets: Mapping[str, Preset] = MappingProxyType({}),
        mirror: "MirrorUpdate | None" = None,
    ) -> None:
        """`mirror` is given each conversation in which a turn has ended."""
        self._store = RoutingStore(store)
        super().__init__(ServiceConnections(services, connect), service=service, model=model)
        self._saving = PendingWrites()
        self._history = UndoHistory()
        self._running = ActiveTurns()
        self._headers = ConversationIndex(self._store, self._saving, self._running)
        self.actions = ConversationActions(
            self._headers, self._history, self.service, presets, self._discard
        )
        self.drafts = Drafts(self._store, self._saving)
        self.bookmarks = Bookmarks(self._store)
        self.queue = PromptQueue(self._store, self._saving)
        self.trees = MessageTrees(
            self._store, self._headers, self._saving, self._history, self._running
        )
        self._turns = Turns(
            self._store,
            self._saving,
            headers=self._headers,
            trees=self.trees,
            queue=self.queue,
            running=self._running,
            backend=self.backend,
            limit=max_turns,
        )
        self.presets = presets
        self._mirror = mirror
        self._refreshing = StoreSync(
            self._store, self._headers, self.trees, self.drafts, self.queue
        )
        self.exports = ConversationExporter(self._headers, self.trees, self._store.is_temporary)
        self.imports = ConversationImporter(
            store,
            self._refreshing,
            self.trees,
            self._history,
            throw=self.actions.trash_without_undo,
            answering=self.default_model,
        )

    @cached_property
    def side_by_side(self) -> "SideBySide":
        """Prompts that several models answer at once."""
        from fakegpt_tui.chat.side_by_side import SideBySide  # noqa: PLC0415 - not at every start

        return SideBySide(self._turns, self.trees, self._headers, self.service)

    @cached_property
    def emergency_export(self) -> "EmergencyExport":
        """What to do with words that the store cannot take."""
        from fakegpt_tui.chat.emergency_export import EmergencyExport  # noqa: PLC0415 - as above

        return EmergencyExport(self._saving, self._headers, self.exports, self.drafts, self.queue)

    def conversations(self) -> list[Conversation]:
        """All that have a prompt and are not in the trash, most recently used first."""
        return self._headers.all()

    def trashed(self) -> list[Conversation]:
        """All that are in the trash, the last one to come there first."""
        return self._headers.trashed()

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation with that id, be it new or in the trash.

        Raises:
            NotFound: There is none.
        """
        return self._headers.get(conversation_id)

    def new_conversation(
        self, *, temporary: bool = False, conversation_id: str | None = None
    ) -> Conversation:
        """An empty conversation, which is kept once it has a prompt.

        A temporary one never touches the disk. With the id of an `unsent` draft the draft is its.
        """
        conversation = self._headers.create(*self.default_model(), conversation_id=conversation_id)
        if temporary:
            self._store.make_temporary(conversation.id)
        return conversation

    def set_max_turns(self, limit: int) -> None:
        """Let so many replies stream at once from now on; those under way go on."""
        self._turns.set_limit(limit)

    def is_temporary(self, conversation_id: str) -> bool:
        return self._store.is_temporary(conversation_id)

    def unsent(self) -> list[Draft]:
        """Drafts of an earlier run whose conversations have no prompt yet."""
        drafts = self.drafts.all().values()
        return [each for each in drafts if self._headers.find(each.conversation_id) is None]

    def path(self, conversation_id: str) -> tuple[ChatMessage, ...]:
        """The chat messages that are shown, oldest first, a running reply as it stands.

        Raises:
            NotFound: There is no such conversation.
        """
        return self.trees.path(conversation_id)

    def turn(self, conversation_id: str) -> Turn | None:
        """The turn that runs or waits in that conversation, the shown one of several."""
        known = self._headers.find(conversation_id)
        return self._running.shown(conversation_id, known.leaf_id if known else None)

    def turns_of(self, conversation_id: str) -> tuple[Turn, ...]:
        """All turns that run or wait in that conversation."""
        return self._running.of(conversation_id)

    def turns(self) -> list[Turn]:
        """All turns that run or wait, in the order in which they were asked for."""
        return self._running.all()

    def ask(self, conversation: Conversation, text: str) -> Turn | QueuedPrompt:
        """A turn that asks `text`, or where one is under way, the prompt that now waits for it."""
        if conversation.id in self._running:
            return self.queue.add(conversation.id, text)
        return self.new_turn(conversation, text)

    def new_turn(self, conversation: Conversation, text: str) -> Turn:
        """A turn that asks `text` at the end of the shown path; it runs when it is entered.

        Raises:
            StillReplying: A turn is under way in that conversation; so for all new turns.
        """
        return self._turns.new(conversation, text)

    def edit(self, conversation_id: str, prompt_id: str, text: str) -> Turn:
        """A turn that asks `text` in place of a prompt, of which it becomes a variant.

        Raises:
            NotFound: There is no such prompt.
        """
        return self._turns.edit(conversation_id, prompt_id, text)

    def regenerate(self, conversation_id: str, message_id: str) -> Turn:
        """A turn for another variant of a reply, or of the replies to a prompt; also to retry one.

        Raises:
            NotFound: There is no such chat message, or no prompt that it answers.
        """
        return self._turns.regenerate(conversation_id, message_id)

    def continue_reply(self, conversation_id: str, reply_id: str) -> Turn:
        """A turn that lets a reply go on where it stops, as a variant that begins with its text.

        Raises:
            NotFound: There is no such reply.
        """
        return self._turns.continue_reply(conversation_id, reply_id)

    def branch(self, conversation_id: str, message_id: str) -> Conversation:
        """A new conversation that begins with a copy of the way to a chat message. Can be undone.

        Raises:
            NotFound: There is no such chat message.
        """
        path = self.trees.path_to(conversation_id, message_id)
        branch, messages = branch_conversation(self.conversation(conversation_id), path)
        if self.is_temporary(conversation_id):
            self._store.make_temporary(branch.id)
        key = self._headers.add(branch, messages)
        for message in messages:
            self.trees.put(message, key)
        self._history.record(
            "A conversation was branched off.", lambda: self.actions.trash_without_undo([branch.id])
        )
        return branch

    def next_turn(self, conversation_id: str) -> Turn | None:
        """The turn of a queued prompt, now that a turn has ended; to be run like any other."""
        return self._turns.next_queued(conversation_id)

    def send_queued(self, prompt_id: str) -> Turn | None:
        """The turn of a queued prompt that is held, or `None` where it is sent after the reply.

        Raises:
            NotFound: It was sent or withdrawn.
        """
        return self._turns.send_queued(prompt_id)

    def end_turn(self, turn: Turn) -> None:
        """Let go of a turn that was left, and keep what the service told beside the reply."""
        self._turns.end(turn)
        if turn.error is not None or turn.reply.status is MessageStatus.COMPLETE:
            self.record_outcome(turn.reply.service, turn.error)
        conversation = self._headers.find(turn.conversation.id)
        if self._mirror is None or conversation is None or not turn.is_saved:
            return
        if not self._store.is_temporary(conversation.id):
            self._mirror(conversation, tuple(self.trees.of(conversation.id)))

    def stop(self, conversation_id: str) -> bool:
        """Stop the turns of that conversation; was there one?"""
        return self._running.stop(conversation_id)

    def stop_all(self) -> int:
        """Stop all turns; how many that were."""
        return self._running.stop_all()

    def undo(self, conversation_id: str = "") -> str | None:
        """Take back what was done last, to whole conversations or inside the one that is given.

        Returns:
            What was done, as a sentence; `None` where there is nothing to take back.
        """
        return self._history.undo(conversation_id)

    def set_unread(self, conversation_id: str, *, unread: bool) -> None:
        """Note whether a reply waits to be read."""
        self._headers.set_unread(conversation_id, unread=unread)

    def prompts(self, limit: int = 1000) -> Sequence[str]:
        """Earlier prompts, newest first, without doubles."""
        return self._store.prompts(limit)

    async def search(
        self, text: str, *, limit: int = 50, best_first: bool = False
    ) -> Sequence[SearchHit]:
        """What a person looks for with `text`, any text; cancelling ends the search at once."""
        from fakegpt_tui.chat.search import search_store  # noqa: PLC0415 - not at every start

        return await search_store(self._store, text, limit=limit, best_first=best_first)

    async def load(self) -> None:
        """Read the conversations, which whoever asks for one first would otherwise wait for.

        Raises:
            StoreError: They cannot be read.
        """
        await self._headers.load()

    async def refresh(self) -> bool:
        """Take what other instances have written; is anything to be shown anew?"""
        self._saving.retry()
        return await self._refreshing.refresh()

    @property
    def save_error(self) -> StoreError | None:
        """Why something that should be on disk is only in memory; it is saved again and again."""
        return self._saving.error

    def retry_saves(self) -> None:
        """Try to save what could not be saved, as every turn and every `refresh` does, too."""
        self._saving.retry()

    async def aclose(self) -> None:
        """Close the connections. Turns must have been left before."""
        self._saving.retry()
        await self._connections.aclose()

    def _discard(self, conversation_id: str) -> None:
        self.drafts.discard(conversation_id)
        self.bookmarks.discard(conversation_id)
        self.queue.discard(conversation_id)
