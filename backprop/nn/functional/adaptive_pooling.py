"""Adaptive pooling: windows chosen so that a given number of them comes out."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import backends

from ... import rules
from ...tensor import Tensor
from ...xp._shapes import integer
from ._windows import Sizes, spatial

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d",
]  # fmt: skip

Output = int | tuple[int | None, ...]


def adaptive_avg_pool1d(input: Tensor, output_size: Output) -> Tensor:
    """The mean of each of output_size windows of a sequence; see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Output | None) -> Tensor:
    """The mean of each of output_size windows that cover the input evenly.

    Window o of m along an axis of length n goes from floor(o n / m) to ceil((o + 1) n / m).

    Args:
        output_size: (rows, columns), or one number for both; None keeps an axis's size.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size) or (C, *output_size).

    >>> import backprop as bp
    >>> bp.nn.functional.adaptive_avg_pool2d(bp.asarray([[[1.0, 2.0, 3.0, 6.0]]]), (1, 2))
    tensor([[[1.5, 4.5]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Output | None) -> Tensor:
    """The mean of each of output_size windows of a volume; see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(3, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: Output, return_indices: bool = False) -> Any:
    """The largest of each of output_size windows of a sequence; see `adaptive_max_pool2d`."""
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: Output | None, return_indices: bool = False
) -> Any:
    """The largest element of each of output_size windows that cover the input evenly.

    Args:
        output_size: (rows, columns), or one number for both; None keeps an axis's size.
        return_indices: return (values, indices), which say where each winner stands in its plane,
            counted row by row.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size) or (C, *output_size).

    >>> import backprop as bp
    >>> bp.nn.functional.adaptive_max_pool2d(bp.asarray([[[1.0, 5.0, 3.0]]]), (1, 2))
    tensor([[[5., 5.]]])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(
    input: Tensor, output_size: Output | None, return_indices: bool = False
) -> Any:
    """The largest of each of output_size windows of a volume; see `adaptive_max_pool2d`."""
    return _adaptive_max_pool(3, input, output_size, return_indices)


def check_output_size(where: str, output_size: Any, d: int) -> tuple[int | None, ...]:
    """A number of windows, or None, for each of d axes."""
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * d
    sizes = tuple(None if m is None else integer(m, where, "output_size") for m in given)
    if len(sizes) != d:
        raise ValueError(
            f"{where}: output_size: got {output_size!r}, wanted one number or a tuple of {d}"
        )
    if any(m is not None and m < 1 for m in sizes):
        raise ValueError(f"{where}: output_size: got {output_size!r}, wanted sizes of at least 1")
    return sizes


def _sizes(where: str, input: Tensor, output_size: Any, d: int) -> tuple[Sizes, Sizes]:
    """(length, number of windows) for each axis."""
    length = spatial(where, input, d)
    if 0 in length:
        raise ValueError(
            f"{where}: input: got shape {input.shape}, wanted axes that hold something"
        )
    wanted = check_output_size(where, output_size, d)
    return length, tuple(n if m is None else m for n, m in zip(length, wanted, strict=True))


def _regular(length: Sizes, size: Sizes) -> dict[str, Any] | None:
    """The windows where all are alike."""
    if any(n % m for n, m in zip(length, size, strict=True)):
        return None
    kernel = tuple(n // m for n, m in zip(length, size, strict=True))
    return {"kernel": kernel, "stride": kernel, "padding": (0,) * len(size), "size": size}


def _adaptive_avg_pool(d: int, input: Tensor, output_size: Any) -> Tensor:
    length, size = _sizes(f"adaptive_avg_pool{d}d", input, output_size, d)
    if all(m == 1 for m in size):
        return rules.mean(input, axis=tuple(range(-d, 0)), keepdims=True)
    if regular := _regular(length, size):
        return rules.window_sum(input, **regular) / math.prod(regular["kernel"])
    for i, (n, m) in enumerate(zip(length, size, strict=True)):
        if n != m:
            input = rules.resample(input, axis=i - d, taps=_means(n, m))
    return input


def _spans(n: int, m: int) -> list[tuple[int, int]]:
    """Where each of m windows over n elements begins and ends."""
    return [(o * n // m, -(-(o + 1) * n // m)) for o in range(m)]


@lru_cache(64)
def _means(n: int, m: int) -> Any:
    return tuple(tuple((at, 1.0 / (b - a)) for at in range(a, b)) for a, b in _spans(n, m))


def _adaptive_max_pool(d: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    length, size = _sizes(f"adaptive_max_pool{d}d", input, output_size, d)
    regular, tables = _regular(length, size), None
    if regular is None:
        # Uneven windows side by side, the shorter ones with their last element once more: it
        # cannot win again.
        spans = [_spans(n, m) for n, m in zip(length, size, strict=True)]
        kernel = tuple(max(b - a for a, b in axis) for axis in spans)
        tables = [
            [min(a + j, b - 1) for a, b in axis for j in range(k)]
            for axis, k in zip(spans, kernel, strict=True)
        ]
        for i, table in enumerate(tables):
            taps = tuple(((place, 1.0),) for place in table)
            input = rules.resample(input, axis=i - d, taps=taps)
        regular = {"kernel": kernel, "stride": kernel, "padding": (0,) * d, "size": size}
    values, winners = rules.max_pool(input, dilation=(1,) * d, **regular)
    if not return_indices:
        return values
    how = {k: regular[k] for k in ("kernel", "stride", "padding")}
    wide = input.shape[-d:]
    places = backends.kernels.window_places(winners.data, dilation=(1,) * d, length=wide, **how)
    return values, Tensor(places if tables is None else _original(places, wide, tables, length))


def _original(places: Any, wide: Sizes, tables: list[list[int]], length: Sizes) -> Any:
    """The places in the input of places in the windows side by side."""
    xp = backends.namespace(places)
    out, step = xp.zeros_like(places), 1
    for n, table, original in zip(wide[::-1], tables[::-1], length[::-1], strict=True):
        flat = xp.reshape(places % n, (-1,))
        line = xp.asarray(table, dtype=places.dtype, device=places.device)
        out = out + xp.reshape(xp.take(line, flat, axis=0), places.shape) * step
        places, step = places // n, step * original
    return out
