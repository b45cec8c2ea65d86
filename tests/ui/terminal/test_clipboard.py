import asyncio
import base64
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fakegpt_tui.domain import SaveError
from fakegpt_tui.ui.terminal.clipboard import (
    OSC_52_LIMIT,
    CopyResult,
    clipboard_tools,
    copy_text,
    osc_52,
)
from tests.patience import PATIENCE

PLAIN = {"TERM": "xterm-256color", "PATH": os.environ["PATH"]}
WAYLAND = {**PLAIN, "WAYLAND_DISPLAY": "wayland-0"}


class Screen:
    """A terminal that keeps what it was told."""

    def __init__(self, *, is_there: bool = True) -> None:
        self.is_there = is_there
        self.told = ""

    def __call__(self, sequence: str) -> bool:
        self.told += sequence
        return self.is_there


def no_tool(_name: str) -> None:
    return None


def tool_in(folder: Path, script: str) -> Callable[[str], str | None]:
    """Finds every tool in `folder`, as a shell script that can write there."""
    path = folder / "tool"
    path.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    path.chmod(0o700)
    return lambda name: str(path) if name == "wl-copy" else None


async def test_a_terminal_is_told_by_osc_52(tmp_path: Path):
    screen = Screen()
    route = await copy_text(
        "Grüße", to_terminal=screen, folder=tmp_path, environment=PLAIN, find_tool=no_tool
    )
    encoded = screen.told.removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert base64.b64decode(encoded).decode() == "Grüße"
    assert route == CopyResult(to_terminal=True)
    assert route.sentence("message").startswith("Handed the message to the terminal")
    assert list(tmp_path.iterdir()) == []


async def test_control_characters_are_left_out_and_counted(tmp_path: Path):
    screen = Screen()
    text = "ls\x1b[31m\r\n\trm\x07 -rf\u200b x\n"
    route = await copy_text(
        text, to_terminal=screen, folder=tmp_path, environment=PLAIN, find_tool=no_tool
    )
    encoded = screen.told.removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert base64.b64decode(encoded).decode() == "ls[31m\n\trm -rf\u200b x\n"
    assert (route.dropped, route.hidden) == (2, 1)
    assert "2 control characters left out" in route.sentence("message")
    assert "1 hidden character in it" in route.sentence("message")


async def test_a_tool_of_this_machine_confirms(tmp_path: Path):
    find = tool_in(tmp_path, 'cat > pasted; echo "$@" > arguments; env > environment; echo noise')
    environment = {**WAYLAND, "FAKEGPT_TOKEN": "canary", "HTTPS_PROXY": "http://u:canary@p"}
    route = await copy_text(
        "it's $(text)",
        to_terminal=Screen(),
        folder=tmp_path,
        environment=environment,
        find_tool=find,
    )
    assert route.tool == "wl-copy"
    assert route.sentence("code block") == "Copied the code block with wl-copy."
    assert (tmp_path / "pasted").read_text() == "it's $(text)"
    assert "text/plain" in (tmp_path / "arguments").read_text()
    assert "WAYLAND_DISPLAY=wayland-0" in (tmp_path / "environment").read_text()
    assert "canary" not in (tmp_path / "environment").read_text()


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "exec 0<&-; exit 3"])
async def test_a_tool_that_fails_is_not_believed(tmp_path: Path, script: str):
    route = await copy_text(
        "x" * 100_000,
        to_terminal=Screen(is_there=False),
        folder=tmp_path / "copies",
        environment=WAYLAND,
        find_tool=tool_in(tmp_path, script),
    )
    assert route.tool == ""
    assert route.file is not None


