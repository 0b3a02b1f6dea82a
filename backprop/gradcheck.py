"""Derivatives compared with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import backends

from . import tree
from .graph import Box
from .tensor import Tensor, asarray
from .transforms import vjp
from .transforms.arguments import floating, is_number, listed, name_of


def gradcheck(
    f: Callable[..., Any],
    xs: Any,
    *,
    order: int = 1,
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    directions: int = 2,
    seed: int = 0,
) -> bool:
    """True if the derivatives of f at xs agree with central differences; else an error.

    For each input x and random directions v and u, u · (df/dx) v is compared with
    (u · f(x + eps v) - u · f(x - eps v)) / (2 eps), where a · b = Re Σ conj(a) b: so the gradient
    of a complex x is held to be d/dRe x + i d/dIm x. For order 2 the same is asked of Jᵀ u itself,
    as a function of all inputs and of u.

    Args:
        f: a function of Tensors that returns a Tensor or a tree of them. Those of integers and of
            truth values do not count.
        xs: its arguments, as a list or tuple, or its one argument: trees of float64 or complex128
            leaves. Leaves of other kinds (indices, names) reach f as they are.
        order: 1 or 2.
        eps: half the step of the difference.
        rtol, atol: |a - b| <= atol + rtol |b| is agreement.
        directions: how many random directions to try for each input.
        seed: of the directions.

    Raises:
        AssertionError: they disagree; the message names the order and the first wrong input.
        TypeError: an input is of float32, none is floating-point, or f returned something else
            than Tensors.
        ValueError: f gives different results for the same inputs.

    >>> import backprop as bp
    >>> bp.gradcheck(lambda x: x * x, [bp.asarray([1.0, 2.0], dtype=bp.float64)], order=2)
    True
    """
    name_of(f)
    if order not in (1, 2):
        raise ValueError(f"order: got {order!r}, wanted 1 or 2")
    flat, inputs, names = _flattened(f, listed(xs))
    _check_repeatable(flat(*inputs), flat(*inputs))
    rng = np.random.default_rng(seed)
    for level in range(1, order + 1):
        weights = [random(rng, o) for o in flat(*inputs)]

        def gradient(*args: Any, f: Any = flat, n: int = len(inputs)) -> list[Any]:
            return list(vjp(lambda *xs: f(*xs), *args[:n])[1](list(args[n:])))

        slopes = gradient(*inputs, *weights)
        for i, (x, slope, name) in enumerate(zip(inputs, slopes, names, strict=True)):
            for _ in range(directions):
                v = random(rng, x)
                up = flat(*inputs[:i], x + v * eps, *inputs[i + 1 :])
                down = flat(*inputs[:i], x - v * eps, *inputs[i + 1 :])
                expected = (_dot(weights, up) - _dot(weights, down)) / (2 * eps)
                got = _dot([slope], [v])
                if not abs(got - expected) <= atol + rtol * abs(expected):
                    raise AssertionError(
                        f"gradcheck: derivative of order {level} with respect to {name} is "
                        f"wrong: {got:.10g} along a random direction, finite differences give "
                        f"{expected:.10g}"
                    )
        flat, inputs = gradient, [*inputs, *weights]
        names += [f"the gradient of output {i}" for i in range(len(weights))]
        rtol, atol = rtol * 10, atol * 10
    return True


def _flattened(f: Any, args: Any) -> tuple[Any, list[Tensor], list[str]]:
    """f as a function from floating-point Tensors to a list of such, those, and their names."""
    leaves, structure = tree.flatten(args)
    places, inputs, names = [], [], []
    for i, (leaf, path) in enumerate(zip(leaves, tree.paths(structure), strict=True)):
        if isinstance(leaf, Box) or (is_number(leaf) and not isinstance(leaf, int)):
            x = asarray(leaf, dtype=_double(leaf)).detach()
            leaves[i] = x
            if x.dtype.kind not in "fc":
                continue
            if x.dtype not in ("float64", "complex128"):
                raise TypeError(
                    f"xs{path}: got {x.dtype}, wanted float64 or complex128: "
                    "differences need the digits"
                )
            places.append(i)
            inputs.append(x)
            names.append(f"xs{path}")
    if not inputs:
        raise TypeError("xs: no input is floating-point, so there is nothing to check")

    def flat(*variables: Any) -> list[Any]:
        filled = list(leaves)
        for i, variable in zip(places, variables, strict=True):
            filled[i] = variable
        result = f(*tree.unflatten(structure, filled))
        outs = tree.flatten(result)[0]
        for path, out in zip(tree.paths(result), outs, strict=True):
            if not isinstance(out, Box):
                what = f"a {type(out).__name__}" + (path and f" at {path}")
                raise TypeError(f"gradcheck: f returned {what}, wanted Tensors")
        outs = [o for o in outs if floating(o.data.dtype)]
        if not outs:
            raise TypeError("gradcheck: f returned no floating-point Tensor to check")
        return outs

    return flat, inputs, names


def _double(x: Any) -> Any:
    """The dtype to give Python's numbers, which have their digits; arrays keep theirs."""
    return "complex128" if type(x) is complex else "float64" if type(x) is float else None


def _check_repeatable(first: list[Any], second: list[Any]) -> None:
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        one, other = a.detach().numpy(), b.detach().numpy()
        if one.shape != other.shape or not np.allclose(one, other, 1e-9, 1e-12, equal_nan=True):
            raise ValueError(
                f"gradcheck: f is not a function of its inputs alone: called twice with the same, "
                f"its output {i} differs; if it draws random numbers, seed them inside it"
            )


def random(rng: Any, like: Any) -> Tensor:
    """Normal numbers in the shape, kind and place of a Tensor."""
    values = rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        values = values + 1j * rng.standard_normal(like.shape)
    return Tensor(backends.of(like.data).from_host(np.asarray(values)))


def _dot(a: list[Any], b: list[Any]) -> float:
    """Re Σ conj(a) b: the change that gradients a say the step b makes."""
    pairs = zip(a, b, strict=True)
    return sum(
        float(np.sum(np.conj(x.detach().numpy()) * y.detach().numpy()).real) for x, y in pairs
    )
