"""Products of vectors, matrices and tensors; `backprop.linalg` has them too, and the rest of
linear algebra."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import rules
from ..tensor import Tensor
from . import _shapes
from ._check import tensor
from ._matrices import axis_from_the_back, matrices, others_together

__all__ = ["matmul", "matrix_transpose", "tensordot", "vecdot"]


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The matrix product, x1 @ x2.

    Of matrices (..., M, K) and (..., K, N) it is (..., M, N), the leading axes broadcast. A vector
    (K,) on the left counts as a row, on the right as a column, and that axis is gone from the
    result: (K,) and (K,) give their inner product. Nothing is conjugated.

    >>> import backprop as bp
    >>> matmul(bp.asarray([[1.0, 2.0], [3.0, 4.0]]), bp.asarray([1.0, -1.0]))
    tensor([-1., -1.])
    """
    return rules.matmul(tensor(x1, "matmul", "x1"), tensor(x2, "matmul", "x2"))


def matrix_transpose(x: Tensor, /) -> Tensor:
    """Matrices (..., M, N) transposed: (..., N, M). Also `x.mT`."""
    return rules.matrix_transpose(matrices(x, "matrix_transpose"))


def tensordot(
    x1: Tensor,
    x2: Tensor,
    /,
    *,
    axes: int | tuple[Sequence[int], Sequence[int]] = 2,
) -> Tensor:
    """The product of all pairs of elements, summed over axes that x1 and x2 share.

    Args:
        x1, x2: numbers of any shapes; nothing is conjugated.
        axes: a number n stands for the last n axes of x1 and the first n of x2, in order (0: the
            outer product); a pair of sequences names the axes of x1, and those of x2 that belong
            to them.

    The result has the axes of x1 that are left, then those of x2.

    >>> import backprop as bp
    >>> x = bp.ones((2, 3, 4))
    >>> tensordot(x, x, axes=((0, -1), (0, -1))).shape
    (3, 3)
    """
    x1, x2 = tensor(x1, "tensordot", "x1"), tensor(x2, "tensordot", "x2")
    one, two = _axes(axes, x1.shape, x2.shape)
    if [x1.shape[i] for i in one] != [x2.shape[j] for j in two]:
        raise ValueError(
            f"tensordot: x1 has shape {x1.shape}, x2 {x2.shape}: wanted the axes {one} of x1 to "
            f"be as long as the axes {two} of x2"
        )
    return rules.tensordot(x1, x2, axes=(one, two))


def _axes(axes: Any, x1: tuple[int, ...], x2: tuple[int, ...]) -> tuple[Any, Any]:
    """The summed axes of both, counted from the front."""
    if isinstance(axes, int) and not isinstance(axes, bool):
        most = min(len(x1), len(x2))
        if not 0 <= axes <= most:
            raise ValueError(
                f"tensordot: axes: got {axes}, wanted 0 .. {most} for shapes {x1} and {x2}"
            )
        return tuple(range(len(x1) - axes, len(x1))), tuple(range(axes))
    if not (isinstance(axes, (tuple, list)) and len(axes) == 2):
        raise TypeError(
            f"tensordot: axes: got {axes!r}, wanted a number of axes, or a pair: axes of x1 and "
            "axes of x2"
        )
    one = _shapes.axes(axes[0], x1, "tensordot", "axes[0]")
    two = _shapes.axes(axes[1], x2, "tensordot", "axes[1]")
    if len(one) != len(two):
        raise ValueError(f"tensordot: axes: got {axes}, wanted as many axes of x1 as of x2")
    return one, two


def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """The inner product sum_i conj(x1_i) x2_i over an axis; the others broadcast.

    Args:
        x1, x2: vectors along the axis, equally long.
        axis: counted from the back, -1 or less.

    >>> import backprop as bp
    >>> vecdot(bp.asarray([1.0, 2.0]), bp.asarray([[3.0, 4.0], [5.0, 6.0]]))
    tensor([11., 17.])
    """
    x1, x2 = tensor(x1, "vecdot", "x1"), tensor(x2, "vecdot", "x2")
    axis = axis_from_the_back(axis, x1, x2, "vecdot")
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(
            f"vecdot: x1 has shape {x1.shape}, x2 {x2.shape}: wanted axis {axis} equally long in "
            "both"
        )
    others_together(x1, x2, axis, "vecdot")
    return rules.vecdot(x1, x2, axis=axis)
