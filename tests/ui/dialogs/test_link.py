"""Which links may be opened, and what is shown of them."""

import pytest

from fakegpt_tui.ui.dialogs.link import check_link


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/a?b=%22c%22#d",
        "http://127.0.0.1:8000/",
        "HTTPS://EXAMPLE.ORG",
        "mailto:someone@example.org",
    ],
)
def test_ordinary_links_may_be_opened(href: str) -> None:
    target = check_link(href)
    assert target.href == href
    assert not target.refusal


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java%73cript:alert(1)",
        "file:///etc/passwd",
        "file%3A///etc/passwd",
        "/etc/passwd",
        "C:/windows/calc.exe",
        r"\\evil\share\x.exe",
        "vscode:extension/x",
        "ssh://-oProxyCommand=x/",
        "smb://host/x",
        "--help",
        "-new-tab",
        "//example.org/x",
        "../../etc/passwd",
        "https:example.org",
        "https:///x",
        "https://user:pw@example.org/",
        "https://example.org/\x1b]52;c;eA==\x07",
        "https://example.org/ x",
        "https://example.org/\u202etxt",
        "https://[::1",
        "data:text/html,x",
        "",
    ],
)
def test_everything_else_is_refused_with_a_reason(href: str) -> None:
    assert check_link(href).refusal


def test_a_host_that_looks_like_another_is_shown_as_the_network_sees_it() -> None:
    assert check_link("https://ex\u0430mple.org/").host == "xn--exmple-4nf.org"
