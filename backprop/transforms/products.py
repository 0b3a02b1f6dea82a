"""Products of a function's matrix of derivatives with vectors, without forming the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import tree
from .arguments import listed, name_of, several, vector
from .gradient import grad
from .trace import Trace

Function = Callable[..., Any]


def vjp(f: Function, *xs: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(f(*xs), a function that takes the gradient of something by f's result to that by the xs).

    With J the matrix of the derivatives ∂f_i/∂x_j, `pull(g)` is Jᵀ g: a vector-Jacobian product,
    by one reverse sweep. (For complex numbers Jᵀ is the transpose with respect to the inner
    product Re Σ conj(a) b, which is PyTorch's convention.)

    Args:
        f: a function of Tensors whose result is a Tensor or a tree of them; with has_aux, a pair
            of that and anything else.
        xs: its arguments: trees of floating-point Tensors, arrays or numbers.
        has_aux: return (f's result, pull, f's aside).

    Returns:
        `pull` takes a tree like f's result (None in it stands for zero; what comes back for an
        output of integers is ignored) and returns a tuple with one gradient for each x, each a
        tree like x. It may be called many times, and inside other transformations: its result can
        be differentiated with respect to g and to whatever f depends on.

    Raises:
        TypeError: a leaf of xs is not floating-point, or f returned something else than Tensors.
        ValueError: g does not have the structure, the shapes or the device of f's result.

    >>> import backprop as bp
    >>> out, pull = bp.vjp(lambda x, y: {"sum": x + y, "product": x * y}, 2.0, 3.0)
    >>> [float(g) for g in pull({"sum": 1.0, "product": 10.0})]
    [31.0, 21.0]
    """
    trace = Trace(f, name_of(f), "vjp", xs, {}, range(len(xs)), has_aux)
    if not trace.tied:
        trace.reach.finish()

    def pull(g: Any) -> tuple[Any, ...]:
        gs = _vectors(trace.structure, g, trace.arrays, "g")
        return trace.inputs.trees(trace.pull(gs, trace.differentiable(gs)))

    return (trace.result(), pull, trace.aux) if has_aux else (trace.result(), pull)


def jvp(f: Function, xs: Any, vs: Any) -> tuple[Any, Any]:
    """(f(*xs), its change per change of the xs by vs): the derivative in one direction.

    With J the matrix of the derivatives ∂f_i/∂x_j, the second is J v = d/dt f(x + t v) at t = 0.

    It is found by two reverse sweeps: Jᵀ u is linear in u, and the transpose of that linear map
    is J. So the sweep that takes u to Jᵀ u is recorded, and a sweep back through the record takes
    v to J v; u's value does not matter. The cost is that of a few runs of f, whatever its sizes.
    (J. Townsend, "A new trick for calculating Jacobian vector products", 2017.)

    Args:
        f: a function of Tensors whose result is a Tensor or a tree of them.
        xs: its arguments, as a tuple or list; or its one argument. Each is a tree of
            floating-point Tensors, arrays or numbers.
        vs: the direction: like xs. None in it stands for zero.

    Returns:
        Two trees like f's result. Outputs that do not depend on xs, those of integers too, change
        by zero. Both can be differentiated again.

    Raises:
        TypeError: a leaf of xs is not floating-point, or f returned something else than Tensors.
        ValueError: vs does not have the structure, the shapes or the device of xs.
        RuntimeError: f uses a Function whose backward is marked `once_differentiable`.

    >>> import backprop as bp
    >>> out, change = bp.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    >>> float(out), float(change)
    (6.0, 23.0)
    """
    args = listed(xs)
    trace = Trace(f, name_of(f), "jvp", args, {}, range(len(args)))
    changes = _directions(trace, vs)
    pushed = trace.push(changes, trace.differentiable(changes))
    return trace.result(), tree.unflatten(trace.structure, pushed)


def hvp(f: Function, xs: Any, vs: Any) -> Any:
    """The Hessian of f at xs times vs, without the Hessian: the change of the gradient along vs.

    With H the matrix of the second derivatives ∂²f/∂x_i∂x_j it is H v. As H is symmetric (where
    the second derivatives are continuous), Hᵀ v will do: one reverse sweep through the recorded
    gradient. (B. Pearlmutter, "Fast exact multiplication by the Hessian", 1994.)

    Args:
        f: a function of Tensors with a single real number as result.
        xs: its arguments, as a tuple or list; or its one argument. Each is a tree of
            floating-point Tensors, arrays or numbers.
        vs: the direction: like xs. None in it stands for zero.

    Returns:
        A tuple with one tree like each x; or one alone, if xs is one argument.

    Raises:
        TypeError: a leaf of xs is not floating-point, or f returned something else than a Tensor.
        ValueError: f's result is not a single real number, or vs does not have the structure, the
            shapes or the device of xs.

    >>> import backprop as bp
    >>> x, v = bp.asarray([1.0, 2.0]), bp.asarray([1.0, 10.0])
    >>> bp.hvp(lambda x: (x**3).sum(), x, v).tolist()
    [6.0, 120.0]
    """
    args = listed(xs)
    slope = grad(f, range(len(args)))
    trace = Trace(slope, name_of(f), "hvp", args, {}, range(len(args)))
    changes = _directions(trace, vs)
    out = trace.inputs.trees(trace.pull(changes, trace.differentiable(changes)))
    return out if several(xs) else out[0]


def _directions(trace: Trace, vs: Any) -> list[Any]:
    return _vectors(tuple(trace.inputs.structures), listed(vs), trace.inputs.arrays, "vs")


def _vectors(structure: Any, vs: Any, arrays: list[Any], what: str) -> list[Any]:
    """The leaves of vs as Tensors like these arrays, None where there are none."""
    leaves = tree.align(structure, vs, what, none=True)
    names = [what + path for path in tree.paths(structure)]
    return [vector(v, a, n) for v, a, n in zip(leaves, arrays, names, strict=True)]
