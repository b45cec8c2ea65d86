"""Archives that are imported together: what one of them names may be in another."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
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
        self._by_base: dict[str, list[tuple[AssetSource, str]]] | None = None

    def joined(self, own: AssetSource) -> AssetSource:
        """The files of one import, and behind them those of the others."""
        return _JoinedAssets(own, self) if len(self._paths) > 1 else own

    def sources(self) -> list[AssetSource]:
        """The files of all archives that can be read."""
        if self._opened is None:
            self._opened = [found for path in self._paths if (found := self._open(path))]
        return self._opened

    def find(self, path: str) -> AbstractContextManager[ByteStream] | None:
        """The file of an archive whose path ends so; none where there is none."""
        if self._by_base is None:
            self._by_base = {}
            for source in self.sources():
                for name in source.names():
                    self._by_base.setdefault(_base(name), []).append((source, name))
        for source, name in self._by_base.get(_base(path), []):
            if f"/{name}".endswith(f"/{path}"):
                return source.open(name)
        return None

    def _open(self, path: Path) -> AssetSource | None:
        try:
            return ZipExport(self.enter_context(path.open("rb"))).assets("")
        except (OSError, LoadError):
            return None  # It is told of where it is imported.


def _base(path: str) -> str:
    return path.rpartition("/")[2]


class _JoinedAssets:
    """The files beside one export, and those of others behind them."""

    def __init__(self, own: AssetSource, group: ArchiveGroup) -> None:
        self._own = own
        self._group = group

    def names(self) -> Iterator[str]:
        yield from self._own.names()
        for number, source in enumerate(self._group.sources()):
            yield from (f"{_ELSEWHERE}{number}/{name}" for name in source.names())

    @contextmanager
    def open(self, name: str) -> Iterator[ByteStream]:
        """One of them, as `AssetSource.open` says; what is not here may be in another archive."""
        with ExitStack() as stack:
            if name.startswith(_ELSEWHERE):
                number, _, path = name.removeprefix(_ELSEWHERE).partition("/")
                yield stack.enter_context(self._group.sources()[int(number)].open(path))
                return
            try:
                opened = stack.enter_context(self._own.open(name))
            except LoadError:
                found = self._group.find(name)
                if found is None:
                    raise
                opened = stack.enter_context(found)
            yield opened
