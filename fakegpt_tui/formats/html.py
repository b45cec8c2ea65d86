"""A conversation as one HTML page that needs nothing else and runs nothing.

The page fetches nothing: it has no script, no picture and no font, and a policy that would refuse
them. What was said passes `text.py` and a Markdown parser that knows no HTML; pictures in it are
shown as words. The shown path comes first; what it leaves out follows, folded.
"""

from collections.abc import Callable, Sequence
from html import escape

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.formats.files import EMPTY_DIGEST
from fakegpt_tui.formats.reading_order import OtherBranch, ReadingOrder
from fakegpt_tui.text import safe_line

_NAMES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SNIPPET_LENGTH = 60
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
    conversation: Conversation, messages: Sequence[ChatMessage], *, part: str = ""
) -> str:
    """The conversation with these chat messages, in any order that has parents first."""
    # Imported when it is needed: whoever starts the program must not wait for it.
    from fakegpt_tui.formats.html_rendering import code_style, render_markdown  # noqa: PLC0415

    tree = ReadingOrder(messages, conversation.leaf_id)
    title = escape(safe_line(conversation.title) or "Conversation")
    parts = [
        "<!doctype html>",
        '<html lang="">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta name="digest" content="{EMPTY_DIGEST}">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}{code_style()}</style>",
        "</head>",
        "<body>",
        f"<header><h1>{title}</h1>{_about(conversation, part)}</header>",
        *(_article(message, tree, render_markdown) for message in tree.path()),
        *(_version(run, tree, render_markdown) for run in tree.other_runs()),
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
                part,
            ),
        )
    )
    return f'<p class="about">{escape(said)}</p>'


def _version(run: OtherBranch, tree: ReadingOrder, rendered: Callable[[str], str]) -> str:
    number, count = tree.variant(run.messages[0])
    said = safe_line(run.after.text, _SNIPPET_LENGTH) if run.after else ""
    where = f"after “{said}”" if said else "from the beginning"
    articles = "\n".join(_article(message, tree, rendered) for message in run.messages)
    summary = escape(f"Version {number} of {count}, {where}")
    return f"<details><summary>{summary}</summary>\n{articles}\n</details>"


def _article(message: ChatMessage, tree: ReadingOrder, rendered: Callable[[str], str]) -> str:
    number, count = tree.variant(message)
    about = [
        f"‹{number}/{count}›" if count > 1 else "",
        "" if message.status is MessageStatus.COMPLETE else message.status.value,
        safe_line(message.model),
    ]
    notes = "".join(f' <span class="about">{escape(note)}</span>' for note in about if note)
    time = f"<time>{message.created_at:%Y-%m-%d %H:%M}</time>"
    parts = [
        f'<article class="{message.role.value}">',
        f'<h2 class="who">{_NAMES[message.role]}{notes} {time}</h2>',
    ]
    if message.error is not None:
        parts.append(f'<p class="error">{escape(safe_line(message.error, 1000))}</p>')
    if message.reasoning:
        reasoning = rendered(message.reasoning)
        parts.append(f"<details><summary>Reasoning</summary>\n{reasoning}</details>")
    parts += [rendered(message.text), "</article>"]
    return "\n".join(parts)
