"""Connectionist temporal classification: the likelihood of a sequence of labels, over all its
alignments, and its derivatives.

The kernels' file says what an alignment is. The gradient of the likelihood's logarithm is the
occupancy, the probability that an alignment, drawn by its share of the likelihood, gives a step a
symbol. The derivative of the occupancy along a direction v is a covariance: of the sum of v along
an alignment with the alignment's being there. `_curvature` carries the mean of that sum forward
along the walks and back, beside their likelihood.
"""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from .choice import maximum, where
from .elementwise import exp
from .indexing import add_along_axis, getitem, take_along_axis
from .joining import concat, stack
from .reductions import logsumexp, sum
from .scans import cumulative_sum
from .shapes import broadcast_to

__all__ = ["ctc_likelihood", "ctc_occupancy"]

NEVER = -1e30
"""The logarithm of what is impossible, as the kernels have it."""


def _likelihood(
    log_probs: Any, labels: Any, steps: Any, lengths: Any, *, impossible: float
) -> tuple[Any, Any]:
    return backends.kernels.ctc_likelihood(log_probs, labels, steps, lengths)


# (logarithm of the likelihood, walks so far): the second output is what the first one's gradient
# starts from; it has none of its own. `impossible` is the gradient where there is no alignment.
ctc_likelihood = Primitive(
    "ctc_likelihood", "log_probs labels steps lengths", _likelihood, outputs=2
)
ctc_occupancy = Primitive("ctc_occupancy", "g walks log_probs labels steps lengths")


def _likelihood_inputs(
    g: Any, out: Any, log_probs: Any, labels: Any, steps: Any, lengths: Any, impossible: float
) -> tuple[Any, None, None, None]:
    of_likelihood, of_walks = g
    if of_walks is not None:
        raise NotImplementedError("ctc_likelihood: its second output, the walks, has no derivative")
    found = ctc_occupancy(
        of_likelihood, out[1], log_probs, labels, steps, lengths, impossible=impossible
    )
    return found, None, None, None


vjp_joint(ctc_likelihood, _likelihood_inputs)


def _occupancy_g(
    v: Any, walks: Any, log_probs: Any, labels: Any, steps: Any, lengths: Any, g: Any,
    impossible: float,
) -> Any:  # fmt: skip
    one = ctc_occupancy(g * 0 + 1, walks, log_probs, labels, steps, lengths, impossible=impossible)
    return sum(v * one, axis=(0, 2), keepdims=False)


def _moved(row: Any, by: int, fill: float) -> Any:
    """Each row moved to the right (to the left, by less than 0), filled up."""
    n = abs(by)
    ends = getitem(row, index=(slice(None), slice(None, n))) * 0 + fill
    if by > 0:
        return concat(ends, getitem(row, index=(slice(None), slice(None, -n))), axis=1)
    return concat(getitem(row, index=(slice(None), slice(n, None))), ends, axis=1)


def _step(logs: list[Any], means: list[Any]) -> tuple[Any, Any]:
    """The logarithm of the sum of the probabilities, and the mean by their shares in it."""
    total = logsumexp(stack(*logs, axis=0), axis=0, keepdims=False)
    shares = [exp(x - total) for x in logs]
    a, b, c = [share * mean for share, mean in zip(shares, means, strict=True)]
    return total, a + b + c


def _curvature(
    v: Any, g: Any, log_probs: Any, labels: Any, steps: Any, lengths: Any, impossible: float
) -> Any:
    """g times the derivative of the occupancy along v. The second derivative of the likelihood's
    logarithm is symmetric, so this is the occupancy's own rule."""
    count, symbols = log_probs.shape[0], log_probs.shape[2]
    index = broadcast_to(
        getitem(labels, index=(None,)), shape=(count, *(int(n) for n in labels.shape))
    )
    emitted = maximum(take_along_axis(log_probs, index, axis=2), NEVER)
    along = take_along_axis(v, index, axis=2)
    place = cumulative_sum(labels * 0 + 1, axis=1, include_initial=False) - 1
    behind = getitem(lengths, index=(slice(None), None)) * 2
    is_end = where(place == behind, True, place == behind - 1)
    same = where(place < 2, True, labels == _moved(labels, 2, 0))

    e = [getitem(emitted, index=(t,)) for t in range(count)]
    d = [getitem(along, index=(t,)) for t in range(count)]
    two = where(same, NEVER, e[0] * 0)  # what it costs to pass over a blank

    walks, so_far = [where(place < 2, e[0], NEVER)], [d[0]]
    for t in range(1, count):
        row, mean = walks[-1], so_far[-1]
        total, mean = _step(
            [row, _moved(row, 1, NEVER), _moved(row, 2, NEVER) + two],
            [mean, _moved(mean, 1, 0.0), _moved(mean, 2, 0.0)],
        )
        walks.append(total + e[t])
        so_far.append(mean + d[t])

    start = where(is_end, 0.0, e[0] * 0 + NEVER)
    rests, to_come = [start], [d[0] * 0]
    for t in range(count - 2, -1, -1):
        row, mean = rests[-1] + e[t + 1], to_come[-1] + d[t + 1]
        total, mean = _step(
            [row, _moved(row, -1, NEVER), _moved(row + two, -2, NEVER)],
            [mean, _moved(mean, -1, 0.0), _moved(mean, -2, 0.0)],
        )
        on = getitem(steps > t + 1, index=(slice(None), None))
        rests.append(where(on, total, start))
        to_come.append(where(on, mean, 0.0))
    rests.reverse()
    to_come.reverse()

    found = logsumexp(walks[0] + rests[0], axis=1, keepdims=True)
    possible = found > NEVER / 2
    found = where(possible, found, 0.0)
    expected = sum(
        exp(walks[0] + rests[0] - found) * (so_far[0] + to_come[0]), axis=1, keepdims=True
    )
    g = getitem(g, index=(slice(None), None))
    rows = []
    for t in range(count):
        share = exp(walks[t] + rests[t] - found)
        change = share * (so_far[t] + to_come[t] - expected)
        change = where(possible, change, impossible)
        on = getitem(steps > t, index=(slice(None), None))
        rows.append(where(on, change * g, 0.0))
    return add_along_axis(stack(*rows, axis=0), index, length=symbols, axis=2)


vjp(
    ctc_occupancy,
    _occupancy_g,
    None,  # a function of log_probs, whose rule knows that
    _curvature,
    None,
    None,
    None,
)
