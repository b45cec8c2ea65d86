"""A home with a conversation that has pictures, to start the program in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.domain.parts import ImagePart
from tests.attachments.pictures import photo
from tests.cli.program import Home

START = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
SIZES = ((640, 320), (300, 900), (1600, 200), (40, 40))


def home_with_pictures(folder: Path, turns: int = 1) -> Home:
    """Of each turn the prompt has two pictures; its reply is `reply N`, and some lines."""
    home = Home(folder)
    home.environment["COLORTERM"] = "truecolor"
    conversation = Conversation(
        id="pictures", title="Pictures", service="guide", model="guide", created_at=START,
        updated_at=START,
    )  # fmt: skip
    messages: list[ChatMessage] = []
    with home.store() as store:
        for turn in range(turns):
            parts = tuple(
                ImagePart(
                    store.put_blob(photo(SIZES[(turn * 2 + at) % len(SIZES)], "PNG")),
                    f"picture-{turn}-{at}.png",
                )
                for at in range(2)
            )
            for role, text in (
                (Role.USER, f"prompt {turn}"),
                (Role.ASSISTANT, f"reply {turn}\n\n" + "Some words.\n\n" * 6),
            ):
                message = ChatMessage(
                    id=f"m{len(messages)}",
                    conversation_id=conversation.id,
                    parent_id=messages[-1].id if messages else None,
                    role=role,
                    text=text,
                    status=MessageStatus.COMPLETE,
                    created_at=START + timedelta(minutes=len(messages)),
                    parts=parts if role is Role.USER else (),
                )
                messages.append(message)
        store.add_turn(replace(conversation, leaf_id=messages[-1].id), *messages).result()
    return home
