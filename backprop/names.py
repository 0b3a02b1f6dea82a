"""Names that NumPy and PyTorch have for what is called otherwise here: what errors say of them."""

from __future__ import annotations

import sys
from inspect import getattr_static
from typing import Any

FUNCTIONS = {
    "absolute": "abs", "allclose": "all(abs(x - y) <= tolerance)", "amax": "max", "amin": "min",
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "argwhere": "nonzero", "array": "asarray",
    "as_tensor": "asarray", "autograd": "grad, or autodiff.gradients",
    "bitwise_not": "bitwise_invert", "bmm": "matmul", "cat": "concat", "clamp": "clip",
    "concatenate": "concat", "cumprod": "cumulative_prod", "cumsum": "cumulative_sum",
    "dot": "matmul, or vecdot", "double": "float64", "float": "float32",
    "from_numpy": "asarray", "func": "grad, vjp, jvp, jacobian or hessian",
    "gather": "take_along_axis", "index_select": "take", "inference_mode": "no_grad",
    "inner": "vecdot", "inverse": "linalg.inv", "invert": "bitwise_invert",
    "jacfwd": "jacobian(f, mode='forward')", "jacrev": "jacobian(f, mode='reverse')",
    "load": "io.load_tensors", "long": "int64", "masked_fill": "where", "mm": "matmul",
    "mod": "remainder", "movedim": "moveaxis", "mul": "multiply", "mv": "matmul",
    "ndarray": "Tensor", "neg": "negative", "permute": "permute_dims", "power": "pow",
    "random": "rand, randn, randint or randperm",
    "repeat_interleave": "repeat", "save": "io.save_tensors", "set_grad_enabled": "no_grad",
    "sub": "subtract", "swapdims": "swapaxes", "transpose": "permute_dims, or matrix_transpose",
    "true_divide": "divide", "unbind": "unstack", "unique": "unique_values",
    "unsqueeze": "expand_dims", "view": "reshape",
    "vmap": "done by the leading axes of most functions, and by jacobian(f, batched=True)",
}  # fmt: skip
"""For functions of those libraries, our name."""

METHODS = {
    "add": "x + y", "copy": "x.clone()", "dim": "x.ndim", "div": "x / y", "eq": "x == y",
    "ge": "x >= y", "gt": "x > y", "is_cuda": "x.device", "le": "x <= y", "lt": "x < y",
    "masked_fill": "backprop.where(mask, value, x)", "mul": "x * y", "ne": "x != y",
    "ndimension": "x.ndim", "nelement": "x.size", "new_zeros": "backprop.zeros(...)",
    "numel": "x.size", "repeat": "backprop.tile(x, ...) (NumPy's repeat is backprop.repeat)",
    "sub": "x - y", "type": "x.dtype, or x.astype(dtype)",
}  # fmt: skip
"""For methods and attributes of those libraries' arrays, what to write."""


def function(name: str) -> str:
    """What to say of a name that the package does not have; "" if nothing."""
    if name in FUNCTIONS:
        return f"; here it is {FUNCTIONS[name]}"
    place = _found(name)
    return f"; it is backprop.{place}{name}" if place else ""


def method(name: str) -> str:
    """What to say of an attribute that a Tensor does not have; "" if nothing."""
    bp: Any = sys.modules[__package__]
    if name in METHODS:
        return f"; write {METHODS[name]}"
    if name in FUNCTIONS:
        return f"; here it is backprop.{FUNCTIONS[name]}"
    if callable(vars(bp).get(name)):
        return f"; write backprop.{name}(x, ...)"
    if place := _found(name):
        return f"; write backprop.{place}{name}(x, ...)"
    if name.endswith("_") and not name.startswith("_"):
        return (
            "; there are no methods in place but copy_ and zero_: write x[...] = ..., or x += ..."
        )
    return ""


class Advice:
    """In the place of an attribute that Tensors do not have: asking for it says what to write.

    A `__getattr__` would say it too, and would slow down every attribute that is there.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, x: Any, kind: type) -> Any:
        said = method(self.name)
        raise AttributeError(f"{kind.__name__!r} object has no attribute {self.name!r}{said}")


def advise(kind: type, *homes: Any) -> None:
    """Give a class of arrays advice for names of others, of the functions in these modules, and of
    its own methods in their form that works in place."""
    own = [name for name in dir(kind) if not name.startswith("_")]
    known = {*METHODS, *FUNCTIONS, *(f"{name}_" for name in [*own, *METHODS])}
    for home in homes:
        known |= {name for name in vars(home) if name.islower() and callable(vars(home)[name])}
    for name in known:
        if not name.startswith("_") and not hasattr(kind, name):
            setattr(kind, name, Advice(name))


def without_advice(kind: type, names: Any) -> list[str]:
    """The names of those attributes that are there."""
    return [n for n in names if type(getattr_static(kind, n, None)) is not Advice]


def _found(name: str) -> str:
    """Which part of the package has a public name, as "linalg." and the like; "" if none."""
    bp: Any = sys.modules[__package__]
    if not name.startswith("_"):
        for place in ("linalg", "fft", "nn", "nn.functional", "optim"):
            home = bp
            for part in place.split("."):
                home = getattr(home, part, None)
            if callable(getattr(home, name, None)):
                return f"{place}."
    return ""
