"""A line search that ends where the strong Wolfe conditions hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

_FALL, _FLAT = 1e-4, 0.9
"""c1, how much of the promised fall there must be; c2, how much of the slope may be left."""
_NARROW = 1e-9
"""A bracket in which no weight would move by more than this is narrow enough."""


class Point(NamedTuple):
    """A point x + t d of the line: the loss there, its gradient g and its slope g·d."""

    t: float
    loss: float
    slope: float
    gradient: Any


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, size: float, most: int
) -> tuple[Point, int]:
    """(the point found, how often the loss was evaluated).

    Wanted is loss <= loss(0) + c1 t slope(0) and |slope| <= -c2 slope(0). First the step grows
    until the point itself is good or a good one must lie between it and the one before; then that
    bracket shrinks around the minimum of the cubic through its ends.

    Where the loss is infinite or NaN it counts as too high.

    Args:
        evaluate: gives the point at t.
        start: the point at t = 0; its slope is negative.
        t: the first step.
        size: the largest element of d.
        most: how often the loss may be evaluated beyond the first time.

    Source: Nocedal and Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6; the
    details as PyTorch's.
    """
    before, now, tries = start, evaluate(t), 0
    bracket = [start, now]
    while tries < most:
        if _too_high(start, now) or (tries > 1 and now.loss >= before.loss):
            bracket = [before, now]
            break
        if _flat_enough(start, now):
            return now, tries + 1
        if now.slope >= 0:
            bracket = [before, now]
            break
        low, high = now.t + 0.01 * (now.t - before.t), now.t * 10
        before, now = now, evaluate(_cubic_minimum(before, now, low, high))
        tries += 1
        bracket = [start, now]
    return _zoom(evaluate, start, bracket, size, tries, most)


def _zoom(
    evaluate: Callable[[float], Point], start: Point, bracket: list[Point], size: float,
    tries: int, most: int,
) -> tuple[Point, int]:  # fmt: skip
    """Shrink the bracket; its lower end is the best point so far."""
    low = _lower(bracket)
    stuck = False
    while tries < most:
        one, two = bracket
        left, right = min(one.t, two.t), max(one.t, two.t)
        if (right - left) * size < _NARROW:
            break
        t = _cubic_minimum(one, two, left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:  # too near an end to gain much, twice: step off
            if stuck or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        new = evaluate(t)
        tries += 1
        if _too_high(start, new) or new.loss >= bracket[low].loss:
            bracket[1 - low] = new
            low = _lower(bracket)
            continue
        if _flat_enough(start, new):
            return new, tries + 1
        if new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = new
    return bracket[low], tries + 1


def _too_high(start: Point, point: Point) -> bool:
    return not point.loss <= start.loss + _FALL * point.t * start.slope  # NaN is too high


def _lower(bracket: list[Point]) -> int:
    one, two = bracket[0].loss, bracket[1].loss
    return 0 if one <= two or math.isnan(two) else 1


def _flat_enough(start: Point, point: Point) -> bool:
    return abs(point.slope) <= -_FLAT * start.slope


def _cubic_minimum(one: Point, two: Point, low: float, high: float) -> float:
    """Where the cubic with the points' losses and slopes is least in [low, high]; the middle where
    it has no minimum, or where a loss is not finite.

    Source: Nocedal and Wright (2006), equation 3.59.
    """
    if one.t > two.t:
        one, two = two, one
    width = two.t - one.t
    a = one.slope + two.slope - 3.0 * (one.loss - two.loss) / (one.t - two.t)
    square = a * a - one.slope * two.slope
    if not 0.0 <= square < math.inf:
        return (low + high) / 2.0
    root = math.sqrt(square)
    below = two.slope - one.slope + 2.0 * root
    if below == 0.0:
        return (low + high) / 2.0
    return min(max(two.t - width * ((two.slope + root - a) / below), low), high)
