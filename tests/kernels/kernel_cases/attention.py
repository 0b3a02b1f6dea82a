"""Attention: within a block of scores, and across the borders of both kinds."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import Table, array

_CALLS: list[tuple[Any, Any, Any, Any, bool]] = [
    # q, k, v, mask ("b...": boolean), causal
    ((3, 4), (5, 4), (5, 2), None, False),
    ((2, 3, 1), (2, 2, 1), (2, 2, 3), None, True),
    ((2, 70, 3), (2, 130, 3), (2, 130, 2), None, True),
    ((2, 130, 3), (1, 66, 3), (66, 2), None, True),
    ((65, 2), (1100, 2), (1100, 1), None, False),
    ((1, 1100, 2), (1, 1100, 2), (1, 1100, 1), None, True),
    ((2, 3, 70, 2), (2, 1, 66, 2), (1, 3, 66, 2), ("f", 70, 66), False),
    ((2, 3, 70, 2), (2, 3, 66, 2), (2, 3, 66, 2), ("b", 2, 1, 1, 66), True),
    ((2, 3, 70, 2), (2, 3, 66, 2), (2, 3, 66, 2), ("b", 3, 70, 1), False),
    ((3, 70, 2), (3, 66, 2), (3, 66, 2), ("f", 1, 1, 66), False),
    ((2, 0, 3), (2, 4, 3), (2, 4, 2), None, True),
    ((2, 4, 3), (2, 0, 3), (2, 0, 2), None, False),
    ((0, 4, 3), (0, 2, 3), (0, 2, 2), None, False),
]
_SCALE = 0.6


def _operands(dtype: str) -> list[tuple[Any, ...]]:
    found = []
    for q, k, v, m, causal in _CALLS:
        mask = None if m is None else array(m[1:], dtype, 3)
        if m is not None and m[0] == "b":
            mask = mask > -0.5
            mask[..., :1, :] &= m[2] != 70  # some queries without keys
        found.append((array(q, dtype), array(k, dtype, 1), array(v, dtype, 2), mask, causal))
    return found


def _attention(dtype: str) -> list[Any]:
    # With the second scale, scores are so large that their rows' largest must be taken off.
    return [
        (call[:4], {"scale": scale, "causal": call[4]})
        for call in _operands(dtype)
        for scale in (_SCALE, 8.0)
    ]


def _gradients(dtype: str) -> list[Any]:
    """With out and its log-sum-exp from the scores as they stand in the formula."""
    cases = []
    for i, (q, k, v, mask, causal) in enumerate(_operands(dtype)):
        s = np.asarray(_SCALE * (q @ np.swapaxes(k, -1, -2)))
        if mask is not None:
            s = np.where(mask, s, -np.inf) if mask.dtype == bool else s + mask
        if causal:
            s = np.where(np.tri(*s.shape[-2:], dtype=bool), s, -np.inf)
        with np.errstate(divide="ignore"):
            lse = np.log(np.exp(s).sum(-1))
        out = np.exp(s - np.where(lse == -np.inf, 0, lse)[..., None]) @ v
        lse = np.broadcast_to(lse, out.shape[:-1]).astype(dtype)
        g, g_lse = array(out.shape, dtype, 4), array(lse.shape, dtype, 5) if i % 2 else None
        learned = mask is not None and mask.dtype != bool and i % 2 == 0
        arguments = (q, k, v, mask, out.astype(dtype), lse, g, g_lse)
        cases.append((arguments, {"scale": _SCALE, "causal": causal, "learned": learned}))
    return cases


def _weights(dtype: str) -> list[Any]:
    small = [c for c in _operands(dtype) if c[1].shape[-2] < 1000]
    return [
        ((q, k, mask, lse), {"scale": _SCALE, "causal": causal})
        for q, k, _, mask, causal in small
        for stack in [np.broadcast_shapes(q.shape[:-2], k.shape[:-2])]
        for lse in (None, array((*stack, q.shape[-2]), dtype, 6))
    ]


CASES: Table = {
    "attention": _attention,
    "attention_grad": _gradients,
    "attention_weights": _weights,
}
LAYOUTS = ["attention", "attention_grad", "attention_weights"]
