"""One chat message as Markdown that can grow."""

from collections.abc import Sequence
from dataclasses import replace

from fakegpt_tui.ui.markdown.block_renderers import RENDERERS
from fakegpt_tui.ui.markdown.blocks import DEFAULT_LIMITS, Limits
from fakegpt_tui.ui.markdown.chunks import CHUNK_SIZE, ChunkedText
from fakegpt_tui.ui.markdown.layout import Layout
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.markdown.parser import find_references
from fakegpt_tui.ui.markdown.render_context import RenderContext
from fakegpt_tui.ui.markdown.virtual_layout import LEAST_WIDTH


class Document:
    """A message's text, read and drawn once: what has settled is neither read nor drawn again.

    What is shown is a function of the text alone, however it came, except for the last block of
    a text that is not complete.
    """

    def __init__(
        self,
        palette: Palette,
        *,
        keep_breaks: bool = False,
        chapter: int = CHUNK_SIZE,
        lengths: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Make an empty one.

        Args:
            palette: The styles to draw with.
            keep_breaks: Show the line breaks inside a paragraph as they were typed.
            chapter: How many characters of a long message are read and forgotten together.
            lengths: How long text may be before it is parted.
        """
        self._context = RenderContext(palette, LEAST_WIDTH, RENDERERS, {}, keep_breaks)
        self._size = chapter
        self._lengths = lengths
        self._chunks = self._new_chunks()
        self._toggled: set[int] = set()
        self._layout: Layout | None = None

    def update(self, text: str, *, complete: bool) -> None:
        """Take `text` as what the message says now.

        If it begins with the text before, only what comes after the last settled block is read.
        Reference links and footnotes find their targets once the message is complete.
        """
        before = self._chunks
        if text == before.text and complete == before.complete:
            return
        references = find_references(text, self._lengths) if complete else {}
        if references != self._context.references:
            self._layout = None
        self._chunks.update(text, complete=complete, references=references)
        self._context = replace(self._context, references=references)
        if self._layout is not None:
            self._layout.sync()
        self._fold()

    def lines(self, width: int) -> Sequence[Line]:
        """The lines at `width` cells (at least 4), good until the next change of the document.

        All heights are exact, for which all of a long message has to be drawn once.
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
        if self._layout is None or self._layout.drawing.width != width:
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
                self._layout.restyle(replace(self._context, width=self._layout.drawing.width))

    def remeasure(self) -> None:
        """Read and draw everything anew, as characters have become wider, or narrower."""
        before = self._chunks
        self._chunks = self._new_chunks()
        self._chunks.update(
            before.text, complete=before.complete, references=self._context.references
        )
        self._context = replace(self._context)
        self._layout = None

    def wrap_code(self, wrap: bool, *, offset: int = 0) -> None:
        """Say what happens to code that is wider than the screen.

        Args:
            wrap: Go on with long lines on the next, rather than cut them.
            offset: Cells that are off at the left, where lines are cut.
        """
        before = self._context
        self._context = replace(before, wrap_code=wrap, code_offset=offset)
        if self._layout is None or self._context == before:
            return
        if wrap != before.wrap_code:
            self._layout = None
        else:
            self._layout.restyle(replace(self._context, width=self._layout.drawing.width))

    def fold(self, section: int) -> None:
        """Fold a section that is open, or open one that is folded.

        Args:
            section: Where it begins in the text: the `fold` of its label's style meta.
        """
        self._toggled ^= {section}
        self._fold()

    def unfold(self, everything: bool) -> None:
        """Open all sections, or fold them, those that are still to come too."""
        self._toggled = set()
        self._context = replace(self._context, unfold_all=everything)
        self._fold()

    def _new_chunks(self) -> ChunkedText:
        return ChunkedText(
            keep_breaks=self._context.keep_breaks, size=self._size, lengths=self._lengths
        )

    def _fold(self) -> None:
        """Sections are folded unless asked otherwise, or never closed by a complete message."""
        unclosed = self._chunks.open_section
        turned = self._toggled
        if unclosed is not None and not self._context.unfold_all:
            turned = turned ^ {unclosed}
        drawing = replace(self._context, turned=frozenset(turned))
        self._context = drawing
        layout = self._layout
        if layout is not None and drawing.folds != layout.drawing.folds:
            layout.refold(replace(drawing, width=layout.drawing.width))