async def test_a_tool_that_hangs_is_ended(tmp_path: Path):
    async with asyncio.timeout(PATIENCE):
        route = await copy_text(
            "text",
            to_terminal=Screen(),
            folder=tmp_path,
            environment=WAYLAND,
            find_tool=tool_in(tmp_path, "echo $$ > pid; exec sleep 600"),
        )
    assert route == CopyResult(to_terminal=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_tool_in_the_working_folder_is_not_run(tmp_path: Path):
    route = await copy_text(
        "text",
        to_terminal=Screen(),
        folder=tmp_path,
        environment=WAYLAND,
        find_tool=lambda name: name,
    )
    assert route.tool == ""


async def test_without_a_clipboard_the_text_is_saved_for_its_owner_alone(tmp_path: Path):
    screen = Screen()
    text = "x" * (OSC_52_LIMIT + 1)
    route = await copy_text(
        text, to_terminal=screen, folder=tmp_path / "new", environment=PLAIN, find_tool=no_tool
    )
    assert screen.told == ""
    assert route.file is not None
    assert route.file.read_text() == text
    assert stat.S_IMODE(route.file.stat().st_mode) == 0o600
    assert route.sentence("message").startswith("This is too long for the terminal")
    assert str(route.file) in route.sentence("message")


async def test_a_file_that_cannot_be_written_is_told(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(SaveError, match="no clipboard here"):
        await copy_text(
            "text",
            to_terminal=Screen(is_there=False),
            folder=blocked,
            environment=PLAIN,
            find_tool=no_tool,
        )


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "linux"},
        {"TERM": "dumb"},
        {"TERM": "screen", "STY": "1.pts"},
        {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"},
    ],
)
def test_a_terminal_without_a_clipboard_is_told_nothing(environment: dict[str, str]):
    assert osc_52(b"text", environment) == ""


def test_the_limit_is_a_hundred_thousand_characters_with_all_that_belongs_to_it():
    assert 0 < len(osc_52(b"x" * OSC_52_LIMIT, PLAIN)) <= 100_000


def test_over_ssh_only_tmux_is_a_tool():
    ssh = {**WAYLAND, "DISPLAY": ":10", "SSH_CONNECTION": "a b c d"}
    assert clipboard_tools(ssh) == []
    assert [name for name, *_ in clipboard_tools({**ssh, "TMUX": "/tmp/t,1,0"})] == ["tmux"]


def test_tools_are_asked_for_the_display_there_is():
    assert next(iter(clipboard_tools(WAYLAND)))[0] == "wl-copy"
    assert next(iter(clipboard_tools({**PLAIN, "DISPLAY": ":0"})))[0] == "xclip"
    assert not {"wl-copy", "xclip", "xsel"} & {name for name, *_ in clipboard_tools(PLAIN)}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
async def test_inside_tmux_its_buffer_has_the_text(tmp_path: Path):
    socket = tmp_path / "tmux"
    tmux = ["tmux", "-f", "/dev/null", "-S", str(socket)]
    subprocess.run([*tmux, "new-session", "-d", "-x80", "-y24", "cat"], check=True)
    try:
        environment = {**PLAIN, "HOME": str(tmp_path), "TMUX": f"{socket},1,0"}
        route = await copy_text(
            "for tmux\nand back",
            to_terminal=Screen(),
            folder=tmp_path,
            environment={**environment, "SSH_TTY": "/dev/pts/0"},
        )
        assert route.tool == "tmux"
        assert asked([*tmux, "show-buffer"]) == "for tmux\nand back"
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_obeys_the_sequence_it_is_told(tmp_path: Path):
    tmux = ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "tmux")]
    sequence = tmp_path / "sequence"
    sequence.write_text(osc_52(b"by the terminal", {**PLAIN, "TMUX": "x,1,0"}))
    command = f"cat {sequence}; echo done; cat"
    subprocess.run(
        [*tmux, "new-session", "-d", "cat", ";", "set", "-s", "set-clipboard", "on"], check=True
    )
    try:
        subprocess.run([*tmux, "new-window", command], check=True)
        deadline = time.monotonic() + PATIENCE
        while "done" not in (screen := asked([*tmux, "capture-pane", "-p"])):
            assert time.monotonic() < deadline, screen
        assert asked([*tmux, "show-buffer"]) == "by the terminal"
        assert screen.strip() == "done"
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)


def asked(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
