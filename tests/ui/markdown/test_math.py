import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.ui.markdown.latex import latex_to_unicode
from tests.ui.markdown.samples import document, shown


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
        (r"a \\[6pt] b", "a\nb"),
        (r"\dfrac{a}{b} + \cfrac{1}{1 + \tfrac{1}{x}}", "a/b + 1/(1 + 1/x)"),
        (r"\frac{1}{2}mv^2 = 2\frac{1}{3}", "1/2 mv² = 2 1/3"),
        (r"\frac\pi2 + \sqrt\pi", "π/2 + √π"),
        (r"\left.\frac{dy}{dx}\right|_{x=0}", "dy/dx|ₓ₌₀"),
        (r"\bigg\{ \left\langle x \right\rangle", "{ ⟨ x ⟩"),
        (r"\binom{n}{k} \ne \|x\|_2", "C(n, k) ≠ ‖x‖₂"),
        (r"\operatorname*{argmax}_x f''(x)", "argmaxₓ f″(x)"),
        (r"X \stackrel{d}{=} Y \xrightarrow[n]{d} Z", "X =ᵈ Y →ᵈ Z"),
        (r"a \equiv b \pmod{n} \iff c \bmod n \tag{1}", "a ≡ b (mod n) ⇔ c mod n (1)"),
        (r"\boldsymbol{\beta}^\prime = 5\%", "β′ = 5%"),
        (r"\left(\begin{array}{cc} a & b \\ c & d \end{array}\right)", "(a b; c d)"),
    ],
)
def test_a_formula_is_written_with_the_signs_there_are(source: str, text: str) -> None:
    assert latex_to_unicode(source) == text


@pytest.mark.parametrize(
    "source",
    [
        r"\unknown{x}",
        "{",
        r"\frac{",
        r"\overline{AB}",
        r"\begin{tikz}x\end{tikz}",
        r"\overrightarrow{AB}",
        r"\frac",
        r"\frac\hat x",
        r"\frac\href x",
        r"\textfrac{a}{b}",
        r"\hat{\unknown}",
        r"\verb",
        "a % b",
        "{" * 999,
    ],
)
def test_a_formula_without_a_form_in_text_has_none(source: str) -> None:
    assert latex_to_unicode(source) is None


LATEX = (
    r"\frac \dfrac \cfrac \sqrt \binom \hat \mathbf \text \tag \left \right \operatorname "
    r"\xrightarrow \overset \pmod \href \verb \footnote \begin{array} \end{array} \begin{cases} "
    r"\end{cases} \\ \{ \} \alpha \item { } [ ] ( ) ^ _ & x 1 * ' '' . | ~ $ # `"
)


@given(st.lists(st.sampled_from([*LATEX.split(), " "]), max_size=8).map("".join))
def test_nothing_that_looks_like_a_formula_is_an_error(source: str) -> None:
    text = latex_to_unicode(source)
    assert text is None or "\ue000" not in text


def test_nothing_is_logged_about_a_formula(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "pylatexenc.latex2text"):
        assert latex_to_unicode(r"\textfrac{a}{b}") is None
    assert not caplog.records


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5.",
        "From $10 and $20 to $5-$6.",
        "Between $5 (or 6$) and 7$.",
        "US$ and A$ and $HOME/bin:$PATH",
        "`$x^2$` is code",
        "$ x^2 $ has spaces",
        "PATH=$HOME/.local_bin:$PATH and $A=$B, ${A_X}/${B} and $(pwd)_x/$(date)",
        "$a[$i] $f($x) $x$y $a+$b $a,$b $i < $n; $$ is a process, $$ too",
        "A sum of $5 (x) or 6$, 5$-10$, US$5-A$6, $$$ and $$$",
        "$unclosed x^2",
    ],
)
def test_money_and_code_are_no_formulas(text: str) -> None:
    assert shown(text) == [text.replace("`", "")]


def test_formulas_stand_in_text_and_on_lines_of_their_own() -> None:
    assert shown(r"So $n$, \(x_1\) and $$x^2$$.") == ["So n, x₁ and x²."]
    assert shown("$$\nx^2\n+ 1\n$$") == ["  x²", "  + 1"]
    assert shown("\\[ x^2 \\]\n\ntext") == ["  x²", "", "text"]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("$p < 0.05$, $x + y + z$ and $2n + 1$", "p < 0.05, x + y + z and 2n + 1"),
        ("$0 < p < 1$, $f(x) + g(x)$, $(x, y)$", "0 < p < 1, f(x) + g(x), (x, y)"),
        ("$|x|$, $n!$, $ab$, $2x$, $0$, $log n$", "|x|, n!, ab, 2x, 0, log n"),
        (r"the $i$th of $n$, 10$\mu$m at 90$^\circ$", "the ith of n, 10μm at 90°"),
        ("其中$x_1$是变量，$y$也是。", "其中x₁是变量，y也是。"),
    ],
)
def test_what_only_a_formula_can_be_is_one(text: str, drawn: str) -> None:
    assert shown(text) == [drawn]


def test_a_formula_that_was_given_lines_of_its_own_has_them_inside_of_a_paragraph() -> None:
    assert shown("The bound is\n$$\nx \\le 1\n$$\nfor all $x$.") == [
        "The bound is",
        "x ≤ 1",
        "for all x.",
    ]
    rows = "\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}"
    assert shown(f"$${rows}$$") == ["a = b", "c = d"]
    assert shown(f"So\n\\[{rows}\\]\nholds") == ["So", "a = b", "c = d", "holds"]
    assert shown("so $$x^2$$\nand") == ["so x² and"]


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


@pytest.mark.parametrize(
    "formula", ["$x + y + z$", r"\(a + b\)", "$$\nx \\le y\n$$", "\\[\nx \\ne y\n\\]"]
)
def test_a_long_paragraph_is_not_cut_inside_of_a_formula(formula: str) -> None:
    signs = set("$\\")
    for words in range(500, 515):
        text = "a " * words + formula + " and more" * 90
        assert not signs & set("".join(shown(text)))


def test_a_sum_of_money_does_not_keep_a_long_paragraph_whole() -> None:
    text = "It costs $5 more. " * 200
    assert " ".join(shown(text, 10_000)) == text.strip()
    growing = document("", complete=False)
    for end in range(0, len(text), 97):
        growing.update(text[:end], complete=False)
        assert [line.plain for line in growing.lines(80)] == [
            line.plain for line in document(text[:end], complete=False).lines(80)
        ]
