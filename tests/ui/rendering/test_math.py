import pytest

from fakegpt_tui.ui.rendering.latex import unicode_math
from tests.ui.rendering.samples import document, shown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x^2 + y_1^{10}", "x² + y₁¹⁰"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\frac12", "1/2"),
        (r"\alpha \le \beta \to \infty", "α ≤ β → ∞"),
        (r"\sqrt[3]{x+1}", "³√(x+1)"),
        (r"e^{i\pi}", "e^(iπ)"),
        (r"\sum_{i=1}^{n} i", "∑ᵢ₌₁ⁿ i"),
        (r"\lim_{x \to 0} f(x)", "lim_(x → 0) f(x)"),
        (r"\left(\mathbb{R}^n\right)", "(ℝⁿ)"),
        (r"\text{if } x > 0", "if x > 0"),
        (r"\hat{x} \cdot 90^\circ", "x̂ · 90°"),
        (r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", "[a b; c d]"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b\nc = d"),
    ],
)
def test_a_formula_is_written_with_the_signs_there_are(source: str, text: str) -> None:
    assert unicode_math(source) == text


@pytest.mark.parametrize(
    "source",
    [
        r"\unknown{x}",
        "{",
        r"\frac{",
        r"\overline{AB}",
        r"\begin{tikz}x\end{tikz}",
        "a % b",
        "{" * 999,
    ],
)
def test_a_formula_without_a_form_in_text_has_none(source: str) -> None:
    assert unicode_math(source) is None


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5.",
        "From $10 and $20 to $5-$6.",
        "Between $5 (or 6$) and 7$.",
        "US$ and A$ and $HOME/bin:$PATH",
        "`$x^2$` is code",
        "$ x^2 $ has spaces",
        "$unclosed x^2",
    ],
)
def test_money_and_code_are_no_formulas(text: str) -> None:
    assert shown(text) == [text.replace("`", "")]


def test_formulas_stand_in_text_and_on_lines_of_their_own() -> None:
    assert shown(r"So $n$, \(x_1\) and $$x^2$$.") == ["So n, x₁ and x²."]
    assert shown("$$\nx^2\n+ 1\n$$") == ["  x²", "  + 1"]
    assert shown("\\[ x^2 \\]\n\ntext") == ["  x²", "", "text"]


def test_a_formula_that_is_not_whole_stays_as_it_was_written() -> None:
    assert shown("$$\nx^2\n\ntext") == ["$$", "x^2", "", "text"]
    growing = document("", complete=False)
    for text in ("$$", "$$\nx^2", "$$\nx^2\n- y", "$$\nx^2\n- y\n$$"):
        growing.update(text, complete=False)
    assert [line.plain for line in growing.lines(40)] == ["  x²", "  − y"]


def test_what_a_formula_makes_is_safe_to_show() -> None:
    text = "".join(shown(r"$\text{a" + "\u202e" + r"}^2$ &#8238; $x_\x1b$"))
    assert "\u202e" not in text
    assert "\x1b" not in text
