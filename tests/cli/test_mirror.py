"""The mirror folder: what a turn leaves there."""

from tests.cli.program import Home
from tests.cli.test_json_documents import check_document


def test_a_turn_that_ends_is_in_the_mirror_folder(home: Home) -> None:
    home.configure(f'mirror = "{home.folder}/notes"\n')
    assert home.run("ask", "What is a turn?").returncode == 0
    (file,) = (home.folder / "notes").iterdir()
    assert "What is a turn?" in file.read_text()
    other = Home(home.folder / "other")
    assert "Added: 1 conversation with 2 new messages." in other.run("import", str(file)).stdout


def test_what_is_not_kept_is_not_mirrored(home: Home) -> None:
    home.configure(f'mirror = "{home.folder}/notes"\n')
    assert home.invoke("ask", "--no-store", "What is a turn?").exit_code == 0
    assert not (home.folder / "notes").exists()


def test_a_folder_that_cannot_be_written_is_told_after_the_answer(home: Home) -> None:
    (home.folder / "notes").write_text("in the way")
    home.configure(f'mirror = "{home.folder}/notes"\n')
    done = home.invoke("ask", "What is a turn?")
    assert done.exit_code == 0
    assert "Nothing could be saved in" in done.stderr


def test_every_command_that_changes_something_is_followed(home: Home) -> None:
    folder = home.folder / "notes"
    home.configure(f'mirror = "{folder}"\n')
    assert home.invoke("ask", "What is a turn?").exit_code == 0
    (file,) = folder.iterdir()
    file.write_text(file.read_text().replace("## User\n\nWhat is a turn?", "## User\n\nA turn?"))
    listed = home.invoke("mirror")
    assert (listed.exit_code, listed.stdout) == (0, f"edited: {file}\n")
    check_document("mirror", home.invoke("mirror", "--json").stdout)
    assert "Read back into" in home.invoke("mirror", "--read-back").stdout
    assert "The mirror folder is as the store is." in home.invoke("mirror").stderr
    assert home.invoke("rename", "What", "Turns").exit_code == 0
    (file,) = folder.iterdir()
    assert file.name.startswith("turns-")
    assert "A turn?" in file.read_text()
    file.unlink()
    assert home.invoke("archive", "Turns").exit_code == 0
    assert "archived: true" in file.read_text()
    assert home.invoke("delete", "Turns").exit_code == 0
    assert list(folder.iterdir()) == []


def test_without_a_mirror_folder_the_command_says_how_to_have_one(home: Home) -> None:
    done = home.invoke("mirror")
    assert done.exit_code != 0
    assert 'mirror = "DIR"' in done.stderr
