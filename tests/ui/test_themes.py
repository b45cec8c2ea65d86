import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from fakegpt_tui.ui.contrast import readable_colours, variables_for
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.theme_files import load_theme
from fakegpt_tui.ui.themes import SHIPPED_THEMES, THEMES, theme_files

SHIPPED = [load_theme(path) for path in theme_files(SHIPPED_THEMES).values()]
COLOURED = [each for each in (*THEMES, *SHIPPED, *BUILTIN_THEMES.values()) if not each.ansi]
HUES = ("primary", "secondary", "accent", "success", "warning", "error")
TEXT = (
    *("foreground", "text-muted", *HUES, *(f"text-{hue}" for hue in HUES)),
    *("footer-key-foreground", "footer-description-foreground"),
)
GROUNDS = ("background", "surface", "panel")


def colours(theme: Theme) -> dict[str, Color]:
    variables = {**theme.to_color_system().generate(), **theme.variables}
    found = readable_colours(variables, dark=theme.dark)
    names = (*TEXT, *GROUNDS, "border-blurred", "scrollbar", "input-selection-background")
    names += ("screen-selection-foreground", "screen-selection-background")
    names += ("block-cursor-foreground", "block-cursor-background")
    names += ("block-cursor-blurred-background",)
    return {name: Color.parse(found[name]) for name in names}


def wcag_contrast(one: Color, other: Color) -> float:
    """The contrast as WCAG 2.1 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_text_can_be_read_on_every_ground(theme: Theme) -> None:
    found = colours(theme)
    for text in TEXT:
        for ground in GROUNDS:
            assert wcag_contrast(found[text], found[ground]) >= 4.5, (text, ground)
    pairs = [
        ("block-cursor-foreground", "block-cursor-background"),
        ("screen-selection-foreground", "screen-selection-background"),
        ("foreground", "input-selection-background"),
        ("foreground", "block-cursor-blurred-background"),
        ("text-muted", "block-cursor-blurred-background"),
        # Badges, hints and the current match; what is marked; the flash of what was copied.
        *(("background", hue) for hue in ("accent", "primary", "success")),
    ]
    for text, ground in pairs:
        assert wcag_contrast(found[text], found[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_messages_can_be_read_wherever_they_are_shown_and_where_words_are_found(
    theme: Theme,
) -> None:
    """In a conversation, beside others, in a preview; code and captions, with matches on them."""
    variables = {**theme.to_color_system().generate(), **theme.variables}
    found = readable_colours(variables, dark=theme.dark)
    palette = Palette.from_theme(found, theme.dark)
    grounds = [Color.parse(found[ground]) for ground in GROUNDS]
    texts = (palette.text, palette.muted, palette.code, palette.link, palette.bullet)
    code = (palette.fence, palette.fence_label, palette.fence_mark, *palette.tokens.values())
    for style in (*texts, palette.table_header, *palette.headings, *code):
        own = [] if style.bgcolor is None else [Color.from_rich_color(style.bgcolor)]
        ink = Color.from_rich_color(style.color)
        # A match has the background of a panel.
        for ground in own or grounds[:2]:
            assert wcag_contrast(ink, ground) >= 4.5, (style, ground)
        assert wcag_contrast(ink, grounds[2]) >= 4.5, style
    for mark in (palette.quote_bar, palette.rule, palette.table_border):
        for ground in grounds:
            assert wcag_contrast(Color.from_rich_color(mark.color), ground) >= 3, (mark, ground)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_frames_and_scroll_bars_can_be_made_out(theme: Theme) -> None:
    found = colours(theme)
    for mark in ("border-blurred", "scrollbar"):
        for ground in GROUNDS[:2]:
            assert wcag_contrast(found[mark], found[ground]) >= 3, (mark, ground)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_what_is_clear_enough_stays_as_the_theme_has_it(theme: Theme) -> None:
    before = Color.parse(theme.to_color_system().generate()["background"])
    assert colours(theme)["background"] == before


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
def test_a_theme_of_the_terminals_own_colours_is_left_alone(name: str) -> None:
    variables = BUILTIN_THEMES[name].to_color_system().generate()
    assert readable_colours(variables, dark=name == "ansi-dark") == variables


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=lambda theme: theme.name)
def test_a_marked_row_is_told_by_more_than_its_colour(theme: Theme) -> None:
    variables = {**theme.to_color_system().generate(), **theme.variables}
    style = "block-cursor-blurred-text-style"
    assert variables_for(variables, dark=theme.dark, few_colours=False)[style] != "none"
    assert variables_for(variables, dark=theme.dark, few_colours=True)[style] == "bold underline"


@pytest.mark.parametrize("name", ["high-contrast", "high-contrast-light"])
def test_a_theme_of_high_contrast_has_seven_to_one_everywhere(name: str) -> None:
    found = colours(load_theme(SHIPPED_THEMES / f"{name}.toml"))
    for text in ("foreground", "primary", "accent", "error", "text-success", "border-blurred"):
        assert wcag_contrast(found[text], found["background"]) >= 7, text
