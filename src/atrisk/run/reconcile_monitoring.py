"""The numbers of operations that are watched must be those compared, and those of the units theirs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from atrisk.errors import ReconciliationError
from atrisk.result.curve import Curve
from atrisk.result.row import Row
from atrisk.run.monitoring.charts import FUNNEL, MONITORING, MONITORING_CURVES

_ROUNDING = 1e-9
_ACCOUNT = ("n", "n_event")


def check_monitoring(compared: int, rows: Iterable[Row], curves: Iterable[Curve]) -> None:
    """Watched + left out = all ``compared``; the units together are all watched, with their events; so are the charts.

    Raises ReconciliationError.
    """
    own = [row for row in rows if row.analysis == MONITORING]
    drawn = [curve for curve in curves if curve.kind in MONITORING_CURVES]
    if not own and not drawn:
        return
    whole = _account([row for row in own if not row.level])
    left = sum(row.value or 0.0 for row in own if row.statistic == "n_excluded")
    _require(whole["n"] + left == compared, f"{whole['n']:g} are watched and {left:g} not, of {compared}")
    units = {row.level: _account([each for each in own if each.level == row.level]) for row in own if row.level}
    for name in _ACCOUNT if units else ():
        total = sum(unit[name] for unit in units.values())
        _require(total == whole[name], f"the units have {total:g} ({name}), all watched {whole[name]:g}")
    for row in own:
        account = units.get(row.level, whole)
        for name in _ACCOUNT:
            given = getattr(row, name)
            _require(given is None or given == account[name], f"{row.statistic} is of {given} ({name})")
    _check_expected(own)
    for curve in drawn:
        _check_curve(curve, whole)


def _account(rows: Sequence[Row]) -> dict[str, float]:
    found = {row.statistic: row.value for row in rows if row.statistic in _ACCOUNT}
    return {name: value if (value := found.get(name)) is not None else math.nan for name in _ACCOUNT}


def _check_expected(own: Sequence[Row]) -> None:
    parts = [row.value or 0.0 for row in own if row.statistic == "expected" and row.level]
    total = sum(row.value or 0.0 for row in own if row.statistic == "expected" and not row.level)
    away = abs(math.fsum(parts) - total)
    _require(
        not parts or away <= _ROUNDING * max(1.0, total), f"units expect {math.fsum(parts):g} events, not {total:g}"
    )


def _check_curve(curve: Curve, whole: dict[str, float]) -> None:
    events, others = float(curve.n_event.sum()), float(curve.n_censored.sum())
    wanted = (0.0, 0.0) if curve.kind == FUNNEL else (whole["n_event"], whole["n"] - whole["n_event"])
    _require(curve.n == whole["n"], f"curve {curve.kind} is of {curve.n} operations, not {whole['n']:g}")
    _require((events, others) == wanted, f"curve {curve.kind} has {events:g} events and {others:g} without")


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise ReconciliationError(f"monitoring: {words}")
