"""Results appear only when complete, and nothing of anybody's is lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atrisk.errors import OutputError
from atrisk.result.manifest import read_manifest
from atrisk.result.store import results_run

PUBLISHER = Path(__file__).with_name("publishes_once.py")
posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals, links or devices")


def publish(out: Path, files: dict[str, str], *, unhashed: tuple[str, ...] = ()) -> tuple[str, ...]:
    with results_run(out) as run:
        write(run.folder, files)
        return run.publish(unhashed=unhashed)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def contents(folder: Path) -> dict[str, str]:
    """Every file below ``folder`` except the manifest, with its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


VERSION_1 = {"report.html": "report 1", "figures/os.svg": "figure 1", "figures/pfs.svg": "old outcome"}
VERSION_2 = {"report.html": "report 2", "figures/os.svg": "figure 2"}


def test_results_appear_only_when_published(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with results_run(out) as run:
        write(run.folder, VERSION_1)
        assert not out.exists()
        run.publish()
        assert contents(out) == VERSION_1
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_new_results_replace_the_old_ones_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    assert publish(out, VERSION_2) == ()
    assert contents(out) == VERSION_2  # pfs.svg of version 1 was ours and is gone


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_fails_leaves_the_earlier_results(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    with pytest.raises(error), results_run(out) as run:  # noqa: PT012 - the block is the run that fails
        write(run.folder, {"report.html": "half"})
        raise error
    assert contents(out) == VERSION_1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_run_that_never_publishes_leaves_nothing(tmp_path: Path) -> None:
    with results_run(tmp_path / "out") as run:
        write(run.folder, VERSION_1)
    assert list(tmp_path.iterdir()) == []


def test_folders_made_on_the_way_go_again_unless_something_lies_in_them(tmp_path: Path) -> None:
    with results_run(tmp_path / "a" / "b" / "out") as run:
        write(run.folder, VERSION_1)
        (tmp_path / "a" / "mine.txt").write_text("mine", encoding="utf-8")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    with results_run(tmp_path / "empty" / "out"):
        pass
    assert (tmp_path / "empty").is_dir()


def test_the_manifest_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    """SHA-256 of "abc": FIPS 180-4 example."""
    out = tmp_path / "out"
    publish(out, {"a/b.txt": "abc", "timings.json": "1.0"}, unhashed=("timings.json",))
    content = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert content["files"] == {"a/b.txt": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    assert content["unhashed"] == ["timings.json"]


def test_the_manifest_does_not_depend_on_unhashed_files(tmp_path: Path) -> None:
    for name, text in (("one", "1.0"), ("two", "2.0")):
        publish(tmp_path / name, {"report.html": "r", "timings.json": text}, unhashed=("timings.json",))
    assert (tmp_path / "one/manifest.json").read_bytes() == (tmp_path / "two/manifest.json").read_bytes()


def test_timings_are_replaced_without_being_taken_for_edited(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, {"timings.json": "1.0"}, unhashed=("timings.json",))
    assert publish(out, {"timings.json": "2.0"}, unhashed=("timings.json",)) == ()
    assert contents(out) == {"timings.json": "2.0"}


def test_an_edited_file_is_kept_beside_each_time(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"report.html": "edited once"})
    assert publish(out, VERSION_2) == ("report.edited.html",)
    write(out, {"report.html": "edited twice", "figures/os.svg": "redrawn"})
    assert publish(out, VERSION_2) == ("figures/os.edited.svg", "report.edited-2.html")
    publish(out, VERSION_2)  # what was kept once stays, and is not kept again under another name
    assert contents(out) == {
        **VERSION_2,
        "report.edited.html": "edited once",
        "report.edited-2.html": "edited twice",
        "figures/os.edited.svg": "redrawn",
    }


def test_an_edited_file_that_the_new_results_no_longer_have_is_carried(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"figures/pfs.svg": "redrawn"})
    publish(out, VERSION_2)
    assert contents(out) == {**VERSION_2, "figures/pfs.svg": "redrawn"}


@posix_only
def test_peoples_own_files_links_and_folders_are_carried_untouched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"notes.docx": "mine", "letters/editor.txt": "dear", ".hidden": "h", "no suffix": "n"})
    (out / "empty").mkdir()
    (out / "data").symlink_to("../elsewhere")
    os.utime(out / "notes.docx", (1_000_000_000, 1_000_000_000))
    (out / "letters/editor.txt").chmod(0o400)
    assert publish(out, VERSION_2) == ()
    own = {"notes.docx": "mine", "letters/editor.txt": "dear", ".hidden": "h", "no suffix": "n"}
    assert contents(out) == {**VERSION_2, **own}
    assert (out / "empty").is_dir()
    assert os.readlink(out / "data") == "../elsewhere"
    assert (out / "notes.docx").stat().st_mtime == 1_000_000_000
    assert (out / "letters/editor.txt").stat().st_mode & 0o777 == 0o400


