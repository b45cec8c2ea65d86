"""The line-oriented chat: whole sentences, and nothing a terminal would act on."""

from decimal import Decimal
from pathlib import Path

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    PartAdded,
    RateLimited,
    ReplyEnded,
    RetryScheduled,
    Service,
    ServiceKind,
    TextDelta,
    TextReplaced,
    Usage,
    UsageReported,
)
from fakegpt_tui.domain.parts import Blob, CitationPart, ImagePart, ToolResultPart, attached_parts
from fakegpt_tui.plain.chat import PlainChat
from tests.plain.talking import plain_chat, ports
from tests.stubs import MemoryStore, connecting


async def test_a_reply_is_written_sentence_by_sentence(said: list[str], tmp_path: Path) -> None:
    deltas = [TextDelta(text) for text in ("One se", "ntence. Ano", "ther one.\nA line", " more")]
    plain = plain_chat(said, tmp_path, [*deltas, ReplyEnded()])
    await plain.ask("hi")
    assert said == ["Assistant:", "One sentence.", "Another one.", "A line more"]


async def test_a_rewritten_reply_is_said_again(said: list[str], tmp_path: Path) -> None:
    script = [TextDelta("Wrong. "), TextReplaced(0, "Right."), ReplyEnded()]
    plain = plain_chat(said, tmp_path, script)
    await plain.ask("hi")
    assert said[-1] == "Right."
    assert "rewritten" in said[-2]


async def test_a_model_that_loads_is_told_once(said: list[str], tmp_path: Path) -> None:
    loading = [RetryScheduled(1, 0, 2, f"It loads: {percent} %.") for percent in range(50)]
    plain = plain_chat(said, tmp_path, [*loading, TextDelta("Yes"), ReplyEnded()])
    await plain.ask("hi")
    assert said == ["Assistant:", "(It loads: 0 %. It is asked again every few seconds.)", "Yes"]


async def test_an_error_is_a_sentence_and_the_chat_goes_on(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(
        said, tmp_path, [RateLimited("Too many requests.")], [TextDelta("Yes"), ReplyEnded()]
    )
    await plain.ask("hi")
    assert said[-1] == "(failed. Too many requests.)"
    await plain.ask("again")
    assert said[-1] == "Yes"


async def test_a_budget_that_would_be_passed_is_a_sentence(said: list[str], tmp_path: Path) -> None:
    script = [TextDelta("Hi."), UsageReported(Usage(1, 1, cost="5")), ReplyEnded()]
    paid = Service(name="paid", kind=ServiceKind.OPENAI, url="https://models.example.org")
    store, backend = MemoryStore(), ScriptedBackend(script, script)
    chat = ChatService(lambda: store, {"paid": paid}, connecting(backend), service="paid")
    chat.spending.budget = Decimal(1)
    plain = PlainChat(chat, said.append, ports(tmp_path))
    for prompt in ("one", "two", "two"):
        await plain.ask(prompt)
    assert sum("Send it once more" in line for line in said) == 1
    assert len(backend.requests) == 2


async def test_no_control_character_is_written(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path, [TextDelta("a\x1b]52;c;eA==\x07b\x9b2J"), ReplyEnded()])
    await plain.ask("hi")
    assert not any(not character.isprintable() for line in said for character in line)


async def test_conversations_are_listed_opened_and_saved(said: list[str], tmp_path: Path) -> None:
    scripts = [[TextDelta(text), ReplyEnded()] for text in ("one", "two")]
    plain = plain_chat(said, tmp_path, *scripts)
    await plain.ask("first")
    await plain.run_command("/new")
    await plain.ask("second")
    said.clear()
    assert await plain.run_command("/list")
    assert said == ["1. second, open", "2. first"]
    await plain.run_command("/open 2")
    assert said[-1] == "one"
    await plain.run_command("/save")
    (path,) = tmp_path.iterdir()
    assert said[-1] == f"Saved as {path}"
    await plain.run_command("/open 7")
    assert "number" in said[-1]
    await plain.run_command("/what now")
    assert said[-1] == "There is no command /what here. /help lists the commands; // sends a slash."
    assert not await plain.run_command("/quit")


async def test_a_file_goes_with_the_next_prompt_alone(said: list[str], tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("remember the milk")
    backend = ScriptedBackend(*([TextDelta(text), ReplyEnded()] for text in ("one", "two")))
    plain = plain_chat(said, tmp_path, backend=backend)
    await plain.run_command(f"/attach '{tmp_path}/notes.md'")
    assert said == ["notes.md, text, 17 B, goes with the next prompt."]
    await plain.ask("what is it?")
    await plain.ask("and now?")
    first, second = (request.messages[-1] for request in backend.requests)
    assert [part.name for part in attached_parts(first.parts)] == ["notes.md"]
    assert second.parts == ()


async def test_parts_are_said_where_they_stand_and_sources_last(
    said: list[str], tmp_path: Path
) -> None:
    picture = ImagePart(Blob("1" * 64, 2_000, "image/png", 4, 3), "map.png")
    source = CitationPart(url="https://example.org", title="Rivers")
    script = [
        *(TextDelta("Here it is:"), PartAdded(source), PartAdded(picture)),
        *(TextDelta("\n\nThat was it."), ReplyEnded()),
    ]
    plain = plain_chat(said, tmp_path, script)
    await plain.ask("A map?")
    shown = "▣ map.png · PNG 4×3 · 2 kB"
    told = ["Here it is:", shown, "That was it.", "[1] Rivers · https://example.org"]
    assert [each.strip() for each in said[-4:]] == told
    await plain.run_command("/new")
    await plain.run_command("/list")
    await plain.run_command("/open 1")
    assert [each.strip() for each in said[-4:]] == told


async def test_all_that_a_tool_answered_is_read_where_its_message_is_gone_to(
    said: list[str], tmp_path: Path
) -> None:
    answer = f"Tall. {'And taller. ' * 40}Very tall."
    script = [TextDelta("Yes."), PartAdded(ToolResultPart("c", "search", answer)), ReplyEnded()]
    plain = plain_chat(said, tmp_path, script)
    await plain.ask("Are giraffes tall?")
    assert said[-1].startswith("↳ search Tall.")
    assert "Very tall." not in said[-1]
    await plain.run_command("/goto 2")
    assert said[-2].startswith("↳ search Tall.")
    assert said[-1] == answer


async def test_what_cannot_be_attached_is_said(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path, [TextDelta("one"), ReplyEnded()])
    await plain.run_command(f"/attach {tmp_path}/missing.md")
    assert said[-1].startswith("There is no file")
    (tmp_path / "notes.md").write_text("x")
    await plain.run_command(f"/attach {tmp_path}/notes.md")
    await plain.run_command("/detach")
    assert said[-1].startswith("Nothing is attached")
