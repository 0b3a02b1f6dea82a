"""Gradients of functions with one number as result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import tree
from ..autodiff import seed_of
from ..graph import Box, Leaf
from .arguments import Argnums, integers, name_of, places
from .trace import Trace

Function = Callable[..., Any]


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns (f(...), the gradient of f with respect to the chosen arguments).

    The gradient of f at x holds ∂f/∂x_i in the place of each x_i. For a complex x = a + i b it is
    ∂f/∂a + i ∂f/∂b, the direction in which f grows fastest (PyTorch's convention).

    Args:
        f: a function of Tensors with a single real number as result; with has_aux, a pair of it
            and anything else.
        argnums: which positional argument to differentiate by, or several: then the gradient is
            a tuple. Each may be a tree: lists, tuples, named tuples and dicts, nested, whose
            leaves are Tensors, arrays or numbers (f gets Tensors); so is its gradient then. They
            need no `requires_grad`; what f does not use gets zeros. The other arguments reach f
            as they are.
        has_aux: the value is then the pair itself.

    Returns:
        A function of f's arguments. What it gives can be differentiated again, in any nesting.

    Raises:
        TypeError: a leaf to differentiate by is not floating-point (the message names it), or f
            returned something else than a Tensor.
        ValueError: the result is not a single real number, or argnums names no argument.

    >>> import backprop as bp
    >>> value, slope = bp.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    >>> loss = lambda p, x: (p["w"] * x).sum() + p["b"]
    >>> _, slopes = bp.value_and_grad(loss)({"w": 2.0, "b": 0.5}, bp.asarray([1.0, 10.0]))
    >>> bp.tree.map(float, slopes)
    {'w': 11.0, 'b': 1.0}
    """
    name, chosen, several = name_of(f), integers(argnums), not isinstance(argnums, int)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(f, name, "grad", args, kwargs, places(chosen, len(args), name), has_aux)
        if trace.structure is not tree.LEAF:
            raise TypeError(
                f"grad: the function returned {len(trace.outs)} Tensors, wanted one; to return "
                "others beside it, return a pair and say has_aux=True"
            )
        out = trace.outs[0]
        if out.node is None:  # nothing to differentiate; the checks of it are the same
            out = Box.make(out.data, Leaf(out.data))
        seed = Box.make(seed_of(out, None, "grad"), None)
        value = trace.result()
        slopes = trace.pull([seed], trace.differentiable(()), retain=trace.lasting)
        trees = trace.inputs.trees(slopes)
        return ((value, trace.aux) if has_aux else value), trees if several else trees[0]

    wrapped.__name__ = name  # for the errors of transformations of this one
    return wrapped


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of f; with has_aux, a pair of it and f's aside.

    See `value_and_grad` for the arguments, what is returned and the errors.

    >>> import backprop as bp
    >>> float(bp.grad(bp.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    gradient.__name__ = both.__name__
    return gradient


def stop_gradient(x: Any) -> Any:
    """x, taken for a constant: no derivative passes.

    Args:
        x: a Tensor, or a tree of them and of anything else. (For a Tensor it is `x.detach()`.)

    >>> import backprop as bp
    >>> float(bp.grad(lambda x: x * bp.stop_gradient(x))(3.0))
    3.0
    """
    return tree.map(lambda leaf: Box.make(leaf.data, None) if isinstance(leaf, Box) else leaf, x)
