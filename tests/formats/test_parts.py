"""Pictures and files go out with their conversation, and come back to the same bytes."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, Role
from fakegpt_tui.domain.parts import (
    CitationPart,
    FilePart,
    ImagePart,
    Origin,
    Part,
    ReasoningSpan,
    TextSpan,
    ToolCallPart,
    ToolResultPart,
    UnknownPart,
    fit_parts,
    without_origins,
)
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.html import write_html
from fakegpt_tui.formats.import_report import ImportOutcome
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.markdown import read_markdown, write_markdown
from fakegpt_tui.formats.markdown_blocks import write_clean_markdown
from fakegpt_tui.formats.registry import read_conversations
from fakegpt_tui.formats.saving import save_as, save_at
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import gif, png
from tests.dict_store import DictStore
from tests.formats.trees import CONVERSATION, branched, message

STORE = DictStore()
PNG, GIF, NOTES = png(4, 3), gif(5, 6), b"Buy milk.\n"
PICTURE = ImagePart(STORE.put_blob(PNG), "My cat (1).png", "A [cat]")
MOVING = ImagePart(STORE.put_blob(GIF + b"PK\x03\x04"), "../../evil.html")
FILE = FilePart(STORE.put_blob(NOTES), "notes.txt", as_text=True)
LARGE = FilePart(STORE.put_blob(bytes(range(256)) * 60_000), "large.bin")
SIGNED = Origin("anthropic", "s", "m", '{"signature": "--> x"}')
SOURCE = CitationPart(0, 4, "https://example.org/a", "Giraffes --> [x](y)")
PARTS: Sequence[Part] = (
    PICTURE,
    MOVING,
    FILE,
    SOURCE,
    TextSpan(2, SIGNED),
    TextSpan(3),
    ReasoningSpan(2, origin=SIGNED),
    ReasoningSpan(0, is_redacted=True, origin=SIGNED),
    ToolCallPart("1", "search", '{"q": "x"}'),
    ToolResultPart("1", "search", "--> found", blobs=(PICTURE.blob,)),
    UnknownPart("hologram", '{"depth":3,"kind":"hologram"}'),
)
TEXT = "They *flow*.\n```python\nopen"


def saying(*parts: Part, **changes: object) -> list[ChatMessage]:
    written = message(TEXT, reasoning="Hm, so", **changes)
    return [replace(written, parts=fit_parts(parts, written.text, written.reasoning))]


def taken(path: Path, store: DictStore | None = None) -> tuple[DictStore, Importer]:
    store = store or DictStore()
    return store, imported(path, store)


def imported(path: Path, store: DictStore | ConversationStore) -> Importer:
    importer = Importer(store)
    with ImportFile(path, service="s", model="m") as file:
        for item in read_conversations(file):
            importer.add(item)
    return importer


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=st.lists(st.sampled_from(PARTS), max_size=6), suffix=st.sampled_from(["md", "jsonl"]))
def test_parts_in_any_order_come_back_with_the_same_bytes(
    tmp_path: Path, parts: list[Part], suffix: str
) -> None:
    messages = saying(*parts)
    path = save_as(CONVERSATION, messages, tmp_path, suffix=suffix, read_blob=STORE.read_blob)
    found, importer = taken(path)
    (read,) = found.nodes.values()
    if suffix == "md":
        kept = fit_parts(without_origins(messages[0].parts), TEXT, "Hm, so")
        messages = [replace(messages[0], parts=kept)]
        assert "signature" not in path.read_text()
    assert read == messages[0]
    assert not importer.report.left_out
    for part in messages[0].parts:
        if isinstance(part, ImagePart | FilePart):
            assert found.read_blob(part.blob.digest) == STORE.read_blob(part.blob.digest)
    again = save_as(CONVERSATION, [read], tmp_path, suffix=suffix, read_blob=found.read_blob)
    assert again == path


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_what_a_service_wants_back_is_written_where_it_is_asked_for(
    tmp_path: Path, suffix: str
) -> None:
    (written,) = saying(*PARTS)
    path = save_as(
        CONVERSATION,
        [written],
        tmp_path,
        suffix=suffix,
        read_blob=STORE.read_blob,
        with_origins=True,
    )
    found, _ = taken(path)
    assert list(found.nodes.values()) == [written]


def test_a_large_file_comes_in_several_lines_and_back_as_one(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(LARGE), tmp_path, suffix="jsonl", read_blob=STORE.read_blob)
    assert max(map(len, path.read_bytes().splitlines())) < 10_000_000
    found, _ = taken(path)
    assert found.read_blob(LARGE.blob.digest) == STORE.read_blob(LARGE.blob.digest)


ONLY_TEXT = {"md": "266a7e89021cd0a1", "jsonl": "7143d6ea6e9a1a0f", "html": "0ec306e316aec1d0"}
"""How the digests of its files begin; without parts none may change."""


@pytest.mark.parametrize("suffix", ONLY_TEXT)
def test_a_conversation_of_only_text_is_written_to_the_same_bytes_as_ever(
    tmp_path: Path, suffix: str
) -> None:
    conversation, messages = branched()
    plain = save_as(conversation, messages, tmp_path / "a", suffix=suffix)
    assert hashlib.sha256(plain.read_bytes()).hexdigest()[:16] == ONLY_TEXT[suffix]
    with_reader = save_as(
        conversation, messages, tmp_path / "b", suffix=suffix, read_blob=STORE.read_blob
    )
    assert plain.read_bytes() == with_reader.read_bytes()
    assert [each.name for each in (tmp_path / "b").iterdir()] == [plain.name]
    if suffix != "html":
        assert re.search(rb"format\"?: 1\b", plain.read_bytes())
        parts = save_as(CONVERSATION, saying(PICTURE), tmp_path / "c", suffix=suffix)
        assert re.search(rb"format\"?: 2\b", parts.read_bytes())


def test_markdown_shows_pictures_from_the_folder_beside_it(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(*PARTS), tmp_path, read_blob=STORE.read_blob)
    text = path.read_text()
    assets = path.with_suffix(".assets")
    assert f"![A \\[cat\\]]({assets.name}/" in text
    assert "\\[1\\] Giraffes --\\> \\[x\\](y)" in text.replace("\\(", "(").replace("\\)", ")")
    assert {each.suffix for each in assets.iterdir()} == {".png", ".gif", ".txt"}
    assert {each.read_bytes() for each in assets.iterdir()} == {PNG, NOTES, GIF + b"PK\x03\x04"}
    assert all("evil" not in each.name or each.suffix == ".gif" for each in assets.iterdir())


PLACED = "See [it][a]:\n\n```\ncode\n\nmore\n```\nAfter it.\n\n[a]: https://example.org/b\n\nLast."


def placed(*offsets: int) -> ChatMessage:
    spans: list[Part] = []
    for start, end in pairwise((0, *offsets, len(PLACED))):
        spans += [TextSpan(end - start), PICTURE]
    return message(PLACED, parts=fit_parts((*spans[:-1], SOURCE), PLACED, ""))


@pytest.mark.parametrize(
    ("offset", "above"),
    [
        (0, "## Assistant"),
        (PLACED.index("```"), "See [it][a]:"),
        (PLACED.index("it]"), "See [it][a]:"),
        (PLACED.index("more"), "```"),
        (PLACED.index("After"), "```"),
        (len(PLACED), "Last."),
    ],
)
def test_a_picture_stands_below_the_block_in_which_it_came(
    tmp_path: Path, offset: int, above: str
) -> None:
    written = [placed(offset)]
    path = save_as(CONVERSATION, written, tmp_path, read_blob=STORE.read_blob)
    lines = [each for each in path.read_text().split("\n") if each and each[:4] != "<!--"]
    (at,) = (number for number, line in enumerate(lines) if line.startswith("!["))
    assert lines[at - 1] == above
    assert lines[-1].startswith("\\[1\\] Giraffes")
    assert list(taken(path)[0].nodes.values()) == written
    clean = write_clean_markdown(CONVERSATION, written).split("\n")
    (at,) = (number for number, line in enumerate(clean) if line.startswith("▣"))
    assert above in ("## Assistant", next(filter(None, clean[at - 1 :: -1])))


@given(
    text=st.text(alphabet="a \n\r`<>-*#\u2028é\U0001f600\0", max_size=40),
    offsets=st.lists(st.integers(0, 40), max_size=3),
)
def test_markdown_with_pictures_among_any_text_reads_back(text: str, offsets: list[int]) -> None:
    spans: list[Part] = []
    places = sorted(min(each, len(text)) for each in offsets)
    for start, end in pairwise((0, *places, len(text))):
        spans += [TextSpan(end - start), PICTURE]
    written = message(text, parts=fit_parts((*spans, SOURCE), text, ""))
    shown = write_markdown(CONVERSATION, [written], assets={PICTURE.blob.digest: "a/b.png"})
    assert read_markdown(shown)[1] == (written,)
    assert shown.count("![") >= len(offsets)


def test_a_file_whose_parts_are_all_above_the_text_is_still_read() -> None:
    written = placed(PLACED.index("After"))
    shown = write_markdown(CONVERSATION, [written])
    mark = re.search(r"mark: \"?(\w+)", shown)
    assert mark
    head, _, _ = shown.partition("\n## Assistant")
    old = head.replace('"assets": {}', '"shown_parts": 4, "assets": {}')
    old += f"\n## Assistant\n\n![a](b)\n\n\\[1\\] Giraffes\n\n{PLACED}\n"
    assert read_markdown(old)[1] == (written,)


def test_the_page_has_its_pictures_in_place_and_links_across_them() -> None:
    page = write_html(CONVERSATION, [placed(PLACED.index("more"))], read_blob=STORE.read_blob)
    code, picture, after = (page.index(each) for each in ("more", "<figure>", "After it."))
    assert code < picture < after < page.index("Last.") < page.index("[1] Giraffes")
    assert re.search('href="https://example.org/b"[^>]*>it</a>', page)


def test_a_file_that_is_named_by_a_person_has_its_folder_beside_it(tmp_path: Path) -> None:
    path = save_at(CONVERSATION, saying(PICTURE), tmp_path / "rivers.md", read_blob=STORE.read_blob)
    assert (tmp_path / "rivers.assets").is_dir()
    assert len(taken(path)[0].nodes) == 1


def test_a_format_leaves_a_name_that_ends_as_its_files_do_alone(tmp_path: Path) -> None:
    for suffix, name, written in (
        ("clean.md", "a.md", "a.md"),
        ("clean.md", "b", "b.clean.md"),
        ("openai.json", "c.JSON", "c.JSON"),
        ("html", "d.md", "d.md.html"),
    ):
        path = save_at(CONVERSATION, saying(FILE), tmp_path / name, suffix=suffix)
        assert path.name == written


def test_what_is_no_longer_in_the_conversation_leaves_the_folder(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(PICTURE, FILE), tmp_path, read_blob=STORE.read_blob)
    assets = path.with_suffix(".assets")
    (assets / "mine.txt").write_text("by hand")
    save_as(CONVERSATION, saying(FILE), tmp_path, read_blob=STORE.read_blob)
    assert {each.suffix for each in assets.iterdir()} == {".txt"}
    assert (assets / "mine.txt").exists()


def test_an_asset_that_was_changed_by_hand_stays_and_gets_a_neighbour(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(PICTURE), tmp_path, read_blob=STORE.read_blob)
    (asset,) = path.with_suffix(".assets").iterdir()
    asset.write_bytes(b"mine")
    save_as(CONVERSATION, saying(PICTURE), tmp_path, read_blob=STORE.read_blob)
    assert {each.read_bytes() for each in asset.parent.iterdir()} == {b"mine", PNG}
    found, _ = taken(path)
    assert found.read_blob(PICTURE.blob.digest) == PNG


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_bytes_that_are_missing_leave_a_line_and_the_name(tmp_path: Path, suffix: str) -> None:
    path = save_as(
        CONVERSATION, saying(PICTURE), tmp_path, suffix=suffix, read_blob=STORE.read_blob
    )
    if suffix == "md":
        (asset,) = path.with_suffix(".assets").iterdir()
        asset.unlink()
    else:
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith('{"blob"')))
    found, importer = taken(path)
    assert importer.report.loss_sentences()[0] == (
        "1 picture or file is not in the export; its name is kept."
    )
    (read,) = found.nodes.values()
    assert read.text == TEXT
    assert isinstance(read.parts[0], UnknownPart)
    from fakegpt_tui.domain.captions import captions  # noqa: PLC0415

    assert next(captions(read.parts)).text == "▢ My cat (1).png · missing"


@pytest.mark.parametrize("change", [b"changed", b""])
def test_bytes_that_were_changed_are_not_taken_for_what_was_said(
    tmp_path: Path, change: bytes
) -> None:
    path = save_as(CONVERSATION, saying(PICTURE), tmp_path, read_blob=STORE.read_blob)
    (asset,) = path.with_suffix(".assets").iterdir()
    asset.write_bytes(change)
    _, importer = taken(path)
    assert "1 picture or file is not in the export" in importer.report.loss_sentences()[0]


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.png", "link.png", "pipe"])
def test_a_path_of_an_asset_leads_nowhere_else(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "in"
    saved = save_as(CONVERSATION, saying(PICTURE), folder, read_blob=STORE.read_blob)
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    import os  # noqa: PLC0415

    os.mkfifo(folder / "pipe")
    (asset,) = saved.with_suffix(".assets").iterdir()
    named = f"{asset.parent.name}/{asset.name}"
    saved.write_text(saved.read_text().replace(f'": "{named}"', f'": {json.dumps(path)}'))
    _, importer = taken(saved)
    assert "is not in the export" in importer.report.loss_sentences()[0]


def test_importing_again_heals_bytes_that_were_damaged(tmp_path: Path) -> None:
    prompt = message("Look", role=Role.USER, parts=(PICTURE, TextSpan(4)))
    path = save_as(CONVERSATION, [prompt], tmp_path, read_blob=STORE.read_blob)
    with ConversationStore.open(tmp_path / "two" / "c.db") as store:
        assert imported(path, store).report.outcomes == {ImportOutcome.ADDED: 1}
        kept = store.blob_path(PICTURE.blob.digest)
        assert kept is not None
        kept.write_bytes(PNG[:-1] + b"x")
        assert imported(path, store).report.outcomes == {ImportOutcome.EXTENDED: 1}
        assert store.read_blob(PICTURE.blob.digest) == PNG
        assert imported(path, store).report.outcomes == {ImportOutcome.KNOWN: 1}


@pytest.mark.parametrize("loses", ["asset", "bytes"])
def test_a_later_import_fills_in_what_an_earlier_one_lacked(tmp_path: Path, loses: str) -> None:
    written = saying(PICTURE, TextSpan(3), FILE)
    path = save_as(CONVERSATION, written, tmp_path, read_blob=STORE.read_blob)
    assets = {each: each.read_bytes() for each in path.with_suffix(".assets").iterdir()}
    if loses == "asset":
        for asset in assets:
            asset.unlink()
    found, _ = taken(path)
    for asset, data in assets.items():
        asset.write_bytes(data)
    if loses == "bytes":
        found.blobs = type(found.blobs)()
    _, importer = taken(path, found)
    assert list(found.nodes.values()) == written
    assert found.read_blob(PICTURE.blob.digest) == PNG
    assert importer.report.outcomes == {ImportOutcome.EXTENDED: 1}
    assert importer.report.loss_sentences()[0] == (
        "1 message got pictures or files that were missing."
    )
    assert taken(path, found)[1].report.outcomes == {ImportOutcome.KNOWN: 1}


def test_an_import_takes_no_more_than_all_may_have_and_says_so(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(PICTURE, FILE), tmp_path, read_blob=STORE.read_blob)
    store, refused = DictStore(), "1 picture or file was left out, since attachment_total_limit"
    for limit in (len(PNG), len(PNG)):
        importer = Importer(store, max_blob_bytes=limit)
        with ImportFile(path, service="s", model="m") as file:
            for item in read_conversations(file):
                importer.add(item)
        assert importer.report.loss_sentences()[0].startswith(refused)
    assert store.blobs_size() == len(PNG)
    taken(path, store)
    assert list(store.nodes.values()) == saying(PICTURE, FILE)


def test_importing_again_changes_nothing_and_a_dry_run_counts_the_same(tmp_path: Path) -> None:
    path = save_as(CONVERSATION, saying(PICTURE, FILE), tmp_path, read_blob=STORE.read_blob)
    dry_store = DictStore()
    dry = Importer(dry_store, dry_run=True)
    with ImportFile(path, service="s", model="m") as file:
        assert [dry.add(item) for item in read_conversations(file)] == [ImportOutcome.ADDED]
    assert dry_store.nodes == {}
    found, importer = taken(path)
    assert dry.report.summary(dry_run=False) == importer.report.summary(dry_run=False)
    _, again = taken(path, found)
    assert again.report.outcomes[ImportOutcome.KNOWN] == 1


def test_the_page_has_its_pictures_in_it_and_runs_nothing(tmp_path: Path) -> None:
    svg = FilePart(STORE.put_blob(b"<svg onload='alert(1)'/>"), "<script>.svg")
    page = save_as(
        CONVERSATION,
        saying(PICTURE, svg, SOURCE, CitationPart(0, 0, "javascript:x", "<b>")),
        tmp_path,
        suffix="html",
        read_blob=STORE.read_blob,
    ).read_text()
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in page
    assert "img-src data:;" in page
    assert "data:application/octet-stream;base64," in page
    assert "<script" not in page
    assert "svg+xml" not in page
    assert 'href="javascript' not in page
    assert 'href="https://example.org/a"' in page


def test_a_store_gives_its_pictures_to_another(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "one" / "c.db") as store:
        blob = store.put_blob(PNG)
        prompt = message("Look", role=Role.USER, parts=(ImagePart(blob, "a.png"), TextSpan(4)))
        store.add_turn(CONVERSATION, prompt).result()
        for suffix in ("md", "jsonl"):
            save_as(
                CONVERSATION,
                store.messages(CONVERSATION.id),
                tmp_path / suffix,
                suffix=suffix,
                read_blob=store.read_blob,
            )
    for suffix in ("md", "jsonl"):
        with ConversationStore.open(tmp_path / f"two-{suffix}" / "c.db") as other:
            (path,) = (tmp_path / suffix).glob(f"*.{suffix}")
            imported(path, other)
            assert other.path(CONVERSATION.id) == (prompt,)
            assert other.read_blob(blob.digest) == PNG
