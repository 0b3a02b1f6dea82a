"""Which operations become which calls of NumPy's, with their results in planned memory.

Each rule gives exactly what the function it stands for gives, bit for bit; it returns False where
it does not apply, and the function is then called as it is.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record import array
from ...record.entries import Op, Ref, Value
from .. import activations, convolution, linear, shapes, softmax, transposed_convolution
from ..threads import count
from .convolutions import Convolution, OfWeight, Transposed
from .losses import Entropy, EntropyGrad
from .operands import in_order

if TYPE_CHECKING:
    from .build import Plan

OF_SHAPES = frozenset({"ones_like", "zeros_like"})
"""Functions that ask only for their argument's shape and dtype."""

CREATION = frozenset({"zeros", "ones", "full", "arange", "eye", "linspace"})
"""Functions that make an array of no other."""

Rule = Callable[["Plan", Op], bool]
_RULES: dict[Any, Rule] = {}

_NUMBERS = (int, float, bool, complex)


def lowered(plan: Plan, op: Op) -> bool:
    """Whether a rule turned the operation into steps."""
    if op.live is not None:
        return False
    function = op.function
    if isinstance(function, np.ufunc):
        return not op.writes and _ufunc(plan, op, function)
    try:
        rule = _RULES.get(function)
    except TypeError:  # a function that cannot be hashed
        return False
    return rule is not None and rule(plan, op)


def _rule(*functions: Any) -> Callable[[Rule], Rule]:
    def note(rule: Rule) -> Rule:
        for function in functions:
            _RULES[function] = rule
        return rule

    return note


# ------------------------------------------------------------------- element by element


def _plain(op: Op) -> bool:
    """Whether all its arguments are arrays and numbers."""
    return not op.kwargs and all(type(a) is Ref or type(a) in _NUMBERS for a in op.args)


def _ufunc(plan: Plan, op: Op, ufunc: Any) -> bool:
    if op.many or not _plain(op) or len(op.args) != ufunc.nin:
        return False
    out = plan.out(op)
    if out is None:
        return False
    plan.elementwise(ufunc, *plan.operand(op.args), out=out)
    return True


_INFIX = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide,
    "floordiv": np.floor_divide, "mod": np.remainder, "and": np.bitwise_and,
    "or": np.bitwise_or, "xor": np.bitwise_xor, "lshift": np.left_shift,
    "rshift": np.right_shift, "lt": np.less, "le": np.less_equal, "eq": np.equal,
    "ne": np.not_equal, "gt": np.greater, "ge": np.greater_equal, "neg": np.negative,
    "abs": np.absolute, "invert": np.invert,
}  # fmt: skip


def _register() -> None:
    for name, ufunc in _INFIX.items():
        _RULES[getattr(operator, f"__{name}__")] = partial(_ufunc, ufunc=ufunc)
        changed = getattr(operator, f"__i{name}__", None)
        if changed is not None:
            _RULES[changed] = partial(_in_place, ufunc=ufunc)


def _in_place(plan: Plan, op: Op, ufunc: Any) -> bool:
    if not _plain(op):
        return False
    x, y = plan.operand(op.args)
    plan.elementwise(ufunc, x, y, out=x)
    return True


_register()


@_rule(operator.pow)
def _power(plan: Plan, op: Op) -> bool:
    """NumPy's arrays take the exponents 2 and 1/2 for a square and a root."""
    v = plan.value(op.args[0])
    forms = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
    exponent = op.args[1]
    if v is None or v.dtype.kind != "f" or type(exponent) not in (int, float):
        return False
    if exponent not in forms or (out := plan.out(op)) is None:
        return False
    plan.elementwise(forms[exponent], plan.operand(op.args[0]), out=out)
    return True


@_rule(operator.setitem)
def _setitem(plan: Plan, op: Op) -> bool:
    x, key, value = op.args
    if key is not Ellipsis:
        return False
    plan.emit(np.copyto, plan.operand(x), plan.operand(value), "unsafe")
    return True


# --------------------------------------------------------------- the same seen otherwise


def transposed(x: Any) -> Any:
    return x.T


