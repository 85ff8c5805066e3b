"""Study files read: what is understood, and every kind of mistake answered with its line, column and the right word.

In the cases below ``§`` marks where the answer must point; it is taken out before the file is written, so the expected
line and column are counted here and not by the program under test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import Problem, StudyError
from atrisk.study.cohort import Index, Keep
from atrisk.study.grouping import SqlGroups
from atrisk.study.load import LoadedStudy, load_study
from atrisk.study.outcome import FirstOf, OutcomeFromDates

EXAMPLES = Path(__file__).parents[2] / "examples"

STUDY = """\
atrisk: 1
study:
  id: small
  title: {en: A small study, zh: 小型研究}
  data_cut: 2022-06-30
data:
  patient:   {file: data/patient.csv, key: patient_id}
  operation: {file: data/operation.csv, key: op_id, parent: patient}
  scan:
    file: data/scan.csv
    parent: patient
    where: scan.quality <> 'bad'
variables:
  patient.sex: {label: Sex, levels: {F: Female, M: Male}}
  patient.ki67:
    unit: "%"
    range: [0, 100]
    missing: [-9, 007, no, 12:30]
  patient.diagnosed: {partial: {day: 1, month: 7}}
dates_in_order:
  - operation.op_date <= death_date
cohort:
  - keep: op_date >= DATE '2000-01-01'
    per: operation
    otherwise: Operated before 2000
  - index: first operation by op_date
    time_zero: op_date
  - keep: sex IN ('F', 'M')
    otherwise: Sex not recorded
    unknown: exclude
groups:
  by: site
  order: [UP, SI, P]
  reference: UP
  pairs: [SI vs UP, P vs UP]
  multiplicity: holm
derive:
  large: {sql: size >= 50, label: Large}
  grade: {definition: who_grade, edition: 2022}
  leak: {from: scan, where: "finding = 'leak'", take: any, date: scan_date, within: 90 days, if_none: false}
  progression: {definition: progression_from_imaging, of: scan.status}
outcomes:
  os:
    label: Overall survival
    event: death_date
    censor: last_contact_date
    at: [1 year, 5 years]
    time_unit: years
  pfs:
    label: Progression-free survival
    event: {first_of: [progression.date, death_date]}
    censor: progression.last_scan
  relapse:
    label: Relapse
    time: {column: patient.time, unit: months}
    status: {column: patient.status, event: 1, censored: 0}
surgical_outcomes: [large, leak]
baseline:
  show: [patient.sex, large]
comparisons:
  size:
    label: Large against small
    by: {sql: size >= 50, levels: {true: Large, false: Small}}
    restrict: site <> 'P'
    outcomes: [os, leak]
published:
  - {what: Five years, row: {outcome: os, statistic: survival, group: UP, time: 5 years}, value: 53 %, within: 2 points}
settings:
  conf_level: 0.9
