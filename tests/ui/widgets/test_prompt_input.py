"""The prompt input: what it posts, and what it shows of the state that it is bound to."""

import pytest
from textual.events import Key

from fakegpt_tui.ui.terminal.typed_keys import as_typed
from tests.ui.screen_text import screen_text
from tests.ui.widgets.prompt_app import PromptApp


async def test_the_text_is_submitted_before_it_is_cleared() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("h", "i", "space", "enter")
        await pilot.pause()
        assert app.heard[-2:] == ["submitted 'hi'", "changed ''"]
        assert app.prompt.text == ""


async def test_a_prompt_of_blanks_is_not_submitted() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("space", "enter")
        await pilot.pause()
        assert not any(each.startswith("submitted") for each in app.heard)
        assert app.prompt.text == " "


async def test_a_backslash_at_the_end_of_a_line_breaks_the_line() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("a", "backslash", "enter", "b", "enter")
        await pilot.pause()
        assert "submitted 'a\\nb'" in app.heard


async def test_the_first_line_keeps_its_indentation() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.prompt.insert("  \n\n    - name: one\n      value: 1 \n\n")
        await pilot.press("enter")
        await pilot.pause()
        assert "submitted '    - name: one\\n      value: 1'" in app.heard
        app.prompt.insert("    if x:\n        y()")
        assert app.prompt.take_text() == "    if x:\n        y()"


@pytest.mark.parametrize("whole", ["🇦🇺", "👍🏽", "👩\u200d💻", "〽\ufe0f", "e\u0301"])
async def test_keys_take_whole_characters(whole: str) -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.prompt.insert(f"a{whole}b")
        await pilot.press("left", "left", "x")
        assert app.prompt.text == f"ax{whole}b"
        await pilot.press("right", "y", "backspace", "backspace")
        assert app.prompt.text == "axb"
        app.prompt.insert(whole)
        await pilot.press("left", "delete")
        assert app.prompt.text == "axb"


async def test_undo_takes_back_a_word() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press(*"one", "space", *"two", "space", *"three", "ctrl+z")
        assert app.prompt.text == "one two"
        await pilot.press("ctrl+z", "alt+z")
        assert app.prompt.text == "one two"


async def test_a_line_separator_that_is_typed_ends_the_line() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("a")
        app.post_message(as_typed(Key("line_separator", "\u2028")))
        await pilot.press("b")
        assert app.prompt.text == "a\nb"


async def test_undo_takes_back_more_lines_than_are_in_view() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.prompt.insert_text("one\n" * 12)
        await pilot.pause()
        await pilot.press("ctrl+z")
        assert app.prompt.text == ""
        await pilot.press("x")
        assert app.prompt.text == "x"


async def test_alt_and_ctrl_keys_go_by_words() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.prompt.insert("one two three")
        await pilot.press("alt+left", "x", "alt+left", "alt+left", "y", "alt+right", "z")
        assert app.prompt.text == "one ytwoz xthree"
        await pilot.press("alt+d", "home", "ctrl+delete")
        assert app.prompt.text == " ytwoz"


async def test_prompt_and_queue_show_the_state_that_they_are_bound_to() -> None:
    app = PromptApp()
    async with app.run_test(size=(60, 12)) as pilot:
        assert "Enter sends" in screen_text(app)
        app.enter_sends, app.edited, app.waiting = False, "an earlier prompt", ("next",)
        await pilot.pause()
        assert "ctrl+j sends" in screen_text(app)
        assert "Edits an earlier prompt" in screen_text(app)
        assert "⧗ next  (sent when the reply ends)" in screen_text(app)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("This is 中文汉字，而且很长。", ["This is 中文", "汉字，而且很", "长。"]),
        ("「日本」のキャッシュ", ["「日本」の", "キャッシュ"]),
        ("plain words go on", ["plain words", "go on"]),
        ("한국어 문장은 띄어쓰기", ["한국어", "문장은", "띄어쓰기"]),
    ],
)
async def test_lines_break_between_ideographs(text: str, rows: list[str]) -> None:
    app = PromptApp()
    async with app.run_test(size=(20, 12)) as pilot:
        app.prompt.insert(text)
        await pilot.pause()
        wrapped = app.prompt.wrapped_document.lines[0]
        assert [row.rstrip() for row in wrapped] == rows
