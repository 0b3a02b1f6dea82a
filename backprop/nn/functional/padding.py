"""Padding in PyTorch's form: pairs of widths, the last axis first."""

from __future__ import annotations

from typing import Any

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import integers

__all__ = ["pad"]

MODES = ("constant", "reflect", "replicate", "circular")
Runs = tuple[tuple[int, int, int], ...]


def pad(
    input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float | None = None
) -> Tensor:
    """The input with elements put before and after its last axes.

    Args:
        pad: (before, after) of the last axis, then of the one before it, ...; negative numbers
            take elements away ("circular" repeats what is left).
        mode: which elements, for a b c: "constant" 0 0 | a b c | 0 0, "reflect" c b | a b c | b a,
            "replicate" a a | a b c | c c, "circular" b c | a b c | a b.
        value: the constant, 0 unless given.

    Every mode but "constant" takes (N, C, ...) or (C, ...) and pads all axes behind C. An axis of
    length n is reflected by at most n - 1 elements, and repeated by at most n.

    `backprop.pad` does the same in NumPy's form.

    >>> import backprop as bp
    >>> bp.nn.functional.pad(bp.asarray([[1.0, 2.0, 3.0]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    tensor(input, "pad", "input")
    if mode not in MODES:
        raise ValueError(f"pad: mode: got {mode!r}, wanted one of {', '.join(map(repr, MODES))}")
    widths = integers(pad, "pad", "pad")
    if len(widths) % 2 or len(widths) > 2 * input.ndim:
        raise ValueError(
            f"pad: pad: got {pad!r} for an input of shape {input.shape}, wanted a pair (before, "
            f"after) for each of the last axes, at most {2 * input.ndim} numbers"
        )
    pairs = [*zip(widths[::2], widths[1::2], strict=True)][::-1]
    if mode == "constant":
        return _constant(input, pairs, 0 if value is None else value)
    if value:
        raise ValueError(f"pad: value: got {value!r} with mode={mode!r}, which takes none")
    if not 1 <= len(pairs) <= 3 or input.ndim - len(pairs) not in (1, 2):
        raise ValueError(
            f"pad: pad: got {len(widths)} numbers for an input of shape {input.shape}, wanted "
            f"with mode={mode!r} a pair for each axis of (N, C, ...) or (C, ...) behind C, of "
            "which there are 1 to 3"
        )
    out = input
    for i, pair in enumerate(pairs):
        if pair != (0, 0):
            out = _extended(out, i - len(pairs), *pair, mode)
    return out if out is not input else input.clone()  # the caller may write to it


def _constant(input: Tensor, pairs: list[tuple[int, int]], value: Any) -> Tensor:
    kind = {"b": bool, "i": int, "u": int, "f": float, "c": complex}[input.dtype.kind]
    try:
        number = kind(value)
    except (TypeError, ValueError):
        number = None
    if number is None or (number != value and value == value):
        raise TypeError(f"pad: value: got {value!r}, wanted a number that {input.dtype} can hold")
    lead = [(0, 0)] * (input.ndim - len(pairs))
    all_pairs = (*lead, *pairs)
    if any(n < 0 for pair in pairs for n in pair):
        input = _cropped(input, all_pairs)
    widths = tuple((max(a, 0), max(b, 0)) for a, b in all_pairs)
    if not any(map(any, all_pairs)):
        return input.clone()  # the caller may write to it
    if not any(map(any, widths)):
        return input
    return rules.pad(input, widths=widths, values=((number, number),) * input.ndim)


def _cropped(input: Tensor, pairs: tuple[tuple[int, int], ...]) -> Tensor:
    """Without what negative numbers take away."""
    cut = []
    for n, (before, after) in zip(input.shape, pairs, strict=True):
        first, stop = max(-before, 0), n - max(-after, 0)
        if n + before + after < 0 or first > n or stop < 0:
            raise ValueError(
                f"pad: pad: got ({before}, {after}) for an axis of length {n} of an input of "
                f"shape {input.shape}, wanted to leave a length of at least 0"
            )
        cut.append(slice(first, max(first, stop)))
    return rules.getitem(input, index=tuple(cut))


def _extended(input: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    axis += input.ndim
    if mode == "circular" and min(before, after) < 0:  # what is left goes round
        pairs = [(0, 0)] * input.ndim
        pairs[axis] = min(before, 0), min(after, 0)
        input = _cropped(input, tuple(pairs))
        before, after = max(before, 0), max(after, 0)
    n = input.shape[axis]
    most = {"reflect": n - 1, "circular": n, "replicate": max(before, after)}[mode]
    if max(before, after) > most or n == 0 or n + before + after < 1:
        why = f"at most {most}" if n and max(before, after) > most else "to leave something"
        raise ValueError(
            f"pad: pad: got ({before}, {after}) for an axis of length {n} of an input of shape "
            f"{input.shape}, wanted {why} with mode={mode!r}"
        )
    x = rules.extend(input, axis=axis, runs=_runs(n, max(before, 0), max(after, 0), mode))
    if min(before, after) >= 0:
        return x
    pairs = [(0, 0)] * x.ndim
    pairs[axis] = min(before, 0), min(after, 0)
    return _cropped(x, tuple(pairs))


def _runs(n: int, before: int, after: int, mode: str) -> Runs:
    """The parts of the axis that make up the longer one: (start, count, step)."""
    front, back = {
        "reflect": ((before, before, -1), (n - 2, after, -1)),
        "replicate": ((0, before, 0), (n - 1, after, 0)),
        "circular": ((n - before, before, 1), (0, after, 1)),
    }[mode]
    return tuple(run for run in (front, (0, n, 1), back) if run[1])
