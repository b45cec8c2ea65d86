"""Assets of ChatGPT exports: which file a pointer means, in the exports of all years.

Until 2026 a file was named `file-ID-name.ext`, also in folders; since then it is `file-ID.dat`, and
`conversation_asset_file_names.json` has its name. In pointers, ids may have `_` in place of `-`.
"""

import json
import re
from collections.abc import Hashable, Iterable
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import Final, cast

from fakegpt_tui.domain import LoadError
from fakegpt_tui.formats.base import AssetSource, OpenBlob

_FILE_ID: Final = re.compile(r"file[-_]([A-Za-z0-9]+)")
_NAMES: Final = "conversation_asset_file_names.json"
_MOST_NAMES: Final = 64 * 2**20


class ChatGptAssets:
    """The files of an export, by the ids in them; what is said of a name is only a label."""

    def __init__(self, source: AssetSource) -> None:
        self._source = source
        self._members: dict[str, str] = {}
        indexes = []
        for name in source.names():
            base = PurePosixPath(name).name
            if found := _FILE_ID.match(base):
                self._members.setdefault(found[1], name)
            elif base == _NAMES:
                indexes.append(name)
        self._names: dict[str, str] = {}
        for name in indexes if self._members else ():
            self._names = self._read_names(name) | self._names

    def find(self, pointer: str) -> str:
        """The path of the file that a pointer means; empty if it is not in the export."""
        found = _FILE_ID.search(pointer.rpartition("://")[2])
        return self._members.get(found[1], "") if found else ""

    def name(self, path: str) -> str:
        """What the file was called."""
        base = PurePosixPath(path).name
        if known := self._names.get(base):
            return PurePosixPath(known).name
        _, _, rest = re.sub(r"^file[-_]", "file", base).partition("-")
        return rest or base

    def opener(self, path: str) -> OpenBlob:
        return partial(self._source.open, path)

    def _read_names(self, name: str) -> dict[str, str]:
        try:
            with self._source.open(name) as stream:
                data = b"".join(iter(lambda: stream.read(2**20), b""))[:_MOST_NAMES]
            found = json.loads(data)
        except (LoadError, ValueError, RecursionError):
            return {}
        entries: Iterable[tuple[object, object]] = found.items() if isinstance(found, dict) else ()
        return {str(key): name for key, name in entries if isinstance(name, str)}


@lru_cache(maxsize=1)
def assets_of(source: Hashable) -> ChatGptAssets:
    """The files of an export, listed once for all its conversations."""
    return ChatGptAssets(cast("AssetSource", source))
