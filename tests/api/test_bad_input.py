"""Bad input: an error that names column and row and never a value, or a result that is flagged and not invented."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import atrisk
from atrisk.errors import EstimationError
from tests.api.data import frame

GOOD = {
    "days": [5.0, 8.0, 12.0, 3.0, 9.0, 14.0],
    "died": [1, 0, 1, 1, 0, 1],
    "start": [0.0, 1.0, 2.0, 0.0, 3.0, 4.0],
    "arm": ["a", "a", "a", "b", "b", "b"],
    "age": [61.0, 72.0, 55.0, 48.0, 66.0, 70.0],
    "size": [1.0, 2.0, 3.0, 1.5, 2.5, 0.5],
    "w": [1.0, 2.0, 1.0, 1.0, 3.0, 1.0],
}


def with_cell(column: str, row: int, value: Any) -> dict[str, list[Any]]:
    """The good data with one cell changed; `row` counts from 1."""
    data = {name: list(cells) for name, cells in GOOD.items()}
    data[column][row - 1] = value
    return data


def refused(words: str, data: Any, **options: Any) -> str:
    with pytest.raises(EstimationError, match=words) as caught:
        atrisk.kaplan_meier(data, time="days", event="died", **options)
    return str(caught.value)


def test_a_negative_or_infinite_time_names_its_row_and_not_its_value() -> None:
    said = refused(r"column 'days', row 4: .*must not be negative", with_cell("days", 4, -77123.0))
    assert "77123" not in said
    refused(r"column 'days', row 2: .*finite", with_cell("days", 2, math.inf))


def test_a_missing_time_is_left_out_counted_and_said() -> None:
    for hole in (None, math.nan):
        curves = atrisk.kaplan_meier(with_cell("days", 2, hole), time="days", event="died")
        assert curves.result[0].n == 5
        assert "5 of 6 rows; 1 left out for missing values (days 1)" in str(curves)
        whole = {name: [cell for i, cell in enumerate(cells) if i != 1] for name, cells in GOOD.items()}
        expected = atrisk.kaplan_meier(whole, time="days", event="died")
        np.testing.assert_equal(curves.to_dict(), expected.to_dict())


def test_event_codes_outside_the_declared_set() -> None:
    data = with_cell("died", 3, 7)
    refused(r"column 'died', row 3: codes other than 0 and 1: say with event_value", data)
    refused(
        r"column 'died', row 3: .*neither in event_value nor in censored_value", data, event_value=1, censored_value=0
    )
    with pytest.raises(EstimationError, match=r"column 'died', row 3: the code is not in event_map"):
        atrisk.cumulative_incidence(data, time="days", event="died", event_map={0: "censored", 1: "death"})
    counted = atrisk.kaplan_meier(data, time="days", event="died", event_value=1)
    assert any("2 different codes of 'died' count as censored" in note for note in counted.notes)


def test_a_declared_code_that_is_both_or_that_never_occurs() -> None:
    refused("both as an event and as censored", GOOD, event_value=1, censored_value=(0, 1))
    with pytest.raises(EstimationError, match="column 'died' never holds the code 5"):
        atrisk.logistic(GOOD, outcome="died", outcome_value=5, covariates="age")


def test_an_entry_at_or_after_the_exit() -> None:
    refused(r"column 'start', row 5: the entry must lie before .*'days'", with_cell("start", 5, 9.0), entry="start")
    refused(r"column 'start', row 5: ", with_cell("start", 5, 20.0), entry="start")
    refused(r"column 'start', row 5: .*up to rounding", with_cell("start", 5, 9.0 - 1e-12), entry="start")


def test_weights_zero_and_negative() -> None:
    refused(r"column 'w', row 6: a weight must not be negative", with_cell("w", 6, -0.5), weights="w")
    flagged = atrisk.kaplan_meier(with_cell("w", 6, 0.0), time="days", event="died", weights="w")
    assert flagged.notes == ("1 rows have weight 0 and count for nothing",)
    refused("every weight is 0", {**GOOD, "w": [0.0] * 6}, weights="w")


def test_strings_and_dates_where_numbers_are_needed() -> None:
    said = refused(
        r"column 'days', row 3: follow-up times must be numbers, not numbers mixed", with_cell("days", 3, "12d")
    )
    assert "12d" not in said
    refused(r"column 'days', row 1: .*not texts", {**GOOD, "days": [str(day) for day in GOOD["days"]]})
    day = datetime.date(2024, 5, 17)
    for data in (
        {**GOOD, "days": [day] * 6},
        pd.DataFrame({**GOOD, "days": pd.to_datetime([day] * 6)}),
        pl.DataFrame({**GOOD, "days": [day] * 6}),
    ):
        said = refused(r"column 'days', row 1: .*not dates; take differences in days first", data)
        assert "2024" not in said
    spans = pd.DataFrame({**GOOD, "days": pd.to_timedelta(GOOD["days"], unit="D")})
    refused(r"column 'days', row 1: .*spans of time; turn them into a number of days", spans)


def test_a_covariate_of_texts_needs_a_reference() -> None:
    with pytest.raises(EstimationError, match=r"column 'arm', row 1: .*atrisk.Factor\('arm', reference="):
        atrisk.cox(GOOD, time="days", event="died", covariates="arm")
    with pytest.raises(EstimationError, match="the reference of 'arm' is no level"):
        atrisk.cox(GOOD, time="days", event="died", covariates=atrisk.Factor("arm", reference="c"))
    with pytest.raises(EstimationError, match="needs 'age' in the list"):
        atrisk.cox(GOOD, time="days", event="died", covariates=["size", "age:size"])


def test_constant_and_collinear_covariates_have_no_coefficient_and_are_named() -> None:
    lung = frame("lung").assign(one=1.0, twice=lambda d: 2 * d["age"] + 3)
    model = atrisk.cox(lung, time="time", event="status", event_value=2, covariates=["age", "one", "twice", "sex"])
    plain = atrisk.cox(lung, time="time", event="status", event_value=2, covariates=["age", "sex"])
    found = dict(zip(model.table["term"], model.table["coef"], strict=True))
    assert math.isnan(found["one"])
    assert math.isnan(found["twice"])
    np.testing.assert_allclose([found["age"], found["sex"]], plain.table["coef"], rtol=1e-9)
    assert any(note.startswith("one, twice: constant among those at risk") for note in model.notes)
    outcome = lung.assign(dead=lung["status"] == 2)
    logistic = atrisk.logistic(outcome, outcome="dead", covariates=["age", "one", "twice"])
    assert np.isnan(logistic.table["coef"]).tolist() == [False, False, True, True]
    assert any("one, twice" in note for note in logistic.notes)


def test_more_covariates_than_events_is_flagged_and_nothing_invented() -> None:
    data = {**GOOD, **{f"x{j}": list(np.sin(np.arange(6) * (j + 2.3))) for j in range(6)}}
    model = atrisk.cox(data, time="days", event="died", covariates=[f"x{j}" for j in range(6)])
    assert any("fewer events (4) than coefficients (6)" in note for note in model.notes)
    assert not np.any(np.isfinite(model.table["std_error"]) & ~np.isfinite(model.table["coef"]))
    assert any("rises without end" in note or "not determined" in note for note in model.notes)


def test_empty_strata_and_groups_do_not_exist_and_strata_without_events_add_nothing() -> None:
    declared = pd.DataFrame({**GOOD, "arm": pd.Categorical(GOOD["arm"], categories=["a", "b", "never"], ordered=True)})
    curves = atrisk.kaplan_meier(declared, time="days", event="died", group="arm")
    assert curves.groups == ("a", "b")
    lung = frame("lung")
    quiet = pd.concat([lung.assign(site=1.0), lung.head(20).assign(site=2.0, status=1.0)])
    with_it, without = (
        atrisk.cox(data, time="time", event="status", event_value=2, covariates=["age", "sex"], strata="site")
        for data in (quiet, quiet[quiet["site"] == 1])
    )
    np.testing.assert_allclose(with_it.table["coef"], without.table["coef"], rtol=1e-9)
    np.testing.assert_allclose(with_it.table["std_error"], without.table["std_error"], rtol=1e-9)


def test_one_group_one_event_or_none_at_all() -> None:
    with pytest.raises(EstimationError, match="at least 2 groups; the rows used hold 1"):
        atrisk.log_rank({**GOOD, "arm": ["a"] * 6}, time="days", event="died", group="arm")
    none = {**GOOD, "died": [0] * 6}
    curves = atrisk.kaplan_meier(none, time="days", event="died")
    assert math.isnan(curves.summary["median"][0])
    model = atrisk.cox(none, time="days", event="died", covariates="age")
    assert np.isnan(model.table["coef"]).all()
    assert any("no event" in note for note in model.notes)
    empty = {name: [None] * 6 if name == "days" else cells for name, cells in GOOD.items()}
    with pytest.raises(EstimationError, match="no row has a value in every column"):
        atrisk.kaplan_meier(empty, time="days", event="died")


def test_a_million_ties() -> None:
    """One time for all: S = 1 - d/n with Greenwood's error; the Cox score of a balanced covariate is 0."""
    n = 1_000_000
    event = np.arange(n) % 4 == 0
    data = {"t": np.full(n, 30.0), "d": event, "x": (np.arange(n) // 4 % 2).astype(float)}
    curve = atrisk.kaplan_meier(data, time="t", event="d").to_dict()
    assert curve["survival"] == [0.75]
    np.testing.assert_allclose(curve["std_error"], [math.sqrt(0.75 * 0.25 / n)], rtol=1e-12)
    model = atrisk.cox(data, time="t", event="d", covariates="x")
    np.testing.assert_allclose(model.table["coef"], [0.0], atol=1e-9)


def test_columns_that_cannot_be_one() -> None:
    with pytest.raises(EstimationError, match="column 'days' has 5 rows"):
        atrisk.kaplan_meier({"died": [1] * 6, "days": [1.0] * 5}, time="days", event="died")
    with pytest.raises(EstimationError, match=r"column 'id' holds whole numbers beyond 2\^53"):
        atrisk.kaplan_meier({**GOOD, "id": np.arange(6) + 2**60}, time="days", event="died", cluster="id")
    with pytest.raises(EstimationError, match="'time' must be the name of a column"):
        atrisk.kaplan_meier(GOOD, time=3, event="died")


def test_new_patients_need_what_the_model_knows() -> None:
    veteran = frame("veteran")
    covariates = ["karno", atrisk.Factor("celltype", reference="squamous")]
    model = atrisk.cox(veteran, time="time", event="status", covariates=covariates)
    with pytest.raises(EstimationError, match=r"column 'celltype', row 2: a level that the model does not know"):
        atrisk.predicted_survival(model, {"karno": [60.0, 70.0], "celltype": ["large", "unheard"]})
    with pytest.raises(EstimationError, match="missing in column 'karno'"):
        atrisk.predicted_survival(model, {"karno": [60.0, None], "celltype": ["large", "large"]})


def test_times_that_are_all_equal_carry_no_scale() -> None:
    """Rounding leaves the variance of forty times 11.7 above 0, and the likelihood rises as the scale shrinks."""
    data = {"t": [11.7] * 40, "d": [1, 0] * 20, "low": [1.0] * 40, "high": [3.0] * 40}
    for distribution in ("weibull", "lognormal"):
        with pytest.raises(EstimationError, match="all times are the same"):
            atrisk.parametric(data, time="t", event="d", distribution=distribution)  # type: ignore[arg-type]
        with pytest.raises(EstimationError, match="all times are the same"):
            atrisk.interval_parametric(data, lower="low", upper="high", distribution=distribution)  # type: ignore[arg-type]


def test_no_event_in_any_cluster_leaves_a_rate_of_0() -> None:
    data = {"y": [0] * 8, "x": [float(i) for i in range(8)], "site": [1, 1, 2, 2, 3, 3, 4, 4]}
    model = atrisk.poisson(data, outcome="y", covariates="x", cluster="site")
    assert model.table["coef"][0] == -math.inf
    assert np.isnan(model.table["std_error"]).all()
    assert any("everyone has the same outcome" in note for note in model.notes)
