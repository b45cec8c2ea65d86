import stat
from pathlib import Path

import pytest

from fakegpt_tui.cli.log import describe_crash, write_crash_report
from fakegpt_tui.domain import SaveError, StoreError

CANARY = "canary-secret-0451"


def crash() -> BaseException:
    """An error with a canary in each place that a careless report would show."""
    token = CANARY
    try:
        try:
            {}[f"key {CANARY}"]
        except KeyError as cause:
            raise ValueError(f"message {token}") from cause
    except ValueError as error:
        error.add_note(f"note {token}")
        return error


def deep(depth: int) -> None:
    if depth:
        deep(depth - 1)
    raise RecursionError(CANARY)


def test_a_report_says_what_and_where_and_no_values(tmp_path: Path):
    report = write_crash_report(crash(), folder=tmp_path).read_text()
    assert CANARY not in report
    assert "ValueError\n" in report
    assert "tests/cli/test_crash_report.py:" in report
    assert " in crash\n" in report
    assert "caused by: KeyError\n" in report
    assert "Textual 8." in report


def test_a_report_tells_nothing_of_whose_computer_it_is(tmp_path: Path):
    report = write_crash_report(crash(), folder=tmp_path).read_text()
    assert str(Path(__file__).parent.parent.parent) not in report


def test_a_report_is_its_owners_alone(tmp_path: Path):
    path = write_crash_report(crash(), folder=tmp_path / "new" / "folder")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_each_report_has_a_file_of_its_own(tmp_path: Path):
    assert write_crash_report(crash(), folder=tmp_path) != write_crash_report(
        crash(), folder=tmp_path
    )
    assert len(list(tmp_path.iterdir())) == 2


def test_what_was_written_for_people_is_shown(tmp_path: Path):
    error = StoreError("The store is\n\x1b]0;x\x07full.")
    said = describe_crash(error, folder=tmp_path)
    assert "fakegpt_tui.domain.errors.StoreError: The store is ␛]0;x␇full." in said
    assert "\x1b" not in write_crash_report(error, folder=tmp_path).read_text()


def test_a_deep_recursion_is_told_in_short(tmp_path: Path):
    with pytest.raises(RecursionError) as caught:
        deep(500)
    report = write_crash_report(caught.value, folder=tmp_path).read_text()
    assert report.count(" in deep\n") < 50
    assert "more …" in report


def test_every_error_of_a_group_is_told(tmp_path: Path):
    group = BaseExceptionGroup(CANARY, [OSError(CANARY), LookupError(CANARY)])
    report = write_crash_report(group, folder=tmp_path).read_text()
    assert "one of them: OSError\n" in report
    assert "one of them: LookupError\n" in report
    assert CANARY not in report


def test_errors_that_cause_each_other_end(tmp_path: Path):
    first, second = ValueError(), TypeError()
    first.__context__, second.__context__ = second, first
    report = write_crash_report(first, folder=tmp_path).read_text()
    assert report.count("TypeError") == 1


def test_without_a_place_for_reports_the_crash_is_still_told(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(SaveError):
        write_crash_report(crash(), folder=blocked)
    said = describe_crash(crash(), folder=blocked)
    assert "ValueError" in said
    assert "No crash report could be written" in said
    assert CANARY not in said
