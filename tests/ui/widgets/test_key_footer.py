from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input

from fakegpt_tui.ui.widgets.key_footer import FooterKey, KeyFooter


class Keys(App[None]):
    BINDINGS = [
        Binding("ctrl+n,f4", "new", "新しい"),
        Binding("ctrl+s", "save", "Save"),
        Binding("f9", "hidden", "Hidden", show=False),
        Binding("escape", "stop", "Stop"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        self.can_stop = False

    def compose(self) -> ComposeResult:
        yield Input()
        yield Button("[one]")
        yield KeyFooter()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "stop" or self.can_stop

    def action_new(self) -> None:
        self.done.append("new")

    def action_save(self) -> None:
        self.done.append("save")

    def action_stop(self) -> None:
        self.done.append("stop")


def shown(app: Keys) -> str:
    return app.query_one(KeyFooter).render().plain


async def test_each_action_that_is_to_be_shown_is_named_once_with_its_first_key() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "ctrl+n 新しい  " in shown(app)
        assert "f4" not in shown(app)
        assert "Hidden" not in shown(app)


async def test_where_not_all_keys_fit_the_one_that_tells_all_stays() -> None:
    app = Keys()
    async with app.run_test(size=(50, 24)) as pilot:
        await pilot.pause()
        footer = app.query_one(KeyFooter)
        footer.keys = tuple(
            FooterKey(f"f{number}", word, f"f{number}")
            for number, word in enumerate(("New", "Search", "Model", "Help", "Save", "Quit"), 1)
        )
        for width, line in (
            (56, "f1 New  f2 Search  f3 Model  f4 Help  f5 Save  f6 Quit"),
            (55, "f1 New  f2 Search  f3 Model  f5 Save  f4 Help"),
            (20, "f1 New  f4 Help"),
            (8, ""),
        ):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert shown(app) == line


async def test_what_does_not_work_now_is_not_there() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Stop" not in shown(app)
        app.can_stop = True
        app.refresh_bindings()
        await pilot.pause()
        assert "esc Stop" in shown(app)


async def test_the_keys_are_those_of_what_has_the_focus() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        app.query_one(Button).focus()
        await pilot.pause()
        on_a_button = app.query_one(KeyFooter).keys
        app.query_one(Input).focus()
        await pilot.pause()
        assert {key.name for key in on_a_button} >= {"ctrl+n", "ctrl+s"}
        assert app.query_one(KeyFooter).region.height == 1


async def test_a_click_on_a_key_presses_it_however_wide_the_letters_before_are() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        await pilot.pause()
        # Three letters of two cells stand before it, and the padding.
        start = shown(app).index("ctrl+s") + 3 + 1
        for offset in (start, start + len("ctrl+s Save") - 1):
            await pilot.click(KeyFooter, offset=(offset, 0))
        await pilot.click(KeyFooter, offset=(1, 0))
        await pilot.click(KeyFooter, offset=(78, 0))
        assert app.done == ["save", "save", "new"]


async def test_a_key_that_does_not_fit_is_left_out_as_a_whole() -> None:
    app = Keys()
    async with app.run_test(size=(24, 10)) as pilot:
        await pilot.pause()
        assert shown(app).startswith("ctrl+n 新しい")
        assert "ctrl+s" not in shown(app)
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert shown(app).endswith("ctrl+s Save  ctrl+q Quit")
