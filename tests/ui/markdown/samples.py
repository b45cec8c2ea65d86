"""Examples that the Markdown tests draw, and functions to look at what is drawn."""

from pathlib import Path

from rich.style import Style

from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.lines import Line
from fakegpt_tui.ui.markdown.palette import Palette

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (20, 40, 80)
CORPUS = {path.stem: path.read_bytes().decode() for path in sorted(GOLDEN.glob("*.md"))}
EVERYTHING = "\n\n".join(CORPUS.values())


def document(text: str, *, complete: bool = True, keep_breaks: bool = False) -> Document:
    drawn = Document(Palette.colourless(), keep_breaks=keep_breaks)
    drawn.update(text, complete=complete)
    return drawn


def lines(text: str, width: int = 80) -> list[Line]:
    return list(document(text).lines(width))


def shown(text: str, width: int = 80) -> list[str]:
    return [line.plain.rstrip() for line in lines(text, width)]


def style_of(text: str, part: str) -> Style:
    """The style of the first segment of `text` that shows exactly `part`."""
    segments = [segment for line in lines(text) for segment in line.segments]
    (style, *_) = [segment.style for segment in segments if segment.text == part]
    return style or Style()


def href_of(text: str, part: str) -> str | None:
    href = style_of(text, part).meta.get("href")
    return None if href is None else str(href)


def golden(name: str, width: int) -> str:
    """A drawn example as readable text; the bar at the end makes padding visible."""
    return "".join(f"{line.plain}|\n" for line in lines(CORPUS[name], width))


def golden_path(name: str, width: int) -> Path:
    return GOLDEN / f"{name}.{width}.txt"


def main() -> None:
    """Write all golden files anew, to be read before they are kept."""
    for name in CORPUS:
        for width in WIDTHS:
            golden_path(name, width).write_text(golden(name, width), encoding="utf-8")


if __name__ == "__main__":
    main()
