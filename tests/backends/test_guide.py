import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.backends.guide import GuideBackend, TypingSpeed, find_topic, read_topics
from fakegpt_tui.domain import ContextMessage, ReplyEnded, StreamEvent, TextDelta, TitleSuggested
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.protocol.fakegpt import pack_prompt
from tests.examples import examples


async def at_once(_: float) -> None:
    pass


async def events_for(*prompts: str) -> list[StreamEvent]:
    messages = tuple(ContextMessage("user", prompt) for prompt in prompts)
    request = ReplyRequest(messages=messages, model="guide")
    return [event async for event in GuideBackend(sleep=at_once).stream(request)]


def text_of(events: Iterable[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def reply_to(prompt: str) -> str:
    return text_of(await events_for(prompt))


@pytest.mark.parametrize(
    ("prompt", "promised"),
    [
        ("hi", "not a language model"),
        ("Who are you?", "not a language model"),
        ("are you an AI?", "not a language model"),
        ("What can you do?", "show markdown"),
        ("what is this?", "chat client"),
        ("What are the keys?", "`ctrl+n`"),
        ("which key quits the program", "`ctrl+q`"),
        ("How do I connect a real model?", "[services.ollama]"),
        ("how do I configure a service", "config.toml"),
        ("can I use ollama?", 'kind = "fakegpt"'),
        ("How do I save this conversation to a file?", "`ctrl+s`"),
        ("how do I search", "`ctrl+o`"),
        ("How can I run several conversations at once?", "`ctrl+n`"),
        ("how do I switch to another conversation", "`alt+j`"),
        ("How do I stop a reply?", "`esc`"),
        ("stop", "`esc`"),
        ("where are my files?", "`fakegpt-tui paths`"),
        ("how long is the token good?", "signs in"),
        ("how do I sign out?", "`F7`"),
        ("what are the keys?", "`F10`"),
        ("where are the settings?", "`F10`"),
        ("how do I change the theme?", "`F10`"),
        ("something does not work", "`fakegpt-tui doctor`"),
        ("what does doctor do?", "--connect"),
        ("which commands are there?", "`fakegpt-tui doctor`"),
        ("what can the command line do?", "fakegpt-tui ask"),
        ("Is this private?", "127.0.0.1"),
        ("how do I begin a new line?", "`ctrl+j`"),
        ("how do I quit", "`ctrl+q`"),
        ("SHOW ME A TABLE", "|:-----|"),
        ("show code please", "```python"),
    ],
)
async def test_questions_about_the_program_are_answered(prompt: str, promised: str) -> None:
    reply = await reply_to(prompt)
    assert promised in reply
    assert "I cannot answer that" not in reply


@pytest.mark.parametrize(
    "prompt",
    [
        "write a poem about a bus stop",
        "why is the sky blue?",
        "write python code for quicksort",
        "what is the capital of France",
        "日本語",
        "{quote} {0} %s",
        "🙂",
    ],
)
async def test_anything_else_is_repeated_and_honestly_declined(prompt: str) -> None:
    reply = await reply_to(prompt)
    assert f"> {prompt}\n" in reply
    assert "I cannot answer that" in reply
    assert "not a language model" in reply
    assert "config.toml" in reply


HOSTILE = "\x1b]52;c;ZXZpbA==\x07[/foo] [@click=app.quit]x[/]\r# heading\u202e"


async def test_hostile_text_comes_back_as_it_went_inside_one_quotation() -> None:
    reply = await reply_to(HOSTILE)
    first, second = HOSTILE.split("\r")
    assert f"> {first}\n> {second}\n" in reply
    assert [token.tag for token in MarkdownIt().parse(reply) if token.nesting == 1][:2] == [
        "p",
        "blockquote",
    ]


async def test_only_the_beginning_of_a_huge_prompt_is_repeated() -> None:
    assert len(await reply_to("xyzzy " * 1_000_000)) < 2_000


@pytest.mark.parametrize("prompt", ["", " ", "\n\t"])
async def test_an_empty_prompt_is_called_empty(prompt: str) -> None:
    assert "empty" in await reply_to(prompt)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("write 2000 words", 2000),
        ("Please write an essay of 1,200 words about the sea.", 1200),
        ("write a 300-word story", 300),
        ("write 1 word", 1),
        ("write 0 words", 1),
        ("count to 500", 500),
        ("count from 1 to 7", 7),
    ],
)
async def test_long_answers_are_as_long_as_asked(prompt: str, words: int) -> None:
    assert len((await reply_to(prompt)).split()) == words


async def test_counting_counts() -> None:
    assert (await reply_to("count to 25")).replace(",", "").rstrip(".").split() == [
        str(number) for number in range(1, 26)
    ]


async def test_there_is_an_end_to_how_long_an_answer_gets() -> None:
    reply = await reply_to("write 99999999999999 words")
    assert 10_000 < len(reply.split()) < 10_010
    assert reply.endswith("I stop at 10,000.")


