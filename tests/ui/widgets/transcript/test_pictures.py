"""Below its caption a picture is drawn: the same rows of cells, whatever is known of it."""

from dataclasses import replace
from io import BytesIO, StringIO
from itertools import pairwise

import pytest
from PIL import Image
from rich.console import Console
from textual.pilot import Pilot

from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.parts import Blob, FilePart, ImagePart, TextSpan
from fakegpt_tui.pictures import protocols
from fakegpt_tui.pictures.placement import USUAL_CELL
from fakegpt_tui.ui.terminal.cell_widths import WidthProfile, use_profile
from fakegpt_tui.ui.terminal.graphics import TerminalGraphics, use_told_cell
from fakegpt_tui.ui.terminal.width_detection import remeasure_all
from tests.ui.widgets.shown import strips
from tests.ui.widgets.transcript.transcript_app import (
    MarkdownApp,
    drag,
    press,
    prompt,
    reply,
    show,
    shown,
)

RED, GREEN = (255, 0, 0), (0, 255, 0)


def encoded(width: int, height: int) -> bytes:
    """The upper half is red, the lower one green."""
    picture = Image.new("RGB", (width, height), GREEN)
    picture.paste(RED, (0, 0, width, height // 2))
    target = BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def image(digest: str, width: int = 200, height: int = 160, kind: str = "image/png") -> ImagePart:
    return ImagePart(Blob(digest * 64, 340_000, kind, width, height), f"{digest}.png")


class Source:
    """Pictures by the first letters of their digests, which come when they are let go."""

    def __init__(self, **pictures: bytes) -> None:
        self.pictures = "auto"
        self.known = TerminalGraphics()
        self.data = pictures
        self.asked: list[tuple[str, str]] = []

    async def read(self, conversation_id: str, digest: str) -> bytes:
        self.asked.append((conversation_id, digest[0]))
        if digest[0] not in self.data:
            raise StoreError("The picture is missing.")
        return self.data[digest[0]]

    async def graphics(self) -> TerminalGraphics:
        return self.known


class PictureApp(MarkdownApp):
    def __init__(self, source: Source, *, colours: str = "truecolor") -> None:
        super().__init__()
        self.console = Console(file=StringIO(), color_system=colours, force_terminal=True)
        self.transcript.picture_source = lambda: source


async def finish(pilot: Pilot[None]) -> None:
    """Wait until all that is wanted is made."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def words_of(lines: list[str]) -> list[str]:
    return [line.replace("▀", "").rstrip() for line in lines]


def blocks(app: MarkdownApp) -> list[str]:
    """What is drawn in the rows of pictures: the colours of their tenth cell."""
    found = []
    for strip in strips(app.transcript):
        styles = [segment.style for segment in strip.crop(10, 11) if segment.style]
        colours = [style.bgcolor.triplet for style in styles if style.bgcolor]
        names = {RED: "red", GREEN: "green"}
        found += [names[tuple(each)] for each in colours if each and tuple(each) in names]
    return found


CONVERSATION = (
    prompt(0, "Look at this.", parts=(TextSpan(13), image("a"))),
    reply(1, "One.\n\nTwo.", parts=(TextSpan(5), image("b", 400, 100), TextSpan(5))),
)


async def test_rows_are_kept_free_before_and_filled_when_the_picture_is_there() -> None:
    app = PictureApp(source := Source(a=encoded(200, 160), b=encoded(400, 100)))
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, *CONVERSATION)
        lines = shown(app.transcript)
        texts = [(y, line.strip("▌ ")) for y, line in enumerate(lines) if line.strip("▌ ▀")]
        assert [text.split(" ")[0] for _, text in texts] == [
            *("You", "Look", "▣", "Assistant", "One.", "▣", "Two.")
        ]
        rows = [y for y, _ in texts]
        # 200 × 160 pixels are 20 × 8 cells, 400 × 100 are 40 × 5 above an empty line.
        assert [below - above for above, below in pairwise(rows)] == [*(1, 1, 10, 1, 1, 7)]
        await finish(pilot)
        assert blocks(app) == ["red"] * 4 + ["green"] * 4 + ["red"] * 2 + ["green"] * 3
        assert words_of(shown(app.transcript)) == words_of(lines)
        assert source.asked == [("a", "a"), ("a", "b")]
        # What was seen is not made once more.
        await press(pilot, "home", "end")
        await finish(pilot)
        assert len(source.asked) == 2
        drawn = blocks(app)
        for how, expected in (("off", []), ("blocks", drawn)):
            source.pictures = how
            app.transcript.set_up_pictures()
            app.transcript.refresh()
            await finish(pilot)
            assert blocks(app) == expected
        assert source.asked[2:] == [("a", "a"), ("a", "b")]


async def test_of_a_picture_only_its_caption_is_copied_and_nothing_is_marked_in_it() -> None:
    app = PictureApp(Source(a=encoded(200, 160), b=encoded(400, 100)))
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, *CONVERSATION)
        await finish(pilot)
        drawn = blocks(app)
        copied = await drag(pilot, (2, 2), (30, 14)) or ""
        assert "▣ a.png" in copied
        assert not set(copied) & {"▀", protocols.PLACEHOLDER}
        assert "\n\n\n" not in copied
        # Other colours would be other pictures.
        assert blocks(app) == drawn
        await press(pilot, "slash", "L", "o", "o", "k")
        assert blocks(app) == drawn


async def test_a_prompt_that_is_selected_whole_is_copied_as_it_was_written() -> None:
    app = PictureApp(Source())
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, *CONVERSATION)
        await press(pilot, "home", "y")
        assert app.copied == [("Look at this.", "message")]


@pytest.mark.parametrize(
    "part",
    [
        image("x", 20_000, 20_000),
        image("x", 200, 160, "image/heic"),
        image("x", 0, 0),
        image("x", 200, 160, "text/plain"),
    ],
)
async def test_what_must_not_be_decoded_has_a_sentence_and_is_not_read(part: ImagePart) -> None:
    app = PictureApp(source := Source())
    async with app.run_test(size=(70, 20)) as pilot:
        await show(pilot, prompt(0, "Look", parts=(TextSpan(4), part)))
        await finish(pilot)
        below = " ".join(line.strip("▌ ") for line in shown(app.transcript)[4:] if line.strip())
        assert below.endswith(".")
        assert source.asked == []


async def test_what_turns_out_to_be_no_picture_has_a_sentence_in_its_rows() -> None:
    source = Source(a=b"<svg onload='x'/>", c=encoded(200, 160)[:90])
    app = PictureApp(source)
    async with app.run_test(size=(60, 40)) as pilot:
        parts = (TextSpan(4), image("a"), image("b"), image("c"))
        await show(pilot, prompt(0, "Look", parts=parts))
        before = [line[:4] for line in shown(app.transcript)]
        await finish(pilot)
        words = " ".join(line.strip("▌ ") for line in shown(app.transcript))
        assert "SVG" in words
        assert "missing" in words
        assert "damaged" in words
        assert sum("▣" in line for line in before) == sum(
            "▣" in line for line in shown(app.transcript)
        )
        # One that was attached again meanwhile is drawn when it next comes into view.
        source.data["b"] = encoded(200, 160)
        await show(pilot, reply(1, "No picture."))
        await show(pilot, prompt(0, "Look", parts=parts))
        await finish(pilot)
        assert "red" in blocks(app)
        assert "missing" not in " ".join(shown(app.transcript))


async def captions_alone(app: PictureApp, source: Source) -> bool:
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, *CONVERSATION)
        await finish(pilot)
        lines = [line for line in shown(app.transcript) if "▣" in line]
        return len(lines) == 2 and not source.asked and not blocks(app)


async def test_where_colours_are_not_exact_there_is_the_caption_alone() -> None:
    for colours in ("256", "standard"):
        assert await captions_alone(PictureApp(source := Source(), colours=colours), source)
    app = PictureApp(source := Source())
    app.no_color = True
    assert await captions_alone(app, source)
    source = Source()
    source.pictures = "off"
    assert await captions_alone(PictureApp(source), source)


async def test_where_ambiguous_characters_are_wide_there_is_the_caption_alone() -> None:
    use_profile(WidthProfile(wide_ambiguous=True))
    try:
        assert await captions_alone(PictureApp(source := Source()), source)
    finally:
        use_profile(WidthProfile())


async def test_a_change_of_width_keeps_the_line_in_view_and_the_heights_exact() -> None:
    source = Source(**{letter: encoded(400, 300) for letter in "abcdefgh"})
    app = PictureApp(source)
    messages = [
        reply(at, f"Reply {at}.", parts=(TextSpan(8), image(letter, 400, 300)))
        for at, letter in enumerate("abcdefgh")
    ]
    async with app.run_test(size=(100, 12)) as pilot:
        await show(pilot, *messages)
        await press(pilot, "home", *["j"] * 4)
        top = app.transcript.current_message
        assert top is not None
        # Heights are what the rows of the store say, though no other picture was looked at.
        message_list = app.transcript.message_list
        height = message_list.height
        for index in range(len(messages)):
            message_list.layout(index)
        # The text alone is an estimate.
        assert abs(message_list.height - height) <= 2 * len(messages)
        for width in (20, 60, 200, 100):
            await pilot.resize_terminal(width, 12)
            assert app.transcript.current_message == top
        await finish(pilot)


async def test_without_room_there_is_the_caption_alone() -> None:
    app = PictureApp(source := Source())
    async with app.run_test(size=(60, 30)) as pilot:
        await show(pilot, prompt(0, "Look", parts=(TextSpan(4), image("a", 20, 4000))))
        await finish(pilot)
        assert source.asked == []
        assert sum(bool(line.strip("▌ ")) for line in shown(app.transcript)) == 3


async def test_rows_follow_the_shape_of_cells_that_the_terminal_tells_late() -> None:
    app = PictureApp(Source(a=encoded(200, 160), b=encoded(400, 100)))
    async with app.run_test(size=(60, 40)) as pilot:
        await show(pilot, *CONVERSATION)
        await finish(pilot)
        assert len(blocks(app)) == 8 + 5
        try:
            assert use_told_cell(10, 10)
            remeasure_all(app)
            await finish(pilot)
            assert blocks(app) == (["red"] * 8 + ["green"] * 8 + ["red"] * 5 + ["green"] * 5)
            assert not use_told_cell(10, 10)
            assert use_told_cell(0, 0)
        finally:
            use_told_cell(*USUAL_CELL)


async def test_scrolling_away_cancels_what_is_not_there_yet() -> None:
    letters = "abcdefghij"
    source = Source(**{letter: encoded(400, 300) for letter in letters})
    app = PictureApp(source)
    messages = [
        reply(at, "Look.", parts=(TextSpan(5), image(letter, 400, 300)))
        for at, letter in enumerate(letters)
    ]
    async with app.run_test(size=(80, 20)) as pilot:
        await show(pilot, *messages)
        app.transcript.viewport.scroll_to_start()
        app.transcript.sync_view()
        await finish(pilot)
        assert [letter for _, letter in source.asked] != list(letters)
        assert "a" in {letter for _, letter in source.asked}


async def test_a_file_has_its_caption_alone() -> None:
    app = PictureApp(source := Source())
    async with app.run_test(size=(60, 30)) as pilot:
        blob = replace(image("a").blob, media_type="text/plain", width=None, height=None)
        await show(pilot, prompt(0, "Look", parts=(TextSpan(4), FilePart(blob, "a.svg"))))
        await finish(pilot)
        assert source.asked == []