def test_a_folder_that_was_never_ours_is_adopted_with_all_it_holds(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, {"report.html": "somebody's", "thesis.tex": "x", "manifest.json": '{"name": "a web page"}'})
    assert publish(out, VERSION_1) == ("manifest.edited.json", "report.edited.html")
    assert contents(out) == {
        **VERSION_1,
        "report.edited.html": "somebody's",
        "thesis.tex": "x",
        "manifest.edited.json": '{"name": "a web page"}',
    }


def test_a_file_in_the_way_of_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, {"figures": "a file of mine", "report.html/inside.txt": "a folder of mine"})
    publish(out, VERSION_1)
    assert contents(out) == {
        **VERSION_1,
        "figures.edited": "a file of mine",
        "report.edited.html/inside.txt": "a folder of mine",
    }


def test_no_results_where_they_could_do_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tmp_path / "project" / "study.yaml"
    data = tmp_path / "data" / "patients.csv"
    write(tmp_path, {"project/study.yaml": "", "data/patients.csv": "", "project/sub/x": "", "home/x": ""})
    monkeypatch.chdir(tmp_path / "project" / "sub")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    refused = {
        study: "is a file",
        tmp_path / "project": "contains the folder you are in",
        Path(): "contains the folder you are in",
        Path(".."): "contains the folder you are in",
        tmp_path / "data": "contains the study's own file patients.csv",
        tmp_path / "home": "contains your home folder",
        Path(tmp_path.anchor): "a whole disk",
    }
    before = sorted(tmp_path.rglob("*"))
    for out, words in refused.items():
        with pytest.raises(OutputError, match=words), results_run(out, inputs=[study, data]):
            pytest.fail("must not begin")
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(OutputError, match=r"study's own file study\.yaml"),
        results_run(tmp_path / "project", inputs=[study, data]),
    ):
        pytest.fail("must not begin")
    assert sorted(tmp_path.rglob("*")) == before


@posix_only
def test_a_link_to_the_results_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "results")
    publish(tmp_path / "out", VERSION_1)
    publish(tmp_path / "out", VERSION_2)
    assert (tmp_path / "out").is_symlink()
    assert contents(tmp_path / "disk" / "results") == VERSION_2


@posix_only
def test_a_pipe_in_the_results_folder_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    os.mkfifo(out / "pipe")
    with pytest.raises(OutputError, match="neither a file nor a folder"), results_run(out):
        pytest.fail("must not begin")


