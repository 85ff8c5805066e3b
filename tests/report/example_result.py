"""A finished run made by hand, in the vocabulary of docs/how_it_works.md, for tests of the report.

The patients are drawn by a tiny congruential generator and counted with loops; limits are plain bands around the
estimate. The report must print what rows say, whatever they say, so nothing here needs to be good statistics.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from atrisk.result.curve import Curve
from atrisk.result.finding import Finding, Severity
from atrisk.result.flow import FlowStep
from atrisk.result.remark import Remark
from atrisk.result.row import Row, finish, identity
from atrisk.result.run_result import ComparisonFrame, RunResult, VariableWords
from atrisk.study.model import Study
from atrisk.study.text import Text

GROUPS = {"UP": "Unknown primary", "SI": "Small intestine", "P": "Pancreas"}
SIZES = {"UP": 32, "SI": 285, "P": 205}
YEAR, MONTH = 365.25, 365.25 / 12
BANNER = "Synthetic, calibrated to published aggregates; no real patients"


def study(groups: dict[str, str] | None = None, *, synthetic: bool = True) -> Study:
    """A study file's content with these groups."""
    codes = list(groups or GROUPS)
    about: dict[str, object] = {
        "id": "example",
        "title": "Surgical cytoreduction for neuroendocrine tumour liver metastasis with unknown primary",
        "question": "Do patients resected with an unknown primary fare like those with a known primary?",
        "source": "Drawn by a test; no patient stands behind a number.",
        "data_cut": "2022-06-30",
    }
    if synthetic:
        about["synthetic"] = BANNER
    return Study.model_validate(
        {
            "atrisk": 1,
            "study": about,
            "data": {
                "patient": {"file": "patient.csv", "key": "patient_id"},
                "operation": {"file": "operation.csv", "key": "op_id", "parent": "patient"},
            },
            "cohort": [{"index": "first operation by op_date", "time_zero": "op_date", "one_course_within": "90 days"}],
            "groups": {"by": "primary_site", "order": codes, "reference": codes[0]},
            "outcomes": {
                "os": {
                    "label": "Overall survival",
                    "event_label": "Death",
                    "event": "death_date",
                    "censor": "last_contact_date",
                    "at": ["1 year", "5 years", "10 years"],
                    "time_unit": "years",
                    "show_until": "15 years",
                },
                "hepatic": {
                    "label": "Hepatic progression",
                    "event_label": "Hepatic progression",
                    "event": "progression_date",
                    "competing": {"death": "death_date"},
                    "censor": "last_scan",
                    "at": ["12 months", "60 months"],
                    "time_unit": "months",
                },
            },
            "surgical_outcomes": ["mortality_90", "severe_morbidity", "worst_complication", "length_of_stay"],
            "comparisons": {
                "procedure": {
                    "label": "Liver resection alone against simultaneous resection of the primary",
                    "by": {"sql": "simultaneous", "levels": {"false": "Liver alone", "true": "With primary"}},
                    "strata": "primary_site",
                    "outcomes": ["severe_morbidity", "os"],
                }
            },
            "published": [
                {"what": "10-year survival UP", "row": {"outcome": "os"}, "value": "53 %", "within": "2 points"},
                {"what": "Survival, SI against UP: p", "row": {"outcome": "os"}, "value": 0.463, "factor": 1.5},
                {"what": "Median follow-up", "row": {"outcome": "os"}, "value": "112 months", "within": "3 months"},
                {
                    "what": "Ki-67: p",
                    "row": {"outcome": "os"},
                    "value": "> 0.05",
                    "reading": "Ki-67 is called balanced",
                },
            ],
        }
    )


