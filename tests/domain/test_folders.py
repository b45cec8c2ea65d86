import pytest

from fakegpt_tui.domain.folders import (
    clean_folder,
    clean_tags,
    folder_order,
    is_inside,
    join_folder,
    move_path,
    parse_tag_changes,
    split_tags,
    with_ancestors,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Work", "Work"),
        (" /Work // My  reports/ ", "Work/My reports"),
        ("/", ""),
        ("a\nb", "a b"),
        ("\ud800", "?"),
        ("/".join("abcdefghijkl"), "a/b/c/d/e/f/g/h"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_path_has_names_between_single_slashes(typed: str, kept: str) -> None:
    assert clean_folder(typed) == kept == clean_folder(kept)


def test_a_slash_in_a_name_of_another_program_makes_no_folder() -> None:
    assert join_folder("Work", "in/out") == "Work/in\u2215out"


def test_tags_are_kept_once_each_as_they_were_first_typed() -> None:
    assert split_tags("#Tax, summer  house,TAX,, # late") == ("Tax", "summer house", "late")
    assert clean_tags(["a,b"]) == ("a b",)
    assert parse_tag_changes("#a, -b c,-#d") == (("a",), ("b c", "d"))


def test_what_is_in_a_folder_moves_with_it() -> None:
    assert is_inside("Work/2026", "Work")
    assert not is_inside("Workshop", "Work")
    moved = [move_path(each, "Work", "Job/Old") for each in ("Work", "Work/2026", "Workshop")]
    assert moved == ["Job/Old", "Job/Old/2026", "Workshop"]
    assert [move_path(each, "Work", "") for each in ("Work", "Work/2026")] == ["", "2026"]


def test_folders_are_sorted_as_a_tree() -> None:
    paths = with_ancestors(["b/x/y", "B-side", "a", ""])
    assert sorted(paths, key=folder_order) == ["a", "b", "b/x", "b/x/y", "B-side"]
