"""Random numbers whose meaning depends on the seed alone, not on the version of NumPy.

NumPy promises the raw bits of PCG64 and the way a seed is expanded, but not the algorithms of its distributions. So
only raw bits are taken; everything else is made here by inverting distribution functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError

Name = TypeVar("Name", bound=str)


class Stream:
    """One independent sequence of random numbers; drawing advances it."""

    __slots__ = ("_bits",)

    def __init__(self, bits: np.random.PCG64) -> None:
        self._bits = bits

    def uniform(self, shape: int | tuple[int, ...]) -> NDArray[np.float64]:
        """Uniform on the open interval (0, 1): (k + 1/2) / 2^52 with k the upper 52 bits of a raw 64-bit word.

        Not 53 bits: the largest value would then be rounded to 1.
        """
        size = int(np.prod(shape))
        words = np.asarray(self._bits.random_raw(size), dtype=np.uint64)
        return ((words >> np.uint64(12)).astype(np.float64) + 0.5).reshape(shape) * 2.0**-52

    def normal(self, shape: int | tuple[int, ...]) -> NDArray[np.float64]:
        """Standard normal by inversion, Φ⁻¹(U)."""
        from scipy.special import ndtri

        return np.asarray(ndtri(self.uniform(shape)), dtype=np.float64)

    def truncated_normal(self, size: int, *, mean: float, sd: float, low: float, high: float) -> NDArray[np.float64]:
        """Normal restricted to [low, high] by inversion on the interval of its distribution function."""
        from scipy.special import ndtr, ndtri

        below, above = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
        z = ndtri(below + (above - below) * self.uniform(size))
        return np.asarray(np.clip(mean + sd * z, low, high), dtype=np.float64)

    def whole(self, size: int, *, low: int, high: int) -> NDArray[np.int64]:
        """Whole numbers from low to high, both included, equally likely."""
        return low + np.floor(self.uniform(size) * (high - low + 1)).astype(np.int64)

    def happens(self, probability: NDArray[np.floating[Any]] | float, size: int) -> NDArray[np.bool_]:
        """True with the given probability (one for all, or one for each)."""
        return np.asarray(self.uniform(size) < probability, dtype=np.bool_)

    def choose(self, shares: Mapping[Name, float], size: int) -> NDArray[Any]:
        """Names drawn with the given shares, in the order in which they are listed."""
        names = np.array(list(shares), dtype=object)
        bounds = np.cumsum(np.array(list(shares.values()), dtype=np.float64))
        drawn = np.searchsorted(bounds, self.uniform(size) * bounds[-1], side="right")
        return np.asarray(names[np.minimum(drawn, len(names) - 1)])

    def order(self, size: int) -> NDArray[np.int64]:
        """A random order of 0 .. size-1."""
        return np.argsort(self.uniform(size), kind="stable").astype(np.int64)

    def chi_squared(self, df: float) -> float:
        """One chi squared deviate with `df` degrees of freedom, by inversion."""
        from scipy.special import gammaincinv

        return 2.0 * float(gammaincinv(df / 2.0, self.uniform(1)[0]))


def streams(seed: int, n: int) -> tuple[Stream, ...]:
    """Independent streams of one seed, each the same however many are asked for."""
    if isinstance(seed, bool) or seed != int(seed) or seed < 0:
        raise EstimationError("a seed must be a whole number from 0.")
    return tuple(Stream(np.random.PCG64(state)) for state in np.random.SeedSequence(int(seed)).spawn(n))