"""


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "study.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def loaded(folder: Path, text: str | bytes) -> LoadedStudy:
    return load_study(written(folder, text))


def problems(folder: Path, text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(StudyError) as caught:
        loaded(folder, text)
    return caught.value.problems


def changed(old: str, new: str) -> tuple[str, int, int]:
    """The study with ``old`` replaced once, and the line and column of the mark in ``new``."""
    assert STUDY.count(old) >= 1, old
    text = STUDY.replace(old, new, 1)
    before = text[: text.index("§")]
    return text.replace("§", ""), before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize("name", ["colon", "netlm", "pbc"])
def test_the_examples_load(name: str) -> None:
    assert load_study(EXAMPLES / name / "study.yaml").study.study.id == name


def test_a_study_says_what_was_written(tmp_path: Path) -> None:
    found = loaded(tmp_path, STUDY)
    study = found.study
    assert found.folder == tmp_path.resolve()
    assert found.text == STUDY.encode()
    assert study.root == "patient"
    assert study.index is not None
    assert (study.index.which, study.index.table, study.index.by) == ("first", "operation", "op_date")
    assert [type(step) for step in study.cohort] == [Keep, Index, Keep]
    assert isinstance(study.comparisons["size"].by, SqlGroups)
    assert study.comparisons["size"].codes == ("true", "false")
    assert isinstance(study.outcomes["os"], OutcomeFromDates)
    assert isinstance(study.outcomes["pfs"].event, FirstOf)  # type: ignore[union-attr]
    assert study.study.title.in_language("zh") == "小型研究"
    assert str(study.study.data_cut) == "2022-06-30"
    assert study.settings.conf_level == 0.9


def test_scalars_are_yaml_1_2_and_codes_stay_as_written(tmp_path: Path) -> None:
    """``no`` and ``12:30`` were false and 750 in YAML 1.1; ``007`` would lose its zeros as a number."""
    assert loaded(tmp_path, STUDY).study.variables["patient.ki67"].missing == ("-9", "007", "no", "12:30")


def test_a_file_that_claims_yaml_1_1_is_read_the_same(tmp_path: Path) -> None:
    text = "%YAML 1.1\n---\n" + STUDY
    assert loaded(tmp_path, text).study.variables["patient.ki67"].missing == ("-9", "007", "no", "12:30")


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, ending: str) -> None:
    assert loaded(tmp_path, STUDY.replace("\n", ending)).study.study.id == "small"


def test_a_text_over_several_lines_is_one_line_with_spaces(tmp_path: Path) -> None:
    text = STUDY.replace(
        "  id: small\n", "  id: small\n  question: >-\n    Does it\n    fold?\n  source: |\n    one\n    two\n"
    )
    about = loaded(tmp_path, text).study.study
    assert str(about.question) == "Does it fold?"
    assert str(about.source) == "one\ntwo\n"


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"\xef\xbb\xbf" + STUDY.encode()).study.study.id == "small"


def test_anchors_within_reason_are_read(tmp_path: Path) -> None:
    text = STUDY.replace("{label: Sex, levels: {F: Female, M: Male}}", "&sex {label: Sex}\n  patient.gender: *sex")
    assert str(loaded(tmp_path, text).study.variables["patient.gender"].label) == "Sex"


# What is changed, into what (with the mark), where it is in words, and how the answer begins.
MISTAKES = [
    ("atrisk: 1", "atrisk: §2", "atrisk", "the file is written in format 2, and this program knows formats up to 1."),
    ("atrisk: 1", "atrisk: §one", "atrisk", "expected 1, the version of the format"),
    ("atrisk: 1", "atrisk: §true", "atrisk", "expected 1, the version of the format"),
    ("atrisk: 1", "§atrsk: 1", "atrsk", "there is no key 'atrsk' here. Did you mean 'atrisk'?"),
    ("atrisk: 1\n", "§", "", "the file does not say in which format it is written. Write 'atrisk: 1' at its top."),
    ("id: small", "id: §very small", "study.id", "expected letters, digits, - and _ only"),
    ("  id: small\n", "  id: small\n  §titel: x\n", "study.titel", "there is no key 'titel' here. Did you mean 'title"),
    ("{en: A small", "{§english: A small", "study.title.english", "'english' is not a language code such as en or zh"),
    ("{en: A small study,", "{en: §5,", "study.title.en", "expected a text. A number or true/false as a text stands i"),
    ("2022-06-30", "§2022", "study.data_cut", "expected a date such as 2022-06-30"),
    ("2022-06-30", "§2022-06-31", "study.data_cut", "expected a date such as 2022-06-30"),
    ("2022-06-30", "§30.06.2022", "study.data_cut", "expected a date such as 2022-06-30"),
    ("key: patient_id", "§ky: patient_id", "data.patient.ky", "there is no key 'ky' here. Did you mean 'key'?"),
    ("key: patient_id", "key: §5", "data.patient.key", "expected a text. A number"),
    ("  patient:   {file: data/patient.csv,", "  §patient:   {", "data.patient", "'file:' is missing here. Path below"),
    (", key: patient_id", "", "data.patient", "needs a 'key:', because 'operation' belongs to it"),
    ("parent: patient}", "parent: §patien}", "data.operation.parent", "there is no table 'patien' under 'data:'. Did"),
    (", parent: patient}", "}", "data", "exactly one table has no 'parent:' (the patients); here: patient, operation"),
    ("  operation: {", "  §1operation: {", "data.1operation", "a name starts with a letter and has only letters"),
    ("scan.quality", "§patient.quality", "data.scan.where", "'patient.quality': only columns of 'scan' itself"),
    ("patient.sex: {", "§patint.sex: {", "variables.patint.sex", "'patint.sex': there is no table 'patint' under"),
    ("{F: Female, M: Male}", "{F: Female, §F: Male}", "variables.patient.sex.levels.F", "'F' stands twice here, first"),
    ("[0, 100]", "[100, 0]", "variables.patient.ki67.range", "the smallest value comes first"),
    ("[0, 100]", "[0]", "variables.patient.ki67.range", "too few entries in this list"),
    ("[0, 100]", "[0, 1, 2]", "variables.patient.ki67.range", "expected 2 entries, not 3"),
    ("[0, 100]", "[0, §many]", "variables.patient.ki67.range[2]", "expected a number"),
    ("[0, 100]", "[0, §nan]", "variables.patient.ki67.range[2]", "expected a number that is not infinite"),
    ("[0, 100]", "§5", "variables.patient.ki67.range", "expected a list, such as [a, b]"),
    ("{day: 1,", "{day: §31,", "variables.patient.diagnosed.partial.day", "expected a number of at most 28"),
    ("{day: 1,", "{day: §1.5,", "variables.patient.diagnosed.partial.day", "expected a whole number"),
    ("- operation.op_date <= death_date", "- §op_date < death_date", "dates_in_order[1]", "dates in order are written"),
    ("- operation.op_date <= death_date", "- §op_date", "dates_in_order[1]", "expected dates in order, such as"),
    ("- keep: op_date", "- §kep: op_date", "cohort[1].kep", "a step of the cohort needs one of 'keep:', 'index:' or '"),
    ("- keep: op_date >= DATE '2000-01-01'", "- keep: §op_date >=", "cohort[1].keep", "something is missing after '>="),
    ("- keep: op_date >", "- keep: §oparation.op_date >", "cohort[1].keep", "'oparation.op_date': there is no table '"),
    ("per: operation", "per: §patient", "cohort[1].per", "rows are counted per 'operation' here, not per 'patient'"),
    ("    otherwise: Operated before 2000\n", "", "cohort[1]", "'otherwise:' is missing here. Why the others leave"),
    ("index: first operation", "index: §frst operation", "cohort[2].index", "expected 'first TABLE by DATE COLUMN'"),
    ("index: first operation", "index: §first operaton", "cohort[2].index", "there is no table 'operaton' under 'data"),
    ("  pfs:\n", "  §OS:\n", "outcomes.OS", "'OS' and 'os' differ only in upper and lower case"),
    ("  grade: {def", "  §Large: {def", "derive.Large", "'Large' and 'large' differ only in upper and lower case"),
    ("    time_zero: op_date\n", "", "cohort[2]", "'time_zero:' is missing here. The date from which follow-up counts"),
    ("  - keep: sex", "  - §time_zero: op_date\n  - keep: sex", "cohort[3]", "only one step sets time zero"),
    ("unknown: exclude", "unknown: §exlude", "cohort[3].unknown", "expected one of: include, exclude. Did you mean 'e"),
    ("    otherwise: Sex not recorded", "    §otherwise:", "cohort[3].otherwise", "nothing is written here. Write a v"),
    ("by: site", "§by: [site]", "groups.by", "expected a column or derived variable, or 'sql:' with 'levels:'"),
    ("by: site", "by: {§sqll: a, levels: {a: A, b: B}}", "groups.by.sqll", "there is no key 'sqll' here. Did you mean"),
    ("by: site", "by: {sql: §a b, levels: {a: A, b: B}}", "groups.by.sql", "the expression cannot be read near 'b'"),
    ("by: site", "by: {sql: a, §levels: {a: A}}", "groups.by.levels", "expected at least 2 entries"),
    ("[UP, SI, P]", "[UP, SI, SI]", "groups.order", "a group stands twice here"),
    ("reference: UP", "reference: §UPP", "groups.reference", "'UPP' is not one of the groups UP, SI, P"),
    ("[SI vs UP,", "[§SI against UP,", "groups.pairs[1]", "expected a pair such as 'SI vs UP'"),
    ("P vs UP]", "§P vs P]", "groups.pairs[2]", "'P vs P' compares a group with itself"),
    ("P vs UP]", "§P vs X]", "groups.pairs[2]", "'X' is not one of the groups UP, SI, P"),
    ("multiplicity: holm", "multiplicity: §hom", "groups.multiplicity", "expected one of: holm, benjamini-hochberg, b"),
    ("sql: size >= 50, label", "sql: §sum(size), label", "derive.large.sql", "SUM gathers rows, and an expression see"),
    ("{sql: size >= 50, label", "{§sq: size >= 50, label", "derive.large.sq", "a derived variable needs one of 'defin"),
    ("definition: who_grade", "definition: §whograde", "derive.grade.definition", "there is no such definition. Did y"),
    ("definition: who_grade", "§definition: [a]", "derive.grade.definition", "there is no such definition. There are"),
    ("edition: 2022", "edition: §2021", "derive.grade.edition", "expected one of: 2010, 2019, 2022"),
    ("edition: 2022", "§editoin: 2022", "derive.grade.editoin", "there is no key 'editoin' here. Did you mean 'editio"),
    ("from: scan", "from: §scans", "derive.leak.from", "there is no table 'scans' under 'data:'. Did you mean 'scan'?"),
    ("take: any", "take: §max", "derive.leak.take", "take: max needs 'of:', the column to take"),
    ("take: any", "take: any, of: §size", "derive.leak.of", "take: any looks at rows, not at a column"),
    ("within: 90 days", "within: §90 dys", "derive.leak.within", "expected a duration such as '90 days'"),
    ("where: \"finding = 'leak'\"", "where: §finding = leak()", "derive.leak.where", "the function LEAK is not allowe"),
    ("    censor: last", "    §cencor: last", "outcomes.os.cencor", "there is no key 'cencor' here. Did you mean 'cen"),
    ("    censor: last_contact_date\n", "", "outcomes.os", "'censor:' is missing here. The last date at which"),
    ("label: Relapse\n    time: {", "label: Relapse\n    §tme: {", "outcomes.relapse.tme", "there is no key 'tme' her"),
    ("5 years]\n", "§5 yers]\n", "outcomes.os.at[2]", "expected a duration such as '90 days'"),
    ("at: [1 year, 5 years]", "at: §1 year", "outcomes.os.at", "expected a list, such as [a, b]"),
    ("time_unit: years", "time_unit: §year", "outcomes.os.time_unit", "expected one of: days, weeks, months, years. D"),
    ("{first_of: [", "{§firstof: [", "outcomes.pfs.event.firstof", "there is no key 'firstof' here. Did you mean 'fir"),
    ("event: {first_of: [progression.date, death_date]}", "§event: [a]", "outcomes.pfs.event", "expected a date colum"),
    ("event: 1, censored: 0", "event: 0, censored: 0", "outcomes.relapse.status", "a status code can mean only one th"),
    ("[patient.sex, large]", "[§patiant.sex, large]", "baseline.show[1]", "'patiant.sex': there is no table 'patiant'"),
    ("restrict: site <> 'P'", "restrict: §site <> NULL", "comparisons.size.restrict", "a comparison with NULL is neve"),
    ("{outcome: os, s", "{outcome: §oss, s", "published[1].row.outcome", "this study has no outcome 'oss'. Did you me"),
    ("{outcome: os, s", "{§outcom: os, s", "published[1].row.outcom", "a result row is not selected by 'outcom'. Did"),
    ("{outcome: os, s", "{comparison: §sise, s", "published[1].row.comparison", "this study has no comparison 'sise'."),
    ("time: 5 years}", "time: §soon}", "published[1].row.time", "expected a duration such as '90 days'"),
    ("value: 53 %", "value: §half", "published[1].value", "expected a number, with a unit if it has one"),
    (", within: 2 points", "", "published[1]", "needs a tolerance: 'within:', 'factor:' or 'same_side_of:'"),
    ("within: 2 points", "within: §2 %", "published[1].within", "a tolerance in percent is ambiguous"),
    ("conf_level: 0.9", "conf_level: §95", "settings.conf_level", "expected a number less than 1. Write 0.95: a sh"),
    ("conf_level: 0.9", "conf_level: §97.5", "settings.conf_level", "expected a number less than 1. Write 0.975: a"),
    ("conf_level: 0.9", "conf_level: §99 %", "settings.conf_level", "expected a number less than 1. Write 0.99: a sh"),
    ("conf_level: 0.9", "conf_level: §5", "settings.conf_level", "expected a number less than 1"),
    ("conf_level: 0.9", "conf_level: §high", "settings.conf_level", "expected a number"),
    ("conf_level: 0.9", "§conflevel: 0.9", "settings.conflevel", "there is no key 'conflevel' here. Did you mean 'con"),
    ("settings:\n", "§setings:\n", "setings", "there is no key 'setings' here. Did you mean 'settings'?"),
    ("settings:\n  conf_level: 0.9", "settings: §none", "settings", "expected entries, each a key, a colon and a valu"),
    # YAML itself
    ("atrisk: 1\n", "atrisk: 1\n§\tx: 1\n", "", "a tab cannot indent. Indent with spaces."),
    ("id: small", "id: a§: b", "", "a colon where none can stand. A text with a colon in it stands in quotes."),
    ("show: [patient.sex, large]", "show: §[patient.sex, large", "", "a list is opened with [ and not closed."),
    ("[patient.sex, large]", "§*sex", "", "* begins an alias, and there is none of this name."),
    ("[patient.sex, large]", "§@sex", "", "no text begins with @. Put the text in quotes."),
    ("[patient.sex, large]", "§!sex [large]", "baseline.show", "tags (!) have no meaning in a study file."),
    ("by: site", 'by: §"a\\0b"', "groups.by", "a control character or half a character is no text."),
    ("sql: size >= 50, label", "sql: a, §b: , label", "derive.large.b", "nothing is written here. Write a value; in"),
    ("label: Relapse", 'label: §"\\ud800"', "outcomes.relapse.label", "a control character or half a character is no"),
    ("{F: Fem", '{§"a\\eb": Fem', "variables.patient.sex.levels", "a control character or half a character is no"),
    ("settings:\n", "§---\nsettings:\n", "", "a second document begins here."),
    ("id: small", "id: §&a [*a]", "", "aliases (*) unfold without bound here."),
]  # fmt: skip


# In these the answer stands at the key of the part that is wrong, on a line that is not the changed one.
ELSEWHERE = {
    "data.patient": "  §patient:",
    "data": "§data:",
    "groups.order": "  §order:",
    "variables.patient.ki67.range": "    §range:",
    "cohort[1]": "  - §keep: op_date",
    "cohort[2]": "  - §index:",
    "outcomes.os": "  §os:",
    "outcomes.relapse.status": "    §status:",
    "published[1]": "  - §{what",
}


@pytest.mark.parametrize(("old", "new", "where", "message"), MISTAKES, ids=[case[1].strip()[:50] for case in MISTAKES])
def test_a_mistake_is_answered_where_it_stands(tmp_path: Path, old: str, new: str, where: str, message: str) -> None:
    if "§" in new:
        text, line, column = changed(old, new)
    else:
        text = STUDY.replace(old, new, 1)
        anchor = ELSEWHERE[where]
        start = text.index(anchor.replace("§", "")) + anchor.index("§")
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    found = problems(tmp_path, text)
    assert len(found) == 1, [str(problem) for problem in found]
    problem = found[0]
    assert (problem.line, problem.column, problem.where) == (line, column, where)
    assert f"{problem.message} {problem.hint}".startswith(message)
    assert problem.file == str(tmp_path / "study.yaml")


def test_all_problems_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = STUDY.replace("id: small", "id: very small").replace("key: patient_id", "ky: patient_id")
    text = text.replace("censor: last_contact_date", "cencor: last_contact_date").replace("holm", "hom")
    text = text.replace("sql: size >= 50, label", "sql: sum(size), label").replace(
        "{outcome: os, s", "{outcome: oss, s"
    )
    text = text.replace("unknown: exclude", "unknown:")
    found = problems(tmp_path, text)
    assert [problem.where for problem in found] == [
        "study.id", "data.patient.ky", "cohort[3].unknown", "groups.multiplicity", "derive.large.sql",
        "outcomes.os.cencor", "published[1].row.outcome",
    ]  # fmt: skip
    assert [problem.line for problem in found] == sorted(problem.line or 0 for problem in found)
    with pytest.raises(StudyError) as caught:
        loaded(tmp_path, text)
    assert str(caught.value).count("\n") == 6


def test_an_outcome_from_dates_needs_a_time_zero(tmp_path: Path) -> None:
    text = STUDY.replace("  - index: first operation by op_date\n    time_zero: op_date\n", "").replace(
        "    per: operation\n", ""
    )
    (problem,) = problems(tmp_path, text)
    assert problem.where == "outcomes.os"
    assert problem.hint == "Add 'index:' or 'time_zero:' under 'cohort:'."


def test_a_newer_format_is_refused_before_anything_else_is_judged(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, STUDY.replace("atrisk: 1", "atrisk: 7") + "nonsense: 1\n")
    assert problem.message == "the file is written in format 7, and this program knows formats up to 1."
    assert problem.hint == "Update atrisk."


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "the file is empty."),
        (b"# only a comment\n", 1, "the file is empty."),
        (b"- a\n- b\n", 1, "expected keys and values, such as 'atrisk: 1' on the first line"),
        (b"atrisk\n", 1, "expected keys and values, such as 'atrisk: 1' on the first line"),
        (STUDY.encode("utf-16"), None, "the file is in UTF-16."),
        (STUDY.replace("Large", "Gro\u00df").encode("windows-1252", "replace"), 38, "not in UTF-8 (perhaps in Windows"),
        (STUDY.encode("gb18030"), 4, "not in UTF-8 (perhaps in Windows-1252 or GB18030)."),
        (b"PK\x03\x04\x00\x00", None, "not a text file."),
        (b"a: &x 1\nb: &y 2\nc: &x 3\n", 3, "& begins a name for what follows, and this name stands twice."),
        (b"a: 1\nb: \x07\n", 2, "an invisible control character stands here."),
        (b"# " + b"x" * 1_000_001, None, "larger than 1000 kB: that is not a study file"),
        (b"a: " + b"[" * 5000, 1, "the file is nested too deeply"),
        (b"a: " + b"{a: " * 5000, 1, "the file is nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_study_file_is_answered(tmp_path: Path, data: bytes, line: int | None, message: str) -> None:
    (problem,) = problems(tmp_path, data)
    assert problem.line == line
    assert problem.message.startswith(message)


def test_aliases_that_unfold_into_billions_are_refused_at_once(tmp_path: Path) -> None:
    layers = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12))
    (problem,) = problems(tmp_path, "x0: &x0 [a]\n" + layers)
    assert problem.message == "aliases (*) unfold without bound here."


def test_a_missing_file_and_a_folder_are_answered(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "none.yaml", "there is no such file"), (tmp_path, "this is a folder: name the")):
        with pytest.raises(StudyError, match=message) as caught:
            load_study(path)
        assert caught.value.problems[0].file == str(path)


def test_a_name_no_file_can_have_is_answered() -> None:
    with pytest.raises(StudyError, match="the file cannot be read"):
        load_study(Path("a\0b"))


def test_later_stages_can_point_at_the_line(tmp_path: Path) -> None:
    found = loaded(tmp_path, STUDY)
    lines = STUDY.split("\n")
    for where, words in (
        (("groups", "by"), "by: site"),
        (("cohort", 2, "keep"), "- keep: sex"),
        (("outcomes", "pfs", "event", "first_of", 1), "first_of:"),
        (("variables", "patient.ki67", "range"), "range:"),
        (("baseline", "show", 0), "show:"),
    ):
        problem = found.problem(where, "no such column", "Did you mean another?")
        assert problem.line is not None
        assert words in lines[problem.line - 1]
        assert str(problem).endswith("no such column. Did you mean another?")
    assert found.problem(("cohort", 0, "keep"), "x").column == lines[22].index("op_date") + 1
    assert found.problem(("settings", "conf_type"), "x").line == lines.index("settings:") + 1
