"""What can be wrong with the arguments of an operation, said clearly."""

from __future__ import annotations

from numbers import Number
from typing import Any

import backends

from .graph import Box

PLAIN = frozenset({float, int, bool, complex, type(None), tuple, slice, type(Ellipsis)})
"""What may stand beside Tensors in an operation: Python's own numbers, and no array."""


def plain(primitive: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with NumPy's numbers as Python's; an error for one that is neither a Tensor
    nor a number."""
    args = tuple([a.item() if isinstance(a, Number) and hasattr(a, "item") else a for a in args])
    for name, a in zip(primitive.inputs * len(args), args, strict=False):
        if not isinstance(a, Box) and type(a) not in PLAIN:
            kind = f"{type(a).__module__}.{type(a).__name__}"
            raise TypeError(
                f"{primitive.name}: {name} is a {kind}, wanted a Tensor or a Python number; "
                f"wrap it first: backprop.asarray({name})"
            )
    return args


def refuse(primitive: Any, x: Any) -> None:
    """Raise for the only argument, which is no Tensor."""
    kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
    name = primitive.inputs[0]
    raise TypeError(
        f"{primitive.name}: {name} is a {kind}, wanted a Tensor; "
        f"wrap it first: backprop.asarray({name})"
    )


def _boxes(primitive: Any, args: tuple[Any, ...]) -> list[tuple[str, Any]]:
    names = primitive.inputs * len(args)  # concat has one name for all its arrays
    return [(n, a) for n, a in zip(names, args, strict=False) if isinstance(a, Box)]


def together(primitive: Any, args: tuple[Any, ...], error: Exception | None = None) -> None:
    """Raise if the arrays are on different devices."""
    places = [(n, backends.of(a.data).name) for n, a in _boxes(primitive, args)]
    if len({place for _, place in places}) > 1:
        where = ", ".join(f"{n} is on {place}" for n, place in places)
        raise ValueError(
            f"{primitive.name}: {where}; move one with .to_device(...) so that all are together"
        ) from error


def product(args: tuple[Any, ...], error: Exception) -> None:
    """Raise if the shapes of the operands of a matrix product do not fit."""
    x1, x2 = (tuple(a.data.shape) if isinstance(a, Box) else () for a in args)
    if not x1 or not x2:
        wanted = "at least one axis each (a number multiplies by *)"
    elif x1[-1] != (x2[-2] if len(x2) > 1 else x2[0]):
        which = "second to last" if len(x2) > 1 else "only one"
        wanted = f"x1's last axis to be as long as x2's {which}"
    elif any(m != n and 1 not in (m, n) for m, n in zip(x1[-3::-1], x2[-3::-1], strict=False)):
        wanted = "the axes before the last two to broadcast"
    else:
        return
    raise ValueError(f"matmul: x1 has shape {x1}, x2 {x2}: wanted {wanted}") from error


def _broadcast(boxes: list[tuple[str, Any]], name: str, error: Exception) -> None:
    """Raise if the error is that the shapes of operands do not broadcast."""
    shapes = [tuple(a.data.shape) for _, a in boxes]
    short = all(m == n or 1 in (m, n) for s in shapes for t in shapes
                for m, n in zip(s[::-1], t[::-1], strict=False))  # fmt: skip
    if not short and isinstance(error, ValueError) and "broadcast" in str(error):
        what = ", ".join(f"{n} has shape {s}" for (n, _), s in zip(boxes, shapes, strict=True))
        raise ValueError(
            f"{name}: {what}: wanted shapes that broadcast (counted from the last axis, "
            "equal lengths, or 1)"
        ) from error


def explain(primitive: Any, args: tuple[Any, ...], error: Exception) -> None:
    """Raise a clearer error where arrays of two devices met or shapes do not fit; else add a note
    to this one."""
    together(primitive, args, error)
    boxes = _boxes(primitive, args)
    if primitive.name == "matmul":
        product(args, error)
    elif len(boxes) > 1:
        _broadcast(boxes, primitive.name, error)
    what = ", ".join(f"{n} {tuple(a.data.shape)} {a.data.dtype}" for n, a in boxes)
    error.add_note(f"in backprop's {primitive.name} with {what}")
