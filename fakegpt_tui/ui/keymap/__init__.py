"""Every key, in one table: bindings, footer, help, palette and `config.toml` follow from it.

A key is a row in the module of the place where it works.
"""

from fakegpt_tui.ui.keymap.command import Command, KeyScope
from fakegpt_tui.ui.keymap.conversation_list import LIST
from fakegpt_tui.ui.keymap.conversations import CHAT, LOGIN, OPEN_NTH_PREFIX, QUEUE
from fakegpt_tui.ui.keymap.program import PROGRAM
from fakegpt_tui.ui.keymap.prompt import EARLIER, ENTER_INSERTS_NEWLINE, PROMPT
from fakegpt_tui.ui.keymap.services import SERVICE_FORM, SERVICES
from fakegpt_tui.ui.keymap.side_by_side import SIDE_BY_SIDE
from fakegpt_tui.ui.keymap.transcript import TRANSCRIPT

__all__ = ["COMMANDS", "ENTER_INSERTS_NEWLINE", "OPEN_NTH_PREFIX", "Command", "KeyScope"]

COMMANDS: tuple[Command, ...] = (
    *PROMPT,
    *CHAT,
    *QUEUE,
    *EARLIER,
    *LOGIN,
    *PROGRAM,
    *TRANSCRIPT,
    *LIST,
    *SIDE_BY_SIDE,
    *SERVICES,
    *SERVICE_FORM,
)
