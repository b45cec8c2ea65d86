"""Citation marks become sources at their places, and no mark is left in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.parts import CitationPart
from fakegpt_tui.formats.citations import CitedText, read_footnotes, take_citations
from fakegpt_tui.formats.markdown_blocks import write_link

CITE = "\ue200cite\ue202turn0search0\ue202turn0search3\ue201"


def reference(mark: str, **about: object) -> dict[str, object]:
    return {"content_references": [{"matched_text": mark, **about}]}


@pytest.mark.parametrize(
    ("text", "metadata", "clean", "sources", "lost"),
    [
        ("plain", {}, "plain", [], 0),
        (
            f"Open.{CITE} See",
            reference(CITE, alt="([e.org](https://e.org/b))", items=[]),
            "Open. See",
            [(5, "e.org", "https://e.org/b")],
            0,
        ),
        (
            f"Open{CITE}Tomorrow",
            reference(CITE, items=[{"title": "A [b]", "url": "https://e.org/(b)"}]),
            "Open Tomorrow",
            [(4, "A [b]", "https://e.org/(b)")],
            0,
        ),
        (
            f"A red. {CITE}",
            reference(CITE, items=[{"title": "A", "url": "https://a"}, {"url": "https://b"}]),
            "A red.",
            [(6, "A", "https://a"), (6, "", "https://b")],
            0,
        ),
        (f"It is open{CITE}Tomorrow it shuts.", {}, "It is open Tomorrow it shuts.", [], 1),
        (f"zebra{CITE}\n- next", {"content_references": "odd"}, "zebra\n- next", [], 1),
        ('To \ue200entity\ue202["city","Paris","capital"]\ue201.', {}, "To Paris.", [], 0),
        (f"To {CITE}.", reference(CITE, alt="Paris"), "To Paris.", [], 0),
        ('Is \ue200genui\ue202{"math":{"content":"x^2"}}\ue201 done', {}, "Is x^2 done", [], 0),
        ("\ue200genui\ue202{nonsense\ue201 done", {}, " done", [], 1),
        (
            f"Open.{CITE}",
            reference(
                CITE,
                type="webpage",
                url="https://a",
                title="A",
                items=[{"url": "https://b", "supporting_websites": [{"url": "https://c"}]}],
                images=[{"url": "https://b"}, 5],
            ),
            "Open.",
            [(5, "A", "https://a"), (5, "", "https://b"), (5, "", "https://c")],
            0,
        ),
        (
            f"Nine months.{CITE}",
            reference(CITE, type="file", name="lease.pdf", id="file-1"),
            "Nine months.",
            [(12, "lease.pdf", "")],
            0,
        ),
        (
            "Yes【4:0†lease.pdf】",
            {
                "citations": [
                    {"start_ix": 3, "end_ix": 18, "metadata": {"type": "file", "name": "lease.pdf"}}
                ]
            },
            "Yes",
            [(3, "lease.pdf", "")],
            0,
        ),
        ("A \ue203bold claim\ue204\ue206 and \ue200cut", {}, "A bold claim and cut", [], 0),
        (
            "True【7†source】, yes【9†x】",
            {
                "citations": [
                    {"start_ix": 4, "end_ix": 14, "metadata": {"title": "T", "url": "https://e"}},
                    {"start_ix": 0, "end_ix": 3, "metadata": {"title": "T", "url": "https://f"}},
                    {"start_ix": 2, "end_ix": 9999, "metadata": {"url": "https://g"}},
                ]
            },
            "True, yes【9†x】",
            [(4, "T", "https://e")],
            0,
        ),
    ],
)
def test_marks_leave_the_text_and_their_sources_stay(
    text: str,
    metadata: dict[str, object],
    clean: str,
    sources: list[tuple[int, str, str]],
    lost: int,
) -> None:
    found = take_citations(text, metadata)
    assert (found.text, found.lost) == (clean, lost)
    assert [(each.start, each.title, each.url) for each in found.citations] == sources
    assert all(each.start == each.end for each in found.citations)


def test_older_marks_without_a_link_stay_and_are_counted() -> None:
    text = "True【7†source】, 【8:1†a】, 【見出し】 and 【x†y】"
    assert take_citations(text, {}) == CitedText(text, kept=2)
    assert take_citations(f"{text}\ue203", {}) == CitedText(text, kept=2)


@given(
    text=st.text(st.sampled_from("ab .\n" + CITE)),
    start=st.integers(-3, 40),
    end=st.integers(-3, 40),
    alt=st.text(st.sampled_from("ab[](): ")),
)
def test_whatever_an_export_says_no_mark_stays_and_offsets_lie_in_the_text(
    text: str, start: int, end: int, alt: str
) -> None:
    about = {
        "content_references": [
            {"matched_text": text[:4], "alt": alt, "items": [{"url": "https://a"}]},
            {"matched_text": CITE, "alt": alt, "items": [{"url": "https://b"}]},
        ],
        "citations": [{"start_ix": start, "end_ix": end, "metadata": {"url": "https://c"}}],
    }
    found = take_citations(text, about)
    assert not set(found.text) & set("\ue200\ue201")
    assert all(0 <= each.start <= len(found.text) for each in found.citations)


def test_a_list_of_sources_is_of_the_whole_reply() -> None:
    listed = [{"title": "A", "url": "https://a"}, {"title": "no address"}]
    about = {"content_references": [{"type": "sources_footnote", "sources": listed}]}
    assert list(read_footnotes(about)) == [CitationPart(0, 0, "https://a", "A")]


def test_a_link_that_is_told_is_on_one_line() -> None:
    assert write_link("x\ny", "https://a") == "[x y](https://a)"
