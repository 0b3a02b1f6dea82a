"""Rows of a table by number, and numbers as vectors of zeros and a one."""

from __future__ import annotations

import math
from typing import Any

import backends
from backends import kernels, record

from ... import rules
from ...changes import overwritten
from ...tensor import Tensor
from ...xp._check import tensor
from ._checks import integer

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """weight[input]: for each number the row of that number; see `nn.Embedding`."""
    indices("embedding", input)
    if tensor(weight, "embedding", "weight").ndim != 2:
        raise ValueError(
            f"embedding: weight: got shape {weight.shape}, wanted a matrix (rows, features)"
        )
    rows = weight.shape[0]
    padding_idx = padding("embedding", padding_idx, rows)
    refuse_sparse("embedding", sparse)

    def look(array: Any) -> None:
        stray = kernels.stray_class(array, rows)
        if stray is not None:
            raise IndexError(
                f"embedding: input: got index {stray}, wanted 0 to {rows - 1}: the table has "
                f"{rows} rows"
            )

    record.check(look, input.data)
    if max_norm is not None:
        _shorten(weight, input, max_norm, norm_type)
    return rules.embedding(weight, input, padding=padding_idx, by_count=scale_grad_by_freq)


def indices(where: str, input: Any, name: str = "input") -> None:
    """Refuse what is no Tensor of integers."""
    if tensor(input, where, name).dtype.kind not in "iu":
        raise TypeError(
            f"{where}: {name}: got dtype {input.dtype}, wanted integers; "
            f"convert it first: {name}.astype(backprop.int64)"
        )


def padding(where: str, number: int | None, rows: int) -> int | None:
    """The number of the row that is not learned, counted from the front."""
    if number is None:
        return None
    row = integer(number)
    if row is None or not -rows <= row < rows:
        raise ValueError(
            f"{where}: padding_idx: got {number!r}, wanted None or a row from {-rows} to {rows - 1}"
        )
    return row % rows


def refuse_sparse(where: str, sparse: bool) -> None:
    """There are no sparse gradients here."""
    if sparse:
        raise NotImplementedError(
            f"{where}: sparse: got True, wanted False: gradients are dense arrays here"
        )


def _shorten(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Bring the rows that will be looked up to at most this norm, in place, as PyTorch does."""
    if not max_norm >= 0:
        raise ValueError(f"embedding: max_norm: got {max_norm}, wanted a number of at least 0")
    if input.size == 0:
        return
    xp = backends.namespace(weight.data)
    index = xp.reshape(input.data, (-1,))
    rows = kernels.take(weight.data, index, axis=0)
    norms = kernels.vector_norm(rows, axis=1, keepdims=True, ord=norm_type)
    scale = xp.where(norms > max_norm, max_norm / (norms + 1e-7), xp.ones_like(norms))
    kernels.put(weight.data, rows * scale, index=(index,))
    overwritten(weight.data, weight.node)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A vector for each class number: 1 at that place, 0 elsewhere (int64).

    Args:
        tensor: class numbers from 0 on.
        num_classes: how many there are; -1: as many as the largest number asks for.

    Shape: (...) -> (..., num_classes).

    >>> import backprop as bp
    >>> one_hot(bp.asarray([0, 2])).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    indices("one_hot", tensor, "tensor")
    x = tensor.data
    xp, backend = backends.namespace(x), backends.of(x)
    if num_classes == -1:
        if math.prod(x.shape) == 0:
            raise ValueError(
                f"one_hot: num_classes: got -1 for a tensor of shape {tensor.shape}, wanted a "
                "number: there is no largest class of none"
            )
        num_classes = int(xp.max(x)) + 1
    count = integer(num_classes)
    if count is None or count < 1:
        raise ValueError(f"one_hot: num_classes: got {num_classes!r}, wanted at least 1, or -1")
    num_classes = count

    def look(array: Any) -> None:
        stray = kernels.stray_class(array, num_classes)
        if stray is not None:
            raise ValueError(
                f"one_hot: tensor: got class {stray}, wanted 0 to {num_classes - 1} "
                f"(num_classes = {num_classes})"
            )

    record.check(look, x)
    with backend.on_device():
        classes = xp.arange(num_classes, dtype=x.dtype, device=backend.device)
        return Tensor(xp.astype(xp.expand_dims(x, axis=-1) == classes, xp.int64))
