"""Links and sources of a message, as `/links` lists them."""

from fakegpt_tui.domain.parts import CitationPart, TextSpan
from fakegpt_tui.ui.markdown.inline import message_links

TEXT = """\
See [one **bold**](https://one.example) <https://auto.example>, https://bare.example/x and [two][r].

- ![a cat](https://pictures.example/cat.png) and [one **bold**](https://one.example) again

> | a |
> |---|
> | [in a table](https://table.example) |

```md
[code](https://code.example)
```

[script](javascript:alert(1)) [relative](other.md) [mail](mailto:a@example.org)

[r]: https://reference.example
"""


def test_all_that_can_be_opened_is_listed_once_and_sources_last() -> None:
    source = CitationPart(0, 4, "https://source.example", "A source")
    parts = (TextSpan(len(TEXT)), source, source, CitationPart(0, 4, "", "No address"))
    assert list(message_links(TEXT, parts)) == [
        ("one bold", "https://one.example"),
        ("https://auto.example", "https://auto.example"),
        ("https://bare.example/x", "https://bare.example/x"),
        ("two", "https://reference.example"),
        ("a cat", "https://pictures.example/cat.png"),
        ("in a table", "https://table.example"),
        ("mail", "mailto:a@example.org"),
        ("A source", "https://source.example"),
    ]


def test_a_long_message_is_read_to_its_end() -> None:
    text = "\n\n".join(f"Paragraph [{number}](https://{number}.example)" for number in range(900))
    assert [link.label for link in message_links(text)] == list(map(str, range(900)))
