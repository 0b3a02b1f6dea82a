"""audit: what is wrong with a Function of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from . import tree
from .autodiff import gradients
from .function import Context, Function
from .gradcheck import gradcheck, random
from .graph import Box, Item
from .tensor import Tensor, asarray
from .transforms.arguments import floating, is_number, listed


class Findings(list[str]):
    """What an audit found wrong, a sentence each; `notes` says what it could not look at."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []


def audit(function: type[Function], xs: Any, **kwargs: Any) -> Findings:
    """What is wrong with a Function: a list of findings, empty if nothing is.

    A Function's backward is taken at its word, so a mistake in it shows as a wrong gradient
    somewhere else, much later. The audit runs it on xs and looks for:

    - a first or a second derivative that differs from finite differences (`gradcheck`), which
      includes a backward that computes with bare arrays, numbers or detached Tensors: its result
      is right, and counts as a constant in the second derivative;
    - values computed from the inputs and kept as attributes of ctx: constants in the second
      derivative too. The same goes for Tensors given to `save_for_backward` that are neither
      inputs nor outputs;
    - gradients that are too few, too many or of the wrong shape or kind;
    - inputs, outputs or given gradients that are overwritten;
    - a backward that fails where only some inputs require a gradient.

    Args:
        function: the class.
        xs: arguments for `apply`, as a list or tuple, or its one argument. Floating-point Tensors
            and arrays are made Tensors of float64 or complex128; anything else stays as it is.
        kwargs: keyword arguments for `apply`.

    Returns:
        A list of sentences. Where backward is marked `once_differentiable` no second derivative is
        claimed, so none is looked at; the list's `notes` say so.

    Raises:
        TypeError: function is not a Function, or no x is floating-point.
        Whatever `forward` raises.

    >>> import backprop as bp
    >>> class Cube(bp.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.x = x
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g * 3 * ctx.x**2
    >>> for finding in bp.audit(Cube, bp.asarray([1.0, 2.0])):
    ...     print(finding)
    ctx.x is input 0, kept as an attribute: the second derivative takes it for a constant; ...
    the derivative of order 2 with respect to xs[0] is wrong: 0 along a random direction, ...
    """
    if not (isinstance(function, type) and issubclass(function, Function)):
        raise TypeError(f"function: got {function!r}, wanted a class made from Function")
    args = [_precise(x) for x in listed(xs)]
    places = [i for i, x in enumerate(args) if _is_floating(x)]
    if not places:
        raise TypeError("xs: no input is floating-point, so there is nothing to audit")
    found = Findings()
    once = getattr(function.backward, "once_differentiable", False)
    if once:
        found.notes.append(
            "backward is marked once_differentiable: no second derivative is claimed"
        )
    else:
        runs = [_Trial(function, args, kwargs, places, step) for step in (0.0, 1e-3)]
        found += _constants(*runs)
    broken = list(_first_pass(function, args, kwargs, places))
    found += broken or _differences(function, args, kwargs, 1 if once else 2)
    return found


def _precise(x: Any) -> Any:
    """x in double precision, where it is a floating-point Tensor or array."""
    if type(x) in (bool, int, float, complex) or not (isinstance(x, Box) or is_number(x)):
        return x
    x = asarray(x).detach()
    wanted = {"f": "float64", "c": "complex128"}.get(x.dtype.kind)
    return x if wanted is None else x.astype(wanted)


def _is_floating(x: Any) -> bool:
    return isinstance(x, Box) and floating(x.data.dtype)


class _Trial:
    """One call of a Function, with variables in some places and all inputs moved a step."""

    def __init__(
        self, function: Any, args: list[Any], kwargs: Any, places: list[int], step: float = 0.0
    ) -> None:
        rng, self.args = np.random.default_rng(0), list(args)
        for i, x in enumerate(args):
            if _is_floating(x):
                moved = x + random(rng, x) * step  # a new array, too
                self.args[i] = moved.requires_grad_() if i in places else moved
        before = _host(self.args)
        out = function.apply(*self.args, **kwargs)
        self.outs = out if isinstance(out, tuple) else (out,)
        self.overwritten = list(_changes(before, self.args, "forward overwrites input"))
        calls = [o.node.parents[0] for o in self.outs if isinstance(o.node, Item)]
        self.attributes: dict[str, Any] = {}
        self.saved: list[Any] = []
        if calls:
            own = vars(Context(()))
            context = vars(calls[0].primitive.ctx)
            self.attributes = {f"ctx.{k}": v for k, v in context.items() if k not in own}
            self.saved = calls[0].saved[0]

    def slopes(self) -> list[Any]:
        """The variables' gradients, for outputs' gradients drawn at random."""
        rng = np.random.default_rng(1)
        outs = [o for o in self.outs if o.node is not None]
        weights = [random(rng, o) for o in outs]
        variables = [x for x in self.args if isinstance(x, Box) and x.node is not None]
        kept = [self.args, self.outs, weights]
        before = [_host(values) for values in kept]
        found = gradients(outs, variables, weights)
        names = ("input", "output", "the gradient of output")
        for old, now, name in zip(before, kept, names, strict=True):
            self.overwritten += _changes(old, now, f"backward overwrites {name}")
        return list(found)


