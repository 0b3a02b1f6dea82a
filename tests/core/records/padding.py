"""Padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .record import *


def _pad(x: np.ndarray, widths: Any, values: Any) -> np.ndarray:
    return np.pad(x, widths, constant_values=values)


def _extend(x: np.ndarray, axis: int, runs: Any) -> np.ndarray:
    places = [start + step * i for start, count, step in runs for i in range(count)]
    return np.take(x, places, axis)


def _fold(x: np.ndarray, axis: int, runs: Any, length: int) -> np.ndarray:
    """Written as loops: nothing to get wrong."""
    moved = np.moveaxis(x, axis, 0)
    out = np.zeros((length, *moved.shape[1:]))
    places = [start + step * i for start, count, step in runs for i in range(count)]
    for row, place in zip(moved, places, strict=True):
        out[place] += row
    return np.moveaxis(out, 0, axis)


def _torch_pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """PyTorch pads the last axes only, of arrays with axes in front, and by fewer than there are."""
    pairs = np.broadcast_to(pad_width, (x.ndim, 2))
    flat = [int(n) for pair in pairs[::-1] for n in pair]
    if mode == "constant" and np.isrealobj(constant_values) and np.ndim(constant_values) == 0:
        return pytorch().nn.functional.pad(x, flat, value=constant_values)
    names = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}
    fits = all(max(pair) < n for pair, n in zip(pairs, x.shape, strict=True))
    if mode not in names or not 1 <= x.ndim <= 3 or not x.numel() or not fits or x.is_complex():
        pytest.skip("PyTorch has not this")
    return pytorch().nn.functional.pad(x[None, None], flat, names[mode])[0, 0]


_RUNS: list[tuple[tuple[int, ...], int, Any]] = [
    ((3,), 0, ((0, 2, 0), (0, 3, 1))), ((3,), 0, ((2, 2, -1), (0, 3, 1), (1, 2, -1))), ((2, 3), 1, ((1, 2, 1), (0, 3, 1), (0, 1, 1))),
    ((3, 2), 0, ((2, 3, -1), (0, 3, 1))), ((1,), 0, ((0, 1, 1), (0, 1, -1))), ((0, 2), 1, ((0, 2, 1), (1, 2, -1))),
    ((2, 3, 2), 1, ((1, 1, 0), (0, 3, 1), (2, 3, 0))),
]  # fmt: skip

_PADS: list[tuple[tuple[int, ...], Any]] = [
    ((3,), 1), ((3,), (1, 2)), ((3,), (0, 1)), ((3,), (2, 0)), ((2, 3), 1), ((3, 3), ((1, 0), (2, 1))), ((2, 3), ((0, 0), (1, 1))),
    ((3,), (5, 7)), ((1,), (2, 3)), ((2, 3, 4), ((0, 1), (2, 2), (1, 3))), ((3, 0), ((1, 1), (0, 0))), ((), 0), ((3,), 0), ((2,), 4),
]  # fmt: skip

RECORDS = [
    of(
        "pad", _pad,
        *[
            Sample((values("pad", shape, domain),), {"widths": widths, "values": fills})
            for shape, widths, fills in [
                ((3,), ((1, 2),), ((0.0, 0.0),)), ((3,), ((0, 1),), ((2.5, 2.5),)), ((3,), ((1, 1),), ((1.0, 2.0),)),
                ((2, 3), ((1, 0), (0, 2)), ((1.0, 2.0), (3.0, 4.0))), ((2, 3), ((1, 1), (1, 1)), ((1.0, 2.0), (3.0, 4.0))),
                ((0, 2), ((1, 1), (0, 1)), ((0.0, 0.0),) * 2), ((2,), ((0, 0),), ((0.0, 0.0),)),
            ]
            for domain in ("any", "complex")
        ],
    ),
    of("extend", _extend, *[Sample((values("extend", s, "any"),), {"axis": a, "runs": r}) for s, a, r in _RUNS]),
    of(
        "fold", _fold,
        *[
            Sample((values("fold", (*s[:a], sum(run[1] for run in r), *s[a + 1 :]), "any"),), {"axis": a, "runs": r, "length": s[a]})
            for s, a, r in _RUNS
        ],
    ),
    of(
        "bp.pad", lambda x, pad_width, **how: np.pad(x, pad_width, **how),
        *[
            Sample((values("bp.pad", shape, "any"),), {"pad_width": width, "mode": mode})
            for mode in ("constant", "edge", "reflect", "symmetric", "wrap")
            for shape, width in _PADS
        ],
        Sample((values("bp.pad", (2, 3), "any"),), {"pad_width": 2, "constant_values": 1.5}),
        Sample((values("bp.pad", (2, 3), "any"),), {"pad_width": ((1, 2), (0, 1)), "constant_values": ((1, 2), (3, 4))}),
        Sample((values("bp.pad", (2, 3), "any"),), {"pad_width": 1, "constant_values": (1, 2)}),
        Sample((values("bp.pad", (2, 3), "complex"),), {"pad_width": 1, "constant_values": 1j}),
        Sample((values("bp.pad", (2, 3), "complex"),), {"pad_width": 2, "mode": "reflect"}),
        torch=_torch_pad,
    ),
]  # fmt: skip
