"""Mirror thread: follows a store into its mirror folder, so that no caller waits for a disk."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from fakegpt_tui.domain import SaveError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakegpt_tui.chat.mirror import Mirror
    from fakegpt_tui.chat.store_interface import ChatStore
    from fakegpt_tui.domain import FakeGPTError

_LOOK_SECONDS: Final = 10.0
"""How often files are looked at that may have been edited or deleted."""


class MirrorThread:
    """Follows a store from the moment on that it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starting = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._mirror: Mirror | None = None
        self._store: ChatStore | None = None
        self._is_closing = False
        self.notices: tuple[str, ...] = ()
        """Sentences for a person about files that were edited or deleted; may grow."""
        self.error: FakeGPTError | None = None
        """Why the folder is not as the store is; `None` where it is."""

    def follow(self, store: ChatStore) -> None:
        """Follow a store from now on; a second call changes nothing."""
        with self._starting:
            if self._thread is None:
                self._store = store
                store.changes.watch(self._wake.set)
                self._thread = Thread(target=self._run, args=[store], name="mirror", daemon=True)
                self._thread.start()

    def close(self, seconds: float) -> None:
        """Write what has changed until now, for so many seconds; what is left comes later."""
        self._is_closing = True
        self._wake.set()
        if self._thread is None or self._store is None:
            return
        self._thread.join()
        end = monotonic() + seconds
        with self._keeping_error():
            self._store.changes.settle(seconds)
            self._opened(self._store).update(lambda: monotonic() > end)

    def _run(self, store: ChatStore) -> None:
        looked_at = -_LOOK_SECONDS
        while not self._is_closing:
            self._wake.clear()
            with self._keeping_error():
                self._opened(store).update(lambda: self._is_closing)
                if monotonic() - looked_at >= _LOOK_SECONDS and not self._is_closing:
                    looked_at = monotonic()
                    self.notices += tuple(self._opened(store).look())
            self._wake.wait(_LOOK_SECONDS)

    def _opened(self, store: ChatStore) -> Mirror:
        if self._mirror is None:
            # In the thread, because importing all formats takes a tenth of a second.
            from fakegpt_tui.chat.mirror import Mirror  # noqa: PLC0415 - see above

            self._mirror = Mirror(store, self._folder)
        return self._mirror

    @contextmanager
    def _keeping_error(self) -> Iterator[None]:
        try:
            yield
        except (SaveError, StoreError) as error:
            self._tell(error)
        except OSError as error:
            self._tell(SaveError(f"The mirror folder cannot be used: {error.strerror or error}."))
        else:
            self.error = None

    def _tell(self, error: FakeGPTError) -> None:
        if str(error) != str(self.error):
            self.notices += (str(error),)
        self.error = error
