"""Generation settings as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import GenerationSettings
from fakegpt_tui.domain.generation import EFFORTS, format_generation, parse_generation
from fakegpt_tui.domain.setting_kinds import to_json

names = st.text('ab\n"\u2028é', min_size=1, max_size=3)
tables = st.dictionaries(names, st.integers() | st.text(max_size=3), min_size=1).map(to_json)
settings = st.builds(
    GenerationSettings,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1, 10_000_000),
    seed=st.none() | st.integers(0, 2**63 - 1),
    stop=st.lists(st.text(min_size=1), max_size=3).map(tuple),
    effort=st.sampled_from(["", *EFFORTS]),
    thinking=st.sampled_from(["", "on", "off", "2048"]),
    top_k=st.none() | st.integers(-1, 100),
    min_p=st.none() | st.floats(0, 1),
    repetition_penalty=st.none() | st.floats(0, 10),
    num_ctx=st.none() | st.integers(64, 100_000),
    verbosity=st.sampled_from(["", "low"]),
    service_tier=st.sampled_from(["", "flex"]),
    schema=st.just("") | tables,
    extra=st.just("") | tables,
)


@given(settings)
def test_what_is_shown_means_what_is_set(generation: GenerationSettings) -> None:
    assert parse_generation(format_generation(generation)) == (generation, {})


def test_what_is_left_empty_is_left_to_the_service() -> None:
    assert parse_generation({"temperature": " ", "stop": "\n"}) == (
        GenerationSettings(),
        {},
    )


@pytest.mark.parametrize(
    ("setting", "text", "sentence"),
    [
        ("temperature", "2.1", "This must be a number from 0 to 2, such as 0.7."),
        ("temperature", "nan", "This must be a number from 0 to 2, such as 0.7."),
        ("temperature", "warm", "This must be a number from 0 to 2, such as 0.7."),
        ("top_p", "-0.1", "This must be a number from 0 to 1, such as 0.7."),
        ("max_tokens", "0", "This must be a whole number from 1 to 10000000."),
        ("max_tokens", "1.5", "This must be a whole number from 1 to 10000000."),
        (
            "seed",
            "9" * 5000,
            "This must be a whole number from 0 to 9223372036854775807.",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_left_out(setting: str, text: str, sentence: str) -> None:
    typed = {"stop": "END", setting: text}
    assert parse_generation(typed) == (GenerationSettings(stop=("END",)), {setting: sentence})


def test_a_stop_text_can_have_line_breaks_and_backslashes() -> None:
    assert parse_generation({"stop": "\\n\\nUser:\n\\\\n\n"})[0].stop == (
        "\n\nUser:",
        "\\n",
    )
