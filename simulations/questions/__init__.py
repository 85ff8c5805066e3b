"""The questions, in the order of the page."""

from simulations.question import Question
from simulations.questions import (
    delta_adjusted,
    doubly_robust,
    fine_gray,
    firth_cox,
    firth_logistic,
    hazard_ratio_over_time,
    imputation,
    incidence_difference,
    interval_log_rank,
    landmark_survival,
    location,
    max_combo,
    permutation_log_rank,
    prognosis,
    propensity,
    proportions,
    restricted_mean,
    score_bootstrap,
    standardisation,
    time_dependent_exposure,
)

QUESTIONS: tuple[Question, ...] = tuple(
    module.QUESTION
    for module in (
        landmark_survival,
        restricted_mean,
        permutation_log_rank,
        max_combo,
        interval_log_rank,
        firth_cox,
        firth_logistic,
        incidence_difference,
        fine_gray,
        proportions,
        location,
        propensity,
        score_bootstrap,
        doubly_robust,
        imputation,
        delta_adjusted,
        standardisation,
        time_dependent_exposure,
        hazard_ratio_over_time,
        prognosis,
    )
)
