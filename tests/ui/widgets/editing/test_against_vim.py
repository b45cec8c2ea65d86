"""The cases of the vim engine, pressed in the vim of the system."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ui.widgets.editing.vim_keyboard import CASES

VIM = shutil.which("vim")
SETTINGS = "set sw=4 ts=4 et sol ww= belloff=all"


def in_vim(text: str, keys: str) -> str:
    """The lines of a script that press keys on a text."""
    before, after = text.split("|", 1)
    row, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    quoted = json.dumps(keys.replace("\\", "\\\\")).replace("<escape>", "\\<Esc>")
    lines = json.dumps((before + after).split("\n"))
    return (
        f"enew!\ncall setline(1, {lines})\ncall cursor({row},{column})\nexe 'normal! ' . {quoted}\n"
    )


@pytest.mark.long
@pytest.mark.skipif(VIM is None, reason="vim is not installed")
def test_the_cases_are_what_vim_makes_of_them(tmp_path: Path) -> None:
    out, script = tmp_path / "out", tmp_path / "cases.vim"
    told = 'call add(g:out, json_encode([getline(1,"$"), line("."), col(".")]))\n'
    cases = "".join(in_vim(text, keys) + told for text, keys, _ in CASES)
    end = f"call writefile(g:out, '{out}')\nqa!\n"
    script.write_text(f"{SETTINGS}\nlet g:out = []\n{cases}{end}")
    command = [VIM or "", *["-u", "NONE", "-i", "NONE", "-n", "-N", "-es", "-S"], str(script)]
    subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60, check=False)
    for (text, keys, expected), told in zip(CASES, out.read_text().splitlines(), strict=True):
        lines, row, column = json.loads(told)
        place = sum(len(line) + 1 for line in lines[: row - 1]) + column - 1
        whole = "\n".join(lines)
        assert f"{whole[:place]}|{whole[place:]}" == expected, (text, keys)
