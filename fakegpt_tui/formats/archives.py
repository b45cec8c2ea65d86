"""Archives that are imported together: what one of them names may be in another."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import AssetSource, ByteStream
from fakegpt_tui.formats.large_exports import ZipExport

_ELSEWHERE: Final = "\0"
"""Begins the name of a file in another archive; no path has it."""
_MOST: Final = 100
"""Archives that are open at a time."""


class ArchiveGroup(ExitStack):
    """The archives of one import, each opened when something is missing, and then kept open."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        super().__init__()
        self._paths = [path for path in paths if path.suffix.lower() == ".zip"][:_MOST]
        self._opened: list[AssetSource] | None = None

    def joined(self, own: AssetSource) -> AssetSource:
        """The files of one import, and behind them those of the others."""
        return _JoinedAssets(own, self) if len(self._paths) > 1 else own

    def sources(self) -> list[AssetSource]:
        """The files of all archives that can be read."""
        if self._opened is None:
            self._opened = [found for path in self._paths if (found := self._open(path))]
        return self._opened

    def _open(self, path: Path) -> AssetSource | None:
        try:
            return ZipExport(self.enter_context(path.open("rb"))).assets("")
        except (OSError, LoadError):
            return None  # It is told of where it is imported.


class _JoinedAssets:
    """The files beside one export, and those of others behind them."""

    def __init__(self, own: AssetSource, group: ArchiveGroup) -> None:
        self._own = own
        self._group = group

    def names(self) -> Iterator[str]:
        yield from self._own.names()
        for number, source in enumerate(self._group.sources()):
            yield from (f"{_ELSEWHERE}{number}/{name}" for name in source.names())

    def open(self, name: str) -> AbstractContextManager[ByteStream]:
        """One of them, as `AssetSource.open` says."""
        if not name.startswith(_ELSEWHERE):
            return self._own.open(name)
        number, _, path = name.removeprefix(_ELSEWHERE).partition("/")
        return self._group.sources()[int(number)].open(path)
