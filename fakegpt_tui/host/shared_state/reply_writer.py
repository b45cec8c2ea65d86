"""Reply writer: saves the replies of this process in the shared state, late where need be."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from fakegpt_tui.domain import new_id
from fakegpt_tui.host.conversation_cache import MESSAGE_WEIGHT, Owner
from fakegpt_tui.host.conversations import HostTurn, StateError, StateFull, StateLost, TakenOver
from fakegpt_tui.host.shared_state import records
from fakegpt_tui.host.shared_state.connection import StateConnection
from fakegpt_tui.host.shared_state.late_replies import EndedReply, LateReplies, StartedReply
from fakegpt_tui.host.shared_state.leases import LEASE_MILLISECONDS, RedisLeases
from fakegpt_tui.protocol.fakegpt import StoredMessage
from fakegpt_tui.text import replace_surrogates

BATCH_SECONDS: Final = 0.05

_CONVERSATIONS: Final = 200
_CHARACTERS: Final = 4_000_000
"""How much an owner has room for; the least recently changed conversations make room."""


class ReplyWriter:
    """Saves replies from their beginning to their end.

    What the engine was too slow for, or has lost, is saved anew, from this process's copy of the
    conversation; what was deleted stays so.
    """

    def __init__(self, connection: StateConnection, leases: RedisLeases) -> None:
        self._leases = leases
        self._begin = connection.script(records.BEGIN)
        self._text = ScriptBatches(connection, records.TEXT)
        self._end = connection.script(records.END)
        self._started: dict[str, StartedReply] = {}
        self.late = LateReplies(self._save_end, connection.figures)

    async def begin(self, turn: HostTurn, at: datetime) -> None:
        """Save the prompts and the empty reply of a turn, later if the state is lost.

        Raises:
            StateFull: There is no room.
        """
        started = StartedReply(turn=turn, at=at, token=new_id())
        with suppress(StateLost):
            await self._save_begin(started)
        self._started[turn.reply.id] = started

    async def save_text(self, turn: HostTurn, text: str, kept: int) -> None:
        """Save what a reply says, as `Conversations.save_text` says. Raises `StateError`, too."""
        started = self._started.get(turn.reply.id)
        if started is None:
            return
        if not started.is_saved:
            if not await self._save_begin(started):
                self._forget(turn)
                return
            kept = 0
        names, reply_id = records.OwnerNames.of(turn.owner), turn.reply.id
        outcome, _ = await self._text(
            [
                names.conversation(turn.conversation.id)[1],
                names.lease(reply_id),
                names.text(reply_id),
            ],
            *(reply_id, started.token, len(replace_surrogates(text[:kept]).encode())),
            *(replace_surrogates(text[kept:]), LEASE_MILLISECONDS),
        )
        match outcome:
            case records.TAKEN_OVER:
                self._forget(turn)
                raise TakenOver
            case records.RESEND:
                raise StateLost
            case records.GONE if await self._save_begin(started):
                raise StateLost  # so that the text comes anew from its beginning
            case records.GONE:
                self._forget(turn)
            case _:
                pass

    async def end(self, turn: HostTurn, reply: StoredMessage, title: str, at: datetime) -> None:
        """Save the reply as it ended, later if that is not possible."""
        started = self._forget(turn)
        if started is None:
            return
        ended = EndedReply(started=started, reply=reply, title=title, at=at)
        try:
            await self._save_end(ended)
        except StateError:
            self.late.add(ended)

    async def save_late(self, owner: Owner, conversation_id: str) -> None:
        """Save what waits, if that is about a conversation which is needed now.

        Raises:
            StateLost: It is not possible.
        """
        if self.late.has(owner, conversation_id):
            await self.late.flush()
            if self.late.has(owner, conversation_id):
                raise StateLost

    def _forget(self, turn: HostTurn) -> StartedReply | None:
        """Hold a reply no longer."""
        self._leases.forget(records.OwnerNames.of(turn.owner).lease(turn.reply.id))
        return self._started.pop(turn.reply.id, None)

    async def _save_begin(self, started: StartedReply) -> bool:
        """Save the beginning of a turn, and what is lost of the conversation before it.

        Nothing is saved, and the answer is no, where the conversation was deleted.
        """
        turn = started.turn
        added, is_new = [*turn.prompts, turn.reply], not turn.conversation.size
        outcome = await self._run_begin(started, added, is_new=is_new)
        if outcome == records.UNKNOWN:
            added = [*turn.conversation.messages(), *added]
            outcome = await self._run_begin(started, added, is_new=True)
        started.is_saved = outcome == records.DONE
        if started.is_saved:
            self._leases.keep(records.OwnerNames.of(turn.owner).lease(turn.reply.id), started.token)
        return started.is_saved

    async def _run_begin(
        self, started: StartedReply, added: Iterable[StoredMessage], *, is_new: bool
    ) -> int:
        turn = started.turn
        names, conversation = records.OwnerNames.of(turn.owner), turn.conversation
        outcome, _ = await self._begin(
            [
                *names.conversation(conversation.id),
                names.lease(turn.reply.id),
                names.deleted(conversation.id),
            ],
            *(int(is_new), conversation.id, conversation.root_id),
            *(replace_surrogates(conversation.title), records.stamp_of(conversation.created_at)),
            *(records.stamp_of(started.at), started.token, LEASE_MILLISECONDS),
            *(_CONVERSATIONS, _CHARACTERS, names.prefix),
            *(part for each in added for part in records.encode_message(each)),
        )
        return outcome

    async def _save_end(self, ended: EndedReply) -> None:
        started = ended.started
        if started.is_saved and await self._run_end(ended) != records.GONE:
            return
        if await self._save_begin(started):
            self._leases.forget(records.OwnerNames.of(started.turn.owner).lease(ended.reply.id))
            await self._run_end(ended)

    async def _run_end(self, ended: EndedReply) -> int:
        turn, title = ended.started.turn, replace_surrogates(ended.title)
        names = records.OwnerNames.of(turn.owner)
        reply_id, record, weight = records.encode_message(ended.reply)
        outcome, _ = await self._end(
            [
                *names.conversation(turn.conversation.id),
                names.lease(reply_id),
                names.text(reply_id),
            ],
            *(turn.conversation.id, reply_id, ended.started.token, record, title),
            *(records.stamp_of(ended.at), weight - MESSAGE_WEIGHT),
        )
        return outcome


_Answer: TypeAlias = list[int] | Exception


@dataclass(frozen=True, slots=True)
class _Call:
    keys: Sequence[str]
    arguments: Sequence[str | float]
    answer: "asyncio.Future[list[int]]"


class ScriptBatches:
    """Runs a script for many at once: a call waits until others have joined it.

    That costs a process a fraction of what as many exchanges do. Each call has its own answer.
    """

    def __init__(self, connection: StateConnection, source: str) -> None:
        self._connection = connection
        self._script = connection.script(source)
        self._calls: list[_Call] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, keys: Sequence[str], *arguments: str | float) -> list[int]:
        """Run the script soon. Raises as `StateConnection.run` does."""
        loop = asyncio.get_running_loop()
        call = _Call(keys, arguments, loop.create_future())
        self._calls.append(call)
        if len(self._calls) == 1:
            # What the caller has waited for in vain is not counted against the others.
            loop.call_later(BATCH_SECONDS, self._start, context=Context())
        return await call.answer

    def _start(self) -> None:
        calls, self._calls = self._calls, []
        task = asyncio.get_running_loop().create_task(self._run(calls))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, calls: Sequence[_Call]) -> None:
        async def run(redis: Redis) -> list[_Answer]:
            pipeline = redis.pipeline(transaction=False)
            for call in calls:
                await self._script.queue(pipeline, call.keys, *call.arguments)
            return await pipeline.execute(raise_on_error=False)

        answers: list[_Answer]
        try:
            answers = await self._connection.run(run)
        except StateError as error:
            answers = [error] * len(calls)
        for call, answer in zip(calls, answers, strict=True):
            if call.answer.done():
                continue
            match answer:
                case list():
                    call.answer.set_result(answer)
                case OutOfMemoryError():
                    self._connection.figures.full += 1
                    call.answer.set_exception(StateFull())
                case _:
                    call.answer.set_exception(StateLost())
