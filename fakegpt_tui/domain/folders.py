"""Folders, tags and searches: how conversations are sorted, and how they are found."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from fakegpt_tui.fast_import import dataclass

_LONGEST_NAME = 80
_DEEPEST = 8
_MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its path, with the preset of new conversations in it; empty leaves it as usual.

    A path that only conversations name is a folder, too, which has no preset.
    """

    path: str
    service: str = ""
    model: str = ""
    system_prompt: str = ""

    @property
    def has_preset(self) -> bool:
        return bool(self.service or self.system_prompt)


def clean_folder(path: str) -> str:
    """A path as it is kept: names between single slashes, without spaces around them."""
    names = (_clean_name(name) for name in path.split("/"))
    return "/".join([name for name in names if name][:_DEEPEST])


def join_folder(*names: str) -> str:
    """The path of a folder in others; a slash inside of a name is none between names."""
    return clean_folder("/".join(name.replace("/", "\u2215") for name in names))


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: each once, without spaces or `#` around it, and without commas."""
    found: dict[str, str] = {}
    for tag in tags:
        if name := _clean_name(tag.replace(",", " ")).lstrip("# "):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MOST_TAGS]


def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a text that has commas between them."""
    return clean_tags(text.split(","))


def parse_tag_changes(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags to add in a text that has commas between them, and those to take away, after `-`."""
    names = [name.strip() for name in text.split(",")]
    gone = [name[1:] for name in names if name.startswith("-")]
    return clean_tags(name for name in names if not name.startswith("-")), clean_tags(gone)


def is_inside(path: str, folder: str) -> bool:
    """Is a path that of a folder, or of one in it?"""
    return path == folder or path.startswith(f"{folder}/")


def is_named(path: str, wanted: str) -> bool:
    """Is `wanted` that path or a part of it, whichever letters are capitals?"""
    return f"/{clean_folder(wanted)}/".casefold() in f"/{path}/".casefold()


def has_tags(tags: Iterable[str], wanted: Iterable[str]) -> bool:
    """Are all that are wanted among the tags, whichever letters are capitals?"""
    folded = {tag.casefold() for tag in tags}
    return all(tag.casefold() in folded for tag in clean_tags(wanted))


def move_path(path: str, folder: str, new: str) -> str:
    """The path of what is in a folder once that is called `new`; empty is the top."""
    return f"{new}{path[len(folder) :]}".strip("/") if is_inside(path, folder) else path


def with_ancestors(paths: Iterable[str]) -> set[str]:
    """These paths, and the folders around them."""
    return {each for path in paths if path for each in (path, *_ancestors(path))}


def _ancestors(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def folder_order(path: str) -> tuple[str, ...]:
    """What sorts folders as a tree: each is followed by those in it, by the alphabet."""
    return tuple(part for name in path.split("/") for part in (name.casefold(), name))


def _clean_name(name: str) -> str:
    # A surrogate that stands alone is no text that could be kept.
    return " ".join(name.encode(errors="replace").decode().split())[:_LONGEST_NAME].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A search; every word of `text` must occur.

    Where `is_pinned` or `is_archived` is true, only such conversations match; so it is with those
    in a `folder`, which is a path or a part of one, or `/` for none, and with those that have all
    `tags`. `before` and `after` compare the time of a message, or for a title the last change of
    its conversation.
    """

    text: str = ""
    title_only: bool = False
    model: str = ""
    is_pinned: bool = False
    is_archived: bool = False
    folder: str = ""
    tags: tuple[str, ...] = ()
    before: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A match of a search; without a `message_id` the match is in the title.

    `marks` are the start and the end of each matching word within `snippet`.
    """

    conversation_id: str
    message_id: str | None
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    created_at: datetime
    folder: str = ""
    tags: tuple[str, ...] = ()
