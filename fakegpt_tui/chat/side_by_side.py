"""Side by side: one prompt, answered by several models at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from fakegpt_tui.chat.conversation_index import ConversationIndex
from fakegpt_tui.chat.message_trees import MessageTrees
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.chat.turns import Turns
from fakegpt_tui.domain import Conversation, ModelRef, Service

MAX_PARALLEL_MODELS: Final = 4


class SideBySide:
    """Asks several, whose replies are variants of each other; the first is shown until one is
    chosen.

    Its turns are run like any others, all of them, in the order in which they are given.
    """

    def __init__(
        self,
        turns: Turns,
        trees: MessageTrees,
        headers: ConversationIndex,
        service: Callable[[str], Service],
    ) -> None:
        """`service` finds one by its name, and raises `NotFound`."""
        self._turns = turns
        self._trees = trees
        self._headers = headers
        self._service = service

    def ask(
        self, conversation: Conversation, text: str, answerers: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """Ask `text` at the end of the shown path.

        Raises:
            NotFound: There is no such service.
            StillReplying: A turn is under way in that conversation.
        """
        return self._turns.new_parallel(conversation, text, self._with_models(answerers))

    def regenerate(
        self, conversation_id: str, message_id: str, answerers: Sequence[ModelRef]
    ) -> tuple[Turn, ...]:
        """Ask a prompt that is there already, or the one that a reply answers.

        Raises:
            NotFound: There is no such chat message or service.
            StillReplying: A turn is under way in that conversation.
        """
        found = self._with_models(answerers)
        return self._turns.regenerate_parallel(conversation_id, message_id, found)

    def choose(self, conversation_id: str, reply_id: str) -> None:
        """Show a reply, and let whoever gave it answer from now on; the others stay variants.

        Raises:
            NotFound: There is no such reply.
        """
        reply = self._trees.message(conversation_id, reply_id)
        self._trees.show_variant(conversation_id, reply_id)

        def change(each: Conversation) -> Conversation:
            # Another service does not know what this one calls the conversation.
            kept = each.server_id if reply.service == each.service else ""
            return replace(each, service=reply.service, model=reply.model, server_id=kept)

        self._headers.update(conversation_id, change)

    def _with_models(self, answerers: Sequence[ModelRef]) -> list[ModelRef]:
        """The answerers, each with the model of its service where none was named."""
        return [
            ModelRef(each.service, each.model or self._service(each.service).model)
            for each in answerers
        ]
