"""The mirror folder: what a turn leaves there."""

from tests.cli.program import Home


def test_a_turn_that_ends_is_in_the_mirror_folder(home: Home) -> None:
    home.configure(f'mirror = "{home.folder}/notes"\n')
    assert home.run("ask", "What is a turn?").returncode == 0
    (file,) = (home.folder / "notes").iterdir()
    assert "What is a turn?" in file.read_text()
    other = Home(home.folder / "other")
    assert "Added: 1 conversation with 2 new messages." in other.run("import", str(file)).stdout


def test_what_is_not_kept_is_not_mirrored(home: Home) -> None:
    home.configure(f'mirror = "{home.folder}/notes"\n')
    assert home.run("ask", "--no-store", "What is a turn?").returncode == 0
    assert not (home.folder / "notes").exists()


def test_a_folder_that_cannot_be_written_is_told_after_the_answer(home: Home) -> None:
    (home.folder / "notes").write_text("in the way")
    home.configure(f'mirror = "{home.folder}/notes"\n')
    done = home.run("ask", "What is a turn?")
    assert done.returncode == 0
    assert "Nothing could be saved in" in done.stderr
