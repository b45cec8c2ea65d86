import pytest

from tests.ui.markdown.samples import CORPUS, WIDTHS, golden, golden_path


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CORPUS)
def test_a_drawn_example_is_what_was_read_and_accepted(name: str, width: int) -> None:
    expected = golden_path(name, width).read_text(encoding="utf-8")
    assert golden(name, width) == expected
