"""Citation marks become links, and no mark is left in a text."""

import pytest

from fakegpt_tui.formats.citations import link_citations, write_link, write_sources

CITE = "\ue200cite\ue202turn0search0\ue202turn0search3\ue201"


def reference(mark: str, **about: object) -> dict[str, object]:
    return {"content_references": [{"matched_text": mark, **about}]}


@pytest.mark.parametrize(
    ("text", "metadata", "linked", "lost"),
    [
        ("plain", {}, "plain", 0),
        (
            f"Open.{CITE} See",
            reference(CITE, alt="([e.org](https://e.org/b))", items=[]),
            "Open. ([e.org](https://e.org/b)) See",
            0,
        ),
        (
            f"Open{CITE}Tomorrow",
            reference(CITE, items=[{"title": "A [b]", "url": "https://e.org/(b)"}]),
            r"Open ([A \[b\]](<https://e.org/(b)>)) Tomorrow",
            0,
        ),
        (f"It is open{CITE}Tomorrow it shuts.", {}, "It is open Tomorrow it shuts.", 1),
        (f"zebra{CITE}\n- next", {"content_references": "odd"}, "zebra\n- next", 1),
        ('To \ue200entity\ue202["city","Paris","capital"]\ue201.', {}, "To Paris.", 0),
        ('Is \ue200genui\ue202{"math":{"content":"x^2"}}\ue201 done', {}, "Is x^2 done", 0),
        ("\ue200genui\ue202{nonsense\ue201 done", {}, " done", 1),
        ("A \ue203bold claim\ue204\ue206 and \ue200cut", {}, "A bold claim and cut", 0),
        (
            "True【7†source】, yes【9†x】",
            {
                "citations": [
                    {"start_ix": 4, "end_ix": 14, "metadata": {"title": "T", "url": "https://e"}},
                    {"start_ix": 0, "end_ix": 3, "metadata": {"title": "T", "url": "https://f"}},
                ]
            },
            "True ([T](https://e)), yes【9†x】",
            0,
        ),
    ],
)
def test_marks_become_links(text: str, metadata: dict[str, object], linked: str, lost: int) -> None:
    assert link_citations(text, metadata) == (linked, lost)


def test_sources_are_listed_once() -> None:
    named = [("A", "https://a"), ("", "https://b"), ("A", "https://a"), ("C", "")]
    assert write_sources(named) == "Sources:\n\n- [A](https://a)\n- [https://b](https://b)"
    assert write_sources([]) == ""
    assert write_link("x\ny", "https://a") == "[x y](https://a)"
