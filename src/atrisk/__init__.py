"""atrisk: from a cohort's tables and one study file to a complete comparative-outcomes study.

For Python users, the estimators over data frames: `atrisk.kaplan_meier(df, time="days", event="died", group="arm")`.
Each is imported when it is first asked for, so that `import atrisk` and the command line start without them.
"""

__version__ = "0.1.0"

# The public functions by the module they live in; __init__.pyi says the same to type checkers.
_MODULES = {
    "atrisk.api.survival": (
        "SurvivalCurves",
        "conditional_survival",
        "follow_up",
        "kaplan_meier",
        "quantiles",
        "restricted_mean",
        "restricted_mean_contrasts",
        "survival_at",
    ),
    "atrisk.api.log_rank": (
        "log_rank",
        "log_rank_trend",
        "max_combo",
        "pairwise_log_rank",
        "permutation_log_rank",
    ),
    "atrisk.api.cox": (
        "CoxModel",
        "baseline_hazard",
        "cause_specific_cox",
        "concordance",
        "cox",
        "cox_residuals_of",
        "firth_cox",
        "predicted_survival",
        "proportional_hazards",
    ),
    "atrisk.api.competing_risks": (
        "FineGrayModel",
        "IncidenceCurves",
        "cumulative_incidence",
        "fine_gray",
        "gray",
        "incidence_at",
        "incidence_difference",
        "predicted_incidence",
    ),
    "atrisk.api.parametric": ("interval_log_rank", "interval_parametric", "parametric", "turnbull"),
    "atrisk.api.net_survival": ("NetSurvivalCurves", "net_survival", "net_survival_at"),
    "atrisk.api.tables": (
        "breslow_day",
        "chi_squared",
        "cochran_armitage",
        "fisher",
        "mantel_haenszel",
        "proportions",
        "risk_contrasts",
    ),
    "atrisk.api.means_and_ranks": ("analysis_of_variance", "hodges_lehmann", "kruskal_wallis", "t_test", "wilcoxon"),
    "atrisk.api.regression": ("firth_logistic", "logistic", "poisson", "proportional_odds"),
    "atrisk.api.balance": (
        "PropensityScores",
        "match",
        "propensity_scores",
        "propensity_weights",
        "standardized_differences",
    ),
    "atrisk.api.terms": ("Factor", "Spline"),
    "atrisk.compare.balance.matching": ("MatchingRule",),
    "atrisk.api.answer": ("Answer",),
    "atrisk.estimate.relative_survival.net_survival": ("NetSurvivalOptions",),
    "atrisk.estimate.relative_survival.rate_table": ("RateTable",),
    "atrisk.compare.log_rank_family.rank_weight": ("RankWeight",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> object:
    """A public function, imported on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'atrisk' has no attribute '{name}'")
    from importlib import import_module

    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
