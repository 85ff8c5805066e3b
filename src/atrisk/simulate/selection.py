"""Draws a block again and again until a draw meets the block's targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from atrisk.simulate.agreement import Quantities, meets
from atrisk.simulate.spec import ImpossibleSpecError, Spec
from atrisk.simulate.stream import Stream, open_stream
from atrisk.simulate.target import Target

Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True, eq=False)
class Selection(Generic[Drawn]):
    """The accepted draw of a block, and how many were drawn until then."""

    drawn: Drawn
    tries: int


def select(
    spec: Spec,
    block: str,
    draw: Callable[[Stream], Drawn],
    quantities: Callable[[Drawn], Quantities],
) -> Selection[Drawn]:
    """The first draw of a block, each from its own stream, that meets every target among its quantities.

    Raises ImpossibleSpecError, at the target that failed most often, when `most_tries` draws were not enough.
    """
    targets: dict[str, tuple[int, Target]] = {
        target.quantity: (place, target) for place, target in enumerate(spec.targets)
    }
    failures: dict[int, int] = {}
    for attempt in range(spec.most_tries):
        drawn = draw(open_stream(spec.seed, block, attempt))
        for name, value in quantities(drawn):
            if name in targets and not meets(targets[name][1], value):
                place = targets[name][0]
                failures[place] = failures.get(place, 0) + 1
                break
        else:
            return Selection(drawn, attempt + 1)
    worst = max(failures, key=lambda place: failures[place])
    message = f"none of {spec.most_tries} draws of the {block} block met its targets; this one failed most often."
    raise ImpossibleSpecError(
        ("targets", worst), message, "Calibrate the parameters that move it, or widen the target."
    )
