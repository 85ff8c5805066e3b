"""The commands: ``atrisk run``, ``check``, ``lock``, ``new``, ``schema``, ``simulate`` and ``verify``.

Nothing slow is imported before a command needs it, so that ``atrisk --help`` answers at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atrisk import __version__
from atrisk.cli.findings import count_words, finding_lines, warning_lines
from atrisk.cli.lock_command import lock
from atrisk.cli.terminal import Stages, say
from atrisk.cli.verify_command import verify
from atrisk.errors import BlockedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atrisk.read.database_address import DatabaseAddress
    from atrisk.report.figures.side_process import Drawers
    from atrisk.result.finding import Finding
    from atrisk.result.run_result import RunResult
    from atrisk.study.load import LoadedStudy

EXIT_CODES = """\b
Exit codes:
  0    all went well
  1    findings block the study (of the data check, or nobody is left in the cohort), or a verification failed
  2    the command line is wrong
  3    the study file (or the simulation's) says something impossible
  4    a data file cannot be used
  5    the results folder cannot be written
  70   an internal error of atrisk
  130  interrupted
"""

_FILE = click.Path(path_type=Path)
_STUDY = click.argument("study_file", metavar="STUDY.yaml", type=_FILE)
_DATA_ROOT = click.option(
    "--data-root", metavar="DIR", type=_FILE, help="Where the data files lie.  [default: the study file's folder]"
)

_DATABASE = click.option(
    "--database",
    "given",
    metavar="NAME=URL",
    multiple=True,
    help="Address of a PostgreSQL database that the study names; the password comes from PGPASSWORD.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="atrisk")
def cli() -> None:
    """From patient tables to a complete, checkable comparative-outcomes study."""


cli.add_command(lock)
cli.add_command(verify)


@cli.command()
@_STUDY
@click.option("--out", metavar="DIR", type=_FILE, help="Results folder.  [default: out/<study id>]")
@_DATA_ROOT
@_DATABASE
def run(study_file: Path, out: Path | None, data_root: Path | None, given: tuple[str, ...]) -> int:
    """Compute the whole study and write its report.

    Results appear only when complete. Until then, and whenever a run fails, earlier results stay as they are; a result
    file that somebody has edited is kept beside the new one.
    """
    stages = Stages()
    blocked: tuple[Finding, ...] | None = None
    with stages.shown():
        stages("load")
        loaded = _load(study_file)
        from atrisk.report.figures.side_process import drawing_beside
        from atrisk.result.finding import Finding
        from atrisk.result.store import refuse_others, results_run
        from atrisk.run.study import run_study

        folder = out or Path("out") / loaded.study.study.id
        beside = folder.with_name(f"{folder.name}-check")
        inputs = _inputs(loaded, study_file, data_root)
        refuse_others(beside, study_file)
        with results_run(folder, inputs=inputs, study_file=study_file) as results, drawing_beside() as drawer:
            try:
                result = run_study(
                    loaded,
                    stages,
                    data_root=data_root,
                    databases=_databases(loaded, given),
                    compared=lambda main: _begin_figures(main, drawer),
                )
            except BlockedError as error:
                blocked = tuple(finding for finding in error.findings if isinstance(finding, Finding))
            else:
                _write(result, results.folder, stages, drawer)
                kept = results.publish(unhashed=("timings.json",), data=str(loaded.study.study.synthetic or ""))
    if blocked is not None:
        return _report_check(loaded, blocked, beside, study_file, data_root)
    _say_results(result, folder, kept)
    if result.findings or beside.exists():
        # Beside the results and never among them: these are passed on, and the check report holds patients' values.
        report = _check_report(loaded, result.findings, beside, inputs)
        say(f"  Check report (with patients' values; keep it at your site): {report}")
    say(f"  Report: {folder / 'report.html'}  ({sum(stages.durations.values()):.1f} s)")
    return 0


@cli.command()
@_STUDY
@click.option("--out", metavar="DIR", type=_FILE, help="Folder of the check report.  [default: out/<study id>-check]")
@_DATA_ROOT
@_DATABASE
def check(study_file: Path, out: Path | None, data_root: Path | None, given: tuple[str, ...]) -> int:
    """Read and check the study and its data; nothing about outcomes is computed."""
    stages = Stages()
    with stages.shown():
        stages("load")
        loaded = _load(study_file)
        from atrisk.run.study import check_study

        findings = check_study(loaded, stages, data_root=data_root, databases=_databases(loaded, given))
    out = out or Path("out") / f"{loaded.study.study.id}-check"
    return _report_check(loaded, findings, out, study_file, data_root)


@cli.command()
@click.argument("data_file", metavar="DATA", type=_FILE)
@click.option("--out", metavar="FILE", type=_FILE, help="The study file to write.  [default: study.yaml]")
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook that has several.")
@click.option("--header-row", metavar="N", type=click.IntRange(1), help="The row of a sheet with the columns' names.")
@click.option("--table", metavar="NAME", help="The table of a database file.")
def new(data_file: Path, out: Path | None, sheet: str | None, header_row: int | None, table: str | None) -> None:
    """Begin a study file from the columns of a data file (CSV, Excel, SPSS, Stata, SAS, Parquet, DuckDB, SQLite)."""
    from atrisk.cli.new_study import new_study

    if sheet is not None and table is not None:
        raise click.UsageError("A file has sheets or tables, not both: give --sheet or --table.")
    places = {"sheet": sheet, "header_row": header_row, "table": table}
    within = {word: place for word, place in places.items() if place is not None}
    target = new_study(data_file, out, within=within)
    say(f"Begun: {target}. Write its title, and read it to the end: CHECK marks guesses. Then: atrisk check {target}")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the study file, for editors."""
    from atrisk.study.schema import json_schema

    # ASCII, so that a redirected file is right whatever the terminal's encoding is.
    say(json.dumps(json_schema(), indent=2, ensure_ascii=True))


@cli.command()
@click.argument("spec_file", metavar="SPEC.yaml", type=_FILE)
@click.option("--out", metavar="DIR", type=_FILE, required=True, help="Folder for the tables.")
def simulate(spec_file: Path, out: Path) -> None:
    """Make the tables of a synthetic cohort from published aggregates.

    A file in the folder that this command did not write, or that was edited since, is never replaced.
    """
    from atrisk.simulate.cohort import simulate as simulate_cohort

    simulate_cohort(spec_file, out, lambda line: say(f"  {line}", error=True))
    say(f"Tables: {out}")


def _load(study_file: Path) -> LoadedStudy:
    from atrisk.study.load import load_study

    return load_study(study_file)


def _databases(loaded: LoadedStudy, given: tuple[str, ...]) -> Mapping[str, DatabaseAddress]:
    """The addresses that the user gave; the profile is looked at only where the study names a database."""
    from atrisk.cli.databases import known_databases

    named = any(table.database is not None for table in loaded.study.data.values())
    return known_databases(given, with_profile=named)


def _inputs(loaded: LoadedStudy, study_file: Path, data_root: Path | None) -> list[Path]:
    root = data_root or loaded.folder
    return [study_file, *(root / file for table in loaded.study.data.values() for file in table.files)]


def _begin_figures(main: RunResult, drawer: Drawers | None) -> None:
    from atrisk.report.write import begin_figures

    begin_figures(main, drawer)


def _write(result: RunResult, folder: Path, stages: Stages, drawer: Drawers | None) -> None:
    from atrisk.report.write import write_report
    from atrisk.result.write import write_rows, write_timings

    stages("write rows")
    write_rows(result, folder)
    write_report(result, folder, stages, drawer)
    stages.end()
    write_timings(stages.durations, folder)


def _report_check(
    loaded: LoadedStudy, findings: tuple[Finding, ...], out: Path, study_file: Path, data_root: Path | None
) -> int:
    """Print the findings, write the check report, and say whether they block (the exit code)."""
    from atrisk.result.finding import blocking

    for line in finding_lines(findings):
        say(line)
    report = _check_report(loaded, findings, out, _inputs(loaded, study_file, data_root))
    say(f"Findings: {count_words(findings)}")
    say(f"Check report (with patients' values; keep it at your site): {report}")
    if not blocking(findings):
        return 0
    say("The study cannot run before the findings that block are corrected.")
    return 1


def _check_report(loaded: LoadedStudy, findings: tuple[Finding, ...], out: Path, inputs: list[Path]) -> Path:
    """Write the check report into the folder ``out`` and return its path."""
    from atrisk.report.check_report import write_check_report
    from atrisk.result.store import results_run

    with results_run(out, inputs=inputs, study_file=inputs[0]) as results:
        report = out / write_check_report(loaded.study, findings, results.folder).relative_to(results.folder)
        kept = results.publish()
    _say_kept(kept, out)
    return report


def _say_results(result: RunResult, out: Path, kept: tuple[str, ...]) -> None:
    main = result.comparisons[0]
    groups = ", ".join(f"{main.group_labels[code]} {main.n[code]}" for code in main.groups)
    say(str(result.study.study.title))
    say(f"  {sum(main.n.values())} patients: {groups}")
    if result.findings:
        say(f"  Findings of the data check: {count_words(result.findings)}")
        for line in warning_lines(result.findings):
            say(f"    {line}")
    agrees = [row.value == 1.0 for row in result.rows if (row.analysis, row.statistic) == ("published", "agrees")]
    if agrees:
        chosen = ", selected to agree" if result.study.study.synthetic else ""
        say(f"  Published against computed: {sum(agrees)} of {len(agrees)} agree{chosen}")
    _say_kept(kept, out)


def _say_kept(kept: tuple[str, ...], out: Path) -> None:
    for name in kept:
        say(f"  Edited since the last run, kept as {out / name}")
