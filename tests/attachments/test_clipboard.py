"""Reading the clipboard: pictures, files and text, with tools that stand in for the real ones."""

import base64
import shutil
import stat
from pathlib import Path

import pytest

from fakegpt_tui.attachments.clipboard import ClipboardContent, read_clipboard
from fakegpt_tui.domain import LoadError
from tests.attachments.examples import png

PICTURE = png(2, 2)


class Machine:
    """A folder of tools, and an environment that leads to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": f"{folder}:/usr/bin:/bin"}

    def tool(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def content(self, name: str, data: bytes) -> Path:
        path = self.folder / f"{name}.data"
        path.write_bytes(data)
        return path

    async def read(self, platform: str = "linux", **limits) -> ClipboardContent:
        def find(name: str) -> str | None:
            return shutil.which(name, path=str(self.folder))

        return await read_clipboard(self.environment, find, platform, **limits)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def wayland(machine: Machine, **offered: bytes) -> None:
    """Offer data of types whose names are written with an underscore for the slash."""
    machine.environment["WAYLAND_DISPLAY"] = "wayland-0"
    kinds = {name.replace("_", "/", 1).replace("_", "-"): data for name, data in offered.items()}
    cases = "\n".join(
        f'"--no-newline --type {kind}") cat {machine.content(kind.replace("/", "."), data)};;'
        for kind, data in kinds.items()
    )
    listed = "\\n".join(kinds)
    machine.tool("wl-paste", f'case "$*" in\n--list-types) printf "{listed}\\n";;\n{cases}\nesac')


async def test_the_picture_is_taken_where_there_is_one(machine: Machine) -> None:
    wayland(machine, text_html=b"<img>", image_bmp=b"BM", image_png=PICTURE, text_plain=b"x")
    assert await machine.read() == ClipboardContent(picture=PICTURE)


@pytest.mark.parametrize("kind", ["image_bmp", "image_tiff"])
async def test_a_picture_of_another_type_is_taken_where_it_is_the_only_one(
    machine: Machine, kind: str
) -> None:
    wayland(machine, text_html=b"<img>", **{kind: PICTURE})
    assert await machine.read() == ClipboardContent(picture=PICTURE)


async def test_copied_files_are_taken_before_the_icon_of_them(machine: Machine) -> None:
    wayland(machine, image_png=PICTURE, text_uri_list=b"# copied\r\nfile:///a/b%20c.png\r\n")
    assert await machine.read() == ClipboardContent(files="file:///a/b%20c.png")


async def test_text_is_taken_where_there_is_nothing_else(machine: Machine) -> None:
    wayland(machine, text_plain="Grüße".encode())
    assert await machine.read() == ClipboardContent(text="Grüße")


async def test_an_empty_clipboard_is_empty(machine: Machine) -> None:
    machine.environment["WAYLAND_DISPLAY"] = "wayland-0"
    machine.tool("wl-paste", "exit 1")
    assert await machine.read() == ClipboardContent()


async def test_x11_is_asked_by_xclip(machine: Machine) -> None:
    machine.environment["DISPLAY"] = ":0"
    picture = machine.content("picture", PICTURE)
    machine.tool(
        "xclip",
        f'case "$4" in TARGETS) printf "TARGETS\\nimage/png\\n";; image/png) cat {picture};; esac',
    )
    assert (await machine.read()).picture == PICTURE


async def test_windows_is_asked_before_wayland_in_wsl(machine: Machine) -> None:
    wayland(machine, image_bmp=b"BM unreadable")
    machine.environment["WSL_DISTRO_NAME"] = "Debian"
    encoded = base64.b64encode(PICTURE).decode()
    machine.tool("powershell.exe", f'case "$*" in *Image*) echo {encoded};; esac')
    assert (await machine.read()).picture == PICTURE


async def test_wayland_is_asked_where_wsl_has_no_powershell(machine: Machine) -> None:
    wayland(machine, image_png=PICTURE)
    machine.environment["WSL_DISTRO_NAME"] = "Debian"
    assert (await machine.read()).picture == PICTURE


async def test_a_mac_is_asked_by_its_script(machine: Machine) -> None:
    answer = machine.content("answer", f"«data PNGf{PICTURE.hex().upper()}»\n".encode())
    machine.tool("osascript", f'case "$*" in *PNGf*) cat {answer};; *) exit 1;; esac')
    assert (await machine.read("darwin")).picture == PICTURE
    answer.write_bytes(f"«data TIFF{PICTURE.hex()}»\n".encode())
    machine.tool("osascript", f'case "$*" in *TIFF*) cat {answer};; *) exit 1;; esac')
    assert (await machine.read("darwin")).picture == PICTURE
    machine.tool("osascript", "exit 1")
    machine.tool("pbpaste", "printf text")
    assert await machine.read("darwin") == ClipboardContent(text="text")


async def test_over_ssh_the_other_machine_is_not_mistaken_for_this_one(machine: Machine) -> None:
    wayland(machine, image_png=PICTURE)
    machine.environment["SSH_CONNECTION"] = "1 2 3 4"
    with pytest.raises(LoadError, match="Over SSH"):
        await machine.read()


async def test_what_is_missing_is_named(machine: Machine) -> None:
    with pytest.raises(LoadError, match="wl-paste"):
        await machine.read()


async def test_a_tool_that_hangs_is_ended(machine: Machine) -> None:
    machine.environment["WAYLAND_DISPLAY"] = "wayland-0"
    machine.tool("wl-paste", "exec sleep 600")
    with pytest.raises(LoadError, match="did not answer"):
        await machine.read(max_seconds=0.2)


async def test_a_huge_clipboard_is_refused(machine: Machine) -> None:
    wayland(machine, image_png=PICTURE + bytes(2_000_000))
    with pytest.raises(LoadError, match="more than 1 MiB"):
        await machine.read(max_bytes=1_048_576)


async def test_secrets_are_not_handed_to_the_tools(machine: Machine, tmp_path: Path) -> None:
    machine.environment |= {"WAYLAND_DISPLAY": "wayland-0", "SECRET_KEY": "canary"}
    machine.tool("wl-paste", f"env >{tmp_path}/seen")
    await machine.read()
    assert "canary" not in (tmp_path / "seen").read_text()
