"""What a drawing of a Mermaid source has to say."""

import pytest

from fakegpt_tui.pictures.diagrams import draw_diagram, said_words, says_all


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "flowchart LR\n a1[Start here] -->|yes| b2{Really?}\n b2 -- no way --x c((End)):::red\n"
            " style a1 fill:red\n class a1,b2 red\n click a1 call()\n subgraph s [Mine]\n end",
            "start here yes really no way end mine",
        ),
        ("graph TD; One --> Two; Two o--o Three", "one two three"),
        ('flowchart\n n@{ shape: rect, label: "New <b>node</b> &amp; x" }', "new node x"),
        (
            "%% no\nsequenceDiagram\n participant A as Alice\n A->>+Bob: Hi: you\n A-xBob: lost\n"
            " Note over A,Bob: both\n loop each day\n end\n rect rgb(1, 2, 3)",
            "alice bob hi you lost both each day",
        ),
        (
            '---\ntitle: x\n---\nstateDiagram-v2\n state "A long name" as s\n s --> [*] : done\n'
            " state f <<fork>>\n note right of s : noted",
            "a long name done noted",
        ),
        (
            'classDiagram\n class A["Label"]\n class Box~Item~ {\n +int age\n }\n A *-- "many" Box',
            "label box item int age many",
        ),
        (
            'erDiagram\n ONE ||--o{ TWO : has\n ONE {\n string id PK "why"\n }',
            "one two has string id pk why",
        ),
        (
            "gantt\n title Plan\n dateFormat YYYY\n section S\n Task one :done, a, 2024",
            "plan s task one",
        ),
        ('pie showData title Pets\n "Big dogs" : 3.5', "pets big dogs"),
        ("graph LR\n A[二つ]", "二 つ"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_words_of_a_source_are_those_that_are_to_be_seen(source: str, words: str) -> None:
    assert said_words(source) == frozenset(words.split())


def test_words_may_be_in_any_row_and_none_may_be_left_out() -> None:
    source = "graph LR\n A[Two words] --> B[二つ]"
    assert says_all(source, ["two", "| WORDS", "二", "つ"])
    assert not says_all(source, ["two", "wo│rds", "二つ"])


async def test_a_drawing_without_some_of_the_source_is_none() -> None:
    known = "stateDiagram-v2\n Still --> Moving"
    assert await draw_diagram(known)
    assert not await draw_diagram(f"{known}\n Still : what it says of itself")
