"""How many cells a picture takes, what half blocks show, and what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.pictures.cells import BoundedCache, SharedBound, half_block_rows
from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.placement import USUAL_CELL, CellSize, cell_size, place_picture

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


@pytest.mark.parametrize(
    ("pixels", "room", "cells"),
    [
        ((1200, 800), 90, (60, 20)),
        ((1200, 800), 30, (30, 10)),
        ((200, 100), 90, (20, 5)),
        ((800, 4000), 90, (10, 24)),
        ((2000, 10), 90, (60, 1)),
        ((39, 39), 90, (4, 2)),
    ],
)
def test_a_picture_keeps_its_shape_within_the_room(pixels, room: int, cells) -> None:
    assert place_picture(*pixels, room) == cells


@pytest.mark.parametrize("pixels", [(None, None), (0, 5), (30, 30), (20, 4000)])
def test_what_could_not_be_seen_takes_no_cells(pixels) -> None:
    assert place_picture(*pixels, 90) is None
    assert place_picture(800, 800, 3) is None


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 200))
def test_it_is_never_larger_than_the_room(width: int, height: int, room: int) -> None:
    cells = place_picture(width, height, room)
    assert cells is None or (4 <= cells.columns <= min(room, 60) and 1 <= cells.rows <= 24)


def test_a_terminal_that_claims_what_cannot_be_is_not_believed() -> None:
    assert cell_size(80, 24, 880, 528) == CellSize(11, 22)
    for claim in ((80, 24, 0, 0), (80, 24, 65535, 65535), (80, 24, 80, 2400), (0, 0, 9, 9)):
        assert cell_size(*claim) == USUAL_CELL


def test_two_pixels_are_one_cell_and_equal_cells_one_run() -> None:
    rgb = bytes(sum((*(RED,) * 2, GREEN, *(BLUE,) * 2, GREEN, RED, GREEN, BLUE), ()))
    assert half_block_rows(Pixels(3, 3, rgb)) == [
        [("▀▀", RED, BLUE), (" ", None, GREEN)],
        [(" ", None, RED), (" ", None, GREEN), (" ", None, BLUE)],
    ]


def test_what_was_not_used_for_longest_is_dropped_first() -> None:
    dropped: list[str] = []
    kept = BoundedCache[str, int](lambda key, _: dropped.append(key), SharedBound(10))
    kept.put("a", 1, 4)
    kept.put("b", 2, 4)
    assert kept.get("a") == 1
    kept.put("c", 3, 4)
    assert (dropped, kept.size, "b" in kept, kept.get("b")) == (["b"], 8, False, None)
    kept.put("a", 5, 6)
    assert (kept.get("a"), kept.size, list(kept)) == (5, 10, ["c", "a"])
    kept.put("d", 9, 11)
    assert (len(kept), kept.size) == (0, 0)
    kept.put("e", 1, 1)
    kept.clear()
    assert dropped[-1] == "e"


def test_caches_keep_no_more_than_the_bound_that_they_share() -> None:
    bound, dropped = SharedBound(10), []
    rows, viewer = (
        BoundedCache[str, int](lambda key, _: dropped.append(key), bound) for _ in range(2)
    )
    rows.put("a", 1, 3)
    rows.put("b", 2, 3)
    viewer.put("large", 3, 5)
    assert (dropped, bound.size) == (["a"], 8)
    rows.put("c", 4, 4)
    assert (dropped, bound.size, list(viewer)) == (["a", "b"], 9, ["large"])
    viewer.put("all", 5, 10)
    assert (list(rows), list(viewer), bound.size) == ([], ["all"], 10)
    viewer.put("more", 6, 11)
    assert (len(viewer), bound.size) == (0, 0)