@dataclass
class Maker:
    """Collects rows; each estimate takes its companions along."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row, value: float | None, error: str = "") -> None:
        """One row."""
        self.rows.append(replace(row, value=value, error=error))

    def estimate(
        self, row: Row, value: float | None, limits: tuple[float | None, float | None], **counts: float
    ) -> None:
        """An estimate with limits and counts."""
        joined = replace(row, estimate_id=identity(row))
        self.add(joined, value, "" if value is not None else Remark("not-reached"))
        for name, each in zip(("conf_low", "conf_high"), limits, strict=True):
            companion = replace(joined, statistic=name, of=row.statistic, note="", warning="")
            self.add(companion, each, "" if each is not None else Remark("limit-not-reached"))
        for name, number in counts.items():
            self.add(replace(joined, statistic=name, of=row.statistic, note=""), number)


def draws(seed: int, n: int) -> list[float]:
    """Numbers in (0, 1) from a linear congruential generator."""
    numbers = []
    for _ in range(n):
        seed = (1103515245 * seed + 12345) % 2**31
        numbers.append((seed + 0.5) / 2**31)
    return numbers


def survival_curve(comparison: str, outcome: str, group: str, n: int, scale: float) -> Curve:
    """Kaplan-Meier by a loop over days, from exponential deaths and uniform censoring."""
    death = [1 + int(-np.log(u) * scale) for u in draws(17 * n + 3, n)]
    lost = [200 + int(u * 7000) for u in draws(91 * n + 7, n)]
    ends = [(min(d, c), d <= c) for d, c in zip(death, lost, strict=True)]
    days = sorted({day for day, _ in ends})
    estimate, rows = 1.0, []
    for day in days:
        at_risk = sum(end >= day for end, _ in ends)
        events = sum(end == day and dead for end, dead in ends)
        estimate *= 1 - events / at_risk
        rows.append((day, at_risk, events, sum(end == day and not dead for end, dead in ends), estimate))
    time, at_risk_all, n_event, n_censored, values = (
        np.array(column, dtype=float) for column in zip(*rows, strict=True)
    )
    error = np.sqrt(values * (1 - values) / n)
    return Curve(
        comparison=comparison,
        outcome=outcome,
        kind="survival",
        group=group,
        n=n,
        time=time,
        n_at_risk=at_risk_all,
        n_event=n_event,
        n_censored=n_censored,
        estimate=values,
        std_error=error,
        conf_low=np.clip(values - 2 * error, 0, 1),
        conf_high=np.clip(values + 2 * error, 0, 1),
        conf_level=0.95,
        conf_type="log-log",
    )


def incidence_curve(outcome: str, group: str, cause: str, base: Curve, share: float) -> Curve:
    """A rising curve on the times of another."""
    values = share * (1 - base.estimate)
    return replace(
        base,
        outcome=outcome,
        kind="cumulative_incidence",
        group=group,
        cause=cause,
        estimate=values,
        conf_low=np.clip(values - 0.05, 0, 1),
        conf_high=np.clip(values + 0.05, 0, 1),
    )


def time_rows(
    maker: Maker, frame: ComparisonFrame, curves: list[Curve], landmarks: tuple[float, ...], stratum: str = ""
) -> None:
    """Rows of one outcome without competing events, of one stratum where it is named."""
    outcome = curves[0].outcome
    base = Row(comparison=frame.name, analysis="", outcome=outcome, stratum=stratum, statistic="")
    everyone = replace(base, analysis="follow_up")
    for code, late in zip(("", *frame.groups), (9, 4, 3, 2), strict=False) if not stratum else ():
        maker.add(replace(everyone, group=code, statistic="n_after_censoring"), float(late))
    for name, number in (("n", sum(frame.n.values())), ("n_event", 242), ("n_censored", 280), ("n_excluded", 0)):
        maker.add(replace(everyone, statistic=name), float(number))
    for curve in curves:
        by_group = replace(base, group=curve.group)
        follow = replace(by_group, analysis="follow_up")
        for name, number in (
            ("n", curve.n),
            ("n_event", curve.n_event.sum()),
            ("n_censored", curve.n_censored.sum()),
            ("n_excluded", 0),
            ("person_time", curve.n * 1500.0),
        ):
            maker.add(replace(follow, statistic=name), float(number))
        reverse = replace(follow, statistic="median", method="reverse kaplan-meier", unit="days", conf_level=0.95)
        maker.estimate(reverse, 3300.4 + curve.n, (3100.0, 3600.0))
        survival = replace(
            by_group,
            analysis="survival",
            method="kaplan-meier",
            convention="log-log limits",
            conf_level=0.95,
            n=curve.n,
        )
        for time in landmarks:
            at = int(np.searchsorted(curve.time, time, side="right")) - 1
            maker.estimate(
                replace(survival, statistic="survival", time=time),
                float(curve.estimate[at]),
                (float(curve.conf_low[at]), float(curve.conf_high[at])),
                n_at_risk=float((curve.time >= time).sum()),
                n_event_before=float(curve.n_event[: at + 1].sum()),
                n_censored_before=float(curve.n_censored[: at + 1].sum()),
            )
        below = np.flatnonzero(curve.estimate <= 0.5)
        median = float(curve.time[below[0]]) if below.size and curve.group != "SI" else None
        maker.estimate(replace(survival, statistic="median", unit="days"), median, (2500.25, None))
    comparison_rows(maker, frame, base)


def comparison_rows(maker: Maker, frame: ComparisonFrame, base: Row, cause: str = "") -> None:
    """Log-rank and Cox rows of an outcome."""
    everyone = " / ".join(frame.groups)
    prefix = "cause-specific " if cause else ""
    test = replace(
        base, analysis="log_rank", statistic="p", method=f"{prefix}log-rank", cause=cause, n=317, n_event=151
    )
    maker.add(replace(test, contrast=everyone, df=float(len(frame.groups) - 1)), 0.0004321)
    ratio = replace(
        base,
        analysis="cox",
        statistic="hazard_ratio",
        method=f"{prefix}cox",
        convention="Efron ties",
        cause=cause,
        n=522,
        n_event=242,
    )
    for number, contrast in enumerate(frame.contrasts):
        if len(frame.groups) > 2:
            p = (0.463, 0.0496, 0.2)[number % 3]
            family = f"{frame.name}: {base.outcome}: log-rank pairs (holm)"
            maker.rows.append(
                replace(test, contrast=contrast, df=1.0, value=p, p_adjusted=min(1.0, 2 * p), family=family)
            )
        of_pair = replace(ratio, contrast=contrast)
        doubtful = replace(of_pair, conf_level=0.95, warning="the ratio averages an effect that changes with time")
        maker.estimate(doubtful, 0.834 + number / 2, (0.512 + number / 3, 1.377 + number))
        maker.add(replace(of_pair, statistic="p"), 0.4712)
    score = replace(ratio, statistic="proportional_hazards_p", method="score test", contrast=everyone)
    maker.add(score, 0.0312)


def incidence_rows(maker: Maker, frame: ComparisonFrame, curves: list[Curve], landmarks: tuple[float, ...]) -> None:
    """Rows of the outcome with a competing event."""
    outcome = curves[0].outcome
    base = Row(comparison=frame.name, analysis="", outcome=outcome, statistic="")
    for curve in curves:
        by_group = replace(base, group=curve.group)
        follow = replace(by_group, analysis="follow_up")
        if curve.cause == "event":
            for name, number in (
                ("n", curve.n),
                ("n_event", 11),
                ("n_censored", 7),
                ("n_excluded", 1),
                ("person_time", 900.0),
            ):
                note = "no scan after the operation" if name == "n_excluded" else ""
                maker.add(replace(follow, statistic=name, note=note), float(number))
        else:
            maker.add(replace(follow, statistic="n_competing", cause=curve.cause), 4.0)
        template = replace(
            by_group,
            analysis="cumulative_incidence",
            statistic="cumulative_incidence",
            cause=curve.cause,
            method="aalen-johansen",
            convention="log-log limits",
            conf_level=0.95,
        )
        for time in landmarks:
            at = int(np.searchsorted(curve.time, time, side="right")) - 1
            value = float(curve.estimate[at])
            maker.estimate(replace(template, time=time), value, (value / 2, min(1.0, value * 1.5)), n_at_risk=12.0)
    comparison_rows(maker, frame, base, "event")


def baseline_rows(maker: Maker, frame: ComparisonFrame) -> None:
    """Numbers with limits and bands, a category with missing values, a boolean."""
    template = Row(comparison=frame.name, analysis="baseline", statistic="")
    everyone = " / ".join(frame.groups)
    codes = ("", *frame.groups)
    sizes = {"": sum(frame.n.values()), **frame.n}
    for variable, middle, n_limit in (("age", 58.31, 0), ("ki67", 3.0, 4)):
        of = replace(template, variable=variable)
        for shift, code in enumerate(codes):
            by = replace(of, group=code)
            maker.add(replace(by, statistic="n"), float(sizes[code] - shift))
            maker.add(replace(by, statistic="missing"), float(shift))
            if n_limit:
                maker.add(replace(by, statistic="n_limit"), float(n_limit))
            maker.add(
                replace(by, statistic="mean"),
                None if n_limit else middle + shift,
                "recorded as a limit" if n_limit else "",
            )
            maker.add(replace(by, statistic="sd"), None if n_limit else 11.73, "recorded as a limit" if n_limit else "")
            for name, value in (("q1", middle - 1.5), ("median", middle + shift / 2), ("q3", middle + 4.25)):
                maker.add(replace(by, statistic=name), value)
        for number, contrast in enumerate(frame.contrasts):
            smd = replace(of, statistic="smd", contrast=contrast, method="continuous")
            maker.add(smd, None if n_limit else -0.123 * (number + 1), "recorded as a limit" if n_limit else "")
        maker.add(replace(of, statistic="p", contrast=everyone, method="kruskal-wallis", n=500), 0.0421)
    for variable, levels, missing in (
        ("sex", ("F", "M"), 0.0),
        ("grade", ("G1", "G2", "G3"), 3.0),
        ("major", ("true",), 2.0),
    ):
        of = replace(template, variable=variable)
        for code in codes:
            total = sizes[code] - missing
            maker.add(replace(of, group=code, statistic="n"), total)
            maker.add(replace(of, group=code, statistic="missing"), missing)
            if variable == "grade":
                maker.add(replace(of, group=code, statistic="n_one_index"), float(int(total / 5)))
            for place, level in enumerate(levels):
                count = float(int(total / (place + 2)))
                by = replace(of, group=code, level=level, numerator=count, denominator=total)
                maker.add(replace(by, statistic="count"), count)
                maker.add(
                    replace(by, statistic="proportion"), count / total if total else None, "" if total else "none"
                )
        method = "binary" if levels == ("true",) else "levels"
        for contrast in frame.contrasts:
            maker.add(replace(of, statistic="smd", contrast=contrast, method=method), 0.2049)
        test = "fisher" if variable == "sex" else "chi-squared"
        maker.add(replace(of, statistic="p", contrast=everyone, method=test, n=500), 0.9999)


def binary_rows(maker: Maker, frame: ComparisonFrame, outcome: str, rate: float, stratum: str = "") -> None:
    """Counts, shares, differences and tests of a binary outcome."""
    template = Row(comparison=frame.name, analysis="binary", outcome=outcome, stratum=stratum, statistic="")
    sizes = {"": sum(frame.n.values()), **frame.n}
    for code in ("", *frame.groups):
        total = float(sizes[code])
        count = float(int(total * rate))
        by = replace(template, group=code, numerator=count, denominator=total)
        maker.add(replace(by, statistic="count"), count)
        maker.add(replace(template, group=code, statistic="missing"), 1.0 if code == "SI" else 0.0)
        share = replace(by, statistic="proportion", method="clopper-pearson", conf_level=0.95)
        value = count / total if total else None
        maker.estimate(share, value, ((value or 0) / 2, min(1.0, 2 * (value or 0) + 0.02)))
    for contrast in frame.contrasts:
        pair = replace(template, contrast=contrast, conf_level=0.95, n=300)
        maker.estimate(replace(pair, statistic="risk_difference", method="newcombe"), -0.0412, (-0.1538, 0.0671))
        if len(frame.groups) > 2:
            family = f"{frame.name}: {outcome}: fisher (holm)"
            test = replace(
                template, contrast=contrast, statistic="p", method="fisher", n=300, family=family, p_adjusted=1.0
            )
            maker.add(test, 0.7312)
    everyone = " / ".join(frame.groups)
    maker.add(replace(template, contrast=everyone, statistic="p", method="fisher", n=522), 0.8123)


def rank_rows(maker: Maker, frame: ComparisonFrame) -> None:
    """An ordinal and a numeric outcome."""
    everyone = " / ".join(frame.groups)
    sizes = {"": sum(frame.n.values()), **frame.n}
    ordinal = Row(comparison=frame.name, analysis="ordinal", outcome="worst_complication", statistic="")
    for code in ("", *frame.groups):
        total = float(sizes[code])
        maker.add(replace(ordinal, group=code, statistic="missing"), 0.0)
        for place, level in enumerate(("none", "I", "II", "IIIa", "V")):
            count = float(int(total / (place + 2)))
            by = replace(ordinal, group=code, level=level, numerator=count, denominator=total)
            maker.add(replace(by, statistic="count"), count)
            maker.add(replace(by, statistic="proportion"), count / total if total else None, "" if total else "none")
    numeric = Row(comparison=frame.name, analysis="numeric", outcome="length_of_stay", unit="days", statistic="")
    for code in ("", *frame.groups):
        for name, value in (
            ("n", 30),
            ("missing", 2),
            ("q1", 5),
            ("median", 6.5),
            ("q3", 9),
            ("mean", 7.93),
            ("sd", 5.51),
        ):
            maker.add(replace(numeric, group=code, statistic=name), float(value))
    for template, p in ((ordinal, 0.312), (numeric, 0.00002)):
        test = replace(template, unit="", statistic="p", n=500)
        maker.add(replace(test, contrast=everyone, method="kruskal-wallis"), p)
        for contrast in frame.contrasts:
            maker.add(replace(test, contrast=contrast, method="wilcoxon", p_adjusted=0.4, family="wilcoxon"), 0.2)
            if template.unit:
                shift = replace(
                    template, contrast=contrast, statistic="shift", method="Hodges-Lehmann", conf_level=0.95
                )
                maker.estimate(shift, -1.0, (-2.5, 0.0))
            else:
                effect = replace(template, contrast=contrast, statistic="relative_effect", conf_level=0.95)
                maker.estimate(replace(effect, method="placements, logit limits"), 0.5193, (0.4132, 0.6238))


def published_rows(maker: Maker) -> None:
    """The three figures of the study file."""
    for number, given, computed, unit, note, agrees in (
        ("1", 0.53, 0.5361, "%", "survival: survival", 1.0),
        ("2", 0.463, 0.4612, "", "log_rank: p", 1.0),
        ("3", 112 * MONTH, 3300.4, "months", "follow_up: median", 0.0),
        ("4", 0.05, 0.6766, "", "baseline: p", 1.0),
    ):
        template = Row(analysis="published", statistic="", term=number, unit=unit, note=note)
        maker.add(replace(template, statistic="published", text_value=f"{given:g}"), given)
        maker.add(replace(template, statistic="computed"), computed)
        maker.add(replace(template, statistic="agrees", text_value="± 2 points"), agrees)


FLOW = (
    (1, "start", "Operations in the data", "operation", 1049, 0, 0, "", 1049, 980),
    (2, "keep", "Operated outside January 2000 to December 2020", "operation", 1049, 381, 0, "", 668, 640),
    (3, "keep", "No resection (biopsy only or aborted)", "operation", 668, 28, 0, "", 640, 612),
    (4, "index", "Not the first eligible operation", "operation", 640, 28, 0, "", 612, 612),
    (5, "keep", "Poorly differentiated", "patient", 612, 43, 12, "exclude", 557, 557),
    (6, "keep", "Other primary tumour", "patient", 557, 35, 0, "", 522, 522),
)


def flow_steps() -> tuple[FlowStep, ...]:
    """The steps of the cohort flow."""
    return tuple(
        FlowStep(
            number=number,
            kind=kind,
            label=Text(label),
            unit=unit,
            entered=entered,
            excluded=excluded,
            unknown=unknown,
            unknown_rule=rule,
            remaining=remaining,
            patients_entered=FLOW[max(number - 2, 0)][9],
            patients_remaining=patients,
            same_course=4 if kind == "index" else None,
            left_out=31 if kind == "start" else 0,
            left_out_of=31 + entered if kind == "start" else 0,
        )
        for number, kind, label, unit, entered, excluded, unknown, rule, remaining, patients in FLOW
    )


def flow_rows(maker: Maker) -> None:
    """The flow's numbers as rows."""
    for step in flow_steps():
        template = Row(analysis="flow", statistic="", term=str(step.number), unit=step.unit, method=step.kind)
        for name in ("entered", "excluded", "unknown", "remaining", "patients_remaining"):
            maker.add(replace(template, statistic=name), float(getattr(step, name)))
        if step.same_course is not None:
            maker.add(replace(template, statistic="same_course"), float(step.same_course))
        if step.left_out:
            counted = {"numerator": step.left_out, "denominator": step.left_out_of}
            maker.add(replace(template, statistic="left_out", **counted), float(step.left_out))


