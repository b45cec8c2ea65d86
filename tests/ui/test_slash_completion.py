"""Slash completion: values are listed and completed, and Enter does what the list says."""

from collections.abc import Collection

import pytest

from fakegpt_tui.keymap.argument_kinds import ArgumentQuestion, ArgumentValue
from fakegpt_tui.keymap.command_grammar import ParsedCommand, WrongArgument, snippet_commands
from fakegpt_tui.ui.slash_commands import ArgumentMatch, screen_action
from fakegpt_tui.ui.slash_completion import SlashCompletion

LISTED = {
    "MODEL": ("m-1", "m-2", "lab/big", "lab"),
    "THEME": ("dark", "dracula", "light"),
    "FORMAT": ("md", "html"),
    "SERVICE": ("lab",),
    "CONVERSATION": ("Rivers of the north", "Boats"),
    "PATH": ("notes/", "notes.md", "my notes", "html"),
    "SETTING": ("motion",),
}


class Values:
    """Values that are known once they were loaded, or from the start."""

    def __init__(self, *, known: bool = True) -> None:
        self.known = known
        self.loaded: list[tuple[str, ...]] = []

    def __call__(self, question: ArgumentQuestion) -> list[ArgumentValue] | None:
        found = LISTED.get(question.kind.name) if self.known else None
        return None if found is None else [ArgumentValue(each) for each in found]

    async def load(self, kinds: Collection[str], typed: str) -> None:
        del typed
        self.loaded.append(tuple(kinds))
        self.known = True


def typed(text: str, *keys: str, values: Values | None = None) -> SlashCompletion:
    completion = SlashCompletion(snippet_commands({"mine": "x"}), values or Values())
    completion.update(text)
    for key in keys:
        assert completion.handle_key(key)
    return completion


def listed(completion: SlashCompletion) -> list[str]:
    return [
        each.value.text if isinstance(each, ArgumentMatch) else each.name
        for each in completion.matches
    ]


@pytest.mark.parametrize(
    ("text", "rows", "marked"),
    [
        ("/theme ", ["dark", "dracula", "light"], None),
        ("/theme dr", ["dracula"], 0),
        ("/theme ula", ["dracula"], None),
        ("/theme dark", ["dark"], None),
        ("/model big", ["lab/big"], None),
        ("/open north", ["Rivers of the north"], None),
        ("/save n", ["notes/", "notes.md", "my notes"], None),
        ("/save cl", ["/save clean"], None),
        ("/remove-service l", ["lab"], 0),
    ],
)
def test_values_that_fit_are_listed_and_one_that_begins_so_is_marked(
    text: str, rows: list[str], marked: int | None
) -> None:
    completion = typed(text)
    assert listed(completion) == rows
    assert completion.marked == marked


@pytest.mark.parametrize(
    ("text", "keys", "done"),
    [
        ("/theme dr", (), ("dracula",)),
        ("/theme ula", ("down",), ("dracula",)),
        ("/theme", (), ()),
        ("/theme ", (), ()),
        ("/theme ", ("down", "down"), ("dracula",)),
        ("/theme ", ("up",), ("light",)),
        ("/model m-2", (), ("m-2",)),
        ("/model lab/other", (), ("lab/other",)),
        ("/model lab/b", (), ("lab/big",)),
        ("/model lab/b", ("escape",), ("lab/b",)),
        ("/model lab/", (), ("lab/",)),
        ("/save n", (), ("", "n")),
        ("/save n", ("down", "down"), ("", "notes.md")),
        ("/save n", ("up", "down", "down", "down"), ("", "./my notes")),
        ("/open boats", (), ("Boats",)),
        ("/mine one\ntwo", (), ("one\ntwo",)),
    ],
)
def test_enter_runs_what_is_typed_or_marked(
    text: str, keys: tuple[str, ...], done: tuple[str, ...]
) -> None:
    decision = typed(text, *keys).decision
    assert isinstance(decision, ParsedCommand), decision
    assert decision.arguments == done


@pytest.mark.parametrize(
    ("text", "keys", "longer"),
    [
        ("/remove-service l", (), "/remove-service lab"),
        ("/save n", ("down",), "/save notes/"),
        ("/delet", (), "/delete"),
    ],
)
def test_enter_only_types_what_destroys_and_a_folder(
    text: str, keys: tuple[str, ...], longer: str
) -> None:
    completion = typed(text, *keys)
    assert completion.decision == longer


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("/theme ", "/theme dark"),
        ("/theme dra", "/theme dracula"),
        ("/save m", "/save md "),
        ("/save no", "/save notes"),
        ("/save notes", "/save notes"),
        ("/save notes.", "/save notes.md"),
        ("/attach my", "/attach ./my notes"),
        ("/attach htm", "/attach html"),
        ("/save html htm", "/save html ./html"),
        ("/settings mo", "/settings motion "),
        ("/theme zzz", "/theme zzz"),
    ],
)
def test_tab_completes_as_far_as_it_is_certain(text: str, completed: str) -> None:
    assert typed(text, "tab").completed == completed


def test_what_is_wrong_stays_and_is_said_until_esc_has_it_sent() -> None:
    completion = typed("/theme zzz")
    said = "“zzz” is no THEME (dark, dracula, light). // sends it."
    assert completion.rows == (said,)
    assert isinstance(completion.decision, WrongArgument)
    assert not completion.handle_key("up")
    assert completion.handle_key("escape")
    assert completion.rows == ()
    assert completion.decision is None
    completion.update("/theme zz")
    assert completion.decision is None
    completion.update("zz")
    completion.update("/theme zz")
    assert isinstance(completion.decision, WrongArgument)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/etc/hosts is", "/etc/hosts is no command: this is sent as it is."),
        ("/new\nis a command", "This has several lines: it is sent as it is."),
        ("/new x", "/new takes nothing behind it. // sends it."),
        ("/path", "/path is no command: this is sent as it is."),
        ("//new", ""),
        ("/th", ""),
        ("/theme", ""),
    ],
)
def test_a_row_says_what_becomes_of_what_is_no_command(text: str, said: str) -> None:
    completion = typed(text)
    assert completion.remark == said
    assert (completion.decision is None) == ("sent as" in said or text == "//new")


async def test_values_are_asked_for_once_and_the_mark_stays_on_what_was_chosen() -> None:
    values = Values(known=False)
    completion = typed("/theme dr", values=values)
    assert isinstance(completion.decision, ParsedCommand)  # Anything may do, as far as is known.
    assert completion.needs_values
    assert await completion.load()
    assert not completion.needs_values
    assert not await completion.load()
    assert values.loaded == [("THEME",)]
    assert completion.marked == 0
    completion.update("/theme d")
    completion.handle_key("down")
    assert listed(completion)[completion.marked or 0] == "dracula"
    completion.update("/save n")
    await completion.load()
    completion.update("/save notes/n")
    assert completion.needs_values


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("/theme dark", "screen.run_command('settings', 'choose_theme', ('dark',))"),
        ("/save html x.html", "screen.run_command('files', 'save', ('html', 'x.html',))"),
        ("/find it's", """screen.run_in_transcript('find("it\\'s")')"""),
        ("/help me", "help('me')"),
        ("/mine a", "screen.run_command('snippets', 'insert', ('mine', 'a',))"),
        ("/variant 2", "screen.run_command('messages', 'show_variant', (1, '2',))"),
    ],
)
def test_the_action_is_given_the_arguments(text: str, action: str) -> None:
    decision = typed(text).decision
    assert isinstance(decision, ParsedCommand)
    assert screen_action(decision.command, decision.arguments) == action
