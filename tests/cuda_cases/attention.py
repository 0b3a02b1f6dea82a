"""Attention: rows of a launch over several heads, every kind of mask, and what is not covered."""

from __future__ import annotations

import numpy as np

from .common import Seen, case

_CALLS = {
    # label: q, k, v, mask, causal
    "plain": ((2, 3, 4), (2, 5, 4), (2, 5, 2), None, False),
    "one head": ((7, 2), (300, 2), (300, 1), None, False),
    "causal": ((2, 70, 3), (2, 130, 3), (2, 130, 2), None, True),
    "more queries": ((2, 130, 3), (1, 66, 3), (66, 2), None, True),
    "added": ((2, 3, 4, 2), (2, 1, 6, 2), (1, 3, 6, 2), ("f", 4, 6), False),
    "hidden keys": ((2, 3, 4, 2), (2, 3, 6, 2), (2, 3, 6, 2), ("b", 2, 1, 1, 6), True),
    "hidden queries": ((2, 3, 4, 2), (2, 3, 6, 2), (2, 3, 6, 2), ("b", 3, 4, 1), False),
    "added by head": ((3, 5, 2), (3, 6, 2), (3, 6, 2), ("f", 3, 5, 6), False),
    "no queries": ((2, 0, 3), (2, 4, 3), (2, 4, 2), None, True),
    "no keys": ((2, 4, 3), (2, 0, 3), (2, 0, 2), None, False),
}


def _operands(rng, dtype, q, k, v, mask):
    arrays = [rng.normal(size=s).astype(dtype) for s in (q, k, v)]
    if mask is None:
        return [*arrays, None]
    hidden = rng.normal(size=mask[1:])
    return [*arrays, hidden > 0 if mask[0] == "b" else hidden.astype(dtype)]


def _stack(q, k, v):
    return np.broadcast_shapes(q[:-2], k[:-2], v[:-2])


def _attention(*call):
    return lambda rng, dtype: tuple(_operands(rng, dtype, *call))


def _gradients(with_lse, *call):
    def make(rng, dtype):
        operands = _operands(rng, dtype, *call)
        q, k, v, _ = operands
        lse = (*_stack(q.shape, k.shape, v.shape), q.shape[-2])
        out = (*lse, v.shape[-1])
        level = rng.normal(size=lse) + 3.0
        level.flat[:1] = -np.inf  # a row in which no key took part
        more = [rng.normal(size=out), level, rng.normal(size=out)]
        more += [rng.normal(size=lse)] if with_lse else []
        more = [a.astype(dtype) for a in more]
        return (*operands, *more, *([] if with_lse else [None]))

    return make


def _weights(*call):
    def make(rng, dtype):
        q, k, _, mask = _operands(rng, dtype, *call)
        return q, k, mask, None

    return make


for _label, (*_call, _causal) in _CALLS.items():
    _static = {"scale": 0.7, "causal": _causal, "launches": not _label.startswith("no ")}
    case("attention", _label, _attention(*_call), **_static)
    for _with in (False, True):
        _name = f"{_label} {'with lse' if _with else ''}"
        case("attention_grad", _name, _gradients(_with, *_call), learned=False, **_static)
    if np.broadcast_shapes(_call[0][:-2], _call[1][:-2]) == _stack(*_call[:3]):
        case("attention_weights", _label, _weights(*_call), **_static)

_ADDED = _CALLS["added by head"][:4]
case(
    "attention_grad", "learned", _gradients(False, *_ADDED), launches=False,
    scale=0.7, causal=False, learned=True,
)  # fmt: skip


def _shifted(rng, dtype):
    q, k = rng.normal(size=(2, 3, 2)).astype(dtype), rng.normal(size=(2, 4, 2)).astype(dtype)
    return q, k, None, rng.normal(size=(2, 3)).astype(dtype)


def _strided(rng, dtype):
    q, k, v = (rng.normal(size=(2, 6, 8)).astype(dtype) for _ in range(3))
    mask = rng.random((6, 12)) > 0.3
    views = [Seen(x, lambda a: a[:, ::2, ::-2]) for x in (q, k, v)]
    return *views, Seen(mask, lambda a: a[::2, ::4])


case("attention_weights", "of lse", _shifted, launches=False, scale=0.7, causal=False)
case("attention", "strided", _strided, scale=0.7, causal=True)
case(
    "attention", "large", lambda rng, dtype: (np.full((1, 2, 1), 1e3, dtype),
    np.array([[[1e3], [-1e3], [0]]], dtype), rng.normal(size=(1, 3, 2)).astype(dtype), None),
    scale=1.0, causal=False,
)  # fmt: skip
