from dataclasses import replace
from random import Random

import pytest

from fakegpt_tui.pictures.decoding import Pixels
from fakegpt_tui.pictures.placement import (
    MAX_KEPT_PIXELS,
    CellArea,
    CellSize,
    Zoom,
    cut_out,
    kept_size,
)

ROOM, CELL = CellArea(80, 20), CellSize(10, 20)


def test_a_picture_fits_its_room_at_first_in_its_own_shape() -> None:
    wide = Zoom(1600, 400, ROOM, CELL).visible
    assert wide == (0, 0, 1, 1, CellArea(80, 10))
    high = Zoom(100, 400, ROOM, CELL).visible
    assert high == (0, 0, 1, 1, CellArea(10, 20))


def test_zooming_in_shows_the_middle_and_out_again_everything() -> None:
    zoom = Zoom(1600, 800, ROOM, CELL)
    near = zoom.enlarged(3).visible
    assert near.area == CellArea(80, 20)
    assert near.right - near.left == pytest.approx(1.25**-3)
    assert near.left + near.right == pytest.approx(1)
    assert zoom.enlarged(3).enlarged(-3).visible == zoom.visible
    assert zoom.enlarged(-9).visible == zoom.visible


def test_a_small_picture_can_be_seen_in_life_size_and_no_smaller() -> None:
    icon = Zoom(64, 64, ROOM, CELL)
    assert icon.visible.area == CellArea(40, 20)
    assert icon.in_life_size().visible.area == CellArea(6, 3)
    assert icon.enlarged(-50).current == 1.0
    assert icon.in_life_size().fitted() == icon


def test_moving_goes_to_the_edge_and_no_further() -> None:
    zoom = Zoom(1600, 800, ROOM, CELL).enlarged(4)
    corner = zoom
    for _ in range(30):
        corner = corner.moved(1, 1)
    assert corner.visible.right == pytest.approx(1)
    assert corner.visible.bottom == pytest.approx(1)
    assert corner.moved(-1, 0).visible.left < corner.visible.left


def test_what_fits_goes_on_to_fit_in_another_room() -> None:
    zoom = Zoom(1600, 400, ROOM, CELL).in_room(CellArea(40, 20), CellSize(8, 16))
    assert zoom.visible == (0, 0, 1, 1, CellArea(40, 5))


@pytest.mark.parametrize("seed", range(300))
def test_what_is_seen_is_within_the_picture_and_the_room(seed: int) -> None:
    chance = Random(seed)
    most = chance.choice([5, 300, 20_000])
    size = chance.randint(1, most), chance.randint(1, most)
    room = CellArea(chance.randint(0, 400), chance.randint(0, 400))
    steps, move = chance.randint(-60, 60), chance.randint(-9, 9)
    zoom = Zoom(*size, room, CELL).enlarged(steps).moved(move, -move)
    for each in (zoom, zoom.in_life_size(), replace(zoom, x=2.0)):
        part = each.visible
        assert 0 <= part.left < part.right <= 1 + 1e-9
        assert 0 <= part.top < part.bottom <= 1 + 1e-9
        assert 1 <= part.area.columns <= max(1, room.columns)
        assert 1 <= part.area.rows <= max(1, room.rows)
    kept = kept_size(*size)
    assert kept[0] * kept[1] <= MAX_KEPT_PIXELS
    assert kept[0] <= size[0]
    assert kept[1] <= size[1]


def test_a_part_is_cut_out_and_scaled() -> None:
    red, blue = b"\xff\0\0", b"\0\0\xff"
    pixels = Pixels(4, 2, (red * 2 + blue * 2) * 2)
    left = Zoom(4, 2, CellArea(2, 1), CellSize(1, 2)).visible._replace(right=0.5)
    assert cut_out(pixels, left, 6, 6) == Pixels(6, 6, red * 36)
    assert cut_out(pixels, left._replace(right=1.0), 2, 1) == Pixels(2, 1, red + blue)
