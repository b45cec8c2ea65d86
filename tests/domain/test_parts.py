"""Parts are laid over text and reasoning, and come back from JSON as they were."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain.part_json import (
    decode_parts,
    decode_step,
    encode_parts,
    encode_step,
    parts_from_values,
)
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    Part,
    PartLayout,
    ReasoningSpan,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
    blobs_of,
    fit_parts,
    place_parts,
)

PICTURE = ImagePart(Blob("ab" * 32, 10, "image/png", 4, 3), "cat.png")
SIGNED = Origin("anthropic", "claude", "opus", '{"signature":"x"}')

texts = st.text(max_size=8)
origins = st.builds(Origin, texts, texts, texts, texts)
maybe_origins = st.none() | origins
blobs = st.builds(
    Blob,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.integers(0, 10**9),
    texts,
    st.none() | st.integers(1, 9999),
    st.none() | st.integers(1, 9999),
)
parts = st.one_of(
    st.builds(TextSpan, st.integers(0, 9), maybe_origins),
    st.builds(ReasoningSpan, st.integers(0, 9), st.booleans(), maybe_origins),
    st.builds(ImagePart, blobs, texts, texts, texts, maybe_origins),
    st.builds(FilePart, blobs, texts, st.booleans(), maybe_origins),
    st.builds(
        CitationPart, st.integers(0, 30), st.integers(0, 30), texts, texts, texts, maybe_origins
    ),
    st.builds(ToolCallPart, texts, texts, texts, st.booleans(), maybe_origins),
    st.builds(
        ToolResultPart,
        texts,
        texts,
        texts,
        st.booleans(),
        st.lists(blobs, max_size=2).map(tuple),
        maybe_origins,
    ),
    st.builds(UnknownPart, texts, texts, origins),
)
layouts = st.lists(parts, max_size=8).map(tuple)


@given(layouts)
def test_parts_come_back_from_json_as_they_were(found: tuple[Part, ...]) -> None:
    encoded = encode_parts(found)
    assert decode_parts(encoded) == found
    assert encode_parts(decode_parts(encoded)) == encoded
    assert [decode_step(encode_step(part)) for part in found] == list(found)


@given(origins)
def test_an_origin_comes_back_from_json_as_it_was(origin: Origin) -> None:
    assert decode_step(encode_step(origin)) == origin


@given(layouts, texts, texts)
def test_spans_cover_just_the_text_and_the_reasoning(
    found: tuple[Part, ...], text: str, reasoning: str
) -> None:
    fitted = fit_parts(found, text, reasoning)
    assert fit_parts(fitted, text, reasoning) == fitted
    if fitted:
        spans = [part for part in fitted if isinstance(part, TextSpan)]
        thoughts = [part for part in fitted if isinstance(part, ReasoningSpan)]
        assert sum(span.length for span in spans) == len(text)
        assert sum(span.length for span in thoughts) == len(reasoning)
    placed = list(place_parts(text, reasoning, found))
    assert "".join(each.text for each in placed if isinstance(each.part, TextSpan)) == text
    said = "".join(each.text for each in placed if isinstance(each.part, ReasoningSpan))
    assert said == reasoning
    assert [each.part for each in placed if not each.text and each.part not in fitted] == []
    for part in fitted:
        if isinstance(part, CitationPart):
            assert 0 <= part.start <= part.end <= len(text)


def test_a_message_of_only_text_has_no_parts() -> None:
    assert fit_parts([ReasoningSpan(2), TextSpan(3)], "abc", "so") == ()
    assert fit_parts([TextSpan(1), ReasoningSpan(2), TextSpan(2)], "abc", "so") == ()
    assert encode_parts(()) is None
    assert decode_parts(None) == ()


def test_a_part_of_a_newer_version_is_written_as_it_was_read() -> None:
    hologram = {"kind": "hologram", "depth": 3, "blob": {"digest": "x"}}
    (part,) = parts_from_values([hologram])
    assert isinstance(part, UnknownPart)
    assert json.loads(encode_parts([part]) or "") == [hologram]


def test_damaged_json_leaves_a_message_readable() -> None:
    assert decode_parts("[{") == ()
    assert decode_parts('{"kind": "text"}') == ()
    (part, text) = decode_parts(
        '[7, {"kind": "image", "blob": 3}, {"kind": "text", "length": "x"}]'
    )
    assert part == ImagePart(Blob("", 0))
    assert text == TextSpan(0)


def test_what_arrives_is_laid_out_in_order() -> None:
    layout = PartLayout()
    layout.add_reasoning(3)
    layout.add_reasoning(2)
    layout.set_origin(SIGNED)
    layout.add_text(4)
    layout.add(PICTURE)
    layout.add_text(1)
    layout.add_text(1)
    assert layout.parts == (
        ReasoningSpan(5, origin=SIGNED),
        TextSpan(4),
        PICTURE,
        TextSpan(2),
    )


STEPS = [
    *(st.integers(1, 3), st.integers(-3, -1)),
    st.sampled_from([PICTURE, SIGNED, ToolCallPart("1", "search"), ReasoningSpan(0, True, SIGNED)]),
]


def spread(parts: tuple[Part, ...]) -> list[object]:
    """A sign for each character of a layout, and each part that is not text."""
    signs: list[object] = []
    for part in parts:
        match part:
            case TextSpan(length):
                signs += ["text"] * length
            case ReasoningSpan(length, False):
                signs += ["reasoning"] * length
            case _:
                signs.append(part)
    return signs


@given(st.lists(st.one_of(STEPS), max_size=12), st.integers(0, 12))
def test_a_stream_that_is_cut_anywhere_leaves_a_prefix_of_its_parts(
    steps: list[object], cut: int
) -> None:
    whole, begun = PartLayout(), PartLayout()
    for layout, some in ((whole, steps), (begun, steps[:cut])):
        for step in some:
            match step:
                case int(length) if length > 0:
                    layout.add_text(length)
                case int(length):
                    layout.add_reasoning(-length)
                case Origin():
                    layout.set_origin(step)
                case _:
                    layout.add(step)  # type: ignore[arg-type] - a part
    kept = spread(begun.parts)
    assert spread(whole.parts)[: len(kept)] == kept


def test_offsets_of_sources_that_make_no_sense_lie_in_the_text() -> None:
    cited = [CitationPart(*place) for place in ((-5, 2), (1, 99), (40, 50), (3, 1), (0, 4), (2, 3))]
    kept = fit_parts([TextSpan(4), *cited], "a🙂bc", "")
    assert [(each.start, each.end) for each in kept if isinstance(each, CitationPart)] == [
        *((0, 2), (1, 4), (4, 4), (3, 3), (0, 4), (2, 3))
    ]
    (damaged,) = parts_from_values([{"kind": "citation", "start": -3, "end": "x", "url": "u"}])
    assert damaged == CitationPart(0, 0, "u")


def test_text_that_is_replaced_takes_what_lies_behind_it_along() -> None:
    layout = PartLayout([TextSpan(4), PICTURE, TextSpan(4)])
    layout.keep_text(6)
    assert layout.parts == (TextSpan(4), PICTURE, TextSpan(2))
    layout.keep_text(3)
    layout.add_text(2)
    assert layout.parts == (TextSpan(5),)


def test_an_origin_without_text_is_of_redacted_reasoning() -> None:
    hidden = ReasoningSpan(0, is_redacted=True, origin=SIGNED)
    for before in ((), (TextSpan(4, SIGNED),)):
        layout = PartLayout(before)
        assert layout.set_origin(SIGNED) == hidden
        assert layout.parts == (*before, hidden)


def test_an_origin_behind_a_picture_or_a_source_is_of_that() -> None:
    layout = PartLayout([TextSpan(4), PICTURE])
    assert layout.set_origin(SIGNED) == SIGNED
    assert layout.parts == (TextSpan(4), replace(PICTURE, origin=SIGNED))


def test_opaque_data_goes_only_where_it_came_from() -> None:
    assert SIGNED.is_from("anthropic", "claude", "opus")
    assert not SIGNED.is_from("anthropic", "claude", "haiku")
    assert not SIGNED.is_from("anthropic", "proxy", "opus")


def test_the_bytes_that_parts_use_are_each_named_once() -> None:
    other = Blob("cd" * 32, 1)
    result = ToolResultPart("1", blobs=(PICTURE.blob, other))
    assert blobs_of([PICTURE, TextSpan(1), result, PICTURE]) == (PICTURE.blob, other)
