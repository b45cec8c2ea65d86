"""Turns of a conversation as they are sent: neighbours of one role joined, and what is replayed.

Many chat templates insist on turns. What a service wants back unread, such as a signature, goes
back only to the same protocol, service and model, and only where all before it is sent unchanged.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fakegpt_tui.backends.prompt_content import Content, Media, PromptContent, join_contents
from fakegpt_tui.domain import ContextMessage, Role
from fakegpt_tui.domain.parts import Origin
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.protocol.error_body import parse_json
from fakegpt_tui.text import replace_surrogates

_ROLES: Final = {"system", "developer", "user", "assistant"}
_SYSTEM_ROLES: Final = {"system", "developer"}
_FROM_REPLY: Final = "This came with your last reply:"
_MAX_STATE: Final = 4_000_000
"""Characters of what is kept for a reply; more than that is not worth its place."""


@dataclass(frozen=True, slots=True)
class JoinedTurn:
    """Neighbouring messages of one role, and what is sent of them; texts do not touch."""

    role: str
    messages: tuple[ContextMessage, ...]
    contents: tuple[Content, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(each for each in self.contents if isinstance(each, str))

    @property
    def has_media(self) -> bool:
        return any(isinstance(each, Media) for each in self.contents)


def join_turns(
    messages: Sequence[ContextMessage], content: PromptContent, *, system_role: str = Role.SYSTEM
) -> Iterator[JoinedTurn]:
    """`messages` as turns; the system messages are of `system_role`, unknown ones of the user.

    A reply may hold only text, so that its pictures go along with the prompt after it.

    Raises:
        RequestRefused: Something of them cannot be sent.
    """
    role, joined = "", list[ContextMessage]()
    said, carried = list[Content](), list[Content]()
    for message in messages:
        known = message.role if message.role in _ROLES else Role.USER.value
        known = system_role if known in _SYSTEM_ROLES else known
        if said and known != role:
            yield JoinedTurn(role, tuple(joined), tuple(join_contents(said)))
            joined, said = [], []
        role, found = known, content.of(message)
        joined.append(message)
        if known == Role.USER:
            said += [*carried, *found]
            carried = []
        else:
            media = [each for each in found if isinstance(each, Media)]
            carried += [_FROM_REPLY, *media] if media else []
            said += [each for each in found if isinstance(each, str)]
    if said:
        yield JoinedTurn(role, tuple(joined), tuple(join_contents(said)))


def without_system_role(messages: Sequence[ContextMessage]) -> tuple[ContextMessage, ...]:
    """`messages` with those of the system as messages of the user."""
    return tuple(
        replace(each, role=Role.USER) if each.role in _SYSTEM_ROLES else each for each in messages
    )


def split_system(messages: Sequence[ContextMessage]) -> tuple[str, list[ContextMessage]]:
    """The text of all system messages, and the others."""
    texts = [replace_surrogates(each.text) for each in messages if each.role in _SYSTEM_ROLES]
    others = [each for each in messages if each.role not in _SYSTEM_ROLES]
    return "\n\n".join(texts), others


@dataclass(frozen=True, slots=True)
class StateOwner:
    """Whose state is kept and sent back: a protocol, a service and one of its models."""

    protocol: str
    service: str
    model: str

    def keep(self, items: Sequence[Mapping[str, object]], before: str) -> Origin | None:
        """What is kept of a reply, to be sent back where `before` is what went before it."""
        data = json.dumps({"before": before, "items": list(items)})
        if len(data) > _MAX_STATE:
            return None
        return Origin(self.protocol, self.service, self.model, data)

    def replay(self, turn: JoinedTurn, before: str) -> list[dict[str, object]] | None:
        """What was kept of the turn, if it may be sent after what has the print `before`."""
        match [_origin(each) for each in turn.messages]:
            case [Origin() as origin] if origin.is_from(self.protocol, self.service, self.model):
                data = parse_json(origin.data)
            case _:
                return None
        match data:
            case {"before": str(kept), "items": [*items]} if kept == before:
                found = [each for each in items if isinstance(each, dict)]
                return found if _squeezed(_texts(found)) == _squeezed([turn.text]) else None
            case _:
                return None


def fingerprint(*values: object) -> str:
    """A short name of JSON values, by which they can be told from others."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _origin(message: ContextMessage) -> Origin | None:
    origins = (getattr(part, "origin", None) for part in reversed(message.parts))
    return next((each for each in origins if each is not None), None)


def _texts(items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The text that a person saw of kept items, or of the parts inside of them."""
    for item in items:
        match item:
            case {"type": "message", "phase": "commentary"}:
                pass
            case {"type": "message", "content": [*parts]}:
                yield from _texts(each for each in parts if isinstance(each, dict))
            case {"type": "text" | "output_text", "text": str(text)} | {"refusal": str(text)}:
                yield text
            case _:
                pass


def _squeezed(texts: Iterable[str]) -> str:
    """Texts without their blanks: those between parts may be ours."""
    return "".join("".join(texts).split())