def findings() -> tuple[Finding, ...]:
    """Findings whose keys and values must never reach the report."""
    return (
        *(
            Finding(
                rule="date_order",
                severity=Severity.WARNS,
                table="operation",
                file="data/operation.csv",
                row=row,
                column="discharge_date",
                message="the discharge lies before the operation",
                remedy="correct one of the two dates",
                key=f"SECRET-KEY-{row}",
                value="=cmd|' /C calc'!A0",
            )
            for row in (12, 45, 200)
        ),
        Finding(
            rule="partial_date", severity=Severity.INFORMS, table="patient", column="date_dx", message="day filled in"
        ),
    )


def texts(labels: dict[str, str]) -> dict[str, Text]:
    """Labels as a study file's texts."""
    return {code: Text(label) for code, label in labels.items()}


VARIABLES = {
    "age": VariableWords(name="age", label=Text("Age at operation"), kind="number", unit="years", levels={}),
    "ki67": VariableWords(name="ki67", label=Text("Ki-67 index"), kind="number", unit="%", levels={}),
    "sex": VariableWords(name="sex", label=Text("Sex"), kind="category", levels=texts({"F": "Female", "M": "Male"})),
    "grade": VariableWords(name="grade", label=Text("WHO grade"), kind="category", levels={}),
    "major": VariableWords(name="major", label=Text("Major hepatectomy"), kind="boolean", levels={}),
    "mortality_90": VariableWords(name="mortality_90", label=Text("90-day mortality"), kind="boolean", levels={}),
    "severe_morbidity": VariableWords(
        name="severe_morbidity", label=Text("Severe morbidity"), kind="boolean", levels={}
    ),
    "worst_complication": VariableWords(
        name="worst_complication", label=Text("Worst complication"), kind="category", levels=texts({"none": "None"})
    ),
    "length_of_stay": VariableWords(
        name="length_of_stay", label=Text("Length of stay"), kind="number", unit="days", levels={}
    ),
}


