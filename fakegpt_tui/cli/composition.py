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

from fakegpt_tui.cli.errors import PROGRAM, echo_err

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.spending import Spending
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.cli.app import ConnectionFactory
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain import Service
    from fakegpt_tui.domain.prices import TokenPrices
    from fakegpt_tui.formats.mirror import MirrorUpdate
    from fakegpt_tui.store.conversation_store import ConversationStore


class LazyStore:
    """The store of the settings; its folders are made, and it is opened, by the first `open`.

    The first frame needs no store, and all that opens one takes time to import.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: ConversationStore | None = None
        self._opening = Lock()

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for a person about how the store was found; may grow."""
        return () if self._store is None else self._store.notices

    def open(self) -> ConversationStore:
        """The store; may be called from any thread.

        Raises:
            StoreError: It cannot be opened.
        """
        with self._opening:
            if self._store is None:
                from fakegpt_tui.cli.private_files import make_folders  # noqa: PLC0415 - see above
                from fakegpt_tui.store.conversation_store import ConversationStore  # noqa: PLC0415

                make_folders(self._settings.folders)
                self._store = ConversationStore.open(self._settings.database)
            return self._store

    def close(self) -> None:
        """Write what is queued; a sentence tells where that fails."""
        store = self._store
        if store is not None and not store.close():
            echo_err(f"Not everything was written to the store. {store.last_error or ''}".rstrip())


@contextmanager
def open_store(
    settings: Settings, tell: Callable[[str], None] = echo_err
) -> Iterator[ConversationStore]:
    """The store, closed at the end of the block; notices about it are passed to `tell`.

    Raises:
        StoreError: It cannot be opened.
    """
    with closing(LazyStore(settings)) as opener:
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
        mirror = stack.enter_context(_open_mirror(settings))

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
            mirror=mirror,
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


@contextmanager
def _open_mirror(settings: Settings) -> Iterator[MirrorUpdate | None]:
    """The updater of the mirror folder, if there is one; it is finished at the end of the block."""
    if settings.mirror is None:
        yield None
        return
    from fakegpt_tui.formats.mirror import Mirror  # noqa: PLC0415 - only with such a folder

    with closing(Mirror(settings.mirror)) as mirror:
        yield mirror.update
    if mirror.error is not None:
        echo_err(str(mirror.error))


class _UnhandledErrors(logging.Handler):
    """Where there is no log: reports errors of tasks, which Python would print with values."""

    def emit(self, record: logging.LogRecord) -> None:
        kind, error, traceback = record.exc_info or (None, None, None)
        if kind is not None and error is not None:
            sys.excepthook(kind, error, traceback)