async def test_no_two_sentences_of_a_long_answer_are_the_same() -> None:
    sentences = (await reply_to("write 2000 words")).replace("\n\n", " ").split(". ")
    assert len(set(sentences)) == len(sentences) > 200


async def test_show_markdown_shows_every_construct() -> None:
    reply = await reply_to("show markdown")
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parsed = tokens.parse(reply)
    kinds = {token.type for token in parsed} | {
        child.type for token in parsed for child in token.children or ()
    }
    tags = {token.tag for token in parsed}
    assert kinds >= {
        "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "fence",
        "code_block", "table_open", "hr", "hardbreak", "em_open", "strong_open", "s_open",
        "code_inline", "link_open", "image", "html_inline",
    }  # fmt: skip
    assert tags >= {"h1", "h2", "h3", "h4", "h5", "h6"}
    assert "- [x]" in reply
    assert "- [ ]" in reply
    assert "$$" in reply


async def test_the_same_prompt_always_gets_the_same_reply() -> None:
    for prompt in ("what are the keys?", "write 300 words", "why?"):
        assert await events_for(prompt) == await events_for(prompt)


@given(st.text(max_size=200))
@examples(100)
async def test_every_prompt_gets_a_reply_that_ends(prompt: str) -> None:
    events = await events_for(prompt)
    assert text_of(events)
    assert events[-1] == ReplyEnded()
    assert events.count(ReplyEnded()) == 1
    assert all(event.text for event in events if isinstance(event, TextDelta))


async def test_the_last_prompt_of_a_packed_conversation_is_the_one_that_counts() -> None:
    packed = pack_prompt(
        [
            ContextMessage("system", "Be brief."),
            ContextMessage("user", "what are the keys?"),
            ContextMessage("assistant", "Many."),
            ContextMessage("user", "count\nto 5"),
            ContextMessage("assistant", "1, 2"),
            ContextMessage("user", "count to 5"),
        ]
    )
    assert await reply_to(packed) == "1, 2, 3, 4, 5."


async def test_a_prompt_that_only_looks_packed_is_taken_as_it_is() -> None:
    assert "> Assistant:\n" in await reply_to("sing a long and sad song\nAssistant:")


async def test_its_topics_are_no_titles() -> None:
    for prompt in ("what are the keys?", "why?", "show me markdown"):
        assert not [e for e in await events_for(prompt) if isinstance(e, TitleSuggested)]


async def test_the_reply_comes_at_a_natural_pace_after_a_moment_of_silence() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    backend = GuideBackend(sleep=sleep)
    request = ReplyRequest(messages=(ContextMessage("user", "write 100 words"),), model="")
    pieces = [event async for event in backend.stream(request) if isinstance(event, TextDelta)]
    first, *rest = slept
    assert 0.1 <= first <= 1
    assert len(rest) == len(pieces) - 1
    assert all(60 <= 1 / seconds <= 90 for seconds in rest)
    assert max(len(piece.text) for piece in pieces) <= 10


async def test_the_pace_can_be_set() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    backend = GuideBackend(pace=TypingSpeed(first=2, per_second=10), sleep=sleep)
    request = ReplyRequest(messages=(ContextMessage("user", "count to 3"),), model="")
    assert [event async for event in backend.stream(request)]
    assert slept[0] == 2
    assert set(slept[1:]) == {0.1}


async def test_it_offers_itself_as_the_only_model_and_says_what_it_is() -> None:
    (model,) = await GuideBackend().models()
    assert model.id == "guide"
    assert "not a language model" in model.description


KEY = re.compile(r"\b(?:(?:ctrl|alt|shift|cmd|meta)\+\S+?|[fF]\d{1,2})(?=[\s`.,;:)|]|$)")


def keys_in(text: str) -> set[str]:
    found = {key.lower() for key in KEY.findall(text)}
    return found | {key for key in ("enter", "esc", "tab") if f"`{key}`" in text}


async def test_no_key_is_named_that_does_not_exist() -> None:
    known = {key for command in COMMANDS for key in command.keys.split(",")} | {"esc"}
    texts = [topic.text for topic in read_topics("guide.md")] + [await reply_to("why?")]
    named = set().union(*map(keys_in, texts))
    assert named <= known
    assert len(named) > 10


async def test_the_keys_that_matter_are_all_named() -> None:
    assert keys_in(await reply_to("keys")) >= {
        "enter", "ctrl+j", "esc", "ctrl+n", "alt+j", "alt+k", "alt+1", "alt+9", "alt+u",
        "ctrl+t", "ctrl+s", "ctrl+p", "f1", "ctrl+q",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["guide.md", "markdown.md"])
def test_every_topic_is_found_by_its_words(name: str) -> None:
    topics = read_topics(name)
    assert len({topic.title for topic in topics}) == len(topics) > 5
    for topic in topics:
        assert find_topic(topics, " ".join([*topic.keywords, *topic.phrases])) == topic
        assert topic.text
