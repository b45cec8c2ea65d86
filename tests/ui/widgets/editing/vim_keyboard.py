"""Presses keys of vim without a widget: `|` in a text is the cursor, `<name>` a key."""

import re
from collections.abc import Collection

from fakegpt_tui.ui.widgets.editing.operators import EditState
from fakegpt_tui.ui.widgets.editing.vim import Vim
from fakegpt_tui.ui.widgets.editing.vim_state import VimMode

CASES = (
    # motions
    ("one tw|o", "h", "one t|wo"),
    ("|one", "5l", "on|e"),
    ("|long line\nx\nlong line", "4ljj", "long line\nx\nlong| line"),
    ("|abc\nlonger", "$j", "abc\nlonge|r"),
    ("|one, two\nthree", "www", "one, two\n|three"),
    ("|one, two", "W", "one, |two"),
    ("|one, two", "e", "on|e, two"),
    ("|one, two", "E", "one|, two"),
    ("one, two thre|e", "b3b", "|one, two three"),
    ("one, two thre|e", "2B", "one, |two three"),
    ("one two|", "ge", "on|e two"),
    ("  two wo|rds", "0", "|  two words"),
    ("  two wo|rds", "^", "  |two words"),
    ("two  |\nx", "g_", "tw|o  \nx"),
    ("a\n  b\n|c", "gg", "|a\n  b\nc"),
    ("|a\n  b\nc", "2G", "a\n  |b\nc"),
    ("|a\n  b\nc", "G", "a\n  b\n|c"),
    ("|a, b, c", "2f,", "a, b|, c"),
    ("|a, b, c", "t,;", "a, |b, c"),
    ("a, b, |c", "F,,", "a, b|, c"),
    ("a, b, |c", "Ta", "a|, b, c"),
    ("|f(a, (b), c)", "%", "f(a, (b), c|)"),
    ("f(a, (b), c|)", "%", "f|(a, (b), c)"),
    ("|one\ntwo\n\nthree\n\nfour", "}}", "one\ntwo\n\nthree\n|\nfour"),
    ("one\ntwo\n\nthree\n\nfou|r", "2{", "one\ntwo\n|\nthree\n\nfour"),
    ("|One. Two! Three", "))", "One. Two! |Three"),
    ("|a\n  b\nc", "+", "a\n  |b\nc"),
    ("abcdef|", "3|", "ab|cdef"),
    # operators and counts
    ("o|ne two", "dw", "o|two"),
    ("|one two three", "2dw", "|three"),
    ("|one two three four", "2d2w", "|"),
    ("one |two\nthree", "dw", "one| \nthree"),
    ("one |two\nthree", "dd", "|three"),
    ("|a\nb\nc\nd", "d2j", "|d"),
    ("a\nb\n|c", "dk", "|a"),
    ("one |two", "d0", "|two"),
    ("one |two three", "D", "one| "),
    ("|a, b", "dt,", "|, b"),
    ("f|(x) y", "d%", "f| y"),
    ("one t|wo", "x2X", "one|o"),
    ("|one two", "cwnew<escape>", "ne|w two"),
    ("|one  two", "cWnew<escape>", "ne|w  two"),
    ("one |two\nthree", "ccnew<escape>", "ne|w\nthree"),
    ("one |two", "Cnew<escape>", "one ne|w"),
    ("|one", "sx<escape>", "|xne"),
    ("  o|ne\ntwo", "Sx<escape>", "|x\ntwo"),
    ("|one two", "ywP", "one| one two"),
    ("|one\ntwo", "yyp", "one\n|one\ntwo"),
    ("|one\ntwo", "jyykP", "|two\none\ntwo"),
    ("|one\ntwo\nthree", "2>>", "    |one\n    two\nthree"),
    ("|      one", "<<", "  |one"),
    ("one |TWO three", "guw", "one |two three"),
    ("one |two three", "gUiw", "one |TWO three"),
    ("one t|wo", "g~~", "|ONE TWO"),
    ("|aBc", "2~", "Ab|c"),
    ("|one\n  two\n)", "3J", "one two|)"),
    ("|abc", "2rx", "x|xc"),
    # text objects
    ("one t|wo three", "diw", "one | three"),
    ("one t|wo three", "daw", "one |three"),
    ("one t|wo", "daw", "on|e"),
    ("|one two three", "d2aw", "|three"),
    ("one,t|wo three", "diW", "| three"),
    ("|a\nb\n\nc", "dip", "|\nc"),
    ("a\nb\n\n|c\nd", "dap", "a\n|b"),
    ("One. T|wo! Three", "das", "One. |Three"),
    ('say "a |b" now', 'di"', 'say "|" now'),
    ('say "a |b" now', 'da"', "say |now"),
    ("say |x 'a b'", "ci'y<escape>", "say x '|y'"),
    ("`a |b`", "yi`P", "`a |ba b`"),
    ("f(a, (|b), c)", "di(", "f(a, (|), c)"),
    ("f(a, (|b), c)", "2dib", "f(|)"),
    ("f[a, |b]", "da[", "|f"),
    ("{\n  |a\n}", "di{", "{\n|}"),
    ("<a |b>", "ci<x<escape>", "<|x>"),
    # insert mode
    ("|one", "ix<escape>", "|xone"),
    ("on|e", "ax<escape>", "one|x"),
    ("  o|ne", "Ix<escape>", "  |xone"),
    ("|one", "Ax<escape>", "one|x"),
    ("|one\ntwo", "ox<escape>", "one\n|x\ntwo"),
    ("one\n|two", "Ox<escape>", "one\n|x\ntwo"),
    ("|x", "3iab <escape>", "ab ab ab| x"),
    # visual modes
    ("|one two", "ved", "| two"),
    ("one |two three", "viwU", "one |TWO three"),
    ("|a b c d", "vwwc-<escape>", "|- d"),
    ("|a\nb\nc", "Vjd", "|c"),
    ("|a\nb\nc", "Vjyp", "a\n|a\nb\nb\nc"),
    ("|a\nb\nc", "Vj>", "    |a\n    b\nc"),
    ("|abc", "vlrx", "|xxc"),
    ("a|bcd", "vlohd", "|d"),
    ("|one two", "yiwwviwp", "one on|e"),
    ("|a\nb\nc", "VjJ", "a| b\nc"),
    ("|aBcd", "v2l~", "|AbCd"),
    ("|abcdef", "vlydlgvd", "|def"),
    # registers
    ("|one two", '"ayiwwviw"ap', "one on|e"),
    ("|one two", '"ayiww"Ayiw"aP', "one onetw|otwo"),
    ("|one two three", 'yiwwdiw"0P', "one on|e three"),
    ("|one two", 'yiw"_dwP', "on|etwo"),
    ("|ab", "xp", "b|a"),
    # once more
    ("|a b c d", "dw.", "|c d"),
    ("|a b c d e", "dw2.", "|d e"),
    ("|one two three", "cwx<escape>w.", "x |x three"),
    ("|one\ntwo", "A!<escape>j.", "one!\ntwo|!"),
    ("|a\nb\nc", ">>j.", "    a\n    |b\nc"),
    ("|abcdef", "vld.", "|ef"),
    ("|a a a", "rxw.", "x |x a"),
)
"""Texts, keys, and the texts that vim makes of them."""


def keys_of(written: str) -> list[str]:
    return [each[1] or each[0] for each in re.finditer(r"<([a-z]{2,})>|.", written)]


class VimKeyboard:
    """A text that begins in normal mode; what is typed in insert mode is put into it."""

    def __init__(self, text: str, marks: Collection[str] = ()) -> None:
        self.vim = Vim({})
        self.vim.marks = marks
        self.vim.mode = VimMode.NORMAL
        self.state = EditState(text.replace("|", "", 1), text.index("|"))

    def press(self, keys: str) -> "VimKeyboard":
        for key in keys_of(keys):
            if self.vim.takes(key):
                self.state = self.vim.press(key, self.state)
            elif self.vim.mode is VimMode.INSERT:
                text, at = self.state.text, self.state.cursor
                self.state = EditState(text[:at] + key + text[at:], at + len(key))
        return self

    @property
    def shown(self) -> str:
        text, at = self.state.text, self.state.cursor
        return f"{text[:at]}|{text[at:]}"
