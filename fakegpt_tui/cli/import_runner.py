"""Running an import, with its progress and its report."""

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import click

from fakegpt_tui.chat.undo import ImportUndo
from fakegpt_tui.cli.composition import open_store
from fakegpt_tui.cli.output import ExitCode, echo_err, echo_json, echo_progress
from fakegpt_tui.config.spec import Settings
from fakegpt_tui.domain import LoadError, NotSavedYet, StoreError
from fakegpt_tui.formats.archives import ArchiveGroup
from fakegpt_tui.formats.base import ImportItem, LoadedItem
from fakegpt_tui.formats.discovery import FoundSource, find_sources_here, list_import_files
from fakegpt_tui.formats.documents import ImportFile
from fakegpt_tui.formats.import_report import ImportOutcome, ImportReport
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.registry import explain, read_conversations
from fakegpt_tui.text import safe_line

_MAX_SKIPPED_SHOWN = 20


def import_files(
    settings: Settings, files: Iterable[Path], *, dry_run: bool, verbose: bool, as_json: bool
) -> ExitCode:
    """Import all files that can be read, and print a report.

    Raises:
        StoreError: The store cannot be written; what was imported before stays.
    """
    code = ExitCode.DONE
    paths = list(list_import_files(files))
    with (
        open_store(settings, changes=True) as store,
        ArchiveGroup(each.path for each in paths) as group,
    ):
        undo = ImportUndo(store.changes)
        importer = Importer(
            store,
            dry_run=dry_run,
            keep_undo=undo.keep,
            max_blob_bytes=settings.attachment_total_limit * 1_000_000,
        )
        run = partial(_import_file, importer, group, settings, verbose=verbose and not as_json)
        importer.note_missing(paths)
        try:
            for path in filter(importer.begin, paths):
                try:
                    run(path.path)
                except LoadError as error:
                    if sentence := importer.refuse(path, error):
                        code = ExitCode.FAILURE
                        echo_err(sentence)
                    elif verbose and not as_json:
                        echo_progress(f"no chats  {safe_line(str(path.path))}")
        except NotSavedYet as error:
            raise StoreError(f"{error.reason} What was imported before that stays.") from error
        finally:
            # Also after ctrl+c, and when the disk is full: what was imported stays.
            undo.finish()
            importer.report.log(dry_run=dry_run)
            report = _print_json if as_json else _print_summary
            report(importer.report, dry_run=dry_run)
    return ExitCode.FAILURE if importer.report.took_nothing else code


def choose_sources(*, as_json: bool) -> tuple[Path, ...]:
    """Show what can be imported on this machine, and ask which of it to import.

    Ends the program with 2 where there is no terminal to ask on, or nothing was found or chosen.
    """
    sources = find_sources_here()
    if as_json:
        echo_json({"version": 1, "sources": [_source_document(each) for each in sources]})
        raise SystemExit(ExitCode.USAGE)
    if not sources:
        raise click.UsageError("Nothing was found on this machine. Name a file or folder.")
    width = max(len(each.name) for each in sources)
    for number, each in enumerate(sources, start=1):
        place = safe_line(str(each.path))
        click.echo(f"{number:>3}  {safe_line(each.name):<{width}}  {each.summary:<28}  {place}")
    if not sys.stdin.isatty():
        echo_err("Name what to import: fakegpt-tui import PATH …")
        raise SystemExit(ExitCode.USAGE)
    answer = click.prompt("Import which? Numbers, or all", err=True)
    return tuple(path for each in _chosen(sources, answer) for path in each.files)


def _chosen(sources: Sequence[FoundSource], answer: str) -> list[FoundSource]:
    words = answer.replace(",", " ").split()
    if words == ["all"]:
        return list(sources)
    known = {str(number): each for number, each in enumerate(sources, start=1)}
    if unknown := [word for word in words if word not in known]:
        raise click.UsageError(f"There is no number {unknown[0]} in the list.")
    return [known[word] for word in dict.fromkeys(words)]


def _source_document(source: FoundSource) -> dict[str, object]:
    return {
        "name": source.name,
        "path": str(source.path),
        "conversations": source.count or None,
        "bytes": source.size,
    }


def explain_files(settings: Settings, files: Iterable[Path]) -> ExitCode:
    """Print what each file is taken for, and why; nothing is imported."""
    code = ExitCode.DONE
    for path in list_import_files(files):
        if not path.opened:
            continue
        try:
            with ImportFile(path.path, service=settings.service, model="") as file:
                for sentence in filter(None, explain(file)):
                    click.echo(f"{safe_line(str(path.path))}: {safe_line(sentence, 400)}")
        except LoadError as error:
            code = ExitCode.FAILURE
            echo_err(f"{path.path}: {error}")
    return code


def _import_file(
    importer: Importer, group: ArchiveGroup, settings: Settings, path: Path, *, verbose: bool
) -> None:
    model = settings.model or settings.chosen_service.model
    with (
        ImportFile(path, service=settings.service, model=model, group=group) as file,
        click.progressbar(
            length=max(file.size, 1),
            label=safe_line(path.name, 30),
            file=sys.stderr,
            hidden=verbose or not sys.stderr.isatty(),
        ) as bar,
    ):
        for found in read_conversations(file):
            outcome = importer.add(found)
            bar.length = max(file.size, 1)
            bar.update(max(file.bytes_read - bar.pos, 0))
            if verbose:
                echo_progress(_line(outcome, found))


def _line(outcome: ImportOutcome, found: ImportItem) -> str:
    if not isinstance(found, LoadedItem):
        return f"{outcome.value:<8}  {found.where}"
    conversation = found.conversation
    return f"{outcome.value:<8}  {safe_line(conversation.id)}  {safe_line(conversation.title)}"


def _print_json(report: ImportReport, *, dry_run: bool) -> None:
    reasons = (*report.refused, *report.skip_reasons())
    document = {
        "version": 1,
        "dry_run": dry_run,
        **{outcome.value: report.outcomes[outcome] for outcome in ImportOutcome},
        "messages": report.messages,
        "left_out": dict(report.left_out),
        "files": report.files,
        "passed_over": len(report.passed_over),
        "passed_over_files": report.passed_over,
        "not_looked_at": report.unopened,
        "reasons": [{"where": each.where, "reason": each.reason} for each in reasons],
    }
    echo_json(document)


def _print_summary(report: ImportReport, *, dry_run: bool) -> None:
    click.echo(report.summary(dry_run=dry_run))
    for sentence in report.loss_sentences():
        click.echo(sentence)
    for each in report.skip_reasons()[:_MAX_SKIPPED_SHOWN]:
        echo_err(each.reason)
    if len(report.skipped) > _MAX_SKIPPED_SHOWN:
        echo_err(
            f"And {len(report.skipped) - _MAX_SKIPPED_SHOWN} more were skipped; --json tells all."
        )
