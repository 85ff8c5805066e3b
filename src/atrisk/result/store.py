"""Folders of results that appear only when complete.

A run writes into a folder of its own beside OUT and is then swapped in. All that a swap needs lies in one hidden folder
beside OUT, on the same file system (``out/colon`` has ``out/.colon.atrisk``):

==============  ======================================================================================
``lock``        held by the run that works here; the system frees it when that process ends, however it ends
``run``         the results being written
``swap.json``   says that ``run`` is complete and may replace OUT
``previous``    the results that were replaced, until everything worth keeping has been carried over
==============  ======================================================================================

A folder cannot be renamed over a full one, so a swap takes two renames: OUT to ``previous``, ``run`` to OUT. A process
can die between any two steps; the next start finishes or undoes what it finds (`_recover`).

``manifest.json`` in OUT holds the SHA-256 of every file a run wrote. A file that differs from it was edited by someone,
a file that is not in it was put there by someone: both are carried into the new results, never overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import OutputError
from atrisk.result.carry_over import carry_over, flush
from atrisk.result.folder_lock import folder_lock
from atrisk.result.manifest import digest, files_below, read_manifest, write_manifest
from atrisk.result.origin import Origin

# What no folder of results can survive, whichever library met it first.
_FULL = {errno.ENOSPC, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True, slots=True)
class ResultsRun:
    """A run in progress: write below ``folder``, then `publish`."""

    out: Path
    work: Path
    origin: Origin | None = None

    @property
    def folder(self) -> Path:
        """Where this run writes; empty at first."""
        return self.work / "run"

    def publish(self, *, unhashed: Sequence[str] = (), data: str = "") -> tuple[str, ...]:
        """Put what was written in OUT's place and return the names under which edited files were kept.

        ``unhashed`` are files that differ from run to run (timings): they are listed in the manifest without a hash, so
        that the manifest does not differ too, and are replaced whatever they contain. ``data`` says in the manifest
        that no real patients stand behind the files.
        Raises OutputError, with OUT as it was, when the file system refuses.
        """
        try:
            write_manifest(self.folder, unhashed=unhashed, data=data, origin=self.origin)
            for name in files_below(self.folder):
                flush(self.folder / name)
            kept = carry_over(self.out, self.folder)
            if self.out.exists():
                shutil.copymode(self.out, self.folder)
            _mark(self.work)
            _swap(self.out, self.work)
        except OSError as error:
            raise _refused(self.out, error) from error
        try:
            # Once more: somebody may have saved a file between the copy above and the swap.
            kept += carry_over(self.work / "previous", self.out)
            _finish(self.work)
        except OSError as error:
            raise OutputError(
                f"{self.out}: the new results are in place, but clearing up failed ({error.strerror}). "
                "The next run tries again; until then the earlier results lie beside them, hidden."
            ) from error
        return tuple(dict.fromkeys(kept))


@contextlib.contextmanager
def results_run(out: Path, *, inputs: Sequence[Path] = (), study_file: Path | None = None) -> Iterator[ResultsRun]:
    """Open a run that will replace the folder ``out`` when it publishes, and only then.

    ``inputs`` are the study file and its data, which ``out`` must not contain. What an earlier run left behind when it
    was killed is finished or removed first. For ``study_file`` see `refuse_others`. Without a `publish`, or when the
    body raises, OUT stays as it was.
    Raises OutputError when ``out`` is no place for results, is in use by another run, or cannot be written; a full disk
    in the body is reported so too.
    """
    out = settled(out, inputs=inputs)
    work = out.parent / f".{out.name}.atrisk"
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(out, error) from error
    with _gone_if_empty(made), folder_lock(work, out):
        try:
            _recover(out, work)
            if out.exists():
                files_below(out)  # refuses now, not after the computing, what could not be carried over
            origin = refuse_others(out, study_file) if study_file is not None else None
            run = ResultsRun(out=out, work=work, origin=origin)
            run.folder.mkdir()
        except OSError as error:
            raise _refused(out, error) from error
        try:
            yield run
        except OSError as error:
            if error.errno in _FULL:
                raise _refused(out, error) from error
            raise
        finally:
            # The next start would do the same; what fails here is left to it.
            with contextlib.suppress(OSError, OutputError):
                _recover(out, work)


def refuse_others(out: Path, study_file: Path) -> Origin:
    """The origin of results of this study file in ``out``; raises OutputError where those there have another.

    That is a study file of another name, or of the same name in another folder. The same file may have been edited in
    the meantime. Results that do not say where they came from are replaced.
    """
    origin, found = Origin.of(study_file, out.resolve()), read_manifest(out)
    if found is None or not origin.is_another_than(found.origin):
        return origin
    if found.origin.name != origin.name:
        raise OutputError(
            f"{out}: holds the results of another study file, {found.origin.name}, and is not replaced by those of "
            f"{origin.name}. Choose another folder with --out, or give the studies an 'id:' each."
        )
    raise OutputError(
        f"{out}: holds the results of a study file {origin.name} in another folder, and is not replaced by those of "
        "this one. Choose another folder with --out, or give the studies an 'id:' each. If it is this study, which has "
        "been moved since, delete that folder or move it along."
    )


@contextlib.contextmanager
def _gone_if_empty(folders: Sequence[Path]) -> Iterator[None]:
    """Afterwards remove those of ``folders``, the deepest first, that hold nothing: what fails leaves no trace."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for folder in folders:
                folder.rmdir()


