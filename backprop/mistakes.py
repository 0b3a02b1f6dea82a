"""What can be wrong with the arguments of an operation, said clearly."""

from __future__ import annotations

from typing import Any

import backends

from .graph import Box

PLAIN = frozenset({float, int, bool, complex, type(None), tuple, slice, type(Ellipsis)})
"""What may stand beside Tensors in an operation: Python's own numbers, and no array."""


def reject(primitive: Any, args: tuple[Any, ...]) -> None:
    """Raise for an argument that is neither a Tensor nor a Python number."""
    for name, a in zip(primitive.inputs * len(args), args, strict=False):
        if not isinstance(a, Box) and type(a) not in PLAIN:
            kind = f"{type(a).__module__}.{type(a).__name__}"
            raise TypeError(
                f"{primitive.name}: {name} is a {kind}, wanted a Tensor or a Python number; "
                f"wrap it first: backprop.asarray({name})"
            )
    together(primitive, args)


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


def explain(primitive: Any, args: tuple[Any, ...], error: Exception) -> None:
    """Raise a clearer error where arrays of two devices met; else add a note to this one."""
    together(primitive, args, error)
    boxes = _boxes(primitive, args)
    what = ", ".join(f"{n} {tuple(a.data.shape)} {a.data.dtype}" for n, a in boxes)
    error.add_note(f"in backprop's {primitive.name} with {what}")
