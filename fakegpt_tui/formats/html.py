"""A conversation as one HTML page that needs nothing else and runs nothing.

The page fetches nothing: it has no script and no font, its pictures are in it, and a policy would
refuse all else. What was said passes `text.py` and a Markdown parser that knows no HTML; pictures
that it only names are shown as words. The shown path comes first; what it leaves out follows,
folded.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, StoreError
from fakegpt_tui.domain.captions import PlacedCaption, format_elapsed, split_at_captions
from fakegpt_tui.domain.media_types import BINARY, DECODABLE, PDF
from fakegpt_tui.domain.message_tree import MessageTree
from fakegpt_tui.domain.parts import FilePart, ImagePart
from fakegpt_tui.formats.assets import ReadBlob
from fakegpt_tui.formats.base import Format, reading_order
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.formats.markdown_blocks import block_starts
from fakegpt_tui.text import replace_surrogates, safe_line, safe_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_NAMES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_POLICY = "default-src 'none'; {}style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SNIPPET_LENGTH = 60
_SCHEMES = {"http", "https", "mailto"}
_LONGEST_HIGHLIGHTED = 50_000
_DEEPEST = 20
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
header, article { border-bottom: 1px solid var(--line); padding: .5rem 0 1rem; }
h1, h2, h3, p, li, td { overflow-wrap: anywhere; }
h2.who { font-size: 1rem; margin: .5rem 0; }
.user { background: var(--soft); padding-inline: 1rem; border-radius: .5rem; }
.about, time { font-weight: normal; opacity: .7; font-size: .85rem; }
.error { border-left: .25rem solid #c33; padding-left: .75rem; }
pre { padding: .75rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .25rem; }
code { font: .9em ui-monospace, monospace; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; }
blockquote { margin: 0; padding-left: 1rem; border-left: .25rem solid var(--line); }
@media print { pre { white-space: pre-wrap; } article { break-inside: auto; } }
"""