@_rule(array.transposed, array.matrix_transposed, shapes.matrix_transpose)
def _transposed(plan: Plan, op: Op) -> bool:
    v = plan.value(op.args[0])
    if v is None or len(v.shape) != 2 or op.outs[0] is None:
        return False
    plan.where[op.outs[0]] = plan.view(transposed, plan.operand(op.args[0]))
    return True


@_rule(shapes.reshape)
def _reshape(plan: Plan, op: Op) -> bool:
    """Of an array in order it is a view; one more axis or one fewer is nothing to a loop."""
    v = plan.value(op.args[0])
    if v is None or op.kwargs or len(op.args) != 2 or op.outs[0] is None or not _ordered(v):
        return False
    shape = plan.values[op.outs[0]].shape
    like = shape, v.dtype, True
    plan.where[op.outs[0]] = plan.view(np.reshape, plan.operand(op.args[0]), shape, like=like)
    return True


# --------------------------------------------------------------------- matrix products


@_rule(operator.matmul, np.matmul)
def _matmul(plan: Plan, op: Op) -> bool:
    shapes = [plan.value(a) for a in op.args]
    if op.kwargs or any(v is None or v.dtype.kind not in "fc" for v in shapes):
        return False
    if len({v.dtype for v in shapes if v is not None}) > 1:
        return False
    out = plan.out(op)
    if out is None:
        return False
    a, b = plan.operand(op.args)
    product(plan, a, b, out, [v.shape for v in shapes if v is not None])
    return True


def product(plan: Plan, x: Any, y: Any, out: Any, shapes: Any) -> None:
    """out <- x y. Of two matrices `dot` makes the same product with half the overhead."""
    matrices = all(len(shape) == 2 for shape in shapes)
    plan.emit(np.dot if matrices and getattr(out, "ordered", False) else np.matmul, x, y, out)


@_rule(linear.matmul_into)
def _matmul_into(plan: Plan, op: Op) -> bool:
    x, y, out = (plan.value(a) for a in op.args)
    if x is None or y is None or out is None or not (x.dtype == y.dtype == out.dtype):
        return False
    a, b, into = plan.operand(op.args)
    product(plan, a, b, into, [x.shape, y.shape])
    return True


@_rule(linear.sum_into)
def _sum_into(plan: Plan, op: Op) -> bool:
    x, out = (plan.value(a) for a in op.args)
    if x is None or out is None:
        return False
    if len(out.shape) != 1 or x.dtype != out.dtype or x.dtype.kind != "f" or 0 in x.shape:
        return False
    if len(x.shape) < 2 or (len(x.shape) > 2 and not _ordered(x)):
        return False
    of, into = plan.operand(op.args)
    two = math.prod(x.shape[:-1]), x.shape[-1]
    if len(x.shape) > 2:
        of = plan.view(np.reshape, of, two, like=(two, x.dtype, True))
    plan.emit(np.dot, np.ones(two[0], x.dtype), of, into)
    return True


@_rule(linear.linear)
def _linear(plan: Plan, op: Op) -> bool:
    x, weight, bias = op.args
    of_x, of_w, of_b = (plan.value(a) for a in op.args)
    if of_x is None or of_w is None or len(of_x.shape) < 2 or of_x.dtype != of_w.dtype:
        return False
    if of_x.dtype.kind != "f" or (of_b is not None and of_b.dtype != of_x.dtype):
        return False
    if len(of_x.shape) > 2 and not _ordered(of_x):  # seen as rows it would be a copy
        return False
    out: Any = plan.out(op)
    if out is None:
        return False
    rows, whole = plan.operand(x), out
    if len(of_x.shape) > 2:
        n = math.prod(of_x.shape[:-1])
        rows = plan.view(np.reshape, rows, (n, of_x.shape[-1]))
        out = plan.view(np.reshape, out, (n, of_w.shape[0]))
    two = [(math.prod(of_x.shape[:-1]), of_x.shape[-1]), of_w.shape]
    product(plan, rows, plan.view(transposed, plan.operand(weight)), out, two)
    if bias is not None:
        plan.elementwise(np.add, whole, plan.operand(bias), out=whole)
    return True


