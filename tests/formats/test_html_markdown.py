"""HTML of replies becomes Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.formats.html_markdown import html_to_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("<b>bold</b>, <em>slanted</em>, <code>a &lt; b</code>", "**bold**, *slanted*, `a < b`"),
        ("<h2>Head</h2><p>text</p>", "## Head\n\ntext"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n\n  - b\n- c"),
        ("<ol><li><p>a</p></li><li>b</li></ol>end", "1. a\n2. b\n\nend"),
        ('<a href="https://e.org/x">E</a> <a>no</a>', "[E](https://e.org/x) no"),
        ("<pre><code>a\n  &lt;b&gt; ```\n</code></pre>", "````\na\n  <b> ```\n````"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
        ("a<script>alert(1)</script><style>p{}</style>b", "ab"),
        ('so <span data-math="x^2">x<sup>2</sup><span>!</span></span> is', "so $x^2$ is"),
        ('<div class="math-block" data-math="a &lt; b">x</div>end', "$$\na < b\n$$\n\nend"),
        (
            '<span class="katex"><math><semantics><mi>x</mi><annotation encoding='
            '"application/x-tex">\\frac{1}{2}</annotation></semantics></math>'
            '<span class="katex-html" aria-hidden="true"><span>1/2</span></span></span> of it',
            "$\\frac{1}{2}$ of it",
        ),
        ('<math display="block"><mi>x</mi><mo>+</mo><mn>1</mn></math>', "$$\nx+1\n$$"),
        ("<math><mi>never closed", ""),
        ("<pre>never closed", "```\nnever closed\n```"),
        ("</p></a></pre></script>stray", "stray"),
    ],
)
def test_structure_is_kept(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown


@given(st.text(alphabet="<>/&;apretdliouh1 \n", max_size=60))
def test_no_html_is_too_odd(html: str) -> None:
    assert isinstance(html_to_markdown(html), str)
