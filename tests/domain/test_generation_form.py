"""Generation settings as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import GenerationSettings
from fakegpt_tui.domain.generation_form import GenerationField, format_generation, parse_generation

settings = st.builds(
    GenerationSettings,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1, 10_000_000),
    seed=st.none() | st.integers(0, 2**63 - 1),
    stop=st.lists(st.text(min_size=1), max_size=3).map(tuple),
)


@given(settings)
def test_what_is_shown_means_what_is_set(generation: GenerationSettings) -> None:
    assert parse_generation(format_generation(generation)) == (generation, {})


def test_what_is_left_empty_is_left_to_the_service() -> None:
    assert parse_generation({GenerationField.TEMPERATURE: " ", GenerationField.STOP: "\n"}) == (
        GenerationSettings(),
        {},
    )


@pytest.mark.parametrize(
    ("setting", "text", "sentence"),
    [
        (GenerationField.TEMPERATURE, "2.1", "This must be a number from 0 to 2, such as 0.7."),
        (GenerationField.TEMPERATURE, "nan", "This must be a number from 0 to 2, such as 0.7."),
        (GenerationField.TEMPERATURE, "warm", "This must be a number from 0 to 2, such as 0.7."),
        (GenerationField.TOP_P, "-0.1", "This must be a number from 0 to 1, such as 0.7."),
        (GenerationField.MAX_TOKENS, "0", "This must be a whole number from 1 to 10000000."),
        (GenerationField.MAX_TOKENS, "1.5", "This must be a whole number from 1 to 10000000."),
        (
            GenerationField.SEED,
            "9" * 5000,
            "This must be a whole number from 0 to 9223372036854775807.",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_left_out(
    setting: GenerationField, text: str, sentence: str
) -> None:
    typed = {GenerationField.STOP: "END", setting: text}
    assert parse_generation(typed) == (GenerationSettings(stop=("END",)), {setting: sentence})


def test_a_stop_text_can_have_line_breaks_and_backslashes() -> None:
    assert parse_generation({GenerationField.STOP: "\\n\\nUser:\n\\\\n\n"})[0].stop == (
        "\n\nUser:",
        "\\n",
    )
