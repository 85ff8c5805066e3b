"""How many cells were corrected as the study file declares, by column and reason, as result rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from atrisk.result.row import Row
from atrisk.study.model import Study


def correction_rows(study: Study) -> Iterator[Row]:
    """One row a column and reason, in the order declared; every declared correction was applied, else nothing ran."""
    counts = Counter((correction.column, str(correction.reason)) for correction in study.corrections)
    for (column, reason), count in counts.items():
        yield Row(analysis="corrections", statistic="count", variable=column, term=reason, value=float(count))
