import os
import random
import signal
import time
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from fakegpt_tui.ui.terminal.driver import TolerantDriver
from fakegpt_tui.ui.terminal.input_parser import TolerantParser
from fakegpt_tui.ui.terminal.input_scanner import InputScanner, TokenKind
from tests.examples import examples
from tests.terminal import Terminal
from tests.ui.small import small_app

REPORTS = ("MouseMove", "WidthReported", "TerminalAnswered", "BackgroundReported")
"""What is no key."""


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Typist:
    """A parser, and what came out of it in a few words."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.parser = TolerantParser(clock=self.clock)

    def types(self, *texts: str) -> list[str]:
        return [described(message) for text in texts for message in self.parser.feed(text)]

    def waits(self, seconds: float) -> list[str]:
        self.clock.now += seconds
        return [described(message) for message in self.parser.tick()]


def described(message: Message) -> str:
    match message:
        case events.Key(key=key, character=character):
            return key if character is None else f"{key}={character}"
        case events.Paste(text=text):
            return f"paste={text}"
        case _:
            return type(message).__name__


@pytest.fixture
def typist() -> Typist:
    return Typist()


@pytest.mark.parametrize(
    ("sequence", "events"),
    [
        pytest.param("\x1b[32u", ["space= "], id="a space in full"),
        pytest.param("\x1b[32;2u", ["shift+space= "], id="shift and space"),
        pytest.param("\x1b[32;2;32u", ["shift+space= "], id="shift and space, with its text"),
        pytest.param("\x1b[97;2u", ["A=A"], id="shift and a letter, without its text"),
        pytest.param("\x1b[97;65u", ["A=A"], id="caps lock and a letter"),
        pytest.param("\x1b[97;66u", ["a=a"], id="caps lock, shift and a letter"),
        pytest.param("\x1b[97:65;2u", ["A=A"], id="an alternate key"),
        pytest.param("\x1b[49:33;2u", ["exclamation_mark=!"], id="an alternate key of a digit"),
        pytest.param("\x1b[97;1:1u", ["a=a"], id="a press"),
        pytest.param("\x1b[97;1:2u", ["a=a"], id="a repeat"),
        pytest.param("\x1b[97;1:3u", [], id="a release"),
        pytest.param("\x1b[1;1:3A", [], id="a release of an arrow"),
        pytest.param("\x1b[1;5:1A", ["ctrl+up"], id="a press of an arrow"),
        pytest.param("\x1b[3;1:3~", [], id="a release of delete"),
        pytest.param("\x1b[97;5u", ["ctrl+a"], id="ctrl and a letter"),
        pytest.param("\x1b[57358;65;65u", ["caps_lock"], id="iTerm2's caps lock"),
        pytest.param("\x1b[57400;129;49u", ["1=1"], id="a digit of the keypad"),
        pytest.param("\x1b[0;;26085:26412u", ["日=日", "本=本"], id="an input method"),
        pytest.param("\x1b[0;;12288u", ["ideographic_space=\u3000"], id="a full-width space"),
        pytest.param("\x1b[57520;;57520u", ["\ue0b0=\ue0b0"], id="a sign of a font"),
        pytest.param("\x1b[8204;;8204u", ["zero_width_non_joiner=\u200c"], id="a joiner"),
        pytest.param("\x1b[57520u", [], id="a functional key that is unknown"),
        pytest.param("\x1b[1081::113;5u", ["ctrl+q"], id="ctrl with a Cyrillic layout"),
        pytest.param("\x1b[1081:1049:113;6u", ["ctrl+shift+q"], id="ctrl and shift, Cyrillic"),
        pytest.param("\x1b[946::98;3u", ["alt+b"], id="alt with a Greek layout"),
        pytest.param("\x1b[1513::97;133u", ["ctrl+a"], id="ctrl and num lock, Hebrew"),
        pytest.param("\x1b[1081::113;;1081u", ["й=й"], id="a letter of another layout"),
        pytest.param("\x1b[107::118;5u", ["ctrl+k"], id="ctrl with Dvorak"),
        pytest.param("\x1b[13;2u", ["shift+enter"], id="shift and enter"),
        pytest.param("\x1b[27;2;13~", ["shift+enter"], id="xterm's shift and enter"),
        pytest.param("\x1b[27;5;13~", ["ctrl+enter"], id="xterm's ctrl and enter"),
        pytest.param("\x1b[27;2;65~", ["A=A"], id="xterm's shift and a"),
        pytest.param("\x1b[27;6;65~", ["ctrl+shift+a"], id="xterm's ctrl, shift and a"),
        pytest.param("\x1b\r", ["alt+enter"], id="alt and enter"),
        pytest.param("\x1b[13;3u", ["alt+enter"], id="alt and enter in full"),
        pytest.param("\x1bj", ["alt+j"], id="alt and a letter"),
        pytest.param("\x1b1", ["alt+1"], id="alt and a digit"),
        pytest.param("\x1b-", ["alt+minus"], id="alt and a sign"),
        pytest.param("\x1b\x1b[A", ["escape=\x1b", "up"], id="escape and an arrow"),
        pytest.param("\x1b[3$", ["shift+delete"], id="rxvt's shift and delete"),
        pytest.param("\x1b[[A", ["f1"], id="the console's f1"),
        pytest.param("\x1bOP", ["f1"], id="f1"),
        pytest.param("\x1b[33~", ["f19"], id="f19"),
        pytest.param("\x1b[<0;2;3M", ["MouseDown"], id="a click"),
        pytest.param("\x1b[I", ["AppFocus"], id="focus"),
        pytest.param("\x1b[48;24;80;480;800t", ["Resize"], id="a size report"),
        pytest.param("\x1b[?2026;2$y", ["TerminalSupportsSynchronizedOutput"], id="a mode report"),
        pytest.param("\x1b[2;3R", ["WidthReported"], id="a report on a sample"),
        pytest.param("\x1b[1;2R", ["CursorPosition"], id="shift and f3, or the cursor at the top"),
        pytest.param("\x1b[2;99R", ["CursorPosition"], id="another report of the cursor"),
        pytest.param("\x1b[200~a\x1b[31mb\0c\x1b[201~", ["paste=a\x1b[31mbc"], id="a paste"),
    ],
)
def test_keys_are_what_was_pressed(typist: Typist, sequence: str, events: list[str]):
    assert typist.types(sequence + "z") == [*events, "z=z"]


@pytest.mark.parametrize("encoded", ["{0}", "\x1b[0;;{1}u", "\x1b[{1};;{1}u", "\x1b[{1}u"])
@pytest.mark.parametrize(
    "character", "\u3000\u200c\u200d\u00a0\u202f\u00ad\u200f\U0001fa77\U0001faea\u1680\u2028"
)
def test_what_a_key_types_is_text_unless_it_is_a_control_character(
    typist: Typist, encoded: str, character: str
):
    (key,) = typist.parser.feed(encoded.format(character, ord(character)))
    assert isinstance(key, events.Key)
    assert key.character == character
    assert key.is_printable


def test_control_characters_are_not_text(typist: Typist):
    keys = list(typist.parser.feed("\x01\x85\x9f\x7f"))
    assert not any(isinstance(key, events.Key) and key.is_printable for key in keys)


def test_a_backspace_that_is_not_the_terminals_own_takes_a_word():
    typed = TolerantParser(erase="\x7f").feed("ab\x08\x7fc")
    assert [described(key).split("=")[0] for key in typed] == [
        *("a", "b", "ctrl+backspace", "backspace", "c")
    ]
    assert described(next(iter(TolerantParser(erase="\x08").feed("\x08")))).startswith("backspace")


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[<NaN;NaN;NaNM",
        "\x1b[<0;NaN;NaNm",
        "\x1b[<35;-1;2M",
        "\x1b[M !!",
        "\x1b[?1;2c",
        "\x1b[>0;276;0c",
        "\x1b[?25u",
        "\x1b[0n",
        "\x1b[8;24;80t",
        "\x1b[48;24;80;;t",
        "\x1b]11;rgb:0000/0000/0000\x1b\\",
        "\x1b]11;rgb:0000/0000/0000\x07",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1bP1+r544e=787465726d\x1b\\",
        "\x1bP>|XTerm(380)\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\x1b[3;4;5;6;7;8~",
        "\x1b[1114112u",
        "\x1b[55296u",
        "\x1b[999999999999999999999u",
        "\x1b[;;u",
        "\x1b[27;9;9999999~",
        "\x1b[1;9999999999A",
        "\x1b[99:99:99;99:99:99A",
    ],
)
def test_replies_and_nonsense_are_not_typed(typist: Typist, sequence: str):
    typed = typist.types(sequence + "z")
    assert [event for event in typed if event not in REPORTS] == ["z=z"]


@pytest.mark.parametrize(
    "sequence", ["\x1b[<35;10;12M", "\x1b]11;rgb:0/0/0\x1b\\", "\x1b[?1;2c", "\x1b[2;15R"]
)
def test_a_reply_may_come_in_pieces_and_late(typist: Typist, sequence: str):
    for cut in range(2, len(sequence)):
        came = typist.types(sequence[:cut]) + typist.waits(0.09) + typist.types(sequence[cut:])
        assert [event for event in came if event not in REPORTS] == []
    assert typist.types("z") == ["z=z"]


def test_a_reply_that_was_cut_after_its_escape_is_no_text(typist: Typist):
    assert typist.types("\x1b") == []
    assert typist.waits(0.2) == ["escape=\x1b"]
    assert typist.types("[?2026;2$yz") == ["z=z"]


def test_escape_and_then_a_bracket_is_typed(typist: Typist):
    typist.types("\x1b")
    assert typist.waits(0.2) == ["escape=\x1b"]
    assert typist.types("[", "1") == ["left_square_bracket=[", "1=1"]


def test_escape_alone_is_a_key_after_its_delay(typist: Typist):
    assert typist.types("\x1b") == []
    assert typist.waits(0.05) == []
    assert typist.waits(0.1) == ["escape=\x1b"]


def test_with_a_quick_escape_a_letter_after_it_is_a_key_of_its_own(typist: Typist) -> None:
    typist.parser.has_quick_escape = True
    assert typist.types("a\x1b", "j") == ["a=a", "escape=\x1b", "j=j"]
    assert typist.types("\x1b", "O", "x", "\x1b", "[", "A") == [
        *("escape=\x1b", "O=O", "x=x", "escape=\x1b", "left_square_bracket=[", "A=A")
    ]
    assert typist.types("\x1b", "O") + typist.waits(0.2) == ["escape=\x1b", "O=O"]
    assert typist.types("\x1b", "\x1b", "j") == ["escape=\x1b", "escape=\x1b", "j=j"]
    # What comes in one piece, or as the rest of a sequence, is none that was typed.
    assert typist.types("\x1bj", "\x1b", "[A", "\x1b[", "1;5", "A") == ["alt+j", "up", "ctrl+up"]
    assert typist.types("\x1b", "[200~a", "\x1b", "b\x1b[201~", "z") == ["paste=a\x1bb", "z=z"]


def test_a_reply_without_an_end_does_not_keep_the_keys(typist: Typist):
    assert typist.types("\x1b]11;rgb:") == []
    assert typist.waits(1.1) == []
    assert typist.types("z") == ["z=z"]


def test_a_paste_without_an_end_is_over_after_a_silence(typist: Typist):
    assert typist.types("\x1b[200~pas", "ted\x1b[20") == []
    assert typist.waits(1.0) == []
    assert typist.waits(1.1) == ["paste=pasted\x1b[20"]
    assert typist.types("z") == ["z=z"]


def test_a_slow_paste_is_one_paste(typist: Typist):
    typist.types("\x1b[200~")
    for _ in range(10):
        assert typist.types("a line of what is pasted, in a packet\r") + typist.waits(1.5) == []
    assert typist.types("\x1b[201~") == ["paste=" + "a line of what is pasted, in a packet\r" * 10]


def test_a_paste_over_a_slow_line_is_one_paste(typist: Typist):
    typist.types("\x1b[200~")
    for _ in range(100):
        assert typist.types("few") + typist.waits(0.2) == []
    assert typist.types("\x1b[201~") == ["paste=" + "few" * 100]


def test_typing_into_a_paste_without_an_end_ends_it(typist: Typist):
    typist.types("\x1b[200~" + "pasted" * 10)
    came = [event for _ in range(6) for event in typist.types("z") + typist.waits(0.4)]
    assert came[0].startswith("paste=pasted")
    assert came[-1] == "z=z"


def test_the_mouse_is_still_known_after_nonsense(typist: Typist):
    typist.types("\x1b[48;24;80;480;800t", "\x1b[?1;2c", "\x1b[99:99:99;99:99:99A")
    (click,) = typist.parser.feed("\x1b[<0;101;41M")
    assert isinstance(click, events.MouseDown)
    assert (click.x, click.y) == (10, 2)


def test_a_mouse_in_a_window_of_no_size_is_nowhere(typist: Typist):
    typist.types("\x1b[48;0;0;0;0t")
    assert typist.types("\x1b[<0;1;1Mz") == ["z=z"]


PARTS = st.sampled_from(
    [
        *("\x1b", "[", "<", "?", "O", "]", "P", "_G", "M", "$y", "~", "u", "1;2", ":", "NaN", "é"),
        *("\x1b[200~", "\x1b[201~", "\x1b\\", "\x07", "\r", "\x9b", "a", "99999999", "\x1b["),
    ]
)


@given(st.lists(st.one_of(PARTS, st.text(max_size=3))))
@examples(300)
def test_keys_work_again_after_anything(parts: list[str]):
    typist = Typist()
    typist.types(*parts)
    for _ in range(3):
        typist.waits(3)
    assert typist.types("z") == ["z=z"]


@given(st.lists(PARTS), st.data())
@examples(200)
def test_it_does_not_matter_where_input_is_cut(parts: list[str], data: st.DataObject):
    text = "".join(parts)
    cut = data.draw(st.integers(0, len(text)))

    def pieces(*texts: str) -> list[tuple[TokenKind, str]]:
        scanner = InputScanner(0.1)
        found = [piece for part in texts for piece in scanner.feed(part, 0.0)]
        found += scanner.expire(5.0)
        joined: list[tuple[TokenKind, str]] = []
        for kind, piece in found:
            if joined and kind is joined[-1][0] is TokenKind.TEXT:
                joined[-1] = (kind, joined[-1][1] + piece)
            else:
                joined.append((kind, piece))
        return joined

    assert pieces(text[:cut], text[cut:]) == pieces(text)


def test_two_hundred_thousand_random_bytes_break_nothing(typist: Typist):
    noise = random.Random(20_26).randbytes(200_000)
    for start in range(0, len(noise), 4096):
        typist.types(noise[start : start + 4096].decode(errors="replace"))
    for _ in range(3):
        typist.waits(3)
    assert typist.types("z") == ["z=z"]


def test_a_key_typed_after_random_bytes_still_works_in_a_terminal():
    noise = random.Random(7).randbytes(20_000)
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").send(noise)
        terminal.send("é".encode()[:1] + b"\xff\xfe\x1b[200~open paste")

        typed_at = 0.0

        def keys_work(terminal: Terminal) -> bool:
            nonlocal typed_at
            if time.monotonic() - typed_at > 0.5:
                typed_at = time.monotonic()
                terminal.type("ZZ")
            return "Z='Z' Z='Z'" in terminal.text

        terminal.wait_for(keys_work)


def test_odd_keys_arrive_in_a_terminal():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").type("\x1b[97:65;2u\x1b\r\x1b[27;2;13~\x1b[32;2u\x1b[<1;NaN;1M!")
        terminal.wait_for("5: A='A' alt+enter=None shift+enter=None shift+space=' ' exclam")


class PipedDriver(TolerantDriver):
    """Reads a pipe, and knows what came."""

    input_tty = False

    def __init__(self, fileno: int) -> None:
        self.fileno = fileno
        self.exit_event = Event()
        self.has_quick_escape = True
        self.came: list[str] = []
        self._debug = False

    @property
    def has_read_all(self) -> bool:
        return not self._count_waiting()

    def process_message(self, message: Message) -> None:
        self.came.append(described(message))


def test_what_is_read_after_an_escape_and_not_with_it_is_a_key_of_its_own() -> None:
    reads, writes = os.pipe()
    driver = PipedDriver(reads)
    thread = Thread(target=driver.run_input_thread)
    thread.start()
    try:
        for piece in ("\x1b", "j", "\x1b", "O", "x", "\x1bk", "\x1b[A"):
            os.write(writes, piece.encode())
            while not driver.has_read_all:
                time.sleep(0)
    finally:
        os.close(writes)
        thread.join()
        os.close(reads)
    esc = "escape=\x1b"
    assert driver.came == [esc, "j=j", esc, "O=O", "x=x", "alt+k", "up"]


def test_enter_that_is_typed_before_there_is_a_screen_is_enter():
    with small_app("Keys") as terminal:
        terminal.type("a\nb\r")
        terminal.wait_for("4: a='a' ctrl+j='\\n' b='b' enter='\\r'")


def test_escape_is_quick():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready")

        def seconds(count: int) -> float:
            begun = time.monotonic()
            terminal.press("esc")
            terminal.wait_for(f"{count}: ")
            return time.monotonic() - begun

        # The machine may be busy with other things now and then, but not each time.
        assert any(seconds(count) < 1.0 for count in range(1, 21))


def test_a_terminal_that_is_small_for_a_moment_is_drawn_anew():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready")
        before = terminal.raw.count(b"ready")
        terminal.resize(20, 5)
        terminal.resize(80, 24)
        terminal.wait_for(lambda _: terminal.raw.count(b"ready") > before)
        terminal.wait_for("ready")


def test_a_terminal_that_is_resized_while_its_size_is_read_has_the_newer_one():
    with small_app("Resized") as terminal:
        terminal.wait_for("80×24").resize(60, 20)
        terminal.wait_for("70×20").press("a")
        terminal.wait_for("a in 70×20")


def test_our_own_sequences_reach_the_terminal():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").press("f2")
        terminal.wait_for(lambda terminal: b"\x1b]52;c;b3Vycw==\x07" in terminal.raw)


def test_a_terminal_is_asked_for_the_keys_of_the_latin_layout():
    with small_app("Keys") as terminal:
        terminal.wait_for("ready").type("\x1b[1081::113;5u\x1b[1103::122;;1103u\u3000")
        terminal.wait_for("3: ctrl+q=None")
        assert b"\x1b[>29u" in terminal.raw
        terminal.wait_for(r"ideographic_space='\u3000'")


def test_xterm_is_told_to_send_an_escape_for_alt_and_left_as_it_was():
    with small_app("Keys", before="export XTERM_VERSION='XTerm(390)'; unset TMUX") as terminal:
        terminal.wait_for("ready")
        assert b"\x1b[?1036s\x1b[?1036h" in terminal.raw
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert b"\x1b[?1036r" in terminal.raw


def test_drawing_while_suspended_neither_shows_nor_blocks():
    with small_app("Suspended") as terminal:
        terminal.wait_for("ready").press("x")
        terminal.wait_for("1: x")
        assert b"unseen 1" not in terminal.raw
