"""Command grammar: names alone run, arguments that fit do, and others are told apart and named."""

import pytest

from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.keymap.argument_kinds import ArgumentQuestion, ArgumentValue, slots_of
from fakegpt_tui.keymap.command_grammar import (
    ParsedCommand,
    WrongArgument,
    example_of,
    open_argument,
    parse_command,
)

SLASHES = [row for row in COMMANDS if row.slash]
LISTED = {
    "MODEL": ("lab", "lab/m-1", "m-1"),
    "LEVEL": ("low", "high", "none"),
    "FORMAT": ("md", "html", "clean.md"),
    "PRESET": ("brief", "two words"),
    "THEME": ("dark", "light"),
    "SETTING": ("motion", "notify"),
    "SERVICE": ("lab",),
    "GROUP": ("month", "model"),
    "CONVERSATION": ("Rivers", "Of boats and men"),
}


def values(question: ArgumentQuestion) -> list[ArgumentValue] | None:
    if question.kind.name == "VALUE":
        return [ArgumentValue("on"), ArgumentValue("off")] if "motion" in question.given else None
    found = LISTED.get(question.kind.name)
    return None if found is None else [ArgumentValue(each) for each in found]


def parse(line: str) -> ParsedCommand | WrongArgument | None:
    return parse_command(line, COMMANDS, values)


@pytest.mark.parametrize("known", [values, lambda _question: None], ids=["known", "unknown"])
def test_the_example_of_every_row_parses_and_so_do_its_names_alone(known) -> None:
    for row in SLASHES:
        read = parse_command(example_of(row), COMMANDS, known)
        assert isinstance(read, ParsedCommand), read
        assert read.command is row
        assert len(read.arguments) == len(slots_of(row.argument))
        assert all(read.arguments)
        for name in row.names:
            assert parse_command(f" {name.upper()} ", COMMANDS, known) == ParsedCommand(row, name)


def test_a_row_that_takes_nothing_is_refused_anything() -> None:
    for row in SLASHES:
        if not row.argument:
            read = parse(f"{row.slash} zzz")
            assert isinstance(read, WrongArgument), row.id
            assert read.sentence == f"{row.slash} takes nothing behind it."


@pytest.mark.parametrize(
    ("line", "command", "arguments"),
    [
        ("/save html", "chat.save-html", ()),
        ("/save html notes.html", "chat.save-html", ("notes.html",)),
        ("/save md", "chat.save", ("md", "")),
        ("/SAVE MD my notes.md", "chat.save", ("md", "my notes.md")),
        ("/export notes", "chat.save", ("", "notes")),
        ("/save ./all", "chat.save", ("", "./all")),
        ("/save ./html", "chat.save", ("", "./html")),
        ("/save 'a b'", "chat.save", ("", "'a b'")),
        ("/attach md", "attach.file", ("md",)),
        ("/save all", "chat.save-all", ()),
        ("/save all md", "chat.save-all", ("md",)),
        ("/model lab/unlisted/x", "chat.model", ("lab/unlisted/x",)),
        ("/model 3", "chat.model", ("3",)),
        ("/preset Two  words".replace("  ", " "), "chat.preset", ("two words",)),
        ("/open of boats and men", "chat.search", ("Of boats and men",)),
        ("/open of boats and more", "chat.search", ("of boats and more",)),
        ("/search 2 boats", "chat.search", ("2 boats",)),
        ("/settings motion off", "app.settings", ("motion", "off")),
        ("/settings notify anything else", "app.settings", ("notify", "anything else")),
        ("/system Be kind.\nAnd short.", "chat.system-prompt", ("Be kind.\nAnd short.",)),
        ("/blocks 1 'my boat.py'", "message.items", ("1", "'my boat.py'")),
        ("/add-service box http://x m-1", "services.add", ("box", "http://x", "m-1")),
        ("/edit-service lab key", "services.edit", ("lab", "key")),
    ],
)
def test_a_line_is_read_as(line: str, command: str, arguments: tuple[str, ...]) -> None:
    read = parse(line)
    assert isinstance(read, ParsedCommand), read
    assert (read.command.id, read.arguments) == (command, arguments)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/effort much", "“much” is no LEVEL (low, high, none)."),
        ("/effort high now", "/effort takes nothing behind high."),
        ("/model is a word", "“is a word” is no NUMBER (a number) and no MODEL"
         " (one of a list, or SERVICE/MODEL)."),
        ("/save the world", "“the world” is no FORMAT (md, html, clean.md) and no PATH"
         " (in quotes where it has blanks)."),
        ("/save clean all", "“all” is no PATH (./all is one)."),
        ("/save to md", "“md” is no PATH (./md is one)."),
        ("/settings motion maybe", "“maybe” is no VALUE (on, off)."),
        ("/settings wrong off", "“wrong off” is no SETTING (motion, notify)."),
        ("/add-service box", "/add-service needs URL, too: an address such as"
         " http://127.0.0.1:8080."),
        ("/add-service box ftp", "“ftp” is no URL (an address such as http://127.0.0.1:8080)."),
        ("/new \x1b[2J\u202e", "/new takes nothing behind it."),
        ("/effort \x1b[2J", "“␛[2J” is no LEVEL (low, high, none)."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_what_may_stand_there(line: str, sentence: str) -> None:
    read = parse(line)
    assert isinstance(read, WrongArgument), read
    assert read.sentence == sentence


@pytest.mark.parametrize(
    "line", ["/etc/hosts is empty", "/newer", "/", "//new", "/new\nis a command", "/modle x"]
)
def test_what_is_no_command_is_left_as_it_is(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "start", "kinds", "given"),
    [
        ("/model ", 7, ["NUMBER", "MODEL"], ()),
        ("/save ht", 6, ["FORMAT", "PATH"], ()),
        ("/save md  no", 10, ["PATH"], ("md",)),
        ("/save ./my no", 6, ["FORMAT", "PATH"], ()),
        ("/settings motion ", 17, ["VALUE"], ("motion",)),
        ("/open of boa", 6, ["NUMBER", "CONVERSATION", "WORDS"], ()),
        ("/save all h", 10, ["FORMAT"], ()),
    ],
)
def test_the_argument_at_the_end_is_completed(
    line: str, start: int, kinds: list[str], given: tuple[str, ...]
) -> None:
    found = open_argument(line, COMMANDS, values)
    assert found is not None
    assert (found.start, found.typed) == (start, line[start:])
    assert [each.kind.name for each in found.questions] == kinds
    assert found.questions[0].given == given


@pytest.mark.parametrize("line", ["/model", "/new x", "/nothing x", "/effort high x"])
def test_nothing_is_completed_where_nothing_can_stand(line: str) -> None:
    assert open_argument(line, COMMANDS, values) is None
