"""Markdown to lines: pure, without a widget.

A message is a `Document`. Its text is cut into chunks at `split_points`; a chunk that is looked at
is parsed (`parser`, `chunks`) into fragments: each a block, or a part of a long one, that
settles while the rest grows. A `Layout` draws fragments into `Line`s at one width, and drops them
again when they are out of view. Floors, each importing only those to its right:

    document → chunks → block_types → quotes, lists, paragraphs, tables, code_blocks
    → items, inline → parser → parser_rules, split_points, latex, blocks
    document → layout → virtual_layout → chunk_layout → render_context → lines, wrapping, palette

How a block is drawn, split and resumed is its `BlockType`, in its own module. A new kind of
block is a module with a function that draws, and a row in `block_types`; write an example in
`tests/ui/markdown/golden/<block>.md`, run `python -m tests.ui.markdown.samples`, and read what was
drawn. Every property is then tested with it. Only a block that can grow long needs more.

A block is split between items, rows, lines of code, quoted blocks, and inside of paragraphs, and
so are those in items and quotes. What cannot be split, or is one paragraph, is plain text beyond
32 KB, and says so.
"""
