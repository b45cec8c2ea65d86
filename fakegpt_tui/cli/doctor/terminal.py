"""Checks of the terminal: colours, keys, widths and the clipboard."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fakegpt_tui.cli.doctor.report import Finding, good, note
from fakegpt_tui.cli.doctor.tmux import Tmux, tmux_findings
from fakegpt_tui.terminal import Mode, TerminalInfo, WidthSample
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.terminal.clipboard import clipboard_tools, osc_52

_NEW_LINE: Final = "ctrl+j, or \\ before enter, breaks the line in every terminal."
_EMOJI: Final = {
    WidthSample.SELECTED: "that are signs with a selector",
    WidthSample.JOINED: "that are joined of several",
    WidthSample.TONED: "with a tone of skin",
}
_MAC_TERMINALS: Final = {"Apple_Terminal", "iTerm.app"}


def terminal_findings(
    answers: TerminalInfo | None,
    environment: Mapping[str, str],
    tmux: Tmux | None,
    find_tool: Callable[[str], str | None] = shutil.which,
) -> Iterator[Finding]:
    """What `answers` and the environment tell; without answers the terminal was not asked."""
    yield from _identity(answers, environment)
    yield from tmux_findings(environment, tmux)
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        yield note(
            "terminal.ssh",
            "This is another machine, reached by ssh.",
            "Copied text goes through the terminal, since tools here fill the wrong clipboard.",
        )
    yield from _colours(answers, environment)
    yield from _screen(answers)
    yield from _widths(answers)
    yield from _shift_enter(answers, environment, tmux)
    yield _alt_letters(answers, environment)
    yield _copying(answers, environment, tmux, find_tool)


def _identity(answers: TerminalInfo | None, environment: Mapping[str, str]) -> Iterator[Finding]:
    term = safe_line(environment.get("TERM", ""))
    if answers is None:
        yield note(
            "terminal.answers",
            f"The terminal was not asked (TERM is {term or 'not set'}).",
            "It is when standard input and output are one and TERM is not dumb.",
        )
    elif answers.is_complete:
        name = safe_line(answers.name or environment.get("TERM_PROGRAM", ""))
        who = f"The terminal is {name}, and answers" if name else "The terminal answers"
        yield good("terminal.answers", f"{who} (TERM is {term}).")
    else:
        yield note(
            "terminal.answers",
            f"The terminal did not answer in time (TERM is {term}).",
            "What it can do is guessed from the environment.",
        )


def _colours(answers: TerminalInfo | None, environment: Mapping[str, str]) -> Iterator[Finding]:
    if environment.get("NO_COLOR"):
        yield note("terminal.colours", "NO_COLOR is set, so all is shown in shades of grey.")
    elif environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        yield good("terminal.colours", "It has all colours (COLORTERM says so).")
    elif "256color" in environment.get("TERM", ""):
        yield note(
            "terminal.colours",
            "It has 256 colours, as far as TERM tells.",
            "COLORTERM=truecolor has all of them used, where the terminal can show them.",
        )
    else:
        yield note("terminal.colours", "It has 16 colours at most, as far as TERM tells.")
    if answers is not None and answers.is_light is not None:
        kind = "light" if answers.is_light else "dark"
        yield good("terminal.background", f"Its background is {kind}; --theme {kind} suits it.")


def _screen(answers: TerminalInfo | None) -> Iterator[Finding]:
    if answers is None or not answers.is_complete:
        return
    if answers.modes.get(Mode.SYNCHRONISED):
        yield good("terminal.synchronised", "It draws whole frames (synchronised output).")
    else:
        yield note(
            "terminal.synchronised",
            "It does not say that it draws whole frames, so it may flicker while a reply streams.",
            "A lower repaint_rate flickers less.",
        )
    if answers.modes.get(Mode.BRACKETED_PASTE):
        yield good("terminal.paste", "It marks pasted text (bracketed paste).")
    else:
        yield note(
            "terminal.paste",
            "It does not say that it marks pasted text (bracketed paste).",
            "If a paste sends itself line by line, write it with ctrl+g in $EDITOR.",
        )


def _widths(answers: TerminalInfo | None) -> Iterator[Finding]:
    if answers is None or not answers.is_complete:
        return
    match answers.cells.get(WidthSample.AMBIGUOUS):
        case 1:
            yield good("terminal.widths", "It takes 1 cell for characters such as é, § and α.")
        case 2:
            yield good(
                "terminal.widths",
                "It takes 2 cells for characters such as é, § and α. So does the program, which "
                "draws frames with - and | here.",
            )
        case _:
            yield note(
                "terminal.widths",
                "It does not say how many cells é, § and α take; the program assumes 1.",
                'Where lines are uneven, set ambiguous_width = "wide".',
            )
    if apart := [words for sample, words in _EMOJI.items() if answers.cells.get(sample, 2) != 2]:  # noqa: PLR2004 - cells
        yield note(
            "terminal.emoji",
            f"It shows in parts, or too narrow, emoji {' and '.join(apart)}, so simpler ones are "
            "shown.",
            "What is copied and saved has those that were written.",
        )


def _shift_enter(
    answers: TerminalInfo | None, environment: Mapping[str, str], tmux: Tmux | None
) -> Iterator[Finding]:
    name = "terminal.shift-enter"
    if environment.get("TEXTUAL_DISABLE_KITTY_KEY"):
        yield note(name, "TEXTUAL_DISABLE_KITTY_KEY is set, so shift+enter is enter.", _NEW_LINE)
    elif tmux is not None and tmux.sends_all_keys:
        yield good(name, "Shift+enter breaks the line, where the terminal around tmux sends it.")
    elif answers is not None and answers.keyboard is not None:
        yield good(name, "Shift+enter is a key of its own (kitty keyboard protocol).")
    elif answers is not None and answers.is_complete:
        yield note(
            name, "Shift+enter is enter here: no kitty keyboard protocol, so it sends.", _NEW_LINE
        )
    else:
        yield note(name, "It is not known whether shift+enter is a key of its own here.", _NEW_LINE)


def _alt_letters(answers: TerminalInfo | None, environment: Mapping[str, str]) -> Finding:
    name = "terminal.alt-letters"
    advice = "Ctrl+o and ctrl+t lead to other conversations without alt."
    if environment.get("TERM_PROGRAM") in _MAC_TERMINALS:
        return note(
            name,
            "Alt and a letter arrive only where the option key is set to be Meta or Esc+.",
            f"{advice} `fakegpt-tui doctor --keys` shows what arrives.",
        )
    if answers is not None and answers.keyboard is not None:
        return good(name, "Alt and a letter arrive as such (kitty keyboard protocol).")
    return note(
        name,
        "Alt and a letter arrive in most terminals; none tells.",
        f"Press alt+j in `fakegpt-tui doctor --keys` to see. {advice}",
    )


def _copying(
    answers: TerminalInfo | None,
    environment: Mapping[str, str],
    tmux: Tmux | None,
    find_tool: Callable[[str], str | None],
) -> Finding:
    name = "terminal.copying"
    tool = next((each[0] for each in clipboard_tools(environment) if find_tool(each[0])), "")
    if tool and (tool != "tmux" or (tmux is not None and tmux.copies)):
        return good(name, f"What is copied goes to {tool}, which confirms it.")
    if not osc_52(b"x", environment):
        return note(
            name,
            "This terminal copies nothing, and there is no tool for it, so copied texts become "
            "files.",
            "On a desktop wl-copy, xclip or xsel would do it, and tmux everywhere.",
        )
    if answers is not None and answers.has_clipboard:
        return good(name, "What is copied goes to the terminal, which says that it takes it.")
    return note(
        name,
        "What is copied is handed to the terminal (OSC 52), which does not say whether it takes "
        "it.",
        "If nothing can be pasted, allow the clipboard in its settings, or save with ctrl+s.",
    )
