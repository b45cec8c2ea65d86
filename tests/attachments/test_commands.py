"""Commands of the shell: their output, and the limits that hold them."""

import asyncio
import os
from pathlib import Path

from fakegpt_tui.attachments.commands import ShellCommand


async def ran(line: str, given: bytes = b"", **limits) -> ShellCommand:
    command = ShellCommand(line, given, **limits)
    await command.run()
    return command


async def test_output_and_errors_are_kept_with_the_exit_code() -> None:
    command = await ran("echo out; echo err >&2; exit 3")
    assert command.output == "out\nerr\n"
    assert command.exit_code == 3
    assert command.ending.startswith("Exit code 3")


async def test_a_model_is_given_command_output_and_ending() -> None:
    command = await ran("echo out; exit 3")
    first, second, last = command.transcript.splitlines()
    assert (first, second) == ("$ echo out; exit 3", "out")
    assert last.startswith("[Exit code 3")


async def test_a_command_reads_what_it_is_given_and_nothing_else() -> None:
    assert (await ran("cat", b"one\ntwo\n")).output == "one\ntwo\n"
    assert (await ran("cat")).output == ""
    assert (await ran("true", b"x" * 1_000_000)).exit_code == 0


async def test_there_is_no_terminal_to_ask_on() -> None:
    assert (await ran("test -t 0 || test -t 1 || (: </dev/tty) 2>/dev/null || echo none")).output


async def test_a_command_without_end_is_ended_with_all_it_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = await ran(
        f"sleep 600 & echo $! >{pids}; echo $$ >>{pids}; echo begun; wait", max_seconds=2.0
    )
    assert command.exit_code is None
    assert command.ending == "It was ended after 2 seconds."
    for pid in pids.read_text().split():
        assert is_gone(int(pid))


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


async def test_endless_output_is_ended_at_a_size() -> None:
    command = await ran("yes", max_output=10_240)
    assert len(command.output) == 10_240
    assert command.ending == "It was ended at 10 KiB of output."


async def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = ShellCommand(f"echo $$ >{pid}; exec sleep 600")
    task = asyncio.create_task(command.run())
    while not (pid.exists() and pid.read_text().strip()):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert is_gone(int(pid.read_text()))


async def test_a_shell_that_is_not_there_is_told_of() -> None:
    command = await ran("true", environment={**os.environ, "SHELL": "/nowhere/sh"})
    assert command.ending.startswith("It could not be started")


async def test_colours_and_overwritten_lines_are_left_out() -> None:
    command = await ran(r"printf '\033[31mred\033[0m\n10%%\r20%%\r100%%\n\033]0;title\007end\r\n'")
    assert command.output == "red\n100%\nend\n"


async def test_output_in_other_encodings_is_text() -> None:
    assert (await ran(r"printf 'Gr\374\337e\n'")).output == "Grüße\n"
    assert "�" in (await ran(r"printf '\000\001\377\n'")).output


def open_pipes() -> set[str]:
    found = (link for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return {str(link.readlink()) for link in found if str(link.readlink()).startswith("pipe:")}


async def test_a_pipe_that_is_held_by_what_was_left_running_is_closed() -> None:
    before = open_pipes()
    assert (await ran("setsid sleep 2", max_seconds=0.2)).exit_code is None
    await asyncio.sleep(0)
    assert open_pipes() <= before
