"""What cannot be in the data, as a study file declares it: a condition, why it cannot hold, and how grave it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from atrisk.study.expression import SqlText
from atrisk.study.part import Part
from atrisk.study.text import ReaderText


class Impossible(Part):
    """A condition that no row may meet, over the columns of rows that belong together."""

    when: SqlText = Field(description="SQL expression; a row for which it is true is a finding.")
    because: ReaderText = Field(description="Why it cannot be; stands in the finding.")
    severity: Literal["blocks", "warns", "informs"] = Field("blocks", description="How grave it is.")
