from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakegpt_tui.formats.markdown_blocks import find_closing_line
from tests.examples import examples

lines = st.sampled_from(
    [
        *(
            "```",
            "````",
            "~~~",
            "~~~~",
            "```python",
            "~~~ a`b",
            "``` a`b",
            "```  ",
            "```\t",
            "`` `",
        ),
        *(
            " ```",
            "   ~~~",
            "    ```",
            "\t```",
            "- ```",
            "  ```",
            "> ```",
            "1. ```",
            "2) ~~~",
            "* a",
        ),
        *(
            "> a",
            "- a",
            "  b",
            "<pre>",
            "   <div>",
            "</pre>",
            "a < b",
            "<!-- a",
            "-->",
            "<?x",
            "- <pre>",
        ),
        *(
            "text",
            "text ```",
            "",
            "---",
            "| a |",
            "[a]: <",
            '[a]: /b "c',
            "    code",
            "# heading",
            "===",
        ),
    ]
)
texts = st.lists(lines, max_size=10).flatmap(
    lambda found: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(found))
)


def shows_what_follows(text: str) -> bool:
    """Does a heading after the text stand on its own?"""
    last = MarkdownIt("commonmark").parse(f"{text}\n\n<!-- -->\n## Heading\n")[-1]
    return last.type == "heading_close" and last.level == 0


@examples(500)
@given(texts)
@example("```\n~~~\n````\n~~~")
def test_a_line_is_added_where_it_is_needed_and_nowhere_else(text: str) -> None:
    line = find_closing_line(text)
    assert (line == "") is shows_what_follows(text)
    assert shows_what_follows(f"{text}\n{line}")
