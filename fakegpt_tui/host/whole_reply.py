"""Whole reply: the response to a request that wants all of a reply at once."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakegpt_tui.domain import FinishReason, ReplyCut, ServiceError, StreamEvent, Usage
from fakegpt_tui.host.errors import forget_traceback, json_response
from fakegpt_tui.host.listening import WhileListening
from fakegpt_tui.host.request_log import record_of
from fakegpt_tui.host.running_replies import RunningReplies
from fakegpt_tui.host.tally import Tally


class WholeBody(Protocol):
    """A reply in the form of a protocol, as it grows."""

    reason: FinishReason | None
    """Why it ended; `None` before that."""

    def add(self, event: StreamEvent) -> None:
        """Apply an event; what this form cannot say is left out."""
        ...

    def body(self, estimate: Usage) -> dict[str, object]:
        """The reply; `estimate` is told where the service tells no usage."""
        ...


@dataclass(slots=True)
class WholeReply:
    """Gathers a reply while its client waits; one that leaves ends it."""

    events: AsyncGenerator[StreamEvent]
    reply: WholeBody
    tally: Tally
    running: RunningReplies
    group: str
    error_response: Callable[[ServiceError], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response | None = None
        with self.running.join(self.group, record_of(scope)) as ending:
            async with WhileListening(scope, ending) as listening:
                response = await self._gather()
        if response is not None:
            await response(scope, receive, send)
        elif listening.sentence:
            await self.error_response(ReplyCut(listening.sentence))(scope, receive, send)

    async def _gather(self) -> Response:
        try:
            async with aclosing(self.events) as events:
                async for event in events:
                    self.reply.add(event)
            if self.reply.reason is None:
                raise ReplyCut("The reply broke off before its end.")
        except ServiceError as error:
            forget_traceback(error)
            return self.error_response(error)
        estimate = Usage(self.tally.prompt_tokens, self.tally.reply_tokens)
        return json_response(self.reply.body(estimate))
