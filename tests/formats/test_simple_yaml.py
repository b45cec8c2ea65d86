"""The part of YAML that programs write is read, and the rest refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.formats.base import FormatError
from fakegpt_tui.formats.simple_yaml import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        (
            "a: 1\nb: true\nc: null\nd: plain text\ne:",
            {"a": 1, "b": True, "c": None, "d": "plain text", "e": None},
        ),
        ("---\na:\n  b:\n    c: x\nd: y\n", {"a": {"b": {"c": "x"}}, "d": "y"}),
        (
            "- a\n- b: 1\n  c: 2\n-\n  d: 3\n- - x\n  - y\n",
            ["a", {"b": 1, "c": 2}, {"d": 3}, ["x", "y"]],
        ),
        ("a:\n- 1\n- 2\nb: []\n", {"a": [1, 2], "b": []}),
        ("a: 'it''s'\nb: \"x\\n\\u00e9\"\n", {"a": "it's", "b": "x\n\u00e9"}),
        ("a: |\n  one\n   two\n\n  three\nb: 1", {"a": "one\n two\n\nthree\n", "b": 1}),
        ("a: |-\n  one\n\n", {"a": "one"}),
        ("a: |+\n  one\n\nb: 1", {"a": "one\n\n", "b": 1}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("a: |2\n    in\n  out\n", {"a": "  in\nout\n"}),
        (
            'a: plain\n  goes on\nb: "quoted\n  goes on"',
            {"a": "plain goes on", "b": "quoted goes on"},
        ),
        ("# a comment\na: x # y\n", {"a": "x # y"}),
    ],
)
def test_data_is_read(text: str, value: object) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1",
        "a: *x",
        "a: !!python/object x",
        "no colon",
        'a: "open',
        'a: "\\q"',
        "- " * 99 + "x",
    ],
)
def test_the_rest_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="in line"):
        read_yaml(text)


@given(st.text(alphabet="ab:- |>'\"\n#&{}[]1", max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    try:
        read_yaml(text)
    except FormatError:
        return
