"""The same function here and in PyTorch: values, gradients and second derivatives compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import backprop as bp

Array = np.ndarray


def _weights(shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    rng = np.random.default_rng(7)
    return [rng.standard_normal(shape) for shape in shapes]


def ours(
    f: Callable[..., Any], arrays: Sequence[Array], device: str, order: int
) -> tuple[Array, list[Array], list[Array]]:
    """f(arrays), the gradient of a random weighting of it, and the gradient of a random weighting
    of that gradient (the latter for order 2)."""
    xs = [bp.asarray(a, device=device, requires_grad=True) for a in arrays]
    out = f(*xs)
    (w,) = _weights([out.shape])
    total = (out * bp.asarray(w.astype(out.dtype), device=device)).sum()
    slopes = bp.autodiff.gradients([total], xs, create_graph=order > 1)
    first = [np.zeros(x.shape) if s is None else _host(s) for s, x in zip(slopes, xs, strict=True)]
    if order < 2:
        return _host(out), first, []
    second = [np.zeros(x.shape) for x in xs]
    terms = [
        (s * bp.asarray(v, device=device)).sum()
        for s, v in zip(slopes, _weights([x.shape for x in xs]), strict=True)
        if s is not None and s.requires_grad
    ]
    if terms:
        found = bp.autodiff.gradients(terms, xs)
        second = [z if s is None else _host(s) for s, z in zip(found, second, strict=True)]
    return _host(out), first, second


def theirs(
    torch: Any, f: Callable[..., Any], arrays: Sequence[Array], order: int
) -> tuple[Array, list[Array], list[Array]]:
    """What `ours` gives, by PyTorch."""
    xs = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = f(*xs)
    (w,) = _weights([tuple(out.shape)])
    total = (out * torch.tensor(w).to(out.dtype)).sum()
    slopes = torch.autograd.grad(total, xs, create_graph=order > 1, allow_unused=True)
    first = [
        np.zeros(tuple(x.shape)) if s is None else s.detach().numpy(force=True)
        for s, x in zip(slopes, xs, strict=True)
    ]
    if order < 2:
        return out.detach().numpy(), first, []
    second = [np.zeros(tuple(x.shape)) for x in xs]
    terms = [
        (s * torch.tensor(v)).sum()
        for s, v in zip(slopes, _weights([tuple(x.shape) for x in xs]), strict=True)
        if s is not None and s.requires_grad
    ]
    if terms:
        found = torch.autograd.grad(sum(terms), xs, allow_unused=True)
        second = [
            z if s is None else s.numpy(force=True) for s, z in zip(found, second, strict=True)
        ]
    return out.detach().numpy(), first, second


def agree(
    torch: Any,
    our_f: Callable[..., Any],
    their_f: Callable[..., Any],
    arrays: Sequence[Array],
    device: str = "cpu",
    *,
    order: int = 2,
    tolerance: float = 1e-9,
    second_tolerance: float = 1e-8,
) -> None:
    """Assert that both functions, and their derivatives up to the order, are the same."""
    out, first, second = ours(our_f, arrays, device, order)
    wanted, wanted_first, wanted_second = theirs(torch, their_f, arrays, order)
    assert out.shape == wanted.shape
    assert out.dtype == wanted.dtype
    np.testing.assert_allclose(out, wanted, rtol=tolerance, atol=tolerance, err_msg="output")
    for i, (got, want) in enumerate(zip(first, wanted_first, strict=True)):
        np.testing.assert_allclose(
            got, want, rtol=tolerance, atol=tolerance, err_msg=f"gradient by argument {i}"
        )
    for i, (got, want) in enumerate(zip(second, wanted_second, strict=True)):
        np.testing.assert_allclose(
            got, want, rtol=second_tolerance, atol=second_tolerance,
            err_msg=f"second derivative by argument {i}",
        )  # fmt: skip


def _host(x: bp.Tensor) -> Array:
    return x.detach().numpy()
