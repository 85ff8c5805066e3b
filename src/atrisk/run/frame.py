"""One comparison made ready: who is in which group and stratum, and what its rows have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.cohort.grouping import Grouping
from atrisk.result.remark import Remark
from atrisk.result.row import MAIN, Row
from atrisk.study.contrast import all_groups, contrast
from atrisk.study.grouping import Multiplicity
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Comparison, Settings

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frame:
    """The patients of one comparison by group and stratum.

    ``group`` and ``stratum`` are codes per patient of the cohort, -1 for patients outside this comparison (``stratum``
    is 0 throughout without strata). ``not_compared`` is how many are outside, by reason. ``within`` is the
    stratum this frame was narrowed to, if it was; ``specification`` the alternative computed, if it is one. ``pairs``
    are positions in ``groups``: the first compared with the second.
    """

    name: str
    population: str
    groups: tuple[str, ...]
    group: Codes
    pairs: tuple[tuple[int, int], ...]
    reference: int
    strata: tuple[str, ...]
    stratum: Codes
    multiplicity: Multiplicity
    settings: Settings
    not_compared: Mapping[str, int] = field(default_factory=dict)
    within: str = ""
    specification: str = MAIN

    @classmethod
    def of(cls, loaded: LoadedStudy, name: str, grouping: Grouping) -> Frame:
        """The comparison called ``name`` ("main" or one under ``comparisons:``) of the patients so grouped."""
        declared = loaded.study.groups if name == MAIN else loaded.study.comparisons[name]
        restrict = declared.restrict if isinstance(declared, Comparison) else None
        if loaded.alternative:
            further = loaded.study.alternatives[loaded.alternative].restrict
            both = restrict is not None and further is not None
            restrict = f"({restrict}) AND ({further})" if both else restrict or further
        reference = grouping.codes.index(declared.reference) if declared.reference is not None else 0
        return cls(
            name=name,
            population=Remark("all-eligible") if restrict is None else Remark("eligible-with", {"condition": restrict}),
            groups=grouping.codes,
            group=grouping.index,
            pairs=grouping.pairs,
            reference=reference,
            strata=grouping.strata,
            stratum=np.maximum(grouping.stratum, 0),
            multiplicity=declared.multiplicity,
            settings=loaded.study.settings,
            not_compared=grouping.not_compared,
            specification=loaded.alternative or MAIN,
        )

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which patients are compared."""
        return self.group >= 0

    @property
    def stratified(self) -> bool:
        """Whether groups are compared within strata."""
        return bool(self.strata)

    def contrast(self, pair: tuple[int, int]) -> str:
        """The words for a pair: "A vs B"."""
        return contrast(self.groups[pair[0]], self.groups[pair[1]])

    @property
    def all_groups(self) -> str:
        """The words for a test of all groups at once: codes joined by " / "."""
        return all_groups(self.groups)

    def row(self, analysis: str) -> Row:
        """A row with what all rows of this comparison share; ``statistic`` is still to be said."""
        return Row(
            comparison=self.name,
            analysis=analysis,
            population=self.population,
            specification=self.specification,
            stratum=self.within,
            statistic="",
            conf_level=None,
        )

    def family(self, outcome: str, what: str) -> str:
        """The family within which p values of pairs are adjusted."""
        place = Remark("family-in-stratum", {"what": what, "stratum": self.within}) if self.within else what
        return Remark("family", {"comparison": self.name, "outcome": outcome, "what": place, "rule": self.multiplicity})

    def members(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """All patients compared (under the empty code), then each group's."""
        yield "", self.inside
        for position, code in enumerate(self.groups):
            yield code, self.group == position

    def of_stratum(self, code: str) -> Frame:
        """The comparison within one stratum; of the empty code, the whole."""
        if not code:
            return self
        inside = self.stratum == self.strata.index(code)
        everyone = np.zeros_like(self.stratum)
        return replace(self, group=np.where(inside, self.group, -1), strata=(), stratum=everyone, within=code)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """How many patients are compared (under the empty code), then how many are in each group."""
        for code, members in self.members():
            yield code, int(members.sum())
