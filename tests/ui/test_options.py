"""What is written to a terminal when a reply ends out of sight."""

import re

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.options import NotifyMode, notification_sequence

_WHOLE = re.compile(
    r"\x1b\]9;([^\x00-\x1f\x7f-\x9f]*)\x1b\\\x1b\]777;notify;([^;\x00-\x1f]*);done\x1b\\"
)


def test_nothing_is_written_unless_it_is_wanted() -> None:
    assert notification_sequence(NotifyMode.NONE, "title", "done") == ""
    assert notification_sequence(NotifyMode.BELL, "title", "done") == "\a"


@given(st.text())
def test_no_title_can_end_the_sequence_or_begin_another(title: str) -> None:
    assert _WHOLE.fullmatch(notification_sequence(NotifyMode.DESKTOP, title, "done"))


def test_a_title_is_in_the_notification() -> None:
    assert "My title; it: done".replace(";", ",") in notification_sequence(
        NotifyMode.DESKTOP, "My title; it", "done"
    )
