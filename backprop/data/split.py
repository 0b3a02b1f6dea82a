"""Cutting rows into training, validation and test parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import backends

STREAM = 1
"""The generator's stream for splits: independent of those of initialisation and shuffling."""


def split(
    n: int | Any,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    stratify: Any = None,
) -> tuple[np.ndarray, ...]:
    """Index arrays that divide n rows, one for each fraction, the first the training part.

    Every row is in exactly one part; within a part the indices ascend. The same seed gives the
    same parts on every device. No part of a positive fraction is empty. With `stratify`, each
    class is divided in these proportions, as near as whole rows allow, and every class has a row
    in the training part.

    Args:
        n: how many rows, or the (N,) labels themselves to stratify by.
        fractions: one for each part, none negative, of sum 1, the first above 0.
        seed: any integer.
        stratify: (N,) class labels, or None to divide without regard to classes.

    Raises:
        ValueError: the fractions are not as said, or there are too few rows for the parts.

    >>> [len(part) for part in split(50, (0.8, 0.1, 0.1), seed=0)]
    [40, 5, 5]
    >>> train, test = split([0, 0, 0, 0, 1, 1, 1, 1], (0.5, 0.5))
    >>> len(train), int((train < 4).sum())
    (4, 2)
    """
    if not isinstance(n, (int, np.integer)):
        stratify = n if stratify is None else stratify
        n = len(n)
    n, shares = int(n), check_fractions(fractions)
    wanted = [k for k, share in enumerate(shares) if share > 0]
    if n < len(wanted):
        raise ValueError(
            f"fractions: got {len(wanted)} parts of {n} rows, wanted at least one row for each; "
            "ask for fewer parts or bring more rows"
        )
    order = np.asarray(backends.Generator(seed).spawn(STREAM).permutation(n))
    part = np.empty(n, dtype=np.int64)
    if stratify is None:
        groups = [order]
    else:
        labels = np.asarray(stratify)
        if labels.shape != (n,):
            raise ValueError(f"stratify: got shape {labels.shape}, wanted ({n},), one label a row")
        codes = np.unique(labels, return_inverse=True)[1][order]
        groups = [order[codes == c] for c in range(int(codes.max()) + 1)]
    owed = [0.0] * len(shares)
    for group in groups:
        sizes = _sizes(len(group), shares, owed)
        part[group] = np.repeat(np.arange(len(shares)), sizes)
    _fill_empty(part, wanted, order)
    return tuple(np.nonzero(part == k)[0] for k in range(len(shares)))


def check_fractions(fractions: Sequence[float]) -> list[float]:
    """The fractions as floats, or a ValueError that says what is wrong with them."""
    try:
        shares = [float(f) for f in fractions]
    except (TypeError, ValueError):
        shares = []
    shown = tuple(fractions) if shares else fractions
    if not shares or not all(math.isfinite(s) for s in shares):
        raise ValueError(f"fractions: got {shown!r}, wanted numbers such as (0.8, 0.1, 0.1)")
    if min(shares) < 0:
        raise ValueError(f"fractions: got {shown}, wanted none below 0")
    if abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"fractions: got {shown} of sum {sum(shares):g}, wanted a sum of 1")
    if shares[0] == 0:
        raise ValueError(f"fractions: got {shown}, wanted the first (the training part) above 0")
    return shares


def _sizes(count: int, shares: list[float], owed: list[float]) -> list[int]:
    """How many of a group's rows go to each part.

    What whole rows leave over goes to the part that is owed most so far, so that the totals over
    all groups keep the proportions too. The training part gets one row at least.
    """
    exact = [count * share for share in shares]
    sizes = [math.floor(e + 1e-9) for e in exact]
    for k, e in enumerate(exact):
        owed[k] += e - sizes[k]
    for _ in range(count - sum(sizes)):
        k = 0 if sizes[0] == 0 else max(range(len(shares)), key=lambda k: owed[k])
        sizes[k] += 1
        owed[k] -= 1
    if count and sizes[0] == 0:
        k = max(range(len(shares)), key=lambda k: sizes[k])
        sizes[k], sizes[0] = sizes[k] - 1, 1
        owed[k], owed[0] = owed[k] + 1, owed[0] - 1
    return sizes


def _fill_empty(part: np.ndarray, wanted: list[int], order: np.ndarray) -> None:
    """Give an empty part one row of the largest part."""
    for k in wanted:
        if not (part == k).any():
            largest = np.bincount(part).argmax()
            part[order[part[order] == largest][-1]] = k
