"""Model for End-stage Liver Disease: the score of 2002, and MELD 3.0."""

from __future__ import annotations

from atrisk.derive.code import code
from atrisk.derive.compiled import Breach, Compiled, one_value
from atrisk.derive.laboratory import ALBUMIN, BILIRUBIN, CREATININE, exact, implausible, measured
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import Meld


def meld(bilirubin_mg: str, creatinine_mg: str, inr: str, dialysis: str | None) -> str:
    """9.57 ln(creatinine) + 3.78 ln(bilirubin) + 11.2 ln(INR) + 6.43, to the nearest whole number, 6 to 40.

    Bilirubin and creatinine in mg/dL; all three count as 1 below 1, creatinine as 4 above 4 and on dialysis. Source:
    Kamath et al., Hepatology 2001;33:464-70, with the bounds of the United Network for Organ Sharing, 2002. SQL texts
    of numbers (``dialysis``: of a truth value, None where nobody asked); unknown (NULL) where one is missing.
    """
    creatinine = _creatinine(creatinine_mg, dialysis, most=4.0)
    score = (
        f"9.57 * ln({creatinine}) + 3.78 * ln(greatest({bilirubin_mg}, 1.0)) + 11.2 * ln(greatest({inr}, 1.0)) + 6.43"
    )
    return _whole(score, (bilirubin_mg, creatinine, inr))


def meld_3(
    bilirubin_mg: str, creatinine_mg: str, inr: str, sodium: str, albumin_g_dl: str, female: str, dialysis: str | None
) -> str:
    """MELD 3.0, to the nearest whole number, 6 to 40.

    1.33 (female) + 4.56 ln(bilirubin) + 0.82 (137 - Na) - 0.24 (137 - Na) ln(bilirubin) + 9.09 ln(INR)
    + 11.14 ln(creatinine) + 1.85 (3.5 - albumin) - 1.83 (3.5 - albumin) ln(creatinine) + 6; bilirubin and creatinine in
    mg/dL, albumin in g/dL, sodium in mmol/L. Bilirubin, INR and creatinine count as 1 below 1, creatinine as 3 above 3
    and on dialysis; sodium is kept within 125 to 137, albumin within 1.5 to 3.5. Source: Kim et al., Gastroenterology
    2021;161:1887-95. SQL texts of numbers and truth values; unknown (NULL) where one is missing, the sex too.
    """
    counted = _creatinine(creatinine_mg, dialysis, most=3.0)
    creatinine = f"ln({counted})"
    bilirubin = f"ln(greatest({bilirubin_mg}, 1.0))"
    salt = f"(137.0 - least(greatest({sodium}, 125.0), 137.0))"
    short = f"(3.5 - least(greatest({albumin_g_dl}, 1.5), 3.5))"
    score = (
        f"(CASE WHEN {female} THEN 1.33 ELSE 0.0 END) + 4.56 * {bilirubin} + 0.82 * {salt}"
        f" - 0.24 * {salt} * {bilirubin} + 9.09 * ln(greatest({inr}, 1.0)) + 11.14 * {creatinine}"
        f" + 1.85 * {short} - 1.83 * {short} * {creatinine} + 6.0"
    )
    return _whole(score, (bilirubin_mg, counted, inr, sodium, albumin_g_dl, female))


def named(declared: Meld) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (
        declared.bilirubin,
        declared.creatinine,
        declared.inr,
        declared.dialysis,
        declared.sodium,
        declared.albumin,
        declared.sex,
    )


def compiled(declared: Meld, patients: Patients) -> Compiled:
    """The score of these patients; values no unit explains warn, and a sex of neither code blocks (MELD 3.0)."""
    bilirubin = measured("bilirubin", declared.bilirubin, patients)
    creatinine = measured("creatinine", declared.creatinine, patients)
    inr = measured("inr", declared.inr, patients)
    of_bilirubin, of_creatinine = BILIRUBIN[declared.bilirubin_unit], CREATININE[declared.creatinine_unit]
    bilirubin_mg = f"({exact(bilirubin)} * {of_bilirubin / BILIRUBIN['mg/dL']!r})"
    creatinine_mg = f"({exact(creatinine)} * {of_creatinine / CREATININE['mg/dL']!r})"
    dialysis = (
        patients.resolve("dialysis", declared.dialysis, ColumnType.BOOLEAN).sql
        if declared.dialysis is not None
        else None
    )
    questions = [
        implausible("bilirubin", bilirubin, of_bilirubin, patients),
        implausible("creatinine", creatinine, of_creatinine, patients),
        implausible("inr", inr, 1.0, patients),
    ]
    if declared.sodium is None or declared.albumin is None or declared.albumin_unit is None or declared.sex is None:
        return one_value(meld(bilirubin_mg, creatinine_mg, exact(inr), dialysis), ColumnType.INTEGER, *questions)
    sodium = measured("sodium", declared.sodium, patients)
    albumin = measured("albumin", declared.albumin, patients)
    of_albumin = ALBUMIN[declared.albumin_unit]
    sex = patients.resolve("sex", declared.sex)
    coded = code(sex.sql, sex.type)
    sql = meld_3(
        bilirubin_mg,
        creatinine_mg,
        exact(inr),
        exact(sodium),
        f"({exact(albumin)} * {of_albumin / ALBUMIN['g/dL']!r})",
        f"(CASE {coded} WHEN {literal(declared.female)} THEN TRUE WHEN {literal(declared.male)} THEN FALSE END)",
        dialysis,
    )
    breach = Breach(
        rule="unknown-sex-code",
        message=Remark("unknown-sex-code"),
        remedy=Remark("unknown-sex-code.remedy", {"codes": (declared.female, declared.male)}),
    )
    unknown = patient_question(
        sex, f"{coded} NOT IN ({literal(declared.female)}, {literal(declared.male)})", patients, breach
    )
    questions += [implausible("albumin", albumin, of_albumin, patients), unknown]
    return one_value(sql, ColumnType.INTEGER, *questions)


def _creatinine(value: str, dialysis: str | None, *, most: float) -> str:
    """Creatinine within its bounds; the upper one on dialysis, whatever was measured."""
    bounded = f"(CASE WHEN {value} IS NOT NULL THEN least(greatest({value}, 1.0), {most!r}) END)"
    if dialysis is None:
        return bounded
    return f"(CASE WHEN {dialysis} THEN {most!r} WHEN NOT {dialysis} THEN {bounded} END)"


def _whole(score: str, needed: tuple[str, ...]) -> str:
    """Rounded and bounded; NULL where something needed is missing, which greatest() and least() would pass over."""
    known = " AND ".join(f"{sql} IS NOT NULL" for sql in needed)
    return f"(CASE WHEN {known} THEN CAST(least(greatest(round({score}), 6.0), 40.0) AS INTEGER) END)"
