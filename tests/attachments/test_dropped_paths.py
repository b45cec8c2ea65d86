"""What each terminal pastes when files are dropped onto it."""

import asyncio
import os
import shlex
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.attachments.prompt_paths import dropped_paths, find_dropped, looks_like_a_path

PLAIN = "/home/me/photo.png"
BLANK = "/home/me/my photo (1).png"
QUOTE = "/home/me/it's.png"
DOLLAR = "/home/me/50% $HOME #1.png"
BACKSLASH = "/home/me/back\\slash.png"
WINDOWS = r"C:\Users\me\my photo.png"
FILES = {PLAIN, BLANK, QUOTE, DOLLAR, BACKSLASH, WINDOWS, r"C:\photo.png", "/home/me/日本 é.png"}


def known(path: str) -> bool:
    return path in FILES


def escaped(path: str) -> str:
    """As Ghostty, iTerm2 and Terminal.app write it."""
    return "".join(f"\\{each}" if each in " ()'$#&;\\%" else each for each in path)


DROPS = {
    "kitty, one": (PLAIN, (PLAIN,)),
    "kitty, a line each": (f"{BLANK}\n{QUOTE}\n{BACKSLASH}", (BLANK, QUOTE, BACKSLASH)),
    "kitty, lines of a raw paste": (f"{BLANK}\r{QUOTE}\r", (BLANK, QUOTE)),
    "ghostty": (f"{escaped(BLANK)} {escaped(QUOTE)} ", (BLANK, QUOTE)),
    "iterm2": (escaped(DOLLAR), (DOLLAR,)),
    "gnome": (f"{shlex.quote(BLANK)} '{PLAIN}' ", (BLANK, PLAIN)),
    "gnome with a quote": (shlex.quote(QUOTE) + " ", (QUOTE,)),
    "wezterm": (BLANK.replace(" ", "\\ "), (BLANK,)),
    "wezterm, several": (f"{PLAIN} {DOLLAR.replace(' ', chr(92) + ' ')}", (PLAIN, DOLLAR)),
    "windows terminal": (f'"{WINDOWS}" C:\\photo.png', (WINDOWS, r"C:\photo.png")),
    "an address": ("file:///home/me/my%20photo%20(1).png", (BLANK,)),
    "addresses": (f"file://localhost{PLAIN}\r\nfile:///home/me/it's.png\r\n", (PLAIN, QUOTE)),
    "an address of letters": (
        "file:///home/me/%E6%97%A5%E6%9C%AC%20%C3%A9.png",
        ("/home/me/日本 é.png",),
    ),
    "rio": (f"{PLAIN}\0", (PLAIN,)),
    "terminal.app with shift": (BLANK, (BLANK,)),
}


@pytest.mark.parametrize("name", DROPS)
def test_a_drop_is_understood(name: str) -> None:
    pasted, expected = DROPS[name]
    assert dropped_paths(pasted, known) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        f"{PLAIN} and what is it?",
        f"{PLAIN}\n/home/me/missing.png",
        f"see {PLAIN}",
        "photo.png",
        "file://elsewhere/home/me/photo.png",
        "https://example.org/photo.png",
        f"{PLAIN}\x1b[31m",
        f"{PLAIN}\n" * 2_000,
        "'/home/me/photo.png",
        "/attach photo.png",
    ],
)
def test_what_merely_looks_like_a_drop_is_text(text: str) -> None:
    assert dropped_paths(text, known) == ()


async def test_a_folder_that_does_not_answer_holds_up_neither_keys_nor_the_exit() -> None:
    answered, ticks, others = threading.Event(), 0, set(threading.enumerate())

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    try:
        assert await find_dropped(PLAIN, is_file=lambda _: answered.wait(), seconds=0.02) == ()
        assert ticks > 1
        assert [each.daemon for each in set(threading.enumerate()) - others] == [True]
    finally:
        answered.set()
        ticking.cancel()


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(b"x")
    assert dropped_paths("~/a.png", os.path.isfile) == (str(tmp_path / "a.png"),)


names = st.text(
    alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="/\0"),
    min_size=1,
    max_size=20,
).filter(lambda name: name.strip() == name and name not in {".", ".."})


@given(st.lists(names, min_size=1, max_size=3, unique=True))
def test_any_names_survive_the_quoting_of_a_shell(found: list[str]) -> None:
    paths = tuple(f"/d/{name}" for name in found)
    assert dropped_paths(" ".join(map(shlex.quote, paths)), set(paths).__contains__) == paths


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    dropped_paths(f"/{text}", lambda _path: False)
    looks_like_a_path(text)


def test_a_path_of_another_machine_is_noticed() -> None:
    assert looks_like_a_path("'/Users/me/Screen Shot.png' ")
    assert not looks_like_a_path("/help")
    assert not looks_like_a_path("what is a.png?")
    assert not looks_like_a_path("/home/me/a.png and /home/me/b.png")
    assert not looks_like_a_path(f"/{'x' * 1_000_000}.png")
