"""Discovery of conversations that other programs keep on this machine, and of exports in Downloads.

Where a program keeps them is known; what is in a file is told by its content. Links are not
followed, so that nothing outside of the known folders is looked at.
"""

import os
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from math import inf
from pathlib import Path

import platformdirs

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.captions import size_label
from fakegpt_tui.formats.archives import READ_SUFFIXES
from fakegpt_tui.formats.assets import asset_folders
from fakegpt_tui.formats.base import LoadedItem
from fakegpt_tui.formats.documents import ImportFile, ImportPath
from fakegpt_tui.formats.registry import explain, read_conversations
from fakegpt_tui.formats.text_chats import GPTME_FOLDERS, GPTME_LOG
from fakegpt_tui.temporary_files import expand_home

_DATABASES = (".db", ".sqlite")
_MOST_DOWNLOADS = 300
"""The newest files of the folder that are looked into."""
_COUNTED_BYTES = 8_000_000
"""Of a download, so that counting takes a second at most."""
_MOST_SENTENCES = 20
_NO_SUFFIX = re.compile(r"[^.]+|tenere\.archive-\d+")
"""So shell_gpt and tenere name their files."""
_OURS = ", saved by this program."


@dataclass(frozen=True, slots=True)
class FoundSource:
    """Conversations of a program in `path`, a file or folder; `files` are what to import of it.

    `count` is how many there are, or 0 where only reading all of it would tell; `size` is in bytes.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    count: int
    size: int

    @property
    def summary(self) -> str:
        """How much it is, for people."""
        size = size_label(self.size)
        if not self.count:
            return size
        return f"{self.count:,} conversation{'' if self.count == 1 else 's'}, {size}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a program keeps conversations: folders, with a variable in front, and what in them."""

    program: str
    folders: tuple[str, ...]
    patterns: tuple[str, ...]


_PLACES = (
    _Place(
        "Claude Code",
        ("$CLAUDE_CONFIG_DIR/projects", "$HOME/.claude/projects", "$CONFIG/claude/projects"),
        ("*/*.jsonl",),
    ),
    _Place(
        "Codex",
        (
            *("$CODEX_HOME/sessions", "$CODEX_HOME/archived_sessions"),
            *("$HOME/.codex/sessions", "$HOME/.codex/archived_sessions"),
        ),
        ("**/rollout-*.jsonl",),
    ),
    _Place("Gemini CLI", ("$HOME/.gemini/tmp",), ("*/chats/*.jsonl", "*/chats/*.json")),
    _Place("opencode", ("$DATA/opencode",), ("opencode.db",)),
    _Place("llm", ("$LLM_USER_PATH", "$CONFIG/io.datasette.llm"), ("logs.db",)),
    _Place("oterm", ("$OTERM_DATA_DIR", "$DATA/oterm"), ("store.db",)),
    _Place("mods", ("$DATA/mods/conversations",), ("mods.db",)),
    _Place("elia", ("$DATA/elia",), ("elia.sqlite",)),
    _Place("parllama", ("$DATA/parllama/chats", "$HOME/.parllama/chats"), ("*.json",)),
    _Place(
        "aichat",
        ("$AICHAT_CONFIG_DIR", "$CONFIG/aichat"),
        ("sessions/**/*.yaml", "messages.md"),
    ),
    _Place("gptme", ("$DATA/gptme/logs",), ("*/conversation.jsonl",)),
    _Place("shell_gpt", ("$TEMP/chat_cache",), ("*",)),
    _Place(
        "LM Studio",
        ("$HOME/.lmstudio/conversations", "$HOME/.cache/lm-studio/conversations"),
        ("**/*.conversation.json",),
    ),
    _Place(
        "Jan",
        ("$CONFIG/Jan/data/threads", "$DATA/Jan/data/threads", "$HOME/jan/threads"),
        ("*/messages.jsonl",),
    ),
    _Place("SillyTavern", ("$HOME/SillyTavern/data/default-user/chats",), ("*/*.jsonl",)),
    _Place("Open WebUI", ("$HOME/.open-webui", "$HOME/open-webui/backend/data"), ("webui.db",)),
)


def find_sources_here() -> list[FoundSource]:
    """What can be imported on this machine; see `find_sources`."""
    return list(find_sources(Path.home(), os.environ, platformdirs.user_downloads_path()))