def write_html(
    conversation: Conversation,
    messages: Sequence[ChatMessage],
    *,
    part: str = "",
    read_blob: ReadBlob | None = None,
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    policy = _POLICY.format("img-src data:; " if any(each.parts for each in messages) else "")
    tree, path = reading_order(messages, conversation.leaf_id)
    title = escape(safe_line(conversation.title) or "Conversation")
    parts = [
        "<!doctype html>",
        '<html lang="">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta name="digest" content="{EMPTY_DIGEST}">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}{_code_style()}</style>",
        "</head>",
        "<body>",
        f"<header><h1>{title}</h1>{_about(conversation, part)}</header>",
        *(_article(message, tree, read_blob) for message in path),
        *(_version(branch, tree, read_blob) for branch in tree.branches_beside(path)),
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _about(conversation: Conversation, part: str) -> str:
    said = " · ".join(
        filter(
            None,
            (
                f"{conversation.created_at:%Y-%m-%d %H:%M} UTC",
                safe_line(conversation.service),
                safe_line(conversation.model),
                safe_line(conversation.folder),
                safe_line(" ".join(f"#{tag}" for tag in conversation.tags)),
                part,
            ),
        )
    )
    return f'<p class="about">{escape(said)}</p>'


def _version(branch: Sequence[ChatMessage], tree: MessageTree, read_blob: ReadBlob | None) -> str:
    first = branch[0]
    variants, before = tree.variants(first), tree.get(first.parent_id)
    snippet = safe_line(before.text, _SNIPPET_LENGTH) if before else ""
    where = f"after “{snippet}”" if snippet else "from the beginning"
    articles = "\n".join(_article(message, tree, read_blob) for message in branch)
    summary = escape(f"Version {variants.position} of {variants.count}, {where}")
    return f"<details><summary>{summary}</summary>\n{articles}\n</details>"


def _article(message: ChatMessage, tree: MessageTree, read_blob: ReadBlob | None) -> str:
    variants = tree.variants(message)
    about = [
        f"‹{variants.position}/{variants.count}›" if variants.count > 1 else "",
        "" if message.status is MessageStatus.COMPLETE else message.status.value,
        safe_line(message.model),
    ]
    notes = "".join(f' <span class="about">{escape(note)}</span>' for note in about if note)
    time = f"<time>{message.created_at:%Y-%m-%d %H:%M}</time>{_lengths(message)}"
    parts = [
        f'<article class="{message.role.value}">',
        f'<h2 class="who">{_NAMES[message.role]}{notes} {time}</h2>',
    ]
    if message.error is not None:
        parts.append(f'<p class="error">{escape(safe_line(message.error, 1000))}</p>')
    if message.reasoning:
        reasoning = _render_markdown(message.reasoning)
        parts.append(f"<details><summary>Reasoning</summary>\n{reasoning}</details>")
    parts += [*_text_with_parts(message, read_blob), "</article>"]
    return "\n".join(parts)


def _lengths(message: ChatMessage) -> str:
    """How long a reply took, and its reasoning; nothing where that was not kept."""
    taken = format_elapsed(message.ended_after) if message.ended_after else ""
    thought = format_elapsed(message.thought_for) if message.thought_for else ""
    said = filter(None, (taken, thought and f"thought for {thought}"))
    return "".join(f' <span class="about">· {each}</span>' for each in said)


def _text_with_parts(message: ChatMessage, read_blob: ReadBlob | None) -> Iterator[str]:
    """The text, and in it pictures and files with their bytes, and lines for other parts."""
    if not message.parts:
        yield _render_markdown(message.text)
        return
    # Links may be defined in another piece of the text.
    links: dict[str, object] = {}
    _parser().parse(_safe_markdown(message.text), links)
    for each in split_at_captions(message.text, message.parts, block_starts):
        if isinstance(each, str):
            yield str(_parser().render(_safe_markdown(each), links))
        else:
            yield _shown_part(each, read_blob)


def _shown_part(placed: PlacedCaption, read_blob: ReadBlob | None) -> str:
    caption, part = placed.caption, placed.part
    if isinstance(part, ImagePart | FilePart):
        return _shown_blob(part, escape(safe_line(caption.text)), read_blob)
    text = escape(safe_line(caption.text, 1_000))
    if _is_page_or_mail(caption.url):
        url = escape(safe_line(caption.url, 2_000))
        text = f'<a rel="noopener noreferrer nofollow" href="{url}">{text}</a>'
    return f'<p class="about">{text}</p>'


def _shown_blob(part: ImagePart | FilePart, shown: str, read_blob: ReadBlob | None) -> str:
    data: bytes | None = None
    with suppress(StoreError):
        data = read_blob(part.blob.digest) if read_blob else None
    if data is None:
        return f"<p>{shown} (missing)</p>"
    url = f"data:{escape(_shown_type(part))};base64,{b64encode(data).decode()}"
    if isinstance(part, ImagePart):
        alt = escape(safe_line(part.alt or part.name))
        picture = f'<img style="max-width:100%" src="{url}" alt="{alt}">'
        return f"<figure>{picture}<figcaption>{shown}</figcaption></figure>"
    name = escape(safe_line(part.name) or "file")
    return f'<p><a download="{name}" href="{url}">{shown}</a></p>'


def _shown_type(part: ImagePart | FilePart) -> str:
    """The type that a browser is told: nothing that it would run as a page."""
    if isinstance(part, ImagePart) and part.blob.media_type in DECODABLE:
        return part.blob.media_type
    return PDF if part.blob.media_type == PDF else BINARY


def _render_markdown(text: str) -> str:
    """`text`, which is Markdown, as HTML that is safe to show."""
    return str(_parser().render(_safe_markdown(text)))


def _safe_markdown(text: str) -> str:
    return safe_text(replace_surrogates(text))


@cache
def _parser() -> "MarkdownIt":
    """A parser of foreign Markdown, whose HTML fetches nothing and runs nothing."""
    # Imported on first use: neither the start nor another format needs it.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    options = {"html": False, "highlight": _highlight, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.validateLink = _is_page_or_mail  # type: ignore[method-assign]
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _link_open)
    return parser


def _is_page_or_mail(url: str) -> bool:
    """Only what a browser opens as a page or a letter becomes a link."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def _image(
    renderer: "RendererHTML",
    tokens: Sequence["Token"],
    at: int,
    options: "OptionsDict",
    env: "EnvType",
) -> str:
    """A picture as words: a page that loads pictures tells others that it is read."""
    alternative = renderer.renderInlineAsText(tokens[at].children or [], options, env)
    source = tokens[at].attrGet("src") or ""
    shown = escape(f"[picture: {alternative}] {source}".strip(), quote=False)
    return "<em>" + shown.replace('"', "&quot;") + "</em>"


def _link_open(
    renderer: "RendererHTML",
    tokens: Sequence["Token"],
    at: int,
    options: "OptionsDict",
    env: "EnvType",
) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, at, options, env)


def _code_style() -> str:
    """The style sheet of highlighted code, for light and for dark screens."""
    from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415 - as above

    light, dark = (
        HtmlFormatter(style=name).get_style_defs("pre code")  # type: ignore[no-untyped-call]
        for name in ("default", "github-dark")
    )
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _highlight(code: str, language: str, _attributes: str) -> str:
    """The code in coloured spans; nothing where its language is not known."""
    if not language or len(code) > _LONGEST_HIGHLIGHTED:
        return ""
    from pygments import highlight  # noqa: PLC0415 - as above
    from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


FORMAT = Format(name="an HTML page", suffix="html", write=write_html)
