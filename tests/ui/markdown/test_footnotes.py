from tests.ui.markdown.samples import document, shown

TEXT = "A[^a] and B[^b], twice[^a].\n\n[^b]: Second\n\n[^a]: First\n\n    more"


def test_notes_are_numbered_in_the_order_in_which_they_stand() -> None:
    assert shown(TEXT) == [
        "A² and B¹, twice².",
        "",
        "¹ Second",
        "",
        "² First",
        "",
        "  more",
    ]


def test_a_reference_without_a_note_is_only_text() -> None:
    assert shown("A[^a] and B[^c].\n\n[^a]: First") == ["A¹ and B[^c].", "", "¹ First"]


def test_notes_are_only_text_until_the_message_is_complete() -> None:
    rows = document(TEXT, complete=False).lines(80)
    assert rows[0].plain == "A[^a] and B[^b], twice[^a]."


def test_notes_and_targets_are_found_in_a_long_message() -> None:
    text = "See[^n] [it][t].\n\n" + "A paragraph of text.\n\n" * 2_000
    rows = document(text + "[^n]: A note.\n\n[t]: https://x.example").layout(80)
    assert rows[0].plain == "See¹ it."
