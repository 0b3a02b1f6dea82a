"""Mean and scale of arrays, read in portions so that one on disk need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .dataset import Rows, check_finite
from .encoders import center_and_scale

_PORTION = 2**17  # elements: they stay in the cache


def portions(x: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces of x along its first axis, each with the number of its first row."""
    size = max(int(np.prod(x.shape[1:], dtype=np.int64)), 1)
    step = max(_PORTION // size, 1)
    if isinstance(x, Rows):  # neighbours on disk: a whole pass in the order of the file
        x = Rows(x.base, np.sort(x.index))
    for i in range(0, len(x), step):
        yield i, np.asarray(x[i : i + step])


def fit_scaling(x: Any) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of an array, as lists.

    One pair for the whole array where it holds bytes (images) or has more than two axes; else one
    for each column. A constant column has scale 1.

    >>> fit_scaling(np.array([[0, 2], [4, 2]], dtype="uint8"))
    ([2.0], [1.4142135623730951])
    >>> fit_scaling(np.array([[0.0, 5.0], [4.0, 5.0]]))
    ([2.0, 5.0], [2.0, 1.0])
    """
    if x.dtype == np.uint8:
        return _bytes(x)
    whole = x.ndim != 2
    low, high, total, squares = (np.array(v) for v in (np.inf, -np.inf, 0.0, 0.0))
    count = 0
    for first, part in portions(x):
        check_finite(part, "x", first)
        part = part.astype(np.float64).reshape(-1, 1 if whole else x.shape[1])
        low, high = np.minimum(low, part.min(axis=0)), np.maximum(high, part.max(axis=0))
        total, count = total + part.sum(axis=0), count + len(part)
    mean = total / count
    for _, part in portions(x):
        part = part.astype(np.float64).reshape(-1, 1 if whole else x.shape[1])
        squares = squares + ((part - mean) ** 2).sum(axis=0)
    scale = np.sqrt(squares / count)
    scale = np.where((low == high) | (scale == 0), 1.0, scale)
    mean = np.where(low == high, low, mean)
    if not (np.isfinite(mean).all() and np.isfinite(scale).all()):
        raise ValueError("x: got numbers too large to average, wanted them below 1e150")
    return mean.tolist(), scale.tolist()


def _bytes(x: Any) -> tuple[list[float], list[float]]:
    counts = np.zeros(256, dtype=np.int64)
    for _, part in portions(x):
        counts += np.bincount(part.reshape(-1), minlength=256)
    n, value = int(counts.sum()), np.arange(256)
    mean = int(counts @ value) / n
    scale = float(np.sqrt(counts @ (value - mean) ** 2 / n))
    return [mean], [scale if scale > 0 else 1.0]


def apply_scaling(x: Any, mean: list[float], scale: list[float], dtype: Any) -> np.ndarray:
    """(x - mean) / scale, computed in float64 and rounded to dtype once."""
    center, spread = np.array(mean), np.array(scale)
    out = np.empty(x.shape, dtype=dtype)
    table = ((np.arange(256) - center) / spread).astype(dtype) if len(mean) == 1 else None
    row = max(int(np.prod(x.shape[1:], dtype=np.int64)), 1)
    step = max(_PORTION // row, 1)
    for i in range(0, len(x), step):
        part = np.asarray(x[i : i + step])
        if table is not None and part.dtype == np.uint8:
            np.take(table, part, out=out[i : i + step], mode="clip")  # ten times as fast
            continue
        check_finite(part, "x", i)
        with np.errstate(over="ignore"):
            out[i : i + step] = (part - center) / spread
    if not np.isfinite(out).all():
        raise ValueError(f"x: holds numbers too far from the training data for {out.dtype}")
    return out


def fit_targets(y: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each of the T targets, y (N, T)."""
    try:
        pairs = [center_and_scale(column) for column in np.asarray(y, np.float64).T]
    except ValueError as error:
        raise ValueError(f"y: {error}") from None
    return [m for m, _ in pairs], [s for _, s in pairs]
