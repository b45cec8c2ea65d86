import pytest

from fakegpt_tui.ui.rendering.links import addresses, can_open, may_be_target


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
    assert may_be_target("docs/page.md#part")
    assert not may_be_target("std::string")
    assert not may_be_target("data:text/html,x")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x_y.", ["https://a.example/x_y"]),
        ("(http://a.example/b_(c))", ["http://a.example/b_(c)"]),
        ("[http://a.example]!", ["http://a.example"]),
        ("mailto:a@b.example, mailto:", ["mailto:a@b.example"]),
        ("http://a.example http://b.example", ["http://a.example", "http://b.example"]),
        ("www.a.example ftp://a.example shttp: x", []),
    ],
)
def test_bare_addresses_end_where_the_sentence_goes_on(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in addresses(text)] == found
