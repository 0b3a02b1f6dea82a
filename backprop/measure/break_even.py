"""From which size on one device beats another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class BreakEven:
    """Where a speed-up passes 1.

    Attributes:
        kind: "always" (at every size measured), "never", "from" (from `at` on), "until" (up to
            `at`), or "mixed" (it goes up and down).
        at: the size, between two that were measured.
        low, high: the range that was measured.
    """

    kind: str
    at: float | None
    low: float
    high: float

    def words(self, who: str, what: str) -> str:
        """As a clause about a device, with the name of the size.

        >>> break_even([1, 16], [0.5, 2.0]).words("cuda:0", "batch")
        'cuda:0 wins from a batch of about 4'
        >>> break_even([1, 16], [0.5, 0.8]).words("cuda:0", "width")
        'cuda:0 never wins within widths of 1 to 16'
        """
        plural = "batches" if what == "batch" else f"{what}s"
        measured = f"within {plural} of {self.low:g} to {self.high:g}"
        if self.kind in ("from", "until"):
            where = "from" if self.kind == "from" else "only up to"
            return f"{who} wins {where} a {what} of about {_round(self.at or 0.0)}"
        if self.kind == "mixed":
            return f"{who} wins here and there {measured}"
        return f"{who} {self.kind} wins {measured}"


def _round(value: float) -> str:
    """Two digits: more are not known of a size between two.

    >>> _round(37.4), _round(1234.0)
    ('37', '1200')
    """
    digits = max(0, math.floor(math.log10(value)) - 1) if value > 0 else 0
    return f"{round(value, -digits):.0f}" if value >= 1 else f"{value:.2g}"


def break_even(sizes: Sequence[float], speedups: Sequence[float | None]) -> BreakEven | None:
    """Where the speed-up passes 1: on a straight line between the logarithms of both.

    Args:
        sizes: those measured, rising.
        speedups: at each; None where it was not measured.

    Returns:
        None where fewer than two sizes were measured.

    >>> break_even([1, 16], [0.25, 4.0])
    BreakEven(kind='from', at=4.0, low=1, high=16)
    >>> break_even([1, 10], [3.0, 4.0]).kind
    'always'
    """
    points = [(n, s) for n, s in zip(sizes, speedups, strict=True) if s is not None and s > 0]
    if len(points) < 2:
        return None
    low, high = points[0][0], points[-1][0]
    wins = [s >= 1.0 for _, s in points]
    changes = [i for i in range(1, len(wins)) if wins[i] != wins[i - 1]]
    if not changes:
        return BreakEven("always" if wins[0] else "never", None, low, high)
    if len(changes) > 1:
        return BreakEven("mixed", None, low, high)
    (n0, s0), (n1, s1) = points[changes[0] - 1], points[changes[0]]
    part = math.log(s0) / (math.log(s0) - math.log(s1))
    at = math.exp(math.log(n0) + part * (math.log(n1) - math.log(n0)))
    return BreakEven("from" if wins[-1] else "until", at, low, high)
