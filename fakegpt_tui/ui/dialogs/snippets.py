"""Snippet picker: every snippet with its variables, and its whole text beside the list."""

from collections.abc import Mapping, Sequence
from typing import Final

from textual.content import Content
from textual.widgets.option_list import Option

from fakegpt_tui.attachments.example_snippets import EXAMPLES
from fakegpt_tui.attachments.snippets import Snippet, variable_spans
from fakegpt_tui.text import safe_line, safe_text
from fakegpt_tui.ui.dialogs import DialogFrame
from fakegpt_tui.ui.dialogs.pick import PreviewListScreen
from fakegpt_tui.ui.widgets.drawing import fit

ADD_EXAMPLES: Final = "+"
"""What the picker is dismissed with for the row that adds the example set; no name is so."""
_NAME_WIDTH = 18
_MOST_SHOWN = 200
_MOST_TEXT = 4_000


class SnippetScreen(PreviewListScreen):
    """Dismissed with the name of a snippet, or with `ADD_EXAMPLES`."""

    CSS_PATH = ["dialog.tcss", "preview_list.tcss", "snippets.tcss"]
    FRAME = "snippets"

    def __init__(
        self, snippets: Mapping[str, Snippet], missing: Sequence[str], folder: str
    ) -> None:
        """`missing` are the examples that can be added, to the `folder` of that name."""
        super().__init__()
        self._snippets = snippets
        self._missing = missing
        self._folder = folder

    def on_mount(self) -> None:
        self.query_one(DialogFrame).set_frame("Snippets", "enter insert · alt+↓ scroll · esc close")
        self.show_fitting()

    def show_marked(self, row_id: str | None) -> None:
        snippet = self._snippets.get(row_id or "")
        self.preview.update(self._examples() if snippet is None else _text(snippet))

    def show_fitting(self) -> None:
        words = self.words
        fitting = [each for each in self._snippets.values() if _has(each, words)]
        rows = [Option(_row(each), id=each.name) for each in fitting[:_MOST_SHOWN]]
        if self._missing and not words:
            count = len(self._missing)
            rows.append(
                Option(
                    f"Add the example set, {count} snippet{'' if count == 1 else 's'}",
                    id=ADD_EXAMPLES,
                )
            )
        self.show_rows(rows)

    def _examples(self) -> Content:
        """What the row that adds the examples would write, and where."""
        lines = [Content(f"Written into {safe_line(self._folder)}, to be changed as you like:\n\n")]
        for name in self._missing:
            about = Snippet(name, EXAMPLES[name]).description
            lines += (Content.styled(f"/{name}", "bold"), Content(f"  {about}\n"))
        return Content("").join(lines)


def _row(snippet: Snippet) -> Content:
    variables = " ".join(snippet.defaults)
    return Content.assemble(
        (fit(f"/{snippet.name}", _NAME_WIDTH), "bold"),
        f" {snippet.description}",
        (f"  {safe_line(variables)}", "$text-muted"),
    )


def _has(snippet: Snippet, words: Sequence[str]) -> bool:
    text = f"/{snippet.name} {snippet.text}".casefold()
    return all(word in text for word in words)


def _text(snippet: Snippet) -> Content:
    """The text with its variables marked; the beginning of a long one."""
    written = snippet.text[:_MOST_TEXT]
    parts: list[Content] = []
    end = 0
    for start, stop in variable_spans(written):
        parts += (
            Content(safe_text(written[end:start])),
            Content.styled(safe_text(written[start:stop]), "bold $text-accent"),
        )
        end = stop
    return Content("").join((*parts, Content(safe_text(written[end:]).rstrip())))