def example_result(
    groups: dict[str, str] | None = None, sizes: dict[str, int] | None = None, *, synthetic: bool = True
) -> RunResult:
    """The whole run."""
    labels, n = groups or GROUPS, sizes or SIZES
    codes = tuple(labels)
    contrasts = tuple(f"{code} vs {codes[0]}" for code in codes[1:])
    main = ComparisonFrame(
        name="main",
        label=Text("Main"),
        groups=codes,
        group_labels=texts(labels),
        contrasts=contrasts,
        n=n,
        stratum_labels={},
        outcomes=("os", "hepatic", "mortality_90", "severe_morbidity", "worst_complication", "length_of_stay"),
    )
    procedure = ComparisonFrame(
        name="procedure",
        label=Text("Liver resection alone against simultaneous resection of the primary"),
        groups=("false", "true"),
        group_labels=texts({"false": "Liver alone", "true": "With primary"}),
        contrasts=("true vs false",),
        n={"false": 240, "true": 250},
        strata=("SI", "P"),
        stratum_labels=texts({"SI": "Small intestine", "P": "Pancreas"}),
        left_out=(
            Remark(
                "stratum-left-out",
                {
                    "stratum": Text("Unknown primary"),
                    "count": 32,
                    "groups": Remark("quoted", {"label": "With primary"}),
                },
            ),
        ),
        outcomes=("severe_morbidity", "os"),
    )
    maker = Maker()
    flow_rows(maker)
    outside = Row(comparison="procedure", analysis="not_compared", statistic="n", note=Remark("stratum-empty"))
    maker.add(replace(outside, term="stratum-empty"), 32.0)
    baseline_rows(maker, main)
    scales = dict(zip(codes, (5200.0, 6400.0, 4300.0) * 4, strict=False))
    survival = [survival_curve("main", "os", code, n[code], scales[code]) for code in codes]
    time_rows(maker, main, survival, (YEAR, 5 * YEAR, 10 * YEAR))
    incidence = [
        incidence_curve("hepatic", curve.group, cause, curve, share)
        for curve in survival
        for cause, share in (("event", 0.7), ("death", 0.2))
    ]
    incidence_rows(maker, main, incidence, (12 * MONTH, 60 * MONTH))
    binary_rows(maker, main, "mortality_90", 0.019)
    binary_rows(maker, main, "severe_morbidity", 0.21)
    rank_rows(maker, main)
    for stratum in ("", "SI", "P"):
        binary_rows(maker, procedure, "severe_morbidity", 0.3, stratum)
    stratified = Row(comparison="procedure", analysis="stratified", outcome="severe_morbidity", statistic="")
    stratified = replace(stratified, contrast="true vs false", conf_level=0.95)
    maker.estimate(replace(stratified, statistic="risk_difference", method="Mantel-Haenszel"), 0.0623, (-0.01, 0.13))
    maker.estimate(replace(stratified, statistic="odds_ratio", method="Mantel-Haenszel"), 1.382, (0.91, 2.1))
    maker.add(replace(stratified, statistic="p", method="cochran-mantel-haenszel", conf_level=None), 0.134)
    maker.add(replace(stratified, statistic="homogeneity_p", method="breslow-day", conf_level=None), 0.7486)
    second = [
        survival_curve("procedure", "os", code, procedure.n[code], 5000.0 + len(code)) for code in procedure.groups
    ]
    time_rows(maker, procedure, second, (5 * YEAR,))
    within = [
        replace(survival_curve("procedure", "os", code, 40 * place, 2000.0 * place), stratum=stratum)
        for place, stratum in enumerate(procedure.strata, start=1)
        for code in procedure.groups
    ]
    for stratum in procedure.strata:
        time_rows(maker, procedure, second, (5 * YEAR,), stratum)
    interaction = Row(
        comparison="procedure", analysis="cox", outcome="os", statistic="interaction_p", n=490, n_event=201
    )
    interaction = replace(interaction, contrast="false / true", method="likelihood ratio test of interaction", df=1.0)
    maker.add(interaction, 0.3177)
    for block, tried in (("baseline", 6), ("survival", 1337)) if synthetic else ():
        maker.add(Row(analysis="simulation", statistic="draws_tried", term=block), float(tried))
    published_rows(maker)
    return RunResult(
        study=study(labels, synthetic=synthetic),
        findings=findings(),
        flow=flow_steps(),
        comparisons=(main, procedure),
        variables=VARIABLES,
        rows=finish(maker.rows),
        curves=(*survival, *incidence, *second, *within),
        provenance={
            "study": {"id": "example", "sha256": "ab" * 32},
            "data": {"patient.csv": {"sha256": "cd" * 32}},
            "versions": {"atrisk": "0.1.0", "python": "3.11.2"},
        },
    )