def test_two_runs_into_one_folder_do_not_collide(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with results_run(out) as run:
        write(run.folder, VERSION_1)
        with pytest.raises(OutputError, match="another run"), results_run(out):
            pytest.fail("must not begin")
        assert contents(run.folder) == VERSION_1  # the second did not clear up the first one's work
        run.publish()
    assert contents(out) == VERSION_1


def test_a_full_disk_while_writing_is_said_and_changes_nothing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    out = tmp_path / "out"
    publish(out, VERSION_1)
    with pytest.raises(OutputError, match="disk is full"), results_run(out) as run:  # noqa: PT012 - likewise
        (run.folder / "report.html").symlink_to("/dev/full")
        (run.folder / "report.html").write_text("x" * 100_000, encoding="utf-8")
    assert contents(out) == VERSION_1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("failing", [1, 2])
def test_a_folder_that_cannot_be_renamed_leaves_the_earlier_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """On Windows a folder with a file open in Word cannot be renamed; here the first or second rename is refused."""
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"report.html": "edited"})
    rename, calls = Path.rename, []

    def refuse(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == failing:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match=r"open in another program .* are unchanged"):
        publish(out, VERSION_2)
    monkeypatch.undo()
    assert contents(out) == {**VERSION_1, "report.html": "edited"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def kill_publisher(out: Path, act: int) -> int:
    return subprocess.run([sys.executable, str(PUBLISHER), str(out), str(act)], capture_output=True).returncode


@posix_only
@pytest.mark.parametrize("first", [False, True], ids=["replacing", "first run"])
def test_death_at_every_step_loses_nothing(tmp_path: Path, first: bool) -> None:
    """The process dies before each of its acts on the file system in turn; the next start finds a whole folder.

    Whole is one of two states: what was there before, or all of version 2 with everything of anybody's carried over.
    """
    mine = {} if first else {"notes.txt": "mine"}
    before = {} if first else {**VERSION_1, **mine, "report.html": "edited", "timings.json": "timings 1"}
    after = {**VERSION_2, **mine, "timings.json": "timings 2"} | ({} if first else {"report.edited.html": "edited"})
    states = []
    for act in range(1, 1000):
        out = tmp_path / str(act) / "out"
        if not first:
            publish(out, {**VERSION_1, "timings.json": "timings 1"}, unhashed=("timings.json",))
            write(out, {"report.html": "edited", "notes.txt": "mine"})
        if kill_publisher(out, act) == 0:
            break
        everywhere = [path.read_text(encoding="utf-8") for path in out.parent.rglob("*") if path.is_file()]
        assert first or ("edited" in everywhere and "mine" in everywhere), f"lost by a death before act {act}"
        with pytest.raises(RuntimeError), results_run(out):
            raise RuntimeError
        found = contents(out) if out.exists() else {}
        assert found in (before, after), f"neither before nor after, by a death before act {act}"
        assert not first or out.exists() == (found == after)
        left = [path.name for path in out.parent.iterdir()] if out.parent.exists() else []
        assert left == (["out"] if out.exists() else [])
        states.append(found == after)
    assert states[0] is False
    assert states[-1] is True
    assert states == sorted(states)  # from some act on always the new results, never back
    assert len(states) > 20


@posix_only
def test_damage_by_a_loss_of_power_is_not_taken_for_results(tmp_path: Path) -> None:
    """Between the two renames, with a file of the new results cut short: the earlier results come back."""
    out = tmp_path / "out"
    publish(out, VERSION_1)
    work = tmp_path / ".out.atrisk"
    with results_run(tmp_path / "other") as run:
        write(run.folder, VERSION_2)
        run.publish()
    work.mkdir()
    (tmp_path / "other").rename(work / "run")
    out.rename(work / "previous")
    (work / "swap.json").write_text("{}", encoding="utf-8")
    (work / "run" / "report.html").write_text("", encoding="utf-8")
    with results_run(out):
        pass
    assert contents(out) == VERSION_1


@posix_only
def test_a_killed_run_frees_its_lock_and_its_leftovers_go(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    program = (
        "import sys, time, pathlib; from atrisk.result.store import results_run\n"
        "with results_run(pathlib.Path(sys.argv[1])) as run:\n"
        "    (run.folder / 'report.html').write_text('half'); print('writing', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(out)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        with pytest.raises(OutputError, match="another run"), results_run(out):
            pytest.fail("must not begin")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert contents(out) == VERSION_1
    assert (tmp_path / ".out.atrisk" / "run" / "report.html").exists()
    began = time.monotonic()
    publish(out, VERSION_2)
    assert time.monotonic() - began < 5
    assert contents(out) == VERSION_2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_damaged_manifest_counts_as_none(tmp_path: Path) -> None:
    for text in (
        "",
        "{",
        "[]",
        '{"format": 99, "files": {}, "unhashed": []}',
        '{"format": 1, "files": [], "unhashed": 1}',
    ):
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        assert read_manifest(tmp_path) is None


def test_a_file_saved_at_the_last_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves the report after it was compared with the manifest and before it is renamed away."""
    out = tmp_path / "out"
    publish(out, VERSION_1)
    rename = Path.rename

    def save_first(self: Path, target: Path) -> Path:
        if self == out:
            write(out, {"report.html": "saved late"})
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", save_first)
    assert publish(out, VERSION_2) == ("report.edited.html",)
    assert contents(out) == {**VERSION_2, "report.edited.html": "saved late"}


def test_a_file_saved_before_a_death_is_kept_by_the_next_start(tmp_path: Path) -> None:
    """The process died after both renames: what differs in the earlier results has not been carried over yet."""
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"report.html": "saved late"})
    publish(tmp_path / "new", VERSION_2)
    work = tmp_path / ".out.atrisk"
    work.mkdir()
    out.rename(work / "previous")
    (tmp_path / "new").rename(out)
    (work / "swap.json").write_text("{}", encoding="utf-8")
    with results_run(out):
        pass
    assert contents(out) == {**VERSION_2, "report.edited.html": "saved late"}


def test_a_disk_too_full_to_carry_files_over_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    publish(out, VERSION_1)
    write(out, {"notes.txt": "mine"})

    def full(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OutputError, match="disk is full"):
        publish(out, VERSION_2)
    assert contents(out) == {**VERSION_1, "notes.txt": "mine"}
