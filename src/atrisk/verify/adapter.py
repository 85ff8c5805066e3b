"""What an adapter is: it turns a case's options into calls of estimators and answers in the case's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from atrisk.verify.case import Case

# Returns numbers under the names, and in the shape, of `case.expected`; more than is asked for does no harm.
# NaN or None is "not estimable". Under "notes" it may say what the estimators say: a tuple of texts, needed
# where the reference recorded a warning or an error. Raises EstimationError for a refusal.
Adapter = Callable[[Case], Mapping[str, object]]
