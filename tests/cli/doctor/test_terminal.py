"""What a terminal means for keys and for copying."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakegpt_tui.cli.doctor.terminal import terminal_findings
from fakegpt_tui.cli.doctor.tmux import Tmux, detect_tmux
from fakegpt_tui.terminal import TerminalInfo, build_queries, parse_responses

XTERM = {"TERM": "xterm-256color"}
PLAIN = parse_responses(b"\x1b[?64;1;2c")
_SAMPLE = re.compile(rb"\x1b\[\d+G[^\x1b]+\x1b\[6n")
KITTY = parse_responses(b"\x1b[?0u\x1b[?62;52;c")


def tmux(keys: str = "off", clipboard: str = "off", features: str = "extkeys") -> Tmux:
    return Tmux("3.4", keys, clipboard, "off", "xterm-kitty", frozenset(features.split(",")))


def told(
    said: TerminalInfo | None,
    environment: Mapping[str, str] = XTERM,
    inside: Tmux | None = None,
    tools: tuple[str, ...] = (),
) -> dict[str, str]:
    found = terminal_findings(
        said, environment, inside, lambda name: f"/bin/{name}" if name in tools else None
    )
    return {each.id: f"{each.sentence} {each.advice}" for each in found}


def test_a_terminal_without_the_protocol_sends_enter_for_shift_enter() -> None:
    assert "Shift+enter is enter here" in told(PLAIN)["terminal.shift-enter"]
    assert "ctrl+j" in told(PLAIN)["terminal.shift-enter"]
    assert "is a key of its own" in told(KITTY)["terminal.shift-enter"]


def test_what_was_not_answered_is_not_known() -> None:
    assert "not known" in told(TerminalInfo())["terminal.shift-enter"]
    assert "did not answer" in told(TerminalInfo())["terminal.answers"]
    assert "not asked" in told(None)["terminal.answers"]


def test_how_many_cells_characters_take_is_told() -> None:
    narrow = parse_responses(b"\x1b[1;2R\x1b[1;9R\x1b[1;15R\x1b[1;21R\x1b[?1c")
    assert "takes 1 cell" in told(narrow)["terminal.widths"]
    assert "terminal.emoji" not in told(narrow)
    wide = parse_responses(b"\x1b[24;3R\x1b[24;8R\x1b[24;18R\x1b[24;23R\x1b[?1c")
    assert "takes 2 cells" in told(wide)["terminal.widths"]
    assert "selector and that are joined of several and with a tone" in told(wide)["terminal.emoji"]
    assert 'ambiguous_width = "wide"' in told(PLAIN)["terminal.widths"]
    assert "terminal.emoji" not in told(PLAIN)
    assert "terminal.widths" not in told(TerminalInfo())


def test_the_protocol_can_be_switched_off_by_a_variable() -> None:
    switched_off = XTERM | {"TEXTUAL_DISABLE_KITTY_KEY": "1"}
    assert "TEXTUAL_DISABLE_KITTY_KEY" in told(KITTY, switched_off)["terminal.shift-enter"]


@pytest.mark.parametrize("keys", ["off", "on"])
def test_tmux_has_to_pass_on_the_keys(keys: str) -> None:
    inside = told(PLAIN, XTERM | {"TMUX": "x"}, tmux(keys))
    assert "set -s extended-keys always" in inside["terminal.tmux-keys"]
    assert "Shift+enter is enter here" in inside["terminal.shift-enter"]


def test_tmux_that_passes_on_the_keys_is_well() -> None:
    inside = told(PLAIN, XTERM | {"TMUX": "x"}, tmux("always"))
    assert "passes on all keys" in inside["terminal.tmux-keys"]
    assert "Shift+enter breaks the line" in inside["terminal.shift-enter"]
    assert (
        "extkeys" in told(PLAIN, {"TMUX": "x"}, tmux("always", features=""))["terminal.tmux-keys"]
    )


def test_what_tmux_does_with_the_clipboard_is_told() -> None:
    inside = XTERM | {"TMUX": "x"}
    assert "set -s set-clipboard on" in told(PLAIN, inside, tmux())["terminal.tmux-clipboard"]
    passing = told(PLAIN, inside, tmux(clipboard="external"), ("tmux",))
    assert "tmux passes on what is copied" in passing["terminal.tmux-clipboard"]
    assert "goes to tmux" in passing["terminal.copying"]


@pytest.mark.parametrize(
    ("said", "environment", "tools", "words"),
    [
        (KITTY, XTERM, (), "goes to the terminal, which says that it takes it"),
        (PLAIN, XTERM, (), "does not say whether it takes it"),
        (PLAIN, XTERM | {"DISPLAY": ":0"}, ("xclip",), "goes to xclip, which confirms it"),
        (PLAIN, XTERM | {"SSH_TTY": "x", "DISPLAY": ":0"}, ("xclip",), "handed to the terminal"),
        (PLAIN, {"TERM": "linux"}, (), "copied texts become files"),
        (PLAIN, XTERM | {"STY": "1"}, (), "copied texts become files"),
    ],
)
def test_where_a_copy_goes_is_told(
    said: TerminalInfo, environment: dict[str, str], tools: tuple[str, ...], words: str
) -> None:
    assert words in told(said, environment, None, tools)["terminal.copying"]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"COLORTERM": "truecolor"}, "all colours"),
        ({}, "256 colours"),
        ({"TERM": "xterm"}, "16 colours"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "NO_COLOR is set"),
        ({"NO_COLOR": "", "COLORTERM": "truecolor"}, "all colours"),
    ],
)
def test_colours_are_told(environment: dict[str, str], words: str) -> None:
    assert words in told(PLAIN, XTERM | environment)["terminal.colours"]


def test_a_mac_has_to_be_told_about_its_option_key() -> None:
    mac = XTERM | {"TERM_PROGRAM": "Apple_Terminal"}
    assert "option key" in told(PLAIN, mac)["terminal.alt-letters"]


def test_the_name_of_a_terminal_is_foreign_text() -> None:
    found = told(parse_responses(b"\x1bP>|evil\x9b31m\x07\x1b[?6c"))["terminal.answers"]
    assert found.isprintable()
    assert "evil" in found


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, b""),
        ({"TERM": "dumb"}, b""),
        ({"TERM": "linux"}, b"\x1b[c"),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, b"\x1b[c"),
    ],
)
def test_no_terminal_is_asked_what_it_would_show(environment: dict[str, str], asked: bytes) -> None:
    assert _SAMPLE.sub(b"", build_queries(environment)) == asked


@pytest.mark.parametrize(
    ("said", "is_light"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x07", False),
        (b"\x1b]11;rgb:ff/ff/ff\x1b\\", True),
        (b"\x1b]11;rgba:f/f/f/f\x07", True),
        (b"\x1b]11;none\x07", None),
    ],
)
def test_the_background_is_read_in_every_form(said: bytes, is_light: bool | None) -> None:
    assert parse_responses(said).is_light is is_light


def test_tmux_itself_is_asked_how_it_is_set(tmp_path: Path) -> None:
    program = tmp_path / "tmux"
    program.write_text(
        "#!/bin/sh\nprintf '3.4\\nalways\\nexternal\\n2\\nxterm\\nclipboard,extkeys\\n'"
    )
    program.chmod(0o700)
    environment = {"TMUX": "/x", "TMUX_PANE": "%1", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    found = detect_tmux(environment)
    assert found is not None
    assert (found.sends_all_keys, found.copies, found.allow_passthrough) == (True, True, "all")
    program.write_text("#!/bin/sh\nexit 1\n")
    assert detect_tmux(environment) is None
    assert detect_tmux({"PATH": environment["PATH"]}) is None
