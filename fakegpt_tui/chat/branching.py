"""Beginning a conversation with what was said in another."""

from collections.abc import Sequence
from dataclasses import replace

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, new_id, now


def branch_conversation(
    conversation: Conversation, path: Sequence[ChatMessage]
) -> tuple[Conversation, list[ChatMessage]]:
    """A new conversation with copies of the chat messages of `path`.

    The service knows nothing of them: what it keeps stays that of the other conversation.
    """
    time = now()
    branch_id = new_id()
    copies: list[ChatMessage] = []
    for message in path:
        is_over = message.status.is_final
        copies.append(
            replace(
                message,
                id=new_id(),
                conversation_id=branch_id,
                parent_id=copies[-1].id if copies else None,
                status=message.status if is_over else MessageStatus.STOPPED,
                server_id="",
            )
        )
    branch = replace(
        conversation,
        id=branch_id,
        created_at=time,
        updated_at=time,
        leaf_id=copies[-1].id if copies else None,
        unread=False,
        pinned=False,
        archived=False,
        trashed_at=None,
        server_id="",
    )
    return branch, copies
