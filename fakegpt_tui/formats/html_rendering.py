"""Foreign Markdown as HTML that fetches nothing and runs nothing."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from fakegpt_tui.text import replace_surrogates, safe_text

_SCHEMES = {"http", "https", "mailto"}
_LONGEST_HIGHLIGHTED = 50_000
_DEEPEST = 20


class _Renderer(RendererHTML):
    """Shows pictures as words, because a page that loads them tells others that it is read."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        said = self.renderInlineAsText(token.children or [], options, env)
        where = token.attrGet("src") or ""
        return f"<em>{escapeHtml(f'[picture: {said}] {where}'.strip())}</em>"

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
        return self.renderToken(tokens, idx, options, env)


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Only what a browser opens as a page or a letter becomes a link."""
        try:
            return urlsplit(url.strip()).scheme.lower() in _SCHEMES
        except ValueError:
            return False


def render_markdown(text: str) -> str:
    """`text`, which is Markdown, made safe to show."""
    return str(_PARSER.render(safe_text(replace_surrogates(text))))


def code_style() -> str:
    """The style sheet of highlighted code, for light and for dark screens."""
    light, dark = map(_style, ("default", "github-dark"))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _style(name: str) -> str:
    formatter = HtmlFormatter(style=name)
    return str(formatter.get_style_defs("pre code"))  # type: ignore[no-untyped-call]


def _highlight(code: str, language: str, _attributes: str) -> str:
    """The code in coloured spans; nothing where its language is not known."""
    if not language or len(code) > _LONGEST_HIGHLIGHTED:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, _FORMATTER))


_FORMATTER = HtmlFormatter(nowrap=True)
_PARSER = _Parser(
    "commonmark",
    {"html": False, "highlight": _highlight, "maxNesting": _DEEPEST},
    renderer_cls=_Renderer,
).enable(["table", "strikethrough"])
