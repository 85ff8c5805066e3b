from atrisk.api.answer import Answer as Answer
from atrisk.api.cox import CoxModel as CoxModel
from atrisk.api.cox import baseline_hazard as baseline_hazard
from atrisk.api.cox import cause_specific_cox as cause_specific_cox
from atrisk.api.cox import concordance as concordance
from atrisk.api.cox import cox as cox
from atrisk.api.cox import cox_residuals_of as cox_residuals_of
from atrisk.api.cox import firth_cox as firth_cox
from atrisk.api.cox import predicted_survival as predicted_survival
from atrisk.api.cox import proportional_hazards as proportional_hazards
from atrisk.api.log_rank import log_rank as log_rank
from atrisk.api.log_rank import log_rank_trend as log_rank_trend
from atrisk.api.log_rank import max_combo as max_combo
from atrisk.api.log_rank import pairwise_log_rank as pairwise_log_rank
from atrisk.api.log_rank import permutation_log_rank as permutation_log_rank
from atrisk.api.survival import SurvivalCurves as SurvivalCurves
from atrisk.api.survival import conditional_survival as conditional_survival
from atrisk.api.survival import follow_up as follow_up
from atrisk.api.survival import kaplan_meier as kaplan_meier
from atrisk.api.survival import quantiles as quantiles
from atrisk.api.survival import restricted_mean as restricted_mean
from atrisk.api.survival import restricted_mean_contrasts as restricted_mean_contrasts
from atrisk.api.survival import survival_at as survival_at
from atrisk.api.terms import Factor as Factor
from atrisk.api.terms import Spline as Spline
from atrisk.compare.log_rank_family.rank_weight import RankWeight as RankWeight

__version__: str
