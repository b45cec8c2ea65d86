"""Markdown to lines: pure functions, no widget.

A `Document` is a message. Its text is cut into `Chapters`, between blocks (`borders`) and inside
of long ones (`seams`), of which those that somebody looks at are read (`reading`) into `Piece`s,
each a Markdown block (`Node`) or a part of one that settles while the rest grows. A `Layout` draws
pieces into `Line`s at one width and forgets them again.

To add a construct, add a module with a function of the type `Draw` and name it in `constructs`;
write an example in `tests/ui/rendering/golden/<construct>.md`, run
`python -m tests.ui.markdown.samples`, and read what was drawn. Every property is then tested with
it. Only if it can grow very long does it need a `Split` too.

Where nothing of this program is needed (`borders`, `seams`, `flows`, `counting`, `emoji`, `latex`,
`math_rules`), the module says so and imports nothing else of ours.
"""
