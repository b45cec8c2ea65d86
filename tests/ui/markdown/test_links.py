from itertools import groupby

import pytest

from fakegpt_tui.ui.markdown.parser_rules import can_open, is_allowed_target
from tests.ui.markdown.samples import lines, shown


@pytest.mark.parametrize("target", ["https://a.example", "HTTP://a.example", "mailto:a@b.example"])
def test_web_and_mail_addresses_can_be_opened(target: str) -> None:
    assert can_open(target)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "file%3A///etc/passwd",
        "vscode://x",
        "/etc/passwd",
        "\\\\evil\\share",
        "https://a.example/\u202egpj.exe",
        "https://",
        "",
    ],
)
def test_nothing_else_can(target: str) -> None:
    assert not can_open(target)


def test_relative_targets_may_stand_behind_a_label_but_foreign_schemes_may_not() -> None:
    assert is_allowed_target("docs/page.md#part")
    assert not is_allowed_target("std::string")
    assert not is_allowed_target("data:text/html,x")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x_y.", ["https://a.example/x_y"]),
        ("(http://a.example/b_(c))", ["http://a.example/b_(c)"]),
        ("(see http://a.example/b), more", ["http://a.example/b"]),
        ("[http://a.example]!", ["http://a.example"]),
        ("mailto:a@b.example, mailto:", ["mailto:a@b.example"]),
        ("http://a.example http://b.example", ["http://a.example", "http://b.example"]),
        ("www.a.example ftp://a.example shttp: x shttp://a.example", []),
        ("https://a.example/lib/__init__.py and *this*", ["https://a.example/lib/__init__.py"]),
        ("https://a.example/*x*/_y_/z", ["https://a.example/*x*/_y_/z"]),
        (
            "**https://a.example/x** and _https://b.example_",
            ["https://a.example/x", "https://b.example"],
        ),
        (r"https://a.example/x\_y?a=1&amp;b=2&copy=3", ["https://a.example/x_y?a=1&b=2&copy=3"]),
        (
            "请访问https://a.example/路径，然后（https://b.example/c）。",
            ["https://a.example/路径", "https://b.example/c"],
        ),
        (
            "“https://a.example/x” «https://b.example» https://c.example…",
            ["https://a.example/x", "https://b.example", "https://c.example"],
        ),
        ("[label https://a.example](javascript:alert(1))", ["https://a.example"]),
        ("[a https://a.example b](https://b.example)", ["https://b.example"]),
        ("`https://a.example` https://", []),
    ],
)
def test_bare_addresses_end_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert targets(text) == found


def test_bare_addresses_are_shown_whole() -> None:
    text = "at https://a.example/lib/__init__.py now"
    assert shown(text) == [text]


def targets(text: str) -> list[str]:
    """Where each link of a text goes, in their order."""
    links = [
        segment.style.meta.get("href")
        for line in lines(text)
        for segment in line.segments
        if segment.style
    ]
    return [str(href) for href, _ in groupby(links) if href]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("See [1].\n\n[1]: https://a.example\n[2]: https://b 'B'", ["[2]: https://b 'B'"]),
        ("[only]: https://a.example", ["[only]: https://a.example"]),
        ("- item\n\n  [in]: https://a.example\n", ["  [in]: https://a.example"]),
        ("> [in]: <https://a.example>\n", ["▌ [in]: https://a.example"]),
        ("Text [Label  X][]\n\n[label x]: https://a.example", []),
    ],
)  # fmt: skip
def test_definitions_that_nothing_refers_to_are_shown(text: str, seen: list[str]) -> None:
    assert [line for line in shown(text) if "]:" in line] == seen
