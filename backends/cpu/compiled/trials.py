"""Whether a loop gives the bits of the steps it stands for, on numbers of all sorts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..plan.operands import Operand, Planned, Step
from .loops import Chain, Loop, about


def given(step: Step) -> tuple[Any, ...]:
    """What a step computes with, without where it writes."""
    return step.args if step.kwargs else step.args[:-1]


_HARD = (
    0.0, -0.0, 0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-42, -1e-42, 3e38, 0.1, -7.5,
)  # fmt: skip


_TRIALS = 3


def agrees(
    chain: Chain, loop: Loop, steps: Sequence[Step], kept: Sequence[Planned], rows: tuple[int, int]
) -> bool:
    """Whether the loop gives NumPy's bits, on numbers of all sorts."""
    whole = any(getattr(step.function, "whole", False) for step in steps)
    shape = rows if whole else (25, min(rows[1], 37))
    return all(_same(chain, loop, steps, kept, shape, seed) for seed in range(_TRIALS))


def _same(
    chain: Chain, loop: Loop, steps: Sequence[Step], kept: Sequence[Planned],
    shape: tuple[int, int], seed: int,
) -> bool:  # fmt: skip
    rng = np.random.default_rng(seed)
    sizes: dict[str, Any] = {
        "full": shape, "row": (shape[1],), "column": (shape[0],), "one": (1,),
    }  # fmt: skip
    values: dict[int, Any] = {}
    for x, form in zip(loop.arrays, loop.forms, strict=True):
        dtype = about(x)[1]
        a = rng.choice(_HARD, size=sizes[form]).astype(loop.kind)
        a = np.where(rng.random(a.shape) < 0.5, rng.normal(size=a.shape).astype(loop.kind), a)
        if form == "one" and seed == 0:
            a[:] = 0  # which some formulas take for a no
        values[id(x)] = (a > 0) if dtype == np.dtype(bool) else a
    mine = [values[id(x)].copy() for x in loop.arrays]
    spread = {"full": shape, "row": (1, shape[1]), "column": (shape[0], 1), "one": (1, 1)}
    known = {
        id(x): values[id(x)].reshape(spread[f])
        for x, f in zip(loop.arrays, loop.forms, strict=True)
    }
    with np.errstate(all="ignore"):
        chain.run(shape, (0, shape[0]), mine)
        for step in steps:
            assert step.out is not None  # or it would be in no chain
            out = np.empty(shape, step.out.dtype)
            plain = [known[id(a)] if isinstance(a, Operand) else a for a in given(step)]
            if step.kwargs:
                step.function(*plain, out=out)
            else:
                step.function(*plain, out)
            known[id(step.out)] = out
    for o in kept:
        got = mine[[id(x) for x in loop.arrays].index(id(o))]
        want = known[id(o)]
        bits = f"u{got.itemsize}"
        same = (got.view(bits) == want.view(bits)) | ((got != got) & (want != want))
        if not same.all():
            return False
    return True
