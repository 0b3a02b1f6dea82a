"""Derivatives compared with finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import backends

from .autodiff import gradients
from .tensor import Tensor, asarray


def gradcheck(
    f: Callable[..., Any],
    xs: Sequence[Any] | Tensor,
    *,
    order: int = 1,
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    directions: int = 2,
    seed: int = 0,
) -> bool:
    """True if the derivatives of f at xs agree with central differences; else an error.

    For each input x and random directions v and u, u · df/dx v is compared with
    (u · f(x + eps v) - u · f(x - eps v)) / (2 eps); for order 2 the same is asked of the gradient
    itself, as a function of all inputs.

    Args:
        f: a function of Tensors that returns a Tensor or a tuple of Tensors.
        xs: its inputs, float64; those of other kinds (indices, say) are not differentiated.
        order: 1 or 2.
        eps: half the step of the difference.
        rtol, atol: |a - b| <= atol + rtol |b| is agreement.
        directions: how many random directions to try for each input.
        seed: of the directions.

    Raises:
        AssertionError: they disagree; the message names the order and the first wrong input.

    >>> import backprop as bp
    >>> bp.gradcheck(lambda x: x * x, [bp.asarray([1.0, 2.0], dtype=bp.float64)], order=2)
    True
    """
    if not callable(f):
        raise TypeError(f"f: got a {type(f).__name__}, wanted a function of Tensors")
    if order not in (1, 2):
        raise ValueError(f"order: got {order!r}, wanted 1 or 2")
    inputs = [asarray(x).detach() for x in ([xs] if isinstance(xs, Tensor) else xs)]
    for i, x in enumerate(inputs):
        if x.dtype.kind in "fc" and x.dtype not in ("float64", "complex128"):
            raise TypeError(
                f"xs[{i}]: got {x.dtype}, wanted float64 or complex128: differences need the digits"
            )
    if not any(x.dtype.kind in "fc" for x in inputs):
        raise TypeError("xs: no input is floating-point, so there is nothing to check")
    rng = np.random.default_rng(seed)
    _check(f, inputs, rng, order, 1, eps, rtol, atol, directions)
    return True


def _check(
    f: Any, xs: Any, rng: Any, order: int, level: int, eps: float, rtol: float, atol: float, n: int
) -> None:
    outs = _tuple(f(*xs))
    weights = [_random(rng, o) for o in outs]

    def scalar(*args: Any) -> float:
        return sum(_dot(w, o) for w, o in zip(weights, _tuple(f(*args)), strict=True))

    slopes = _gradients(f, xs, weights, create_graph=False)
    for i, (x, slope) in enumerate(zip(xs, slopes, strict=True)):
        if slope is None:
            continue
        for _ in range(n):
            v = _random(rng, x)
            up = scalar(*xs[:i], x + v * eps, *xs[i + 1 :])
            down = scalar(*xs[:i], x - v * eps, *xs[i + 1 :])
            expected, got = (up - down) / (2 * eps), _dot(slope, v)
            if not abs(got - expected) <= atol + rtol * abs(expected):
                raise AssertionError(
                    f"gradcheck: derivative of order {level} with respect to xs[{i}] is wrong: "
                    f"{got:.10g} along a random direction, finite differences give {expected:.10g}"
                )
    if level < order:

        def gradient(*args: Any) -> Any:
            return tuple(
                g for g in _gradients(f, args, weights, create_graph=True) if g is not None
            )

        _check(gradient, xs, rng, order, level + 1, eps, rtol * 10, atol * 10, n)


def _gradients(f: Any, xs: Any, weights: Any, create_graph: bool) -> list[Any]:
    """d (sum of weights · f) / d x for each floating-point x, None for the others."""
    tracked = [
        x if x.dtype.kind not in "fc" or x.requires_grad else x.detach().requires_grad_()
        for x in xs
    ]
    pairs = [(o, w) for o, w in zip(_tuple(f(*tracked)), weights, strict=True) if o.requires_grad]
    wanted = [x for x in tracked if x.dtype.kind in "fc"]
    if not pairs:
        return [x * 0 if x.dtype.kind in "fc" else None for x in tracked]
    found = iter(
        gradients([o for o, _ in pairs], wanted, [w for _, w in pairs], create_graph=create_graph)
    )
    slopes = [next(found) if x.dtype.kind in "fc" else None for x in tracked]
    return [
        x * 0 if s is None and x.dtype.kind in "fc" else s
        for s, x in zip(slopes, tracked, strict=True)
    ]


def _tuple(out: Any) -> tuple[Tensor, ...]:
    return tuple(out) if isinstance(out, (tuple, list)) else (out,)


def _random(rng: Any, like: Tensor) -> Tensor:
    backend = backends.of(like.data)
    values = rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        values = values + 1j * rng.standard_normal(like.shape)
    return Tensor(backend.from_host(np.asarray(values)))


def _dot(a: Tensor, b: Tensor) -> float:
    """Re sum conj(a) b: the change that a gradient a says the step b makes."""
    return float(np.sum(np.conj(a.detach().numpy()) * b.detach().numpy()).real)
