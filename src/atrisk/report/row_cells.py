"""Cells of tables made from result rows: an estimate with its limits, n of N with per cent, a p value with its test."""

from __future__ import annotations

from collections.abc import Callable

from atrisk.report.table_model import EMPTY, Cell, Line, Piece, line
from atrisk.report.view import View
from atrisk.result.row import Row

Format = Callable[[float], str]

# Stands where there is no number; a table that has one says below what it means.
DASH = "\N{EN DASH}"


def number(row: Row | None, form: Format) -> Piece:
    """The value of a row; a dash where there is none."""
    if row is None or row.value is None:
        return Piece(DASH, row.row_id if row is not None else "")
    return Piece(form(row.value), row.row_id)


def number_cell(row: Row | None, form: Format, *, muted: bool = False) -> Cell:
    """A cell with one number; empty where there is no row."""
    return Cell((line(number(row, form)),), "muted" if muted else "") if row is not None else EMPTY


_LIMIT_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def limit_sign(row: Row | None) -> str:
    """The sign of a value that is only known as a limit, from ``text_value``; empty for one known exactly."""
    text = row.text_value if row is not None else ""
    return _LIMIT_SIGNS.get(text[: len(text) - len(text.lstrip("<>="))], "")


def limits(view: View, row: Row | None, form: Format) -> Line:
    """The limits of an estimate, "low to high"; a limit that cannot be estimated is a dash."""
    if row is None:
        return ()
    low, high = view.rows.companion(row, "conf_low"), view.rows.companion(row, "conf_high")
    if low is None or high is None or (low.value is None and high.value is None):
        return ()
    return line(number(low, form), view.words.style.between, number(high, form))


def limits_cell(view: View, row: Row | None, form: Format) -> Cell:
    """A cell with the limits of an estimate alone."""
    both = limits(view, row, form)
    return Cell((both,)) if both else Cell.of(DASH if row is not None else "")


def count_cell(view: View, count: Row | None, share: Row | None, *, with_total: bool) -> Cell:
    """``n (%)`` or, where the total is not the group's own, ``n/N (%)``."""
    if count is None or count.value is None:
        return EMPTY
    pieces: list[Piece | str] = [number(count, view.words.count)]
    if with_total and count.denominator is not None:
        pieces += ["/", Piece(view.words.count(count.denominator), count.row_id, "denominator")]
    if share is not None and share.value is not None:
        pieces += [" (", number(share, view.words.percent), ")"]
    return Cell.of(*pieces)


def patients_cell(view: View, row: Row | None, *, events: bool = False) -> Cell:
    """The patients a row is about, with the events among them in brackets."""
    if row is None or row.n is None:
        return EMPTY
    pieces: list[Piece | str] = [Piece(view.words.count(row.n), row.row_id, "n")]
    if events and row.n_event is not None:
        pieces += [" (", Piece(view.words.count(row.n_event), row.row_id, "n_event"), ")"]
    return Cell.of(*pieces)


def p_cell(view: View, row: Row | None) -> Cell:
    """A p value alone; a dash where it could not be computed."""
    return number_cell(row, view.words.p_value)


def adjusted_cell(view: View, row: Row | None) -> Cell:
    """The p value of a row adjusted for the number of contrasts in its family."""
    if row is None or row.p_adjusted is None:
        return EMPTY
    return Cell.of(Piece(view.words.p_value(row.p_adjusted), row.row_id, "p_adjusted"))


