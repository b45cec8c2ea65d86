"""One reply at a time for each session, as the service of 2023 had it."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.host.archive import Owner
from fakegpt_tui.host.refusals import rate_limit_response


@dataclass(frozen=True, slots=True)
class SingleFlight:
    """Knows who is being answered. Without `is_closed` everybody passes at any time.

    It stands open for this program itself, which has many turns at once under one login.
    """

    is_enabled: bool = False
    _active: set[Owner] = field(default_factory=set, init=False)

    def guard(self, owner: Owner, reply: ASGIApp) -> ASGIApp:
        """`reply`, or a refusal if another one of `owner` is under way when it should begin."""
        return reply if not self.is_enabled else _ExclusiveReply(self._active, owner, reply)


@dataclass(frozen=True, slots=True)
class _ExclusiveReply:
    inside: set[Owner]
    owner: Owner
    reply: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.owner in self.inside:
            sentence = "Only one message at a time. Please wait until the reply before has ended."
            await rate_limit_response(sentence, None)(scope, receive, send)
            return
        with ExitStack() as turn:
            self.inside.add(self.owner)
            turn.callback(self.inside.discard, self.owner)

            async def leave_with_the_last(message: Message) -> None:
                # Whoever has read the last of it may ask again in the same moment.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    turn.close()
                await send(message)

            await self.reply(scope, receive, leave_with_the_last)