def find_sources(
    home: Path, environment: Mapping[str, str], downloads: Path
) -> Iterator[FoundSource]:
    """Yield what can be imported, program by program, and then the exports in `downloads`.

    This reads databases to count, and the beginning of each download; run it in a thread.
    """
    for place in _PLACES:
        for folder in _folders(place, home, environment):
            yield from _look(place, folder)
    yield from _look_at_downloads(downloads)


def _folders(place: _Place, home: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """The folders that exist, each once."""
    bases = {
        "HOME": (home,),
        "TEMP": (Path(tempfile.gettempdir()),),
        "CONFIG": _bases(environment, home, "XDG_CONFIG_HOME", ".config", "APPDATA"),
        "DATA": _bases(environment, home, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA"),
    }
    told: set[Path] = set()
    for named in place.folders:
        variable, _, rest = named[1:].partition("/")
        own = environment.get(variable, "")
        for base in bases.get(variable, (Path(own),) if own else ()):
            folder = base / rest
            if folder not in told and folder.is_dir() and not folder.is_symlink():
                told.add(folder)
                yield folder


def _bases(
    environment: Mapping[str, str], home: Path, variable: str, usual: str, windows: str
) -> tuple[Path, ...]:
    """Where programs keep such files on Linux, on macOS and on Windows."""
    first = environment.get(variable) or home / usual
    last = environment.get(windows)
    mac = home / "Library" / "Application Support"
    return tuple(map(Path, (first, mac, *((last,) if last else ()))))


def _look(place: _Place, folder: Path) -> Iterator[FoundSource]:
    """The sources of the program in the folder: one, or one for each database."""
    files = [path for pattern in place.patterns for path in folder.glob(pattern) if _is_file(path)]
    for path in files:
        if path.suffix in _DATABASES and (count := _count(path)):
            yield FoundSource(place.program, path, (path,), count, path.stat().st_size)
    plain = [path for path in files if path.suffix not in _DATABASES]
    if plain:
        size = sum(path.stat().st_size for path in plain)
        yield FoundSource(place.program, folder, tuple(plain), len(plain), size)


def _look_at_downloads(folder: Path) -> Iterator[FoundSource]:
    try:
        files = [path for path in folder.iterdir() if is_import_name(path.name) and _is_file(path)]
        newest = sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return
    for path in newest[:_MOST_DOWNLOADS]:
        if name := _recognise(path):
            count = _count(path, most_bytes=_COUNTED_BYTES)
            yield FoundSource(name, path, (path,), count, path.stat().st_size)


def _recognise(path: Path) -> str:
    """What the file is taken for; nothing where it holds no known conversations."""
    try:
        with (
            ImportFile(path, service="", model="") as file,
            closing(_sentences(file)) as sentences,
        ):
            return next(sentences, "").rpartition(": ")[2]
    except LoadError:
        return ""


def _sentences(file: ImportFile) -> Generator[str, None, None]:
    """What the file is taken for, without why, as far as it is found soon."""
    for sentence in islice(explain(file), _MOST_SENTENCES):
        name, because, _ = sentence.partition(", because ")
        if because or sentence.endswith(_OURS):
            yield name


def _count(path: Path, *, most_bytes: float = inf) -> int:
    """How many conversations a file holds; 0 where it cannot be read, or unpacks to more."""
    count = 0
    try:
        with ImportFile(path, service="", model="") as file:
            for each in read_conversations(file):
                if file.size > most_bytes:
                    return 0
                count += isinstance(each, LoadedItem)
    except LoadError:
        return 0
    return count


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
    except OSError:
        return False


def list_import_files(paths: Iterable[Path]) -> Iterator[ImportPath]:
    """The files, and for each folder those in it and below it, but no pipes and dead links."""
    for path in map(expand_home, paths):
        try:
            if not path.is_dir():
                yield ImportPath(path, named=True)
                continue
        except OSError:
            # Opening it says what is wrong.
            yield ImportPath(path, named=True)
            continue
        for folder, folders, names in os.walk(path):
            passed = asset_folders(names).union(GPTME_FOLDERS if GPTME_LOG in names else ())
            folders[:] = sorted(
                each for each in folders if not each.startswith(".") and each not in passed
            )
            for name in sorted(names):
                if not name.startswith(".") and (found := Path(folder, name)).is_file():
                    yield ImportPath(found, named=False, opened=is_import_name(name))


def is_import_name(name: str) -> bool:
    """May a file of this name in a folder hold conversations?"""
    has_suffix = name.lower().endswith(READ_SUFFIXES) or _NO_SUFFIX.fullmatch(name)
    return bool(has_suffix) and not name.startswith(".")
