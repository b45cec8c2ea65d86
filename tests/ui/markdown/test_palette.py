import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from fakegpt_tui.ui.contrast import contrast
from fakegpt_tui.ui.markdown.palette import Palette

COLOURED = [name for name in BUILTIN_THEMES if not name.startswith("ansi")]


def themed(name: str) -> Palette:
    theme = BUILTIN_THEMES[name]
    return Palette.from_theme(theme.to_color_system().generate(), theme.dark)


def styles(palette: Palette) -> list[Style]:
    single = (palette.text, palette.muted, palette.code, palette.link, palette.bullet)
    code = (palette.fence, palette.fence_label, *palette.tokens.values())
    return [*single, *palette.headings, *code]


@pytest.mark.parametrize("name", COLOURED)
def test_every_style_is_readable_in_every_theme(name: str) -> None:
    background = Color.parse(BUILTIN_THEMES[name].to_color_system().generate()["background"])
    for style in styles(themed(name)):
        assert style.color is not None
        ground = Color.from_rich_color(style.bgcolor) if style.bgcolor else background
        best = contrast(Color(255, 255, 255), ground), contrast(Color(0, 0, 0), ground)
        own = Color.from_rich_color(themed(name).text.color)
        wanted = min(4.5, max(best), contrast(own, ground))
        assert contrast(Color.from_rich_color(style.color), ground) >= wanted - 0.05


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
def test_a_theme_of_the_terminals_own_colours_keeps_them(name: str) -> None:
    palette = themed(name)
    assert palette.fence.bgcolor is None
    assert palette.link.color is not None
    assert palette.link.color.number == 4


@pytest.mark.parametrize("name", COLOURED)
def test_what_is_muted_stands_out_less_than_text(name: str) -> None:
    palette = themed(name)
    background = Color.parse(BUILTIN_THEMES[name].to_color_system().generate()["background"])
    muted, text = (
        contrast(Color.from_rich_color(style.color), background)
        for style in (palette.muted, palette.text)
        if style.color is not None
    )
    assert muted < text


def test_missing_and_senseless_variables_are_made_up_for() -> None:
    palette = Palette.from_theme({"foreground": "no colour"}, dark=False)
    assert palette.text.color == Color(0, 0, 0).rich_color


def test_a_kind_of_token_takes_the_style_of_its_next_of_kin() -> None:
    palette = themed("textual-dark")
    assert palette.token("Literal.String.Double") == palette.tokens["Literal.String"]
    assert palette.token("Text") == palette.fence


def test_headings_and_emphasis_differ_without_colour() -> None:
    palette = Palette.colourless()
    looks = [palette.heading(level) for level in (1, 2, 3, 4)]
    assert len({str(look) for look in (*looks, palette.text)}) == 5
    assert palette.heading(6) == palette.heading(4)
