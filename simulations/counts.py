"""Every count that two groups can have, with its probability."""

from __future__ import annotations

import math
from collections.abc import Iterator

# Pairs of counts that together are less probable than this are left out.
_NEVER = 1e-7


def binomial(n: int, risk: float) -> list[float]:
    """The probability of every count from 0 to n."""
    return [math.comb(n, k) * risk**k * (1 - risk) ** (n - k) for k in range(n + 1)]


def pairs_of_counts(sizes: tuple[int, int], risks: tuple[float, float]) -> Iterator[tuple[float, tuple[int, int]]]:
    """The counts of two independent groups."""
    first, second = (binomial(n, risk) for n, risk in zip(sizes, risks, strict=True))
    never = _NEVER / (len(first) * len(second))
    for one, p_one in enumerate(first):
        for other, p_other in enumerate(second):
            if p_one * p_other > never:
                yield p_one * p_other, (one, other)
