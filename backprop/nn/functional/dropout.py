"""Dropout: elements or whole channels switched off at random."""

from __future__ import annotations

import backends

from ... import rules
from ...defaults import default_generator
from ...tensor import Tensor
from ...xp._check import tensor
from ._checks import probability

__all__ = [
    "alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout",
]  # fmt: skip

SELU_FLOOR = -1.7580993408473768
"""What SELU tends to at minus infinity: -scale alpha."""


def _drawn(x: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """1 / (1 - p) with probability 1 - p, else 0."""
    if x.dtype.kind != "f":
        raise TypeError(
            f"dropout: input: got dtype {x.dtype}, wanted real floating-point numbers in training; "
            "convert it first: input.astype(backprop.float32)"
        )
    backend = backends.of(x.data)
    return Tensor(default_generator().dropout_mask(shape, 1.0 - p, x.data.dtype, backend))


def _dropped(x: Tensor, shape: tuple[int, ...], p: float, training: bool) -> Tensor:
    if not training or p == 0.0:
        return x
    return x * 0.0 if p == 1.0 else x * _drawn(x, shape, p)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero with probability p, else x / (1 - p); x itself outside training.

    Nothing is written in place, whatever `inplace` says.
    """
    probability("dropout", "p", p)
    return _dropped(tensor(input, "dropout", "input"), input.data.shape, p, training)


def _channels(where: str, input: Tensor, ndims: tuple[int, ...], batched: int) -> tuple[int, ...]:
    """A number for each channel: the shape of x with its positions of size 1. With `batched`
    axes or more the first two are samples and channels, with fewer the first is the channels."""
    shape = tuple(tensor(input, where, "input").data.shape)
    if len(shape) not in ndims:
        wanted = " or ".join(str(n) for n in ndims)
        raise ValueError(f"{where}: input: got shape {shape}, wanted {wanted} axes")
    lead = 2 if len(shape) >= batched else 1
    return shape[:lead] + (1,) * (len(shape) - lead)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels zero with probability p, the others divided by 1 - p.

    Shape: (N, C, L) or (C, L) -> the same.
    """
    probability("dropout1d", "p", p)
    return _dropped(input, _channels("dropout1d", input, (2, 3), 3), p, training)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels zero with probability p, the others divided by 1 - p.

    Shape: (N, C, H, W) -> the same; three axes are taken for (N, C, L), as in PyTorch.
    """
    probability("dropout2d", "p", p)
    return _dropped(input, _channels("dropout2d", input, (3, 4), 3), p, training)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels zero with probability p, the others divided by 1 - p.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> the same.
    """
    probability("dropout3d", "p", p)
    return _dropped(input, _channels("dropout3d", input, (4, 5), 5), p, training)


def _floored(x: Tensor, shape: tuple[int, ...], p: float, training: bool) -> Tensor:
    """a (x or the floor f) + b, with a and b such that mean 0 and variance 1 stay what they are:
    E = p f and Var = (1 - p) (1 + p f²) without them, so a = Var^(-1/2) and b = -a p f."""
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    a = ((1.0 - p) * (1.0 + p * SELU_FLOOR**2)) ** -0.5
    kept = _drawn(x, shape, p) * (1.0 - p)
    return rules.scale_shift(x, kept * a, (1.0 - kept) * (a * SELU_FLOOR) - a * p * SELU_FLOOR)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """With probability p the floor of SELU, then scaled and shifted so that inputs of mean 0 and
    variance 1 remain so; see `nn.AlphaDropout`.

    Nothing is written in place, whatever `inplace` says.
    """
    probability("alpha_dropout", "p", p)
    return _floored(tensor(input, "alpha_dropout", "input"), input.data.shape, p, training)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Alpha dropout of whole channels.

    Shape: (N, C, ...) -> the same.
    """
    probability("feature_alpha_dropout", "p", p)
    some = tuple(range(2, max(tensor(input, "feature_alpha_dropout", "input").ndim, 2) + 1))
    shape = _channels("feature_alpha_dropout", input, some, 2)
    return _floored(input, shape, p, training)