# ------------------------------------------------------------------------- activations


def clipped(x: Any, low: float, high: float, out: Any) -> None:
    x.clip(low, high, out=out)


@_rule(activations.relu)
def _relu(plan: Plan, op: Op) -> bool:
    (x,) = op.args
    v = plan.value(x)
    out = plan.out(op)
    if v is None or out is None:
        return False
    if math.prod(v.shape) < 4096 or v.dtype.kind != "f":
        plan.elementwise(np.maximum, plan.operand(x), 0, out=out)
    else:
        plan.elementwise(clipped, plan.operand(x), 0, math.inf, out=out)
    return True


@_rule(activations.relu_grad)
def _relu_grad(plan: Plan, op: Op) -> bool:
    g, kept = op.args
    of_g, of_out = plan.value(g), plan.value(kept)
    out = plan.out(op)
    if of_g is None or of_out is None or out is None:
        return False
    mask = plan.scratch(of_out.shape, bool, None)
    plan.elementwise(np.greater, plan.operand(kept), 0, out=mask)
    plan.elementwise(np.multiply, plan.operand(g), mask, out=out)
    return True


# ------------------------------------------------------------------------ convolutions

_CONVOLUTIONS: dict[Any, Any] = {
    convolution.conv: Convolution, transposed_convolution.conv_transpose: Transposed,
    convolution.conv_weight: OfWeight,
}  # fmt: skip


@_rule(*_CONVOLUTIONS)
def _convolution(plan: Plan, op: Op) -> bool:
    values = [plan.value(a) for a in op.args if a is not None]
    if any(v is None for v in values) or len({v.dtype for v in values if v is not None}) > 1:
        return False
    if values[0] is None or values[0].dtype.kind != "f":
        return False
    out = plan.out(op)
    if out is None or not out.ordered:
        return False
    x, other = values[0], values[1]
    kernel = op.kwargs.get("kernel") or (other.shape[2:] if other is not None else ())
    height = x.shape[1] * math.prod(kernel)
    size = convolution.scratch(max(height, 1), out.shape[0 if "kernel" in op.kwargs else 1])
    step = _CONVOLUTIONS[op.function](op.kwargs, count() * size * x.dtype.itemsize)
    plan.emit(step, *plan.operand(op.args), out)
    return True


# ------------------------------------------------------------------------------ losses


def _without(op: Op, n: int, **usual: Any) -> bool:
    """Whether these are all its arguments: n arrays, and keywords that say what is usual."""
    named = all(k in usual and v == usual[k] for k, v in op.kwargs.items())
    return named and len(op.args) == n and all(type(a) is Ref for a in op.args)


def _ordered(v: Value) -> bool:
    return v.strides == in_order(v.shape, v.dtype.itemsize)


@_rule(softmax.softmax_cross_entropy)
def _entropy(plan: Plan, op: Op) -> bool:
    logits, target = (plan.value(a) for a in op.args[:2])
    if logits is None or target is None or not _without(op, 2, ignore_index=None):
        return False
    if len(logits.shape) != 2 or len(target.shape) != 1 or not all(logits.shape):
        return False
    if not _ordered(logits):
        return False
    loss = plan.out(op, 0) or plan.scratch((logits.shape[0],), logits.dtype)
    probs = plan.out(op, 1) or plan.scratch(logits.shape, logits.dtype)
    if any(o is not None and o not in plan.where for o in op.outs):
        return False
    run = Entropy(logits.shape, logits.dtype)
    plan.emit(run, *plan.operand(op.args), loss, probs)
    return True


@_rule(softmax.softmax_cross_entropy_grad)
def _entropy_grad(plan: Plan, op: Op) -> bool:
    if not _without(op, 3, ignore_index=None):
        return False
    g, probs, target = (plan.value(a) for a in op.args)
    if g is None or probs is None or target is None or len(probs.shape) != 2:
        return False
    if g.dtype != probs.dtype or not _ordered(probs):
        return False
    out = plan.out(op)
    if out is None:
        return False
    plan.emit(EntropyGrad(probs.shape[0]), *plan.operand(op.args), out)
    return True
