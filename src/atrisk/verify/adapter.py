"""What an adapter is: it turns a question into calls of estimators and answers in the words of the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from atrisk.verify.question import Question

# Returns numbers under the names of the case's `expected` block, which it never sees: curves and vectors in full
# (the comparison takes the rows that the reference kept), more than is asked for does no harm. NaN or None is "not
# estimable". Beside the numbers it may give
# - "notes": a tuple of texts, what the estimators say; needed where the reference recorded a warning or an error;
# - "tight": numbers at full convergence, for the reference's block of that name;
# - "imitated": numbers under a rule of the reference's that we do not share (see kept_difference.py).
# Raises EstimationError for a refusal.
Adapter = Callable[[Question], Mapping[str, object]]
