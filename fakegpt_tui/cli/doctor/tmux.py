"""Checks of tmux: which keys and clipboard sequences it passes on."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fakegpt_tui.cli.doctor.report import Finding, good, note
from fakegpt_tui.terminal import ask_tmux
from fakegpt_tui.text import safe_line

_NAMES = (
    *("version", "extended-keys", "set-clipboard", "allow-passthrough"),
    *("client_termname", "client_termfeatures"),
)
_PASSTHROUGH: Final = {"0": "off", "1": "on", "2": "all"}


@dataclass(frozen=True, slots=True)
class Tmux:
    """The settings of the tmux around the program that make a difference to it."""

    version: str
    extended_keys: str
    set_clipboard: str
    allow_passthrough: str
    terminal: str
    features: frozenset[str]

    @property
    def sends_all_keys(self) -> bool:
        """Does shift+enter arrive? The program does not ask in the way that “on” waits for."""
        return self.extended_keys == "always" and "extkeys" in self.features

    @property
    def copies(self) -> bool:
        return self.set_clipboard in ("on", "external") or self.allow_passthrough in ("on", "all")


def detect_tmux(environment: Mapping[str, str] = os.environ) -> Tmux | None:
    """The tmux that the program runs in, if it does and tmux says so."""
    if not environment.get("TMUX"):
        return None
    said = [safe_line(line) for line in ask_tmux(_NAMES, environment) or ()]
    if len(said) < len(_NAMES):
        return None
    # Some versions say the number of a choice.
    passthrough = _PASSTHROUGH.get(said[3], said[3])
    features = frozenset(said[5].split(","))
    return Tmux(said[0], said[1], said[2], passthrough, said[4], features)


def tmux_findings(environment: Mapping[str, str], tmux: Tmux | None) -> Iterator[Finding]:
    if not environment.get("TMUX"):
        if "STY" in environment:
            yield note(
                "terminal.multiplexer",
                "This is inside GNU screen, which tells few keys apart and copies nothing.",
                "Copied texts become files; tmux does both.",
            )
        return
    if tmux is None:
        yield note("terminal.multiplexer", "This is inside tmux, which does not say how it is set.")
        return
    around = f", in a terminal that it takes for {tmux.terminal}" if tmux.terminal else ""
    yield good("terminal.multiplexer", f"This is inside tmux {tmux.version}{around}.")
    yield from _keys(tmux)
    yield from _clipboard(tmux)


def _keys(tmux: Tmux) -> Iterator[Finding]:
    if tmux.sends_all_keys:
        yield good("terminal.tmux-keys", "tmux passes on all keys (extended-keys is always).")
    else:
        features = "with" if "extkeys" in tmux.features else "without"
        yield note(
            "terminal.tmux-keys",
            f"tmux passes on plain keys only: extended-keys is {tmux.extended_keys or 'unknown'}, "
            f"in a terminal {features} the feature extkeys.",
            "For shift+enter: set -s extended-keys always, and set -as terminal-features "
            f"'{tmux.terminal or 'xterm*'}:extkeys' in tmux.conf.",
        )


def _clipboard(tmux: Tmux) -> Iterator[Finding]:
    said = (
        f"set-clipboard is {tmux.set_clipboard or 'unknown'}, "
        f"allow-passthrough is {tmux.allow_passthrough or 'unknown'}"
    )
    if tmux.copies:
        yield good("terminal.tmux-clipboard", f"tmux passes on what is copied ({said}).")
    else:
        yield note(
            "terminal.tmux-clipboard",
            f"tmux keeps what is copied from the terminal around it ({said}).",
            "set -s set-clipboard on in tmux.conf.",
        )
