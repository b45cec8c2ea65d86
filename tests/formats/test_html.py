from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from hypothesis import given

from fakegpt_tui.formats.html import write_html
from tests.examples import examples
from tests.formats.trees import CONVERSATION, branched, conversations, message

FETCHING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "article", "details", "summary"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "span", "time", "pre", "code", "em", "strong", "a"),
    *("ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "hr", "br", "s"),
}


class Page(HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(text: str) -> Page:
    return Page(write_html(CONVERSATION, [message(text)]))


@examples(100)
@given(conversations())
def test_a_page_runs_nothing_and_fetches_nothing_whatever_was_said(written: tuple) -> None:
    document = write_html(*written)
    page = Page(document)
    assert set(page.tags) <= TAGS
    names = {name for name, _ in page.attributes}
    assert not names & FETCHING
    assert not any(name.startswith("on") for name in names)
    links = [value or "" for name, value in page.attributes if name == "href"]
    assert all(link.startswith(("http:", "https:", "mailto:")) for link in links)
    assert "\x1b" not in document
    assert "\u202e" not in document


def test_the_policy_forbids_what_the_page_does_not_have() -> None:
    page = shown("hello")
    assert any("default-src 'none'" in (value or "") for _, value in page.attributes)


def test_html_in_a_text_is_text() -> None:
    page = shown("<script>alert(1)</script><img src=x onerror=alert(1)>")
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text


def test_a_picture_is_words_and_a_link_tells_nobody_where_it_was_read() -> None:
    page = shown("![a cat](https://example.org/cat.png) [more](https://example.org/ 'x')")
    assert "img" not in page.tags
    assert "[picture: a cat] https://example.org/cat.png" in page.text
    assert ("href", "https://example.org/") in page.attributes
    assert ("rel", "noopener noreferrer nofollow") in page.attributes


def test_only_pages_and_letters_are_linked() -> None:
    page = shown("[a](javascript:alert(1)) [b](data:text/html,x) [c](file:///etc/passwd) [d](//e)")
    assert "a" not in page.tags


def test_code_is_coloured_by_its_language() -> None:
    page = shown("```python\ndef f(): return '<b>'\n```")
    assert ("class", "k") in page.attributes
    assert "def f(): return '<b>'" in page.text
    assert "span" not in shown("```no-such-language\n<b>\n```").tags[-3:]


def test_the_shown_path_comes_first_and_the_rest_is_folded() -> None:
    page = Page(write_html(*branched()))
    assert page.tags.count("details") == 1
    assert page.text.index("They meander.") < page.text.index("Version 1 of 2, after “Tell of")
    assert page.text.index("They flow.") > page.text.index("Version 1 of 2")


def test_status_error_model_reasoning_folder_and_tags_are_told() -> None:
    reply = message("half", error="It <broke>.", model="guide-2", reasoning="Hm *well*")
    header = replace(CONVERSATION, title="<Rivers>", folder="Work/<b>", tags=("wet", "<i>"))
    page = Page(write_html(header, [reply]))
    for said in ("It <broke>.", "guide-2", "Hm well", "<Rivers>", "Work/<b> · #wet #<i>"):
        assert said in page.text


def test_an_empty_conversation_is_a_page_too() -> None:
    assert Page(write_html(replace(CONVERSATION, title=""), [])).text.count("Conversation") == 2


def test_a_reply_says_how_long_it_took_and_thought_where_that_was_kept() -> None:
    old = message("an old one")
    reply = replace(
        message("words"), ended_after=timedelta(seconds=14), thought_for=timedelta(seconds=6.2)
    )
    assert "· 14 s · thought for 6.2 s" in Page(write_html(CONVERSATION, [reply])).text
    assert "thought for" not in write_html(CONVERSATION, [old])
    assert '<span class="about">·' not in write_html(CONVERSATION, [old])