def _host(values: Any) -> list[Any]:
    """Copies of the Tensors; None for what is none."""
    return [v.detach().numpy().copy() if isinstance(v, Tensor) else None for v in values]


def _changes(before: list[Any], now: Any, what: str) -> Iterator[str]:
    for i, (a, b) in enumerate(zip(before, _host(now), strict=True)):
        if a is not None and not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            yield f"{what} {i}"


CONSTANT = "the second derivative takes it for a constant"


def _constants(run: _Trial, moved: _Trial) -> Iterator[str]:
    """What is kept of the inputs' values without their history."""
    others = dict(zip(tree.paths(moved.attributes), tree.flatten(moved.attributes)[0], strict=True))
    for name, value in run.attributes.items():
        for path, leaf in zip(tree.paths(value), tree.flatten(value)[0], strict=True):
            if not _moves(leaf, others.get(f"[{name!r}]{path}")):
                continue
            yield (
                f"{name}{path} is {_origin(leaf, run)}, kept as an attribute: {CONSTANT}; keep "
                "inputs and outputs by ctx.save_for_backward, and compute the rest in backward"
            )
    for i, ((data, where), (other, _)) in enumerate(zip(run.saved, moved.saved, strict=False)):
        if data is not None and where is None and _moves(data, other):
            yield (
                f"saved Tensor {i} is {_origin(data, run)}: {CONSTANT}; save inputs and outputs, "
                "and compute the rest in backward"
            )


def _moves(a: Any, b: Any) -> bool:
    """Whether a floating-point value was another one when the inputs were."""
    if isinstance(a, int) or not (isinstance(a, Box) or is_number(a)):
        return False
    one = asarray(a).detach().numpy()
    if one.dtype.kind not in "fc":
        return False
    return b is None or not np.array_equal(one, asarray(b).detach().numpy(), equal_nan=True)


def _origin(leaf: Any, run: _Trial) -> str:
    data = leaf.data if isinstance(leaf, Box) else leaf
    for what, values in (("input", run.args), ("output", run.outs)):
        for i, v in enumerate(values):
            if isinstance(v, Box) and v.data is data:
                return f"{what} {i}"
    return "computed from the inputs"


def _first_pass(function: Any, args: Any, kwargs: Any, places: list[int]) -> Iterator[str]:
    """What goes wrong in a backward pass, whatever it gives."""
    run = _Trial(function, args, kwargs, places)
    if all(o.node is None for o in run.outs):
        yield "no output carries a gradient: none is floating-point and not marked otherwise"
        return
    try:
        slopes = run.slopes()
    except Exception as error:
        yield f"backward fails: {type(error).__name__}: {error}"
        return
    yield from run.overwritten
    for i, slope in zip(places, slopes, strict=True) if len(places) > 1 else ():
        try:
            (alone,) = _Trial(function, args, kwargs, [i]).slopes()
        except Exception as error:
            yield f"backward fails where input {i} alone requires a gradient: {error}"
            continue
        if (alone is None) is not (slope is None) or (
            slope is not None and not np.allclose(alone.numpy(), slope.numpy(), equal_nan=True)
        ):
            yield f"the gradient of input {i} is another one where it alone requires one"


def _differences(function: Any, args: Any, kwargs: Any, orders: int) -> Iterator[str]:
    """Which derivative differs from finite differences."""

    def f(*xs: Any) -> Any:
        given = [a if x is None else x for x, a in zip(xs, args, strict=True)]
        return function.apply(*given, **kwargs)

    xs = [x if isinstance(x, Box) else None for x in args]
    for order in range(1, orders + 1):
        try:
            gradcheck(f, xs, order=order)
        except (AssertionError, ValueError) as error:
            said = str(error).removeprefix("gradcheck: ")
            why = "; backward takes for a constant what is none" if order == 2 else ""
            yield f"the {said}{why}"
            return
        except Exception as error:
            yield (
                f"backward cannot be differentiated: {type(error).__name__}: {error}; if it is not "
                "meant to be, mark it once_differentiable"
            )
            return
