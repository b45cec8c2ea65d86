"""Palette: the styles that a message is drawn with, taken from a theme."""

from collections.abc import Mapping

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color, ColorParseError

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.contrast import AUTOMATIC, contrast

PROSE_WIDTH = 100
"""The most cells of a line of prose, as longer ones are hard to read."""

_CONTRAST = 4.5
"""The least contrast of text by WCAG 2.1, 1.4.3."""

_BLEND_STEPS = 8
_RAISED = (0.07, 0.05, 0.03, 0.01)
"""Parts of the foreground in the background of code, the first of which that is clear is taken."""

_BOLD = Style(bold=True)
_ITALIC = Style(italic=True)
_UNDERLINE = Style(underline=True)
_STRIKE = Style(strike=True)
_DIM = Style(dim=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One style per construct, and one per kind of code token (by its pygments name)."""

    text: Style
    muted: Style
    headings: tuple[Style, ...]
    strong: Style
    emphasis: Style
    strikethrough: Style
    code: Style
    link: Style
    quote_bar: Style
    rule: Style
    bullet: Style
    table_border: Style
    table_header: Style
    fence: Style
    fence_label: Style
    fence_mark: Style
    tokens: Mapping[str, Style]

    def heading(self, level: int) -> Style:
        """The style of a heading; the deep levels share one."""
        return self.headings[min(level, len(self.headings)) - 1]

    def token(self, kind: str) -> Style:
        """The style of a pygments token such as `Name.Function`, or of the nearest kind above."""
        while kind:
            if (style := self.tokens.get(kind)) is not None:
                return style
            kind = kind.rpartition(".")[0]
        return self.fence

    @classmethod
    def colourless(cls) -> "Palette":
        """A palette of bold, italics and underlines alone, which needs no theme."""
        plain = Style()
        return cls(
            text=plain,
            muted=_DIM,
            headings=(_BOLD + _UNDERLINE, _BOLD, _BOLD + _ITALIC, _ITALIC),
            strong=_BOLD,
            emphasis=_ITALIC,
            strikethrough=_STRIKE,
            code=Style(reverse=True),
            link=_UNDERLINE,
            quote_bar=plain,
            rule=_DIM,
            bullet=plain,
            table_border=_DIM,
            table_header=_BOLD,
            fence=plain,
            fence_label=_DIM + _ITALIC,
            fence_mark=_DIM,
            tokens={},
        )

    @classmethod
    def from_theme(cls, variables: Mapping[str, str], dark: bool) -> "Palette":
        """The palette that fits a Textual theme, readable on its background.

        Args:
            variables: `App.theme_variables`.
            dark: Whether the theme is a dark one, for what its variables leave open.
        """
        return _palette(_Theme(variables, dark))


class _Theme:
    """Looks up a theme's colours; resolves automatic, translucent and missing ones."""

    def __init__(self, variables: Mapping[str, str], dark: bool) -> None:
        self._variables = variables
        self._ink = Color(255, 255, 255) if dark else Color(0, 0, 0)
        paper = Color(18, 18, 18) if dark else Color(240, 240, 240)
        self.foreground = self._ink
        self.background = self._parsed("background", paper)
        self.foreground = self._parsed("foreground", self._ink)
        self.plain = self.background.ansi is not None or self.foreground.ansi is not None
        self.raised = self.background if self.plain else self._raised()

    def _raised(self) -> Color:
        """A background that differs from the theme's, and on which its text can be read."""
        grounds = [self.background.blend(self.foreground, part) for part in _RAISED]
        clear = (each for each in grounds if contrast(self.foreground, each) >= _CONTRAST)
        return next(clear, grounds[-1])

    def style(self, name: str) -> Style:
        """A style in the colour of a variable, on the theme's own background."""
        return Style(color=self._readable(name, self.background))

    def raised_style(self, name: str) -> Style:
        """A style in the colour of a variable, on a background of its own."""
        ground = None if self.plain else self.raised.rich_color
        return Style(color=self._readable(name, self.raised), bgcolor=ground)

    def _readable(self, name: str, ground: Color) -> RichColor | None:
        color = self._parsed(name, self.foreground)
        if self.plain:
            return color.rich_color if color.ansi is not None else None
        color = ground.blend(color, color.a, alpha=1)
        for step in range(1, _BLEND_STEPS + 1):
            if contrast(color, ground) >= _CONTRAST:
                break
            color = color.blend(self.foreground, step / _BLEND_STEPS)
        return color.rich_color

    def _parsed(self, name: str, default: Color) -> Color:
        written = self._variables.get(name, "")
        if automatic := AUTOMATIC.fullmatch(written):
            return self.foreground.with_alpha(float(automatic[1] or 100) / 100)
        try:
            color = Color.parse(written)
        except ColorParseError:
            return default
        if color.ansi is None and color.a == 0:
            return default
        return color


def _palette(theme: _Theme) -> Palette:
    return Palette(
        text=theme.style("foreground"),
        muted=theme.style("text-muted"),
        headings=(
            theme.style("text-secondary") + _BOLD + _UNDERLINE,
            theme.style("text-secondary") + _BOLD,
            theme.style("text-secondary") + _BOLD + _ITALIC,
            theme.style("text-secondary") + _ITALIC,
        ),
        strong=_BOLD,
        emphasis=_ITALIC,
        strikethrough=_STRIKE,
        code=theme.raised_style("text-accent"),
        link=theme.style("text-primary") + _UNDERLINE,
        quote_bar=theme.style("text-secondary"),
        rule=theme.style("text-muted"),
        bullet=theme.style("text-accent"),
        table_border=theme.style("text-muted"),
        table_header=theme.style("foreground") + _BOLD,
        fence=theme.raised_style("foreground"),
        fence_label=theme.raised_style("text-muted") + _ITALIC,
        fence_mark=theme.raised_style("text-muted"),
        tokens=_tokens(theme),
    )


def _tokens(theme: _Theme) -> dict[str, Style]:
    return {
        "Comment": theme.raised_style("text-muted") + _ITALIC,
        "Keyword": theme.raised_style("text-primary") + _BOLD,
        "Keyword.Constant": theme.raised_style("text-warning"),
        "Operator.Word": theme.raised_style("text-primary") + _BOLD,
        "Name.Builtin": theme.raised_style("text-secondary"),
        "Name.Class": theme.raised_style("text-accent") + _BOLD,
        "Name.Decorator": theme.raised_style("text-accent"),
        "Name.Exception": theme.raised_style("text-error"),
        "Name.Function": theme.raised_style("text-accent"),
        "Name.Tag": theme.raised_style("text-primary") + _BOLD,
        "Name.Attribute": theme.raised_style("text-secondary"),
        "Literal.String": theme.raised_style("text-success"),
        "Literal.String.Doc": theme.raised_style("text-success") + _ITALIC,
        "Literal.Number": theme.raised_style("text-warning"),
        "Literal.Date": theme.raised_style("text-warning"),
        "Generic.Heading": theme.raised_style("text-primary") + _BOLD,
        "Generic.Subheading": theme.raised_style("text-primary"),
        "Generic.Inserted": theme.raised_style("text-success"),
        "Generic.Deleted": theme.raised_style("text-error"),
        "Generic.Prompt": theme.raised_style("text-muted"),
        "Generic.Strong": theme.raised_style("foreground") + _BOLD,
        "Generic.Emph": theme.raised_style("foreground") + _ITALIC,
        "Generic.Error": theme.raised_style("text-error"),
    }
