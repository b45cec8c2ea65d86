"""Composition root of a command: its store and chat service, and what it says at their end."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, aclosing, asynccontextmanager, closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from fakegpt_tui.cli.output import PROGRAM, echo_err

if TYPE_CHECKING:
    from fakegpt_tui.chat.mirror import MirrorThread
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.cli.app import ConnectionFactory
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain import Service
    from fakegpt_tui.domain.prices import TokenPrices
    from fakegpt_tui.store.conversation_store import ConversationStore


_HOUR = 3600


class LazyStore:
    """The store of the settings; its folders are made, and it is opened, by the first `open`.

    The first frame needs no store, and all that opens one takes time to import.
    """

    def __init__(self, settings: Settings, *, mirror_seconds: float = 0) -> None:
        """The mirror folder, if there is one, follows what is changed, unless this is only read.

        Closing then takes so many seconds at most for what the folder does not show yet.
        """
        self._settings = settings
        self._store: ConversationStore | None = None
        self._opening = Lock()
        self._mirror_seconds = mirror_seconds
        self._mirror: MirrorThread | None = None
        self._told = 0

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for a person about the store and the mirror folder; may grow."""
        mirror = () if self._mirror is None else self._mirror.notices
        self._told = len(mirror)
        return (*(() if self._store is None else self._store.notices), *mirror)

    def open(self) -> ConversationStore:
        """The store; may be called from any thread.

        Raises:
            StoreError: It cannot be opened.
        """
        with self._opening:
            if self._store is None:
                from fakegpt_tui.config.private_files import make_folders  # noqa: PLC0415 - see above
                from fakegpt_tui.store.conversation_store import ConversationStore  # noqa: PLC0415

                make_folders(self._settings.folders)
                self._store = ConversationStore.open(self._settings.database)
                if self._settings.mirror is not None and self._mirror_seconds:
                    from fakegpt_tui.chat.mirror import MirrorThread  # noqa: PLC0415 - few have one

                    self._mirror = MirrorThread(self._settings.mirror)
                    self._mirror.follow(self._store)
            return self._store

    def close(self) -> None:
        """Write what is queued; sentences tell where that fails."""
        store = self._store
        if self._mirror is not None:
            self._mirror.close(self._mirror_seconds)
            for notice in self._mirror.notices[self._told :]:
                echo_err(notice)
        if store is not None and not store.close():
            echo_err(f"Not everything was written to the store. {store.last_error or ''}".rstrip())


@contextmanager
def open_store(
    settings: Settings, tell: Callable[[str], None] = echo_err, *, changes: bool = False
) -> Iterator[ConversationStore]:
    """The store, closed at the end of the block; notices about it are passed to `tell`.

    What `changes` it has the mirror folder follow, which the end waits for.

    Raises:
        StoreError: It cannot be opened.
    """
    with closing(LazyStore(settings, mirror_seconds=_HOUR if changes else 0)) as opener:
        store = opener.open()
        for notice in store.notices:
            tell(notice)
        yield store


@asynccontextmanager
async def open_chat(
    settings: Settings, open_store: Callable[[], ChatStore], *, temporary: bool = False
) -> AsyncIterator[ChatService]:
    """The chat service; at the end of the block its connections and the embedded host end.

    If `temporary`, new conversations leave nothing on disk.

    Raises:
        ConfigError: There is no service of the chosen name.
    """
    from fakegpt_tui.chat.service import ChatService  # noqa: PLC0415 - not for a list of conversations

    logging.lastResort = _UnhandledErrors(logging.ERROR)
    with ExitStack() as stack:

        @cache
        def connections() -> ConnectionFactory:
            from fakegpt_tui.cli.app import ConnectionFactory  # noqa: PLC0415 - slow, and not at once

            return stack.enter_context(closing(ConnectionFactory(settings)))

        chat = ChatService(
            open_store,
            settings.services,
            lambda service, report: connections().connect(service, report),
            service=settings.chosen_service.name,
            model=settings.model or "",
            max_turns=settings.max_turns,
            attachment_limit=settings.attachment_limit * 1_000_000,
            attachment_total_limit=settings.attachment_total_limit * 1_000_000,
            presets=settings.presets,
            mirror=settings.mirror,
            spending=lambda store: open_spending(settings, store),
            has_budget=settings.monthly_budget is not None,
            title_model=settings.title_model,
            temporary=temporary,
        )
        async with aclosing(chat):
            try:
                yield chat
            finally:
                await _export_unsaved(chat, settings)


def without_service_keys(settings: Settings) -> Mapping[str, str]:
    """The environment of programs that are started from here."""
    from fakegpt_tui.config.secrets import without_keys  # noqa: PLC0415 - when used

    return without_keys(settings.service_keys, os.environ)


def open_spending(settings: Settings, store: Callable[[], ChatStore]) -> Spending:
    """What sums money, by the prices of the configuration, of lists, and of the shipped table."""
    from fakegpt_tui.backends.api.model_memory import ModelMemory  # noqa: PLC0415 - not at the start
    from fakegpt_tui.chat.price_book import PriceBook  # noqa: PLC0415 - as above
    from fakegpt_tui.chat.spending import Spending  # noqa: PLC0415 - as above
    from fakegpt_tui.http.addresses import service_address  # noqa: PLC0415 - as above

    path = settings.model_facts

    @cache
    def memory(service: Service, _changed_at: float) -> ModelMemory:
        return ModelMemory(path, service_address(service).text)

    def listed(service: Service, model: str) -> TokenPrices | None:
        if not service.kind.is_api or not path.exists():
            return None
        return memory(service, path.stat().st_mtime).prices(model)

    asked = {name: settings.upstream_of(each) for name, each in settings.services.items()}
    book = PriceBook(asked, settings.prices, listed)
    return Spending(store, book, budget=settings.monthly_budget)


async def _export_unsaved(chat: ChatService, settings: Settings) -> None:
    """Write messages to files that could not be written to the store."""

    def folders() -> Iterator[Path]:
        yield settings.folders.exports
        from tempfile import mkdtemp  # noqa: PLC0415 - seldom

        yield Path(mkdtemp(prefix=f"{PROGRAM}-"))

    account = await chat.emergency_export.write_files(folders())
    if account is not None:
        echo_err(" ".join((account.summary, *account.details)))


class _UnhandledErrors(logging.Handler):
    """Reports errors of tasks without a log; Python would print the values in them."""

    def emit(self, record: logging.LogRecord) -> None:
        kind, error, traceback = record.exc_info or (None, None, None)
        if kind is not None and error is not None:
            sys.excepthook(kind, error, traceback)
