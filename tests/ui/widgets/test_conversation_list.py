"""The conversation list: keys, the cursor, signs, and what it costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from fakegpt_tui.ui.widgets import ConversationRow, FolderRow, RowStatus
from fakegpt_tui.ui.widgets.conversation_list import ConversationList
from fakegpt_tui.ui.widgets.list_lines import ListIndex
from tests.ui.widgets.shown import shown, strips


def some_rows(count: int, group: str = "") -> tuple[ConversationRow, ...]:
    return tuple(ConversationRow(f"c{n}", f"Title {n}", group) for n in range(count))


class CountingList(ConversationList):
    """Counts the lines that it is asked to draw."""

    drawn = 0

    def render_line(self, y: int):
        self.drawn += 1
        return super().render_line(y)


class ListApp(App[None]):
    CSS = "ConversationList { width: 24; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, rows: tuple[ConversationRow, ...] = ()) -> None:
        super().__init__()
        self.list = CountingList("")
        self.list.rows = rows
        self.opened: list[str] = []
        self.remembered: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_conversation_list_opened(self, message: ConversationList.Opened) -> None:
        self.opened.append(message.conversation_id)

    def on_conversation_list_arranged(self, message: ConversationList.Arranged) -> None:
        self.remembered.append((message.name, message.value))


class WideListApp(ListApp):
    CSS = ""


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_rows_stand_under_the_heading_of_their_group() -> None:
    rows = (
        ConversationRow("a", "Alpha", "Pinned"),
        ConversationRow("b", "Beta", "Today"),
        ConversationRow("c", "Gamma", "Today"),
    )
    app = ListApp(rows)
    async with app.run_test(size=(40, 9)):
        assert shown(app.list) == [
            " Pinned", "›  Alpha", "", " Today", "   Beta", "   Gamma", "", "", "",
        ]  # fmt: skip


NESTED = (
    ConversationRow("p", "Kept", "Pinned"),
    FolderRow("Home"),
    FolderRow("Work"),
    FolderRow("Work/2026"),
    ConversationRow("a", "Taxes", folder="Work/2026", tags=("late", "x" * 30)),
    ConversationRow("b", "Plan", folder="Work", status=RowStatus.UNREAD),
    ConversationRow("t", "Rivers", "Today", tags=("wet",)),
)


async def test_folders_are_a_tree_that_keys_and_clicks_fold() -> None:
    app = ListApp(NESTED)
    async with app.run_test(size=(40, 12)) as pilot:
        assert shown(app.list) == [
            *(" Pinned", "›  Kept", ""),
            *("   ▾ Home", "   ▾ Work", "    ▾ 2026", "      Taxes       #late"),
            *(" ●   Plan", "", " Today", "   Rivers          #wet", ""),
        ]  # fmt: skip
        app.list.current = "a"
        await press(pilot, "left", "left", "left")
        assert app.list.folder == "Work"
        assert app.remembered == [("folded_folders", "Work/2026")]
        app.list.current = "b"
        await press(pilot, "left", "enter")
        assert shown(app.list)[3:8] == [
            *("   ▾ Home", "▌● ▸ Work            2", "", " Today", "   Rivers          #wet"),
        ]  # fmt: skip
        assert app.remembered[-1] == ("folded_folders", "Work\nWork/2026")
        assert app.opened == []
        assert app.list.shown == ("p", "t")
        await press(pilot, "space", "l", "k", "right")
        assert app.list.picked == {"a", "b"}
        assert app.list.chosen == ("a", "b")
        assert app.list.shown == ("p", "b", "t")
        await pilot.click(app.list, offset=(8, 5))
        assert app.list.shown == ("p", "a", "b", "t")
        assert app.remembered[-1] == ("folded_folders", "")


def test_what_is_folded_shows_what_is_most_urgent_in_it() -> None:
    rows = (
        FolderRow("a"),
        *(
            ConversationRow(sign.name, "T", folder="a/b", status=sign)
            for sign in (RowStatus.DRAFT, RowStatus.FAILED, RowStatus.STREAMING, RowStatus.NONE)
        ),
        ConversationRow("ab", "T", "Today"),
    )
    index = ListIndex(rows, {"a"})
    assert index.lines == [rows[0], "", "Today", rows[-1]]
    assert index.statuses == {"/a": RowStatus.STREAMING}
    assert (index.counts["/a"], index.running) == (4, [0])
    assert [index.shown_as(each) for each in ("DRAFT", "ab", "gone", None)] == [
        *("/a", "ab", None, None),
    ]  # fmt: skip
    assert ListIndex(rows, {"b"}).shown_as("DRAFT") == "DRAFT"


async def test_every_status_icon_can_be_read_without_colour() -> None:
    rows = tuple(ConversationRow(sign.name, "same", status=sign) for sign in RowStatus)
    app = ListApp(rows)
    async with app.run_test(size=(40, 10)):
        app.list.blur()
        lines = shown(app.list)[1 : len(RowStatus)]
        assert len(set(lines)) == len(RowStatus) - 1
        assert all(cell_len(sign.value) == 1 for sign in RowStatus)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), "c0"),
        (("down",), "c1"),
        (("j", "j"), "c2"),
        (("down", "down", "up"), "c1"),
        (("j", "j", "k"), "c1"),
        (("up",), "c0"),
        (("end",), "c49"),
        (("G",), "c49"),
        (("G", "down"), "c49"),
        (("end", "home"), "c0"),
        (("G", "g"), "c0"),
        (("pagedown",), "c9"),
        (("pagedown", "pagedown", "pageup"), "c9"),
    ],
)
async def test_keys_move_the_cursor_and_enter_opens(keys: tuple[str, ...], expected: str) -> None:
    app = ListApp(some_rows(50))
    async with app.run_test(size=(40, 10)) as pilot:
        await press(pilot, *keys, "enter")
        assert app.opened == [expected]
        assert f"Title {expected[1:]}" in "\n".join(shown(app.list))


async def test_a_click_opens_the_row_and_a_heading_does_nothing() -> None:
    app = ListApp(some_rows(5, "Today"))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.click(app.list, offset=(5, 0))
        await pilot.click(app.list, offset=(5, 3))
        await pilot.click(app.list, offset=(5, 9))
        assert app.opened == ["c2"]
        assert app.list.cursor == "c2"


async def test_a_click_finds_its_row_after_scrolling() -> None:
    app = ListApp(some_rows(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await press(pilot, "end")
        await pilot.click(app.list, offset=(5, 0))
        assert app.opened == ["c90"]


async def test_the_open_conversation_is_marked_and_takes_the_cursor() -> None:
    app = ListApp(some_rows(30))
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.current = "c20"
        await pilot.pause()
        assert app.list.cursor == "c20"
        assert "▌  Title 20" in shown(app.list)
        assert sum("▌" in line for line in shown(app.list)) == 1


async def test_the_cursor_stays_on_its_conversation_when_rows_are_reordered() -> None:
    rows = some_rows(100)
    app = ListApp(rows)
    async with app.run_test(size=(40, 10)) as pilot:
        await press(pilot, "down", "down", "down")
        app.list.rows = tuple(reversed(rows))
        await pilot.pause()
        assert app.list.cursor == "c3"
        assert "›  Title 3" in shown(app.list)
        await press(pilot, "down", "enter")
        assert app.opened == ["c2"]


async def test_new_rows_do_not_scroll_a_list_that_shows_another_part() -> None:
    app = ListApp(some_rows(100))
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.scroll_to(y=50, animate=False)
        await pilot.pause()
        app.list.rows = tuple(replace(row, status=RowStatus.UNREAD) for row in app.list.rows)
        await pilot.pause()
        assert shown(app.list)[0] == " ● Title 50"


async def test_the_cursor_goes_to_the_neighbour_of_a_row_that_is_gone() -> None:
    rows = some_rows(5)
    app = ListApp(rows)
    async with app.run_test(size=(40, 10)) as pilot:
        await press(pilot, "down", "down")
        app.list.rows = (*rows[:2], *rows[3:])
        await pilot.pause()
        assert app.list.cursor == "c3"
        app.list.rows = ()
        await pilot.pause()
        assert app.list.cursor is None
        await press(pilot, "down", "pageup", "end", "enter")
        assert app.opened == []


async def test_an_empty_list_says_so() -> None:
    app = ListApp()
    async with app.run_test(size=(40, 5)):
        assert shown(app.list)[0] == " No conversations yet."


@pytest.mark.parametrize(
    "title",
    ["[/]", "[@click=app.quit]x", "a\x1b]0;evil\x07b", "\u202eabc", "日本語" * 20, "é́" * 60, ""],
)
async def test_foreign_titles_are_literal_and_take_one_line(title: str) -> None:
    app = ListApp((ConversationRow("a", title), ConversationRow("b", "after")))
    async with app.run_test(size=(40, 5)) as pilot:
        lines = shown(app.list)
        assert lines[1] == "   after"
        assert not any(ord(character) < 32 for line in lines for character in line)
        assert all(strip.cell_length == 24 for strip in strips(app.list))
        if title.startswith("["):
            assert title in lines[0]
        if len(title) > 40:
            assert lines[0].endswith("…")
        await press(pilot, "down", "enter")
        assert app.opened == ["b"]


async def test_ten_thousand_rows_draw_only_what_is_seen() -> None:
    app = ListApp(some_rows(10_000, "Today"))
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        assert app.list.drawn <= 3 * 20
        app.list.drawn = 0
        await press(pilot, "end")
        assert shown(app.list)[-1] == "›  Title 9999"
        assert app.list.drawn <= 3 * 20
        app.list.drawn = 0
        await press(pilot, "up")
        assert app.list.drawn <= 4


async def test_the_heading_above_the_first_row_can_be_reached() -> None:
    app = ListApp(some_rows(50, "Today"))
    async with app.run_test(size=(40, 10)) as pilot:
        await press(pilot, "end", "home")
        assert shown(app.list)[:2] == [" Today", "›  Title 0"]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 10), (5, 1), (40, 12), (200, 60)])
async def test_any_size_will_do(size: tuple[int, int]) -> None:
    app = ListApp(some_rows(30, "Today"))
    async with app.run_test(size=size) as pilot:
        app.list.styles.width = "100%"
        await press(pilot, "end", "home", "pagedown", "enter")
        assert all(strip.cell_length == app.list.size.width for strip in strips(app.list))
        app.list.rows = ()
        await pilot.pause()
        assert len(shown(app.list)) == app.list.size.height


async def test_a_row_has_its_age_and_where_there_is_room_its_model() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    row = ConversationRow("a", "Alpha", model="llama3", used_at=now - timedelta(hours=3))
    app = WideListApp((row,))
    async with app.run_test(size=(60, 3)) as pilot:
        app.list.minute = now
        for width, line in ((18, "   Alpha"), (24, "   Alpha            3h"), (50, None)):
            app.list.styles.width = width
            await pilot.pause()
            if line is None:
                assert shown(app.list)[0].split()[1:] == ["Alpha", "llama3", "3h"]
            else:
                assert shown(app.list)[0].removeprefix("›").strip() == line.strip()


async def test_what_tells_a_row_from_others_is_not_cut() -> None:
    app = ListApp((ConversationRow("a", "A trip to Norway in winter", difference="29 Jan"),))
    async with app.run_test(size=(40, 3)):
        assert shown(app.list)[0].endswith("… · 29 Jan")


async def test_signs_of_what_is_under_way_turn() -> None:
    rows = (
        ConversationRow("a", "Alpha", status=RowStatus.STREAMING),
        ConversationRow("b", "Beta", status=RowStatus.WAITING),
        ConversationRow("c", "Gamma", status=RowStatus.UNREAD),
    )
    app = ListApp(rows)
    async with app.run_test(size=(40, 4)) as pilot:
        assert [line[1] for line in shown(app.list)[:3]] == ["»", "…", "●"]
        app.list.spin(1)
        await pilot.pause()
        assert [line[1] for line in shown(app.list)[:3]] == ["⠙", "⠙", "●"]


async def test_the_list_can_be_made_wider_and_narrower() -> None:
    app = WideListApp(some_rows(3))
    async with app.run_test(size=(100, 5)) as pilot:
        app.list.set_width(None, 100)
        await pilot.pause()
        assert app.list.outer_size.width == 30
        app.list.focus()
        await press(pilot, "greater_than_sign")
        assert app.list.outer_size.width == 34
        await press(pilot, *["less_than_sign"] * 9)
        assert app.list.outer_size.width == 16
        app.list.set_width(None, 240)
        await pilot.pause()
        assert app.list.outer_size.width == 44
