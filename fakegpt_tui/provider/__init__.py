"""Clients for other programs: `FakeGpt` for text, `connect` for every event of a reply."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

import httpx

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.domain import (
    AppendOnlyText,
    BadReply,
    LoginState,
    Secret,
    Service,
    ServiceError,
    ServiceKind,
    Session,
    StreamEvent,
    TextDelta,
    TextReplaced,
    Unreachable,
)
from fakegpt_tui.http.clients import Transport
from fakegpt_tui.login.account_login import AccountLogin
from fakegpt_tui.login.manager import SessionManager
from fakegpt_tui.login.storage import InMemorySessionStorage, SessionStorage
from fakegpt_tui.provider.calls import (
    Messages,
    context_message,
    iterate_synchronously,
    join_pieces,
    model_name,
    require_free_loop,
    runtime_error,
)


def connect(
    service: Service,
    *,
    storage: SessionStorage | None = None,
    on_login: Callable[[LoginState], None] | None = None,
) -> FakeGptBackend:
    """A backend for `service`, for use in one event loop. Nothing is sent before the first call.

    Args:
        service: Of the kind `ServiceKind.FAKEGPT`.
        storage: Where the session is stored, as in a `SessionFile`; else it ends with the backend.
        on_login: Called with the state of the login whenever it changes.

    Raises:
        ConfigError: The service cannot be used as it is described.
    """
    transport = Transport(service)
    manager = SessionManager(
        AccountLogin(transport), transport.address.text, storage=storage, on_change=on_login
    )
    return FakeGptBackend(transport, manager)


_Backends: TypeAlias = WeakValueDictionary[tuple[str, str | None], FakeGptBackend]


class _PublishingManager(SessionManager):
    """Passes each session to `publish` before it is used; a token that is `given` comes first."""

    def __init__(
        self,
        transport: Transport,
        storage: SessionStorage,
        publish: Callable[[Session | None], None],
        given: Callable[[], str | None],
    ) -> None:
        super().__init__(AccountLogin(transport), transport.address.text, storage=storage)
        self._base_url = transport.address.text
        self._publish = publish
        self._given = given

    async def current(self) -> Session:
        if (token := self._given()) is not None:
            return Session(
                base_url=self._base_url,
                token=Secret(token),
                expires_at=None,
                account="",
                password=Secret(""),
            )
        session = await super().current()
        self._publish(session)
        return session

    async def renew(self, refused: Session) -> Session:
        if refused.token.reveal() == self._given():
            self._publish(None)
            return await self.current()
        session = await super().renew(refused)
        self._publish(session)
        return session


class FakeGpt:
    """Text from a service of the FakeGPT protocol, one piece at a time.

    The first call signs in; later ones use its token until it ends, in any event loop. Nothing is
    written to disk. Setting `_access_token` to `None` makes the next call sign in afresh; a token
    that is set there is used as it is, until the service refuses it.

    ```python
    async for text in FakeGpt.create_async_generator(
        model="", messages=[{"role": "user", "content": "Hello"}], base_url="http://localhost:8100"
    ):
        print(text, end="")
    ```
    """

    url: ClassVar[str] = "https://chat-shared2.zhile.io"
    """The base URL of calls without one. This service was switched off in 2024."""
    supports_gpt_35_turbo: ClassVar[bool] = True
    supports_gpt_4: ClassVar[bool] = False
    supports_message_history: ClassVar[bool] = True
    supports_stream: ClassVar[bool] = True
    needs_auth: ClassVar[bool] = False
    working: ClassVar[bool] = True
    _access_token: ClassVar[str | None] = None
    _published_token: ClassVar[str | None] = None
    _cookie_jar: ClassVar[httpx.Cookies | None] = None

    # On the class, because that is where callers of its kind look for the token.
    _storage: ClassVar[InMemorySessionStorage] = InMemorySessionStorage()
    _active_backends: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, _Backends]] = (
        WeakKeyDictionary()
    )

    @classmethod
    async def create_async_generator(
        cls, model: str, messages: Messages, proxy: str | None = None, **kwargs: Any
    ) -> AsyncGenerator[str]:
        """Stream a reply as text to append.

        Yielded text cannot be taken back. If the service rewrites its reply, nothing is yielded
        until the reply begins with the yielded text again; if it never does, the whole final text
        follows after a blank line.

        Args:
            model: The name of a model. No name, and any of GPT-3.5, is the model of the protocol.
            messages: The conversation, oldest first, each with `role` and `content`.
            proxy: Used unless the service is on this machine; may hold a user name and a password.
            kwargs: `base_url`, the service to ask instead of `url`, and `timeout`, the seconds that
                all of the call may take. Others are ignored: callers pass what they pass to any
                class of this kind.

        Raises:
            RuntimeError: A sentence about the error; after "No valid response: " if there was no
                text. Its cause is the `ServiceError`.
            ConfigError: The base URL or the proxy cannot be used.
            ValueError: There are no messages.
        """
        text = AppendOnlyText()
        try:
            async with aclosing(
                cls._stream_events(model, messages, proxy=proxy, **kwargs)
            ) as events:
                async for event in events:
                    if piece := text.apply(event):
                        yield piece
        except ServiceError as error:
            raise runtime_error(error, is_cut=bool(text.shown)) from error
        if text.is_rewritten:
            yield f"\n\n{text.text}"

    @classmethod
    async def create_async(cls, model: str, messages: Messages, **kwargs: Any) -> str:
        """The whole reply, as the service left it after any rewriting.

        Takes and raises what `create_async_generator` does.
        """
        text = AppendOnlyText()
        try:
            async with aclosing(cls._stream_events(model, messages, **kwargs)) as events:
                async for event in events:
                    text.apply(event)
        except ServiceError as error:
            raise runtime_error(error, is_cut=bool(text.text)) from error
        return text.text

    @classmethod
    def create_completion(
        cls, model: str, messages: Messages, stream: bool = True, **kwargs: Any
    ) -> Generator[str]:
        """Stream a reply from code that is not asynchronous.

        Takes and raises what `create_async_generator` does.

        Args:
            model: As there.
            messages: As there.
            stream: Yield the text as it comes, not all at once.
            kwargs: As there.

        Raises:
            RuntimeError: An event loop is running here, which waiting for a reply would block; one
                that `nest_asyncio` has patched goes on meanwhile.
        """
        require_free_loop()
        make = partial(cls.create_async_generator, model, messages, **kwargs)
        pieces = iterate_synchronously(make)
        return pieces if stream else join_pieces(pieces)

    @classmethod
    async def _stream_events(
        cls,
        model: str,
        messages: Messages,
        *,
        proxy: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the name that callers of its kind know
        **_ignored: Any,
    ) -> AsyncGenerator[StreamEvent]:
        context = tuple(map(context_message, messages))
        request = ReplyRequest(messages=context, model=model_name(model))
        ends_at = None if timeout is None else asyncio.get_running_loop().time() + timeout
        backend = cls._get_backend(base_url or cls.url, proxy)
        spoke = False
        async with aclosing(backend.stream(request)) as events:
            while True:
                try:
                    async with asyncio.timeout_at(ends_at):
                        event = await anext(events, None)
                except TimeoutError as error:
                    raise Unreachable(f"The reply was not over within {timeout} s.") from error
                if event is None:
                    break
                spoke = spoke or isinstance(event, TextDelta | TextReplaced)
                yield event
        if not spoke:
            raise BadReply("The service ended its reply without any text.")

    @classmethod
    def _get_backend(cls, base_url: str, proxy: str | None) -> FakeGptBackend:
        """The backend of all calls in this event loop, so that they share one login."""
        if cls._access_token is None:
            cls._storage.clear()
        here = cls._active_backends.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
        backend = here.get((base_url, proxy))
        if backend is None:
            backend = here[base_url, proxy] = cls._new_backend(base_url, proxy)
        return backend

    @classmethod
    def _new_backend(cls, base_url: str, proxy: str | None) -> FakeGptBackend:
        service = Service(
            name=cls.__name__,
            kind=ServiceKind.FAKEGPT,
            url=base_url,
            proxy=Secret(proxy) if proxy else None,
        )
        transport = Transport(service)
        manager = _PublishingManager(transport, cls._storage, cls._publish, cls._given_token)
        return FakeGptBackend(transport, manager)

    @classmethod
    def _given_token(cls) -> str | None:
        """The token that a caller has set, if it is none of ours."""
        return cls._access_token if cls._access_token != cls._published_token else None

    @classmethod
    def _publish(cls, session: Session | None) -> None:
        """Have callers see a session; none takes the place of a token that was refused."""
        if session is None:
            cls._access_token = cls._published_token = None
            return
        if cls._access_token == session.token.reveal():
            return
        cls._published_token = session.token.reveal()
        jar = httpx.Cookies()
        host = httpx.URL(session.base_url).host
        for name, value in session.cookies:
            jar.set(name, value.reveal(), domain=host)
        cls._access_token, cls._cookie_jar = session.token.reveal(), jar


__all__ = ["FakeGpt", "FakeGptBackend", "connect"]
