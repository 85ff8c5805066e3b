"""Which tests keep their level where an exposure that does nothing begins during follow-up?"""

from __future__ import annotations

from functools import partial

import numpy as np

from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.mantel_byar import mantel_byar
from atrisk.estimate.exposure.exposure_spans import exposure_spans
from atrisk.estimate.exposure.landmark_patients import landmark_patients
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, followed
from simulations.question import Claim, Outcome, Question, Simulated, methods, rejected

NAIVE = "log-rank by whether ever exposed"
BYAR, COX = "Mantel-Byar", "start-stop Cox, Wald"
LANDMARK = "log-rank of a landmark analysis"
AT = 0.3


def _trial(draws: Draws, *, n: int, begins: float, effect: float) -> Outcome:
    """Hazard 1, times `effect` from the exposure on; everybody is lost at a time uniform up to 3."""
    unexposed, exposed_at = draws.exponential(np.ones(n)), draws.exponential(np.full(n, begins))
    after = exposed_at + (unexposed - exposed_at) / effect
    time, event = followed(np.where(unexposed > exposed_at, after, unexposed), 3.0 * draws.uniform(n))
    known = np.where(exposed_at < time, exposed_at, np.nan)
    spans = exposure_spans(time, event, known)
    ever = EventCounts.of(time, event, group=np.isfinite(known).astype(np.int64))
    there = landmark_patients(time, event, known, AT)
    at_landmark = EventCounts.of(there.time, there.cause, group=there.exposed.astype(np.int64))
    # Of a real effect the naive test would say nothing: it rejects without one.
    naive = {NAIVE: rejected(log_rank(ever).p_value)} if effect == 1 else {}
    return naive | {
        BYAR: rejected(mantel_byar(spans).p_value),
        COX: rejected(float(cox(spans.cox_sample()).p_value[0])),
        LANDMARK: rejected(log_rank(at_landmark).p_value),
    }


_WHY = "Whoever is exposed has lived until then: the time before is counted as exposed time in which nobody can die."

_FEW = Claim(
    0.05,
    0.07,
    "Some twelve are exposed at the landmark, and the plain log-rank test of so few against many rejects at a size of "
    "0.06 where they are drawn by lot, too.",
)


def _size(n: int, begins: float, naive: Claim) -> Simulated:
    return Simulated(
        f"{n} patients, exposed at hazard {begins:g}, no effect",
        1000,
        methods(NAIVE, BYAR, COX, LANDMARK, kind="size", claims={NAIVE: naive, LANDMARK: _FEW}),
        partial(_trial, n=n, begins=begins, effect=1.0),
    )


QUESTION = Question(
    "time_dependent_exposure",
    "Exposures that begin during follow-up",
    f"Hazard 1 throughout, exposure at exponential times, patients lost at uniform times up to 3; landmark at {AT:g}.",
    (
        _size(60, 1.0, Claim(0.5, 1.0, _WHY)),
        _size(200, 0.3, Claim(0.8, 1.0, _WHY)),
        Simulated(
            "200 patients, exposed at hazard 1, hazard halved",
            1000,
            methods(BYAR, COX, LANDMARK, kind="power"),
            partial(_trial, n=200, begins=1.0, effect=0.5),
        ),
    ),
)
