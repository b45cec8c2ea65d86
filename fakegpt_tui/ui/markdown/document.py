"""Document: the Markdown of one chat message, parsed and drawn as it grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fakegpt_tui.fast_import import lazy_pattern
from fakegpt_tui.ui.markdown.block_types import BLOCK_TYPES
from fakegpt_tui.ui.markdown.blocks import CHUNK_SIZE, DEFAULT_LIMITS, Limits
from fakegpt_tui.ui.markdown.chunks import ChunkedText
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.lines import Line, PlacedLines
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import find_references
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.virtual_layout import LEAST_WIDTH

if TYPE_CHECKING:
    from fakegpt_tui.pictures.diagrams import Drawing

_JSON: Final = lazy_pattern(r'\s*\{\s*(?:"|\}\s*\Z)')
_MAX_JSON: Final = 200_000
JSON_FENCE: Final = "```json\n"
"""What is put above such a message."""
_SOME_OF_ALL: Final = "# One\n\n- *two*\n\n```python\nthree = 3\n```\n\n|4|\n|-|\n|5|\n"


def is_json(text: str, *, complete: bool = True) -> bool:
    """Is a message one JSON object, as a schema asks for, and not Markdown?"""
    if _JSON.match(text) is None or len(text) > _MAX_JSON:
        return False
    return not complete or _can_be_parsed(text)


@lru_cache(maxsize=4)
def _can_be_parsed(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def drawn_text(text: str, *, complete: bool) -> str:
    """The Markdown that a message is drawn as: one that is JSON alone is a block of code."""
    return f"{JSON_FENCE}{text}" if is_json(text, complete=complete) else text


class Document:
    """The text of a message. Settled blocks are neither parsed nor drawn again while it grows.

    What is shown depends on the text alone, not on how it arrived.
    """

    def __init__(
        self,
        palette: Palette,
        *,
        keep_breaks: bool = False,
        chunk_size: int = CHUNK_SIZE,
        limits: Limits = DEFAULT_LIMITS,
        diagrams: Callable[[str], Sequence[Drawing]] | None = None,
    ) -> None:
        """Make an empty document.

        Args:
            palette: The styles to draw with.
            keep_breaks: Show the line breaks inside a paragraph as they were typed.
            chunk_size: How many characters of a long message are parsed and dropped together.
            limits: How long text may be before it is split.
            diagrams: Gives the drawings of a diagram, the widest first, once there are any.
        """
        context = RenderContext(palette, LEAST_WIDTH, BLOCK_TYPES, {}, keep_breaks)
        self._context = replace(context, diagrams=diagrams)
        self._chunk_size = chunk_size
        self._limits = limits
        self._chunks = self._new_chunks()
        self._toggled: frozenset[int] = frozenset()
        self._layout: Layout | None = None

    def update(self, text: str, *, complete: bool) -> None:
        """Set the text of the message.

        If it begins with the text before, only what follows the last settled block is parsed.
        Reference links and footnotes find their targets once the message is complete, and a line
        that may still become a list is shown once it is known that it is no underline. A message
        that is one JSON object is a block of code.
        """
        drawn = drawn_text(text, complete=complete)
        if not complete and drawn == text:
            drawn = _without_unfinished_underline(text)
        text = drawn
        before = self._chunks
        if text == before.text and complete == before.complete:
            return
        references = find_references(text) if complete else {}
        if references != self._context.references:
            self._layout = None
        self._chunks.update(text, complete=complete, references=references)
        self._context = replace(self._context, references=references)
        if self._layout is not None:
            self._layout.sync()
        self._fold()

    def lines(self, width: int) -> Sequence[Line]:
        """The lines at `width` cells (at least 4), good until the next change of the document.

        All heights are exact, which takes drawing all of a long message once.
        """
        layout = self.layout(width)
        layout.measure()
        return layout

    def layout(self, width: int) -> Layout:
        """The lines at `width` cells, of which only those that are looked at are drawn.

        The heights of others are estimates, so line numbers change: see `Layout.reveal`.
        """
        width = max(width, LEAST_WIDTH)
        self._context = replace(self._context, width=width)
        if self._layout is None or self._layout.context.width != width:
            self._layout = Layout(self._context, self._chunks)
        return self._layout

    def height(self, width: int) -> int:
        """How many lines there are at `width` cells."""
        return len(self.lines(width))

    def restyle(self, palette: Palette) -> None:
        """Draw with other styles from now on."""
        if palette != self._context.palette:
            self._context = replace(self._context, palette=palette)
            if self._layout is not None:
                self._layout.restyle(replace(self._context, width=self._layout.context.width))

    def remeasure(self) -> None:
        """Parse and draw everything anew, after the width of characters has changed."""
        before = self._chunks
        self._chunks = self._new_chunks()
        self._chunks.update(
            before.text, complete=before.complete, references=self._context.references
        )
        self._context = replace(self._context)
        self._layout = None

    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None:
        """Choose how code is shown that is wider than the screen.

        Args:
            wrap: Wrap long lines, rather than cut them.
            offset: Cells scrolled off at the left, if lines are cut.
        """
        before = self._context
        self._context = replace(before, wrap_code=wrap, code_offset=offset)
        if self._layout is None or self._context == before:
            return
        if wrap != before.wrap_code:
            self._layout = None
        else:
            self._layout.restyle(replace(self._context, width=self._layout.context.width))

    def place(self, placed: Sequence[PlacedLines]) -> None:
        """Show lines that are no text below the blocks in which they are placed."""
        if tuple(placed) != self._context.placed:
            self._context = replace(self._context, placed=tuple(placed))
            self._layout = None

    def fold(self, toggled: Iterable[int] = (), *, unfold_all: bool = False) -> None:
        """Fold all sections, or unfold them, including those that are still to come.

        Args:
            toggled: Where those begin that are shown the other way round: the `fold` of the style
                meta of their labels.
            unfold_all: Unfold all others.
        """
        self._toggled = frozenset(toggled)
        self._context = replace(self._context, unfold_all=unfold_all)
        self._fold()

    def _new_chunks(self) -> ChunkedText:
        return ChunkedText(
            keep_breaks=self._context.keep_breaks, size=self._chunk_size, limits=self._limits
        )

    def _fold(self) -> None:
        """Fold all sections; not the toggled ones, nor those left open by a complete message."""
        unclosed = () if self._context.unfold_all else self._chunks.open_sections
        toggled = self._toggled ^ {each.start for each in unclosed if not each.opens}
        context = replace(self._context, toggled=toggled)
        self._context = context
        layout = self._layout
        if layout is not None and context.folds != layout.context.folds:
            layout.refold(replace(context, width=layout.context.width))


def _without_unfinished_underline(text: str) -> str:
    """`text` without a last line that would make a heading of the one above, if it ended here.

    It nearly always becomes the mark of an item.
    """
    start = text.rfind("\n") + 1
    mark = text[start:].strip(" \t")
    if text[:start].endswith(("\n\n", "\r\n\r\n")) or not start:
        return text
    return text[:start] if mark and not mark.strip(mark[0]) and mark[0] in "-=" else text


def warm_up() -> None:
    """Draw a little of everything out of sight, so that it is imported before a reply comes."""
    document = Document(Palette.colourless())
    document.update(_SOME_OF_ALL, complete=True)
    document.layout(40).measure()
