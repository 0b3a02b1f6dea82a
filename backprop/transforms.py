"""Transformations: functions made of functions, by differentiation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .autodiff import between, seed_of, sweep
from .graph import Box, Leaf, enable_grad, mode, no_grad
from .rules import identity
from .tensor import asarray, zeros_like


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns (f(...), gradient of f with respect to the chosen arguments).

    Args:
        f: a function of Tensors (bare arrays and numbers are wrapped) with a single number as
            result; with has_aux, a pair of it and anything else.
        argnums: which positional argument to differentiate by, or several: then the gradient is
            a tuple. They need no `requires_grad`; one that f does not use gets zeros.

    The gradient can be differentiated again, in any nesting.

    >>> import backprop as bp
    >>> value, slope = bp.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    if not callable(f):
        raise TypeError(f"f: got a {type(f).__name__}, wanted a function of Tensors")
    several = not isinstance(argnums, int)
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    name = getattr(f, "__name__", "f")

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        args_list = list(args)
        variables = []
        with enable_grad():
            for i in chosen:
                if not -len(args) <= i < len(args):
                    raise ValueError(
                        f"argnums: got {i}, but {name} was called with {len(args)} arguments"
                    )
                x = args[i] if isinstance(args[i], Box) else asarray(args[i])
                variable = _variable(x, f"argument {i} of {name}")
                args_list[i] = variable
                variables.append(variable)
            result = f(*args_list, **kwargs)
        out, aux = result if has_aux else (result, None)
        slopes = _slopes(out, variables, mode.recording)
        if not mode.recording:
            out = out.detach()
        gradient = tuple(slopes) if several else slopes[0]
        return ((out, aux) if has_aux else out), gradient

    return wrapped


def _variable(x: Any, what: str) -> Any:
    """A fresh variable with x's value, still tied to x where x is part of a graph itself."""
    if "float" not in str(x.data.dtype):
        raise TypeError(
            f"{what} has dtype {x.data.dtype}, wanted a floating-point one to differentiate by"
        )
    if x.node is None:
        return Box.make(x.data, Leaf(x.data))
    return identity(x)


def _slopes(out: Any, variables: list[Any], differentiable: bool) -> list[Any]:
    """d out / d variables; recorded when anything else in the graph could want a derivative."""
    if not isinstance(out, Box):
        raise TypeError(f"grad: the function returned a {type(out).__name__}, wanted a Tensor")
    if out.node is None:
        if out.data.shape not in ((), (1,)):
            seed_of(Box.make(out.data, Leaf(out.data)), None, "grad")
        return [zeros_like(v) for v in variables]
    root, seed = out.node, seed_of(out, None, "grad")
    nodes = [v.node for v in variables]
    stops = set(nodes)
    only, others = between([root], stops)
    tied = others or any(type(n) is not Leaf for n in nodes)
    graph = tied and differentiable
    if not tied:  # nothing outside could ask for more: let the graph go
        out.node = None
    found: dict[Any, Any] = {}
    start = Box.make(seed, None) if graph else seed
    with enable_grad() if graph else no_grad():
        sweep([(root, start)], found.__setitem__, only=only, stops=stops, retain=tied, graph=graph)
    slopes = [found.get(n) for n in nodes]
    return [
        zeros_like(v) if g is None else g if isinstance(g, Box) else Box.make(g, None)
        for g, v in zip(slopes, variables, strict=True)
    ]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f; see `value_and_grad`.

    >>> import backprop as bp
    >>> float(bp.grad(bp.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient
