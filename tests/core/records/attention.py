"""Attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .record import *

_CAUSAL = {"scale": 0.7, "causal": True, "learned": False}
_OPEN = {"scale": 0.7, "causal": False, "learned": False}
_LEARNED = {"scale": 0.7, "causal": False, "learned": True}


def _hidden(mask: Any, learned: bool) -> Any:
    """A boolean mask for each rank, or a float one that is differentiated where it is learned."""
    return values("mask", mask, "any") if learned else np.random.default_rng(3).random(mask) > 0.3


def _call(
    static: Any, q: Any, k: Any, v: Any, mask: Any = None, dead: bool = False
) -> tuple[Any, ...]:
    m = None if mask is None else _hidden(mask, static["learned"])
    if dead:
        m[..., 0, :] = False
    return (values("q", q, "any"), values("k", k, "any"), values("v", v, "any"), m)


CALLS = [
    (_OPEN, _call(_OPEN, (3, 2), (4, 2), (4, 3))),
    (_CAUSAL, _call(_CAUSAL, (2, 3, 2), (2, 4, 2), (2, 4, 1))),
    (_CAUSAL, _call(_CAUSAL, (3, 1), (2, 1), (2, 2))),
    (_OPEN, _call(_OPEN, (2, 1, 2, 2), (2, 3, 2), (2, 3, 2), (2, 1, 2, 3))),
    (_OPEN, _call(_OPEN, (2, 2, 2), (2, 3, 2), (2, 3, 1), (2, 3), dead=True)),
    (_LEARNED, _call(_LEARNED, (2, 2, 2), (2, 3, 2), (2, 3, 1), (2, 3))),
    (_LEARNED, _call(_LEARNED, (2, 2, 2), (2, 3, 2), (2, 3, 1), (2, 1, 3))),
    (_OPEN, _call(_OPEN, (1, 1), (0, 1), (0, 2))),
    (_CAUSAL, _call(_CAUSAL, (2, 0, 2), (2, 3, 2), (2, 3, 1))),
]
"""Among them: more queries than keys, a row without keys, no keys at all, no queries."""


def _scores(q: Any, k: Any, mask: Any, scale: float, causal: bool) -> Any:
    s = scale * q @ np.swapaxes(k, -1, -2)
    if mask is not None:
        s = np.where(mask, s, -np.inf) if mask.dtype == bool else s + mask
    return np.where(np.tri(*s.shape[-2:], dtype=bool), s, -np.inf) if causal else s


def _weights(q: Any, k: Any, mask: Any, lse: Any, scale: float, causal: bool, learned: bool) -> Any:
    s = _scores(q, k, mask, scale, causal)
    if lse is None:
        lse = _log_sums(s)
    return np.exp(s - np.where(lse == -np.inf, 0.0, lse)[..., None])


def _log_sums(s: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(np.exp(s).sum(-1))


def _attention(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool, learned: bool) -> Any:
    lse = _log_sums(_scores(q, k, mask, scale, causal))
    return _weights(q, k, mask, lse, scale, causal, learned) @ v, lse


def _summed(x: Any, shape: Any) -> Any:
    while x.ndim > len(shape):
        x = x.sum(0)
    for axis, n in enumerate(shape):
        if n == 1:
            x = x.sum(axis, keepdims=True)
    return x


def _grad(q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, g: Any, g_lse: Any, scale: float,
          causal: bool, learned: bool) -> Any:  # fmt: skip
    p = _weights(q, k, mask, lse, scale, causal, learned)
    down = (g * out).sum(-1, keepdims=True) - (0.0 if g_lse is None else g_lse[..., None])
    ds = p * (g @ np.swapaxes(v, -1, -2) - down)
    dmask = _summed(ds, mask.shape) if learned else np.zeros(())
    back = np.swapaxes(ds, -1, -2)
    return scale * ds @ k, scale * back @ q, np.swapaxes(p, -1, -2) @ g, dmask


def _shapes(args: Any) -> tuple[Any, Any]:
    q, k, v, _ = args
    stack = np.broadcast_shapes(*[a.shape[:-2] for a in (q, k, v)])
    return (*stack, q.shape[-2], v.shape[-1]), (*stack, q.shape[-2])


def _finite(function: Any) -> Any:
    """With 0 for the log-sum-exp of a row without keys: about -inf, differences say nothing."""

    def f(*args: Any, **static: Any) -> Any:
        out, lse = function(*args, **static)
        namespace = np if isinstance(lse, np.ndarray) else bp
        return out, namespace.where(namespace.isfinite(lse), lse, 0.0)

    return f


def _torch(q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool, learned: bool) -> Any:
    torch = pytorch()
    s = q @ k.mT * scale
    if mask is not None:
        s = torch.where(mask, s, -math.inf) if mask.dtype == torch.bool else s + mask
    if causal:
        s = torch.where(torch.ones_like(s, dtype=torch.bool).tril(), s, -math.inf)
    alone = (s == -math.inf).all(-1, keepdim=True)
    s = torch.where(alone, 0.0, s)
    return torch.where(alone, 0.0, s.softmax(-1)) @ v, torch.where(
        alone, 0.0, s.logsumexp(-1, True)
    )[..., 0]


def _gradients(static: Any, args: Any, with_lse: bool) -> Sample:
    """Any values stand for out, lse and their gradients: the primitive does not ask where they
    come from."""
    out, lse = _shapes(args)
    g_lse = values("g_lse", lse, "any") if with_lse else None
    rest = values("out", out, "any"), values("lse", lse, "positive"), values("g", out, "any"), g_lse
    return Sample((*args, *rest), static)


def _of_weights(static: Any, args: Any, with_lse: bool) -> Sample:
    lse = values("lse", _shapes((*args[:2], args[1], None))[1], "any") if with_lse else None
    return Sample((args[0], args[1], args[3], lse), static)


RECORDS = [
    Record(
        "attention", _finite(_attention), [Sample(a, s) for s, a in CALLS], torch=_torch,
        around=_finite,
    ),
    Record(
        "attention_grad", _grad,
        [_gradients(*CALLS[0], True), _gradients(*CALLS[1], False), _gradients(*CALLS[3], True),
         _gradients(*CALLS[6], True), *[_gradients(*c, False) for c in CALLS[7:]]],
    ),
    Record(
        "attention_weights", _weights,
        [_of_weights(*c, with_lse) for c in CALLS for with_lse in (False, True)],
    ),
]  # fmt: skip
