"""``atrisk lock``: records what a study declares before its outcomes are read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from atrisk.cli.terminal import say

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("study_file", metavar="STUDY.yaml", type=_FILE)
@click.option("--out", metavar="DIR", type=_FILE, help="Results folder.  [default: out/<study id>]")
@click.option("--again", is_flag=True, help="Replace an earlier lock; what it recorded is lost.")
def lock(study_file: Path, out: Path | None, *, again: bool) -> None:
    """Record what the study declares, before its outcomes are read.

    Writes STUDY.lock.json beside the study file and reads no data. Later runs say of every margin whether it was
    pre-specified. A lock made when the results folder already holds results says so, and pre-specifies nothing.
    """
    from atrisk.errors import OutputError
    from atrisk.study.load import load_study
    from atrisk.study.lock import lock_path, lock_text

    loaded = load_study(study_file)
    target = lock_path(study_file)
    if target.exists() and not again:
        raise click.UsageError(f"{target} exists. A lock is made once; --again replaces it.")
    folder = out or Path("out") / loaded.study.study.id
    existed = (folder / "results.csv").exists()
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    try:
        target.write_text(lock_text(loaded.study, date=today, results_existed=existed), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}.") from error
    say(f"Locked: {target}")
    if existed:
        say(f"  {folder} already holds results of this study: nothing in the lock counts as pre-specified.")
