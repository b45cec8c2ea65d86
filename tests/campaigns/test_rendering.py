"""The property tests of Markdown, with many random documents."""

import pytest
from hypothesis import given, settings

from tests.ui.markdown import test_document, test_limits
from tests.ui.markdown.documents import DOCUMENTS, LONG_DOCUMENTS
from tests.ui.markdown.test_document import CUTS, QUICK, WIDTH, assert_grows_to_what_it_is
from tests.ui.markdown.test_limits import TEXTS, assert_alike_at_each_cut

MANY = settings(QUICK, max_examples=1_500, derandomize=False)


@pytest.mark.long
@MANY
@given(DOCUMENTS | LONG_DOCUMENTS, CUTS, WIDTH, test_document.CHUNK_SIZES)
def test_what_is_shown_does_not_depend_on_how_the_text_came(
    text: str, cuts: list[float], width: int, chunk_size: int
) -> None:
    assert_grows_to_what_it_is(text, cuts, width, chunk_size)


@pytest.mark.long
@MANY
@given(TEXTS, CUTS, WIDTH, test_limits.CHUNK_SIZES)
def test_a_stream_shows_at_each_moment_what_its_text_alone_would(
    text: str, cuts: list[float], width: int, chunk_size: int
) -> None:
    assert_alike_at_each_cut(text, cuts, width, chunk_size)
