"""Chat service: conversations, turns, drafts and everything else a front end uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from fakegpt_tui.chat.active_turns import ActiveTurns
from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.pending_writes import PendingWrites, Stores
from fakegpt_tui.chat.services import Services
from fakegpt_tui.domain import (
    ModelRef,
    Preset,
    Service,
    StoreError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fakegpt_tui.chat.active_turns import FailedReplies
    from fakegpt_tui.chat.attachments import Attachments
    from fakegpt_tui.chat.compaction import Compactions
    from fakegpt_tui.chat.connections import Connect
    from fakegpt_tui.chat.conversation_actions import ConversationActions
    from fakegpt_tui.chat.drafts import Bookmarks, Drafts
    from fakegpt_tui.chat.emergency_export import EmergencyExport
    from fakegpt_tui.chat.folders import ConversationFolders
    from fakegpt_tui.chat.jobs import ConversationExporter, ConversationImporter
    from fakegpt_tui.chat.message_trees import MessageTrees
    from fakegpt_tui.chat.queue import PromptQueue
    from fakegpt_tui.chat.request_builder import RequestPreviews
    from fakegpt_tui.chat.search import Search
    from fakegpt_tui.chat.side_requests import SideRequests, Titles
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.chat.turns import Turns
    from fakegpt_tui.chat.undo import UndoHistory
    from fakegpt_tui.domain.undo import UndoStep


class ChatService:
    """Joins backends and a store, and holds the objects that a front end works with.

    It runs no task of its own: a turn lives exactly as long as the task that runs it.
    """

    def __init__(
        self,
        open_store: Callable[[], ChatStore],
        services: Mapping[str, Service],
        connect: Connect,
        *,
        service: str,
        model: str = "",
        max_turns: int = 8,
        attachment_limit: int = 50_000_000,
        attachment_total_limit: int = 0,
        presets: Mapping[str, Preset] = MappingProxyType({}),
        mirror: Path | None = None,
        spending: Callable[[Callable[[], ChatStore]], Spending] | None = None,
        has_budget: bool = True,
        title_model: ModelRef | None = None,
        temporary: bool = False,
    ) -> None:
        """`open_store` returns the store; nothing here calls it before something is read.

        `mirror` is the mirror folder. `spending` makes the object that sums money, by other prices
        than the shipped ones; `has_budget` says whether it may have a budget. `title_model` titles
        new conversations; if `temporary`, they leave nothing on disk.

        Raises:
            NotFound: There is no such service.
        """
        self._stores = Stores(open_store)
        self._services_by_name = services
        self._open_spending = spending
        self._has_budget = has_budget
        self._title_model = title_model
        self._max_turns = max_turns
        self._mirror = mirror
        self._attachment_limit = attachment_limit
        self._attachment_total_limit = attachment_total_limit
        self._is_stale = False
        self.presets = presets
        self.services = Services(services, connect, service=service, model=model)
        self.writes = PendingWrites()
        self.active_turns = ActiveTurns()
        self.conversations = ConversationIndex(
            self._stores,
            self.writes,
            self.active_turns,
            self.services.default_model,
            temporary=temporary,
        )

    @cached_property
    def history(self) -> UndoHistory:
        from fakegpt_tui.chat.undo import UndoHistory  # noqa: PLC0415 - not before the first frame

        return UndoHistory(self._stores, self.writes, self.conversations, self._take_back)

    @cached_property
    def failed_replies(self) -> FailedReplies:
        from fakegpt_tui.chat.active_turns import FailedReplies  # noqa: PLC0415 - as above

        return FailedReplies(self._stores)

    @cached_property
    def drafts(self) -> Drafts:
        from fakegpt_tui.chat.drafts import Drafts  # noqa: PLC0415 - as above

        return Drafts(self._stores, self.writes, self.conversations)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        from fakegpt_tui.chat.drafts import Bookmarks  # noqa: PLC0415 - as above

        return Bookmarks(self._stores)

    @cached_property
    def queue(self) -> PromptQueue:
        from fakegpt_tui.chat.queue import PromptQueue  # noqa: PLC0415 - as above

        return PromptQueue(self._stores, self.writes)

    @cached_property
    def messages(self) -> MessageTrees:
        from fakegpt_tui.chat.message_trees import MessageTrees  # noqa: PLC0415 - as above

        return MessageTrees(
            self._stores, self.conversations, self.writes, self.history, self.active_turns
        )

    @cached_property
    def actions(self) -> ConversationActions:
        from fakegpt_tui.chat.conversation_actions import ConversationActions  # noqa: PLC0415 - as above

        return ConversationActions(
            self.conversations,
            self.messages,
            self.history,
            service=self.services.get,
            presets=self.presets,
            discard=self._discard,
        )

    @cached_property
    def folders(self) -> ConversationFolders:
        from fakegpt_tui.chat.folders import ConversationFolders  # noqa: PLC0415 - as above

        return ConversationFolders(
            self._stores, self.conversations, self.writes, self.history, self.services.find
        )

    @cached_property
    def turns(self) -> Turns:
        from fakegpt_tui.chat.turns import Turns  # noqa: PLC0415 - as above

        return Turns(
            self._stores,
            self.writes,
            index=self.conversations,
            trees=self.messages,
            queue=self.queue,
            active=self.active_turns,
            services=self.services,
            limit=self._max_turns,
            spending=lambda: self.spending,
            # A first prompt would wait for the imports of prices; setting a budget has done them.
            may_have_budget=lambda: self._has_budget or "spending" in self.__dict__,
            max_blob_bytes=self._attachment_total_limit,
        )

    @cached_property
    def requests(self) -> RequestPreviews:
        from fakegpt_tui.chat.request_builder import RequestPreviews  # noqa: PLC0415 - as above

        return RequestPreviews(self._stores, self.conversations, self.messages, self.services)

    @cached_property
    def compactions(self) -> Compactions:
        from fakegpt_tui.chat.compaction import Compactions  # noqa: PLC0415 - as above

        return Compactions(self.conversations, self.messages, self.services, self.side_requests)

    @cached_property
    def titles(self) -> Titles:
        from fakegpt_tui.chat.side_requests import Titles  # noqa: PLC0415 - as above

        return Titles(self.conversations, self.side_requests, self._title_model)

    @cached_property
    def side_requests(self) -> SideRequests:
        from fakegpt_tui.chat.side_requests import SideRequests  # noqa: PLC0415 - as above

        return SideRequests(
            self.services, lambda: self.spending, is_temporary=self.conversations.is_temporary
        )

    @cached_property
    def spending(self) -> Spending:
        if self._open_spending is not None:
            return self._open_spending(lambda: self._stores.disk)
        from fakegpt_tui.chat.price_book import PriceBook  # noqa: PLC0415 - as above
        from fakegpt_tui.chat.spending import Spending  # noqa: PLC0415 - as above

        return Spending(lambda: self._stores.disk, PriceBook(self._services_by_name))

    @cached_property
    def attachments(self) -> Attachments:
        from fakegpt_tui.chat.attachments import Attachments  # noqa: PLC0415 - as above

        return Attachments(self._stores, self._attachment_limit, self._attachment_total_limit)

    @cached_property
    def search(self) -> Search:
        from fakegpt_tui.chat.search import Search  # noqa: PLC0415 - as above

        return Search(self._stores.disk)

    @cached_property
    def exports(self) -> ConversationExporter:
        from fakegpt_tui.chat.jobs import ConversationExporter  # noqa: PLC0415 - as above

        return ConversationExporter(self._stores, self.conversations, self.messages)

    @cached_property
    def imports(self) -> ConversationImporter:
        from fakegpt_tui.chat.jobs import ConversationImporter  # noqa: PLC0415 - as above

        return ConversationImporter(
            self._stores.disk,
            self.history,
            reload=self._reload,
            default_model=self.services.default_model,
            max_blob_bytes=self._attachment_total_limit,
            mirror=self._mirror,
        )

    @cached_property
    def emergency_export(self) -> EmergencyExport:
        from fakegpt_tui.chat.emergency_export import EmergencyExport  # noqa: PLC0415 - as above

        return EmergencyExport(
            self.writes,
            self.conversations,
            self.exports,
            self.drafts,
            self.queue,
            stores=self._stores,
        )

    def shown_turn(self, conversation_id: str) -> Turn | None:
        """The active turn of a conversation; of several, the one whose reply is shown."""
        known = self.conversations.find(conversation_id)
        return self.active_turns.shown(conversation_id, known.leaf_id if known else None)

    async def refresh(self) -> bool:
        """Read what other instances have written; true if there is something new to show.

        Failed writes are retried. What cannot be read now is read at the next call.
        """
        self.writes.retry()
        self._is_stale = self._stores.disk.poll_changes() or self._is_stale
        if self._is_stale:
            with suppress(StoreError):
                await self.conversations.refresh()
                self.messages.clear_cache()
                self.drafts.refresh()
                self.queue.refresh()
                self.failed_replies.refresh()
                self.folders.refresh()
                self._is_stale = False
                return True
        return False

    async def aclose(self) -> None:
        """Close the connections, and drop temporary conversations. All turns must have ended."""
        self.writes.retry()
        await self.services.aclose()
        self._stores.close()

    async def _reload(self) -> None:
        self._is_stale = True
        await self.refresh()

    def _take_back(self, step: UndoStep) -> None:
        from fakegpt_tui.chat.undo_performer import perform  # noqa: PLC0415 - when something is undone

        perform(step, self.conversations, self.messages, self.folders)

    def _discard(self, conversation_id: str) -> None:
        for each in (self.drafts, self.bookmarks, self.queue):
            each.discard(conversation_id)
