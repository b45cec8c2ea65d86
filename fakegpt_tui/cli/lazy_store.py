"""The store of a command, opened when it is first needed, and closed at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from fakegpt_tui.cli.errors import echo_err

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Settings
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
