"""What all losses ask of their arguments, and how they are reduced to one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import backends
from backends import record

from .... import rules
from ....tensor import Tensor

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(
    reduction: Any, also: tuple[str, ...] = (), *, size_average: Any = None, reduce: Any = None
) -> None:
    """Raise unless it is one of them, and the arguments that it replaced are left out."""
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if value is not None:
            raise ValueError(
                f"{name}: got {value!r}, but PyTorch gave it up for reduction; "
                f"leave it out and say reduction='mean', 'sum' or 'none'"
            )
    if reduction not in REDUCTIONS and reduction not in also:
        others = "".join(f", {name!r}" for name in also)
        raise ValueError(f"reduction: got {reduction!r}, wanted 'mean'{others}, 'sum' or 'none'")


def reduced(values: Tensor, reduction: str) -> Tensor:
    """The losses of the elements as they are, or their mean or sum."""
    if reduction == "mean":
        return values.mean()
    return values.sum() if reduction == "sum" else values


def check_tensors(loss: str, floats: dict[str, Any], others: dict[str, Any] | None = None) -> None:
    """Raise unless all are Tensors, the first ones of real floating-point numbers."""
    for given in (floats, others or {}):
        for name, x in given.items():
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"{loss}: {name} is a {type(x).__name__}, wanted a Tensor; "
                    f"wrap it: backprop.asarray({name})"
                )
    for name, x in floats.items():
        if x.dtype.kind != "f":
            raise TypeError(
                f"{loss}: {name} has dtype {x.dtype}, wanted real floating-point numbers; "
                f"convert it first: {name}.astype(backprop.float32)"
            )


def check_pair(loss: str, x: Tensor, target: Tensor) -> Tensor:
    """The target, as numbers of x's kind; raise unless both have one shape."""
    check_tensors(loss, {"input": x}, {"target": target})
    if x.data.shape != target.data.shape:
        raise ValueError(
            f"{loss}: input has shape {x.shape} and target {target.shape}, wanted the same; "
            "reshape one of them (they are not broadcast: that would compare every prediction "
            "with every target)"
        )
    return as_numbers(loss, "target", target, x)


def as_numbers(loss: str, name: str, target: Tensor, like: Tensor) -> Tensor:
    """A target of integers or truth values as floating-point numbers like another Tensor's."""
    kind = target.dtype.kind
    if kind == "f":
        return target
    if kind in "iub":
        return target.astype(like.dtype)
    raise TypeError(f"{loss}: {name} has dtype {target.dtype}, wanted real numbers")


def weighted(loss: str, losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """The losses, each times its weight, reduced; "mean" divides by their number."""
    if weight is None:
        return reduced(losses, reduction)
    check_fits(loss, "weight", weight, losses)
    return reduced(losses * weight, reduction)


def check_fits(loss: str, name: str, weight: Any, x: Tensor) -> None:
    """Raise unless the weight spreads over x without making it larger."""
    check_tensors(loss, {name: weight})
    w, shape = weight.shape, x.shape
    last = shape[len(shape) - len(w) :]
    if len(w) > len(shape) or any(a not in (1, b) for a, b in zip(w, last, strict=True)):
        raise ValueError(f"{loss}: {name} has shape {w}, which does not spread over {shape}")


def quotient(total: Tensor, count: Tensor) -> Tensor:
    """total / count; NaN, and no division by 0, for a mean of nothing."""
    return total / rules.where(count == 0, float("nan"), count)


def require(condition: Callable[[Any], Any], x: Tensor, said: str) -> None:
    """Raise, saying this, unless a condition holds for all of x, as far as looking costs nothing:
    it is taken for granted where that would make the host wait for the device."""

    def look(array: Any) -> None:
        backend = backends.of(array)
        if not backend.asynchronous and not bool(backend.xp.all(condition(array))):
            raise ValueError(said)

    record.check(look, x.data)


def check_number(loss: str, name: str, value: Any, least: float | None = None, *,
                 above: float | None = None) -> None:  # fmt: skip
    """Raise unless it is a number, of at least `least`, or greater than `above`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ValueError(f"{loss}: {name}: got {value!r}, wanted a number")
    if least is not None and not value >= least:
        raise ValueError(f"{loss}: {name}: got {value}, wanted a number of at least {least}")
    if above is not None and not value > above:
        wanted = "a positive number" if above == 0 else f"a number above {above}"
        raise ValueError(f"{loss}: {name}: got {value}, wanted {wanted}")


def made_by(x: Tensor, name: str) -> bool:
    """Whether a Tensor is the result of this primitive, as far as its history tells."""
    return getattr(getattr(x.node, "primitive", None), "name", None) == name
