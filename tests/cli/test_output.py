"""Exit codes, and the sentence on standard error."""

import errno

import click
import pytest

from fakegpt_tui.cli.output import (
    ExitCode,
    echo_err,
    exit_code,
    handle_errors,
    handle_output_errors,
)
from fakegpt_tui.domain import (
    BadReply,
    Busy,
    ConfigError,
    FakeGPTError,
    LoginRefused,
    NotFound,
    NotSignedIn,
    PromptTooLong,
    RateLimited,
    ReplyCut,
    RequestRefused,
    SaveError,
    StoreError,
    Unreachable,
    Unsupported,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (NotSignedIn("x"), 3),
        (LoginRefused("x"), 3),
        (Unreachable("x"), 4),
        (ReplyCut("x"), 4),
        (RateLimited("x"), 5),
        (Busy("x"), 5),
        (NotFound("x"), 6),
        (StoreError("x"), 1),
        (SaveError("x"), 1),
        (PromptTooLong("x"), 1),
        (RequestRefused("x"), 1),
        (Unsupported("x"), 1),
        (BadReply("x"), 1),
    ],
)
def test_each_trouble_has_its_exit_code(error: FakeGPTError, code: int) -> None:
    assert exit_code(error) == code


def test_trouble_is_one_safe_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as caught, handle_errors():
        raise NotFound("There is no\n\x1b[31mconversation.")
    assert caught.value.exit_code == ExitCode.NOT_FOUND
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "fakegpt-tui: There is no ␛[31mconversation.\n"


def test_ctrl_c_is_no_error_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as caught, handle_errors():
        raise KeyboardInterrupt
    assert caught.value.exit_code == 130
    assert capsys.readouterr().err == ""


def test_a_defect_is_not_taken_for_trouble() -> None:
    with pytest.raises(ZeroDivisionError), handle_errors():
        _ = 1 / 0


def test_what_is_said_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    echo_err("Serving.")
    assert capsys.readouterr() == ("", "fakegpt-tui: Serving.\n")


def test_too_many_open_files_are_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"), handle_output_errors():
        raise OSError(errno.EMFILE, "canary")
    assert capsys.readouterr().err.startswith("fakegpt-tui: Too many files are open. `ulimit")