METHOD_WORDS = {
    "log-rank": "log-rank test",
    "stratified log-rank": "stratified log-rank test",
    "cause-specific log-rank": "cause-specific log-rank test",
    "stratified cause-specific log-rank": "stratified cause-specific log-rank test",
    "cox": "Cox model",
    "stratified cox": "stratified Cox model",
    "cause-specific cox": "cause-specific Cox model",
    "stratified cause-specific cox": "stratified cause-specific Cox model",
    "firth cox": "Cox model with Firth's penalty, profile limits",
    "stratified firth cox": "stratified Cox model with Firth's penalty, profile limits",
    "cause-specific firth cox": "cause-specific Cox model with Firth's penalty, profile limits",
    "stratified cause-specific firth cox": "stratified cause-specific Cox model with Firth's penalty, profile limits",
    "cox, within centres": "Cox model, each centre with a baseline hazard of its own",
    "cox, centres as clusters": "Cox model, variance by centres as clusters",
    "stratified cox, within centres": "stratified Cox model, each centre with a baseline hazard of its own",
    "stratified cox, centres as clusters": "stratified Cox model, variance by centres as clusters",
    "cause-specific cox, within centres": "cause-specific Cox model, each centre with a baseline hazard of its own",
    "cause-specific cox, centres as clusters": "cause-specific Cox model, variance by centres as clusters",
    "cox, alone": "Cox model of one variable",
    "cox, together": "Cox model of all variables",
    "corrected for optimism": "corrected for optimism by bootstrap",
    "cox, delta-adjusted": "Cox model, events after censoring imputed",
    "kaplan-meier, worst and best case": "difference of Kaplan-Meier estimates",
    "logistic": "logistic regression",
    "firth logistic": "logistic regression with Firth's penalty, profile limits",
    "proportional odds": "proportional odds regression",
    "firth proportional odds": "proportional odds regression with Firth's penalty",
    "pearson, proportional odds": "score test of proportional odds",
    "woolf": "Woolf",
    "weighted cox": "weighted Cox model",
    "weighted cause-specific cox": "weighted cause-specific Cox model",
    "weighted log-rank": "weighted log-rank test",
    "weighted cause-specific log-rank": "weighted cause-specific log-rank test",
    "weighted kaplan-meier": "difference of weighted Kaplan-Meier estimates",
    "weighted restricted mean": "difference of areas under weighted Kaplan-Meier curves",
    "weighted risk difference": "difference of weighted risks",
    "matched": "matching",
    "matched cox": "Cox model of matched patients",
    "matched cause-specific cox": "cause-specific Cox model of matched patients",
    "matched kaplan-meier": "difference of Kaplan-Meier estimates of matched patients",
    "matched restricted mean": "difference of areas under Kaplan-Meier curves of matched patients",
    "matched risk difference": "difference of risks of matched patients",
    "newcombe, matched pairs": "Newcombe's difference of paired proportions",
    "standardised cox": "Cox model standardised over its patients",
    "standardised cause-specific cox": "cause-specific Cox models standardised over their patients",
    "area under standardised cox": "area under the standardised curve of a Cox model",
    "standardised logistic": "logistic regression standardised over its patients",
    "doubly robust survival": "doubly robust (Cox model mended by weights)",
    "doubly robust restricted mean": "area under doubly robust curves",
    "kaplan-meier": "Kaplan-Meier",
    "reverse kaplan-meier": "reverse Kaplan-Meier",
    "aalen-johansen": "Aalen-Johansen",
    "mantel-byar": "Mantel-Byar test",
    "simon-makuch": "Simon-Makuch",
    "start-stop cox": "start-stop Cox model",
    "start-stop cox by group": "start-stop Cox model, stratified by the study's groups",
    "cox from the landmark": "Cox model from the landmark on",
    "fleming-harrington": "Fleming-Harrington weighted log-rank test",
    "max-combo": "MaxCombo test",
    "stratified fleming-harrington": "stratified Fleming-Harrington weighted log-rank test",
    "stratified max-combo": "stratified MaxCombo test",
    "piecewise cox": "Cox model by period",
    "stratified piecewise cox": "stratified Cox model by period",
    "likelihood ratio test": "likelihood ratio test",
    "area under aalen-johansen": "area under the cumulative incidence",
    "area under the share in hospital": "area under the share still in hospital",
    "permutation log-rank": "permutation log-rank test",
    "stratified permutation log-rank": "stratified permutation log-rank test",
    "risk-adjusted cusum": "risk-adjusted CUSUM",
    "cusum": "CUSUM, the risk of all the same",
    "funnel": "Poisson-binomial limits",
    "turnbull": "Turnbull (nonparametric, interval-censored)",
    "interval log-rank": "interval-censored log-rank test",
    "stratified interval log-rank": "stratified interval-censored log-rank test",
    "weibull, interval-censored": "Weibull proportional hazards model of intervals",
    "gray": "Gray's test",
    "stratified gray": "stratified Gray's test",
    "fine-gray": "Fine-Gray model",
    "1 - kaplan-meier": "1 − Kaplan-Meier, competing events taken for censoring",
    "difference of kaplan-meier curves": "difference of Kaplan-Meier estimates",
    "difference of aalen-johansen curves": "difference of Aalen-Johansen estimates",
    "area under kaplan-meier": "area under the Kaplan-Meier curve",
    "difference of restricted means": "difference of areas under Kaplan-Meier curves",
    "ratio of restricted means": "ratio of areas under Kaplan-Meier curves",
    "schoenfeld": "Schoenfeld's formula",
    "test against the margin": "test against the margin",
    "clopper-pearson": "Clopper-Pearson (exact)",
    "newcombe": "Newcombe (score)",
    "kaplan-meier, effective number": "1 − Kaplan-Meier, Clopper-Pearson limits for the effective number",
    "kaplan-meier, newcombe with effective numbers": "1 − Kaplan-Meier, Newcombe limits for effective numbers",
    "fisher": "Fisher's exact test",
    "chi-squared": "chi-squared test",
    "kruskal-wallis": "Kruskal-Wallis test",
    "wilcoxon": "Wilcoxon rank-sum test",
    "cochran-mantel-haenszel": "Cochran-Mantel-Haenszel test",
    "exact conditional": "exact conditional test",
    "breslow-day": "Breslow-Day test",
    "likelihood ratio test of interaction": "likelihood ratio test of interaction",
    "placements, logit limits": "probability of a higher level from placements, logit limits",
    "continuous": "standardised difference of means",
    "binary": "standardised difference of two proportions",
    "levels": "standardised difference of several proportions",
}


def method_words(view: View, method: str) -> str:
    """A method as readers call it; one that is not known here stands as it is."""
    return view.say(METHOD_WORDS.get(method, method))
