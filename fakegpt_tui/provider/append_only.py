"""A reply as text that is only ever added to."""

from fakegpt_tui.domain import StreamEvent, TextDelta, TextReplaced


class AppendOnlyText:
    """A reply that may be rewritten, for a reader who can only append."""

    def __init__(self) -> None:
        self.text = ""
        """What the service says so far."""
        self.shown = ""
        """What the reader has."""

    def apply(self, event: StreamEvent) -> str:
        """What to append after `event`; may be empty."""
        match event:
            case TextDelta(text):
                self.text += text
            case TextReplaced(keep, text):
                self.text = self.text[:keep] + text
            case _:
                return ""
        if not self.text.startswith(self.shown):
            return ""
        piece = self.text[len(self.shown) :]
        self.shown = self.text
        return piece

    def remainder(self) -> str:
        """What to append at the end; may be empty."""
        return "" if self.text == self.shown else f"\n\n{self.text}"
