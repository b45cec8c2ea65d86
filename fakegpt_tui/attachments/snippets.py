"""Snippets: Markdown files with `{{variables}}`, which are filled in to make a prompt."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.text import safe_line

INPUT, CLIPBOARD, SELECTION = "input", "clipboard", "selection"
GIVEN = frozenset({INPUT, CLIPBOARD, SELECTION})
"""The variables that are filled in from elsewhere, and never asked for."""
MAX_BYTES = 262_144

_VARIABLE = re.compile(r"\{\{([^\W\d][\w-]*)(?:=([^{}\n]*))?\}\}")
_ASSIGNMENT = re.compile(r"\s*([^\W\d][\w-]*)=(?:\"([^\"]*)\"|(\S*))(?=\s|\Z)")
_NAME = re.compile(r"\w[\w-]*")
_MAX_DESCRIPTION = 200


@dataclass(frozen=True)
class Snippet:
    """A text with variables, by the name of its file.

    A variable is `{{name}}`, or `{{name=default}}`; a default for one of its places holds for all.
    Braces with anything else between them, such as a blank, are text.
    """

    name: str
    text: str

    @cached_property
    def defaults(self) -> Mapping[str, str | None]:
        """The variables in the order of their first places; `None` is no default."""
        found: dict[str, str | None] = {}
        for match in _VARIABLE.finditer(self.text):
            name, default = match.groups()
            if found.get(name) is None:
                found[name] = default
        return found

    @property
    def assignable(self) -> frozenset[str]:
        """The variables that may be given a value by name; the input is what follows these."""
        return frozenset(self.defaults) - {INPUT}

    @property
    def asked(self) -> tuple[str, ...]:
        """The variables that are not given from elsewhere."""
        return tuple(name for name in self.defaults if name not in GIVEN)

    @property
    def description(self) -> str:
        """The first line that says something."""
        lines = (line.strip("# \t") for line in self.text.splitlines())
        return safe_line(next(filter(None, lines), ""), _MAX_DESCRIPTION)

    def placeholder(self, name: str) -> str:
        """How a variable that is not filled in is written in a prompt."""
        default = self.defaults[name]
        return f"{{{{{name}}}}}" if default is None else f"{{{{{name}={default}}}}}"

    def split_values(self, typed: str) -> tuple[dict[str, str], str]:
        """The values in front of what is typed, as in `tone=kind`, and the rest, the input."""
        values: dict[str, str] = {}
        while (match := _ASSIGNMENT.match(typed)) and match[1] in self.assignable:
            values[match[1]] = match[3] if match[2] is None else match[2]
            typed = typed[match.end() :]
        return values, typed.strip()

    def next_values(self, typed: str) -> Mapping[str, str]:
        """What the last word typed may become, such as `tone=`, behind the values before it.

        Each with the default of the variable. None once the input has begun.
        """
        before = typed[: typed.rfind(" ") + 1]
        values, rest = self.split_values(before)
        longer = (f"{before}{name}=" for name in self.asked if name not in values and not rest)
        fitting = (each for each in longer if each.startswith(typed) and each != typed)
        return {each: self.defaults[each[len(before) : -1]] or "" for each in fitting}

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with these values, and with the other variables as placeholders.

        Variables that are given from elsewhere have their default then, or nothing. An input for
        which the text has no place comes behind it.
        """
        known = {name: self.defaults.get(name) or "" for name in GIVEN}
        known |= {name: value for name, value in values.items() if value or name not in GIVEN}

        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            return known[name] if name in known else self.placeholder(name)

        text = _VARIABLE.sub(value_of, self.text).strip("\n")
        lost = "" if INPUT in self.defaults else known[INPUT]
        return f"{text}\n\n{lost}" if lost else text

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """The variables that have neither a value nor a default."""
        return tuple(
            name for name in self.asked if self.defaults[name] is None and name not in values
        )

    def complete(self, values: Mapping[str, str]) -> str:
        """The text with these values, and with defaults for the others."""
        defaults = {name: default or "" for name, default in self.defaults.items()}
        return self.fill({**defaults, **values})


@dataclass(frozen=True)
class SnippetFolder:
    """The snippets of a folder by their names, and a sentence for each file that is none."""

    snippets: Mapping[str, Snippet]
    problems: tuple[str, ...]

    def named(self, name: str) -> Snippet | None:
        """The snippet of a name, as a person writes it: `/Review` is `review`."""
        return self.snippets.get(name.removeprefix("/").casefold())


def variable_spans(text: str) -> list[tuple[int, int]]:
    """Where the variables of a text stand."""
    return [match.span() for match in _VARIABLE.finditer(text)]


def blanks(names: Iterable[str]) -> str:
    """Variables as a person is to fill them in, such as `tone=…`."""
    return " ".join(f"{each}=…" for each in names)


def read_snippets(folder: Path) -> SnippetFolder:
    """Read the Markdown files of a folder; a missing folder has none."""
    found: dict[str, Snippet] = {}
    problems: list[str] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() == ".md")
    except FileNotFoundError:
        paths = []
    except OSError as error:
        return SnippetFolder({}, (f"{_shown(folder)} cannot be read: {error.strerror}.",))
    for path in paths:
        name = path.stem.casefold()
        if not _NAME.fullmatch(name):
            problems.append(f"{_shown(path)} needs a name of letters, digits, - and _.")
        elif name in found:
            problems.append(f"{_shown(path)} has the name of another file; rename one.")
        elif isinstance(read := _read(path), str):
            found[name] = Snippet(name, read)
        else:
            problems.append(f"{_shown(path)} {read.reason}")
    return SnippetFolder(found, tuple(problems))


@dataclass(frozen=True)
class _Unreadable:
    reason: str


def _read(path: Path) -> str | _Unreadable:
    try:
        if not path.is_file():
            return _Unreadable("is no file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _Unreadable(f"cannot be read: {error.strerror}.")
    if len(data) > MAX_BYTES:
        return _Unreadable(f"is larger than {MAX_BYTES // 1024} KiB; shorten it.")
    text = decode_text(data)
    if text is None:
        return _Unreadable("is no text; save it as UTF-8.")
    text = text.replace("\r\n", "\n")
    return text if text.strip() else _Unreadable("is empty; write a prompt into it.")


def _shown(path: Path) -> str:
    return safe_line(str(path), 1_000)


async def clipboard_value(snippet: Snippet, values: Mapping[str, str]) -> dict[str, str]:
    """The text of the clipboard as the value of its variable, where it has none yet.

    Raises:
        LoadError: It cannot be read.
    """
    if CLIPBOARD not in snippet.defaults or CLIPBOARD in values:
        return {}
    from fakegpt_tui.attachments.clipboard import read_clipboard  # noqa: PLC0415 - when used

    return {CLIPBOARD: (await read_clipboard()).text.strip("\r\n")}
