"""Estimates of tokens against what tokenizers make of twelve languages and of code."""

import json
import random
from pathlib import Path

import pytest

from fakegpt_tui.backends.token_estimate import TokenRatios, estimate_scripts, estimate_tokens

FOLDER = Path(__file__).parent / "token_texts"
COUNTS: dict[str, dict[str, list[int]]] = json.loads((FOLDER / "counts.json").read_text())["texts"]
TOKENIZERS = ("o200k", "cl100k", "qwen", "tekken")
CODE = ("json", "python")
REPEATED = 8
"""So often stands each half in what is estimated: 2 KB at least."""


def halves(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [f"{half}\n" * REPEATED for half in text.split("\n\f\n")]


def error_after_calibration(name: str, tokenizer: str) -> float:
    """How far the estimate of a conversation is off, of which the model counted the first half."""
    first, second = halves(name)
    counts = [count * REPEATED for count in COUNTS[name][tokenizer]]
    ratios = TokenRatios()
    assert ratios.observe(estimate_scripts(first), counts[0])
    return ratios.estimate(estimate_scripts(first + second)) / sum(counts) - 1


def test_there_are_twelve_languages_and_code_of_two_kilobytes_each() -> None:
    assert len(COUNTS.keys() - set(CODE)) == 12
    assert COUNTS.keys() >= set(CODE)
    for name in COUNTS:
        assert len("".join(halves(name)).encode()) > 2048


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("name", COUNTS)
def test_the_estimate_is_right_within_a_fifth_once_the_model_has_counted(
    name: str, tokenizer: str
) -> None:
    assert abs(error_after_calibration(name, tokenizer)) <= 0.20


@pytest.mark.parametrize("name", ["english", "german", "french", "spanish", "russian", *CODE])
def test_the_first_estimate_is_close_for_a_new_tokenizer(name: str) -> None:
    for half, count in zip(halves(name), COUNTS[name]["o200k"], strict=True):
        assert abs(estimate_tokens(half) / (count * REPEATED) - 1) <= 0.25


def test_what_is_no_words_is_not_taken_for_words() -> None:
    made = random.Random(1)
    digits = "".join(made.choices("0123456789abcdef", k=1600))
    assert 800 <= estimate_tokens(digits) <= 1100
    assert estimate_tokens("🙂" * 100) >= 150


def test_a_count_of_a_fraction_of_the_text_teaches_nothing() -> None:
    scripts = estimate_scripts(halves("english")[0])
    ratios = TokenRatios()
    assert not ratios.observe(scripts, 3)
    assert not ratios.observe(estimate_scripts("Hi"), 9)
    assert ratios.estimate(scripts) == pytest.approx(sum(scripts.values()))


def test_what_one_script_teaches_leaves_the_others_alone() -> None:
    russian, english = (estimate_scripts(halves(name)[0]) for name in ("russian", "english"))
    ratios = TokenRatios()
    ratios.observe(russian, round(sum(russian.values()) * 2))
    assert ratios.estimate(english) == pytest.approx(sum(english.values()))
    assert ratios.estimate(russian) == pytest.approx(sum(russian.values()) * 2, rel=0.05)


def test_a_long_text_is_estimated_from_pieces() -> None:
    text = halves("english")[0]
    whole = sum(estimate_scripts(text * 100).values())
    assert whole == pytest.approx(sum(estimate_scripts(text).values()) * 100, rel=0.05)