def settled(out: Path, *, inputs: Sequence[Path]) -> Path:
    """The absolute path of ``out``, links resolved; raises OutputError where results must not be written."""
    try:
        resolved = Path(os.path.abspath(out.expanduser())).resolve()
        occupied = resolved.exists() and not resolved.is_dir()
        precious = [(Path.cwd().resolve(), "the folder you are in"), (Path.home().resolve(), "your home folder")]
        precious += [(path.resolve(), f"the study's own file {path.name}") for path in inputs]
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{out}: cannot be used for results. Choose another folder with --out.") from error
    if resolved.name == "" or resolved.parent == resolved:
        raise OutputError(f"{out}: a whole disk cannot be a results folder. Choose a folder of its own with --out.")
    if occupied:
        raise OutputError(f"{out}: is a file, not a folder. Choose a folder for the results with --out.")
    for path, what in precious:
        if path == resolved or path.is_relative_to(resolved):
            raise OutputError(f"{out}: contains {what}. Choose a folder of its own for the results with --out.")
    return resolved


def _recover(out: Path, work: Path) -> None:
    """Finish or undo what a run that was killed left in ``work``.

    | swap.json | OUT | run | previous | the process died                | now                                        |
    |-----------|-----|-----|----------|---------------------------------|--------------------------------------------|
    | no        |     | yes | no       | while computing or writing      | remove ``run``                             |
    | yes       | yes | yes | no       | before the first rename         | remove ``run``                             |
    | yes       | no  | yes | yes, no  | between the two renames         | ``run`` to OUT if whole, else restore      |
    | yes       | yes | no  | yes, no  | before all was carried over     | carry over, then remove ``previous``       |
    | no        |     | no  | yes      | while ``previous`` was removed  | remove ``previous``                        |
    """
    run, previous = work / "run", work / "previous"
    if (work / "swap.json").exists():
        if not out.exists() and run.exists() and _whole(run):
            _rename(run, out)
        if not out.exists() and previous.exists():
            _rename(previous, out)
        carry_over(previous, out)
    _finish(work)


def _finish(work: Path) -> None:
    """Remove what a swap no longer needs; the mark first, because half of ``previous`` must not be carried over."""
    for name in ("swap.json", "swap.json.new"):
        (work / name).unlink(missing_ok=True)
    for name in ("previous", "run"):
        _remove(work / name)


def _remove(folder: Path) -> None:
    """Remove a folder with everything in it, also what somebody made read-only."""
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for place, _folders, files in os.walk(folder):
            os.chmod(place, stat.S_IRWXU)
            for name in files:
                if not os.path.islink(os.path.join(place, name)):
                    os.chmod(os.path.join(place, name), stat.S_IRUSR | stat.S_IWUSR)
        shutil.rmtree(folder)


def _whole(folder: Path) -> bool:
    """Whether every file of the manifest is there with its content: after a loss of power it may not be."""
    manifest = read_manifest(folder)
    return manifest is not None and all(
        (folder / name).is_file() and digest(folder / name) == expected for name, expected in manifest.hashes.items()
    )


def _mark(work: Path) -> None:
    """Say that ``run`` is complete; the mark itself appears whole or not at all."""
    draft = work / "swap.json.new"
    draft.write_text(json.dumps({"format": 1, "complete": "run"}) + "\n", encoding="utf-8")
    flush(draft)
    os.replace(draft, work / "swap.json")


def _swap(out: Path, work: Path) -> None:
    previous = work / "previous"
    replaces = out.exists()
    if replaces:
        _rename(out, previous)
    try:
        _rename(work / "run", out)
    except OSError:
        if replaces:
            _rename(previous, out)
        raise


def _rename(source: Path, target: Path) -> None:
    """Rename a folder; Windows refuses for a moment while a virus scanner looks into it."""
    for pause in (0.1, 0.3, 0.9):
        try:
            source.rename(target)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
        else:
            return
    source.rename(target)


def _holds_results(out: Path) -> bool:
    try:
        return out.is_dir() and any(out.iterdir())
    except OSError:
        return True


def _refused(out: Path, error: OSError) -> OutputError:
    """The words for a file system's refusal."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        why, remedy = "the disk is full", "Make room, or choose another folder with --out."
    elif isinstance(error, PermissionError):
        why = "writing there is not allowed, or a file in it is open in another program (Word, Excel)"
        remedy = "Close it, or choose another folder with --out."
    else:
        why, remedy = (
            f"the file system refused ({error.strerror or type(error).__name__})",
            "Choose another with --out.",
        )
    earlier = "Earlier results there are unchanged. " if _holds_results(out) else ""
    return OutputError(f"{out}: cannot write the results: {why}. {earlier}{remedy}")
