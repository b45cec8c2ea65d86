"""Each part that is no text has a line that says what it is."""

import pytest

from fakegpt_tui.domain.captions import Caption, captions, size_label
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    ReasoningSpan,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
)


def test_a_line_says_what_a_part_is_and_sources_are_numbered() -> None:
    found = captions(
        [
            ReasoningSpan(3),
            TextSpan(9),
            CitationPart(0, 3, "https://a.example", "A"),
            ImagePart(Blob("x", 340_000, "image/png", 1200, 800), "cat.png"),
            ImagePart(Blob("x", 900, "image/jpeg"), "", "A giraffe"),
            ImagePart(Blob("x", 900, "image/gif", 64, 48, 10_000), "cat.gif"),
            FilePart(Blob("x", 2_500_000, "application/pdf"), "a.pdf"),
            CitationPart(4, 5, "https://a.example", "A"),
            CitationPart(0, 0, "https://b.example"),
            ToolCallPart("1", "search", '{"q": "giraffes"}'),
            ToolResultPart("1", "search", "Tall."),
            ToolResultPart("1", "search", "No.", is_error=True),
            UnknownPart("hologram", '{"depth": 3}'),
        ]
    )
    assert list(found) == [
        Caption("▣ cat.png · PNG 1200×800 · 340 kB"),
        Caption("▣ A giraffe · JPEG · 900 B"),
        Caption("▣ cat.gif · GIF 64×48, 10,000 frames · 900 B"),
        Caption("▤ a.pdf · PDF · 2.5 MB"),
        Caption('⚒ search {"q": "giraffes"}'),
        Caption("↳ search Tall."),
        Caption("✗ search No."),
        Caption('? hologram {"depth": 3}'),
        Caption("[1] A · https://a.example", "https://a.example"),
        Caption("[2] https://b.example", "https://b.example"),
    ]


@pytest.mark.parametrize(
    ("size", "label"),
    [(0, "0 B"), (999, "999 B"), (1_500, "2 kB"), (12_000_000, "12 MB"), (3_400_000_000, "3.4 GB")],
)
def test_a_size_is_said_in_the_unit_that_fits(size: int, label: str) -> None:
    assert size_label(size) == label


def test_hidden_thoughts_are_told_once() -> None:
    hidden = ReasoningSpan(0, is_redacted=True)
    shown = [each.text for each in captions([hidden, ReasoningSpan(3), hidden])]
    assert shown == ["◌ thought, not shown by the service"]
