"""Padding: elements put around the last axes."""

from __future__ import annotations

from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import integers
from .. import functional as F
from ..functional._windows import AXES
from ..module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
    "ConstantPad3d", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip

Widths = int | tuple[int, ...]


class _Pad(Module):
    """`d` axes are padded, in this mode."""

    d: int
    mode: str

    def __init__(self, padding: Widths) -> None:
        widths = integers(padding, type(self).__name__, "padding")
        if not isinstance(padding, (tuple, list)):
            widths *= 2 * self.d
        if len(widths) != 2 * self.d:
            raise ValueError(
                f"{type(self).__name__}: padding: got {padding!r}, wanted one number or "
                f"{2 * self.d}: (before, after) of the last axis first"
            )
        self.padding = widths

    def forward(self, input: Tensor) -> Tensor:
        if tensor(input, type(self).__name__, "input").ndim not in (self.d + 1, self.d + 2):
            raise ValueError(
                f"{type(self).__name__}: input: got shape {input.shape}, wanted "
                f"(N, C, {AXES[self.d]}) or (C, {AXES[self.d]})"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Any axes may stand in front; negative numbers take elements away."""

    def __init__(self, padding: Widths, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Widths) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """Copies of a number, along the last axis.

    padding: (left, right), or one number for both. Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.ConstantPad1d(1, 2.0)(bp.asarray([[1.0, 3.0]]))
    tensor([[2., 1., 3., 2.]])
    """

    d = 1


class ConstantPad2d(_ConstantPad):
    """Copies of a number, along the last two axes.

    padding: (left, right, top, bottom), or one number for all.
    Shape: (N, C, H, W) or (C, H, W).
    """

    d = 2


class ConstantPad3d(_ConstantPad):
    """Copies of a number, along the last three axes.

    padding: (left, right, top, bottom, front, back), or one number for all.
    Shape: (N, C, D, H, W) or (C, D, H, W).
    """

    d = 3


class ZeroPad1d(_ZeroPad):
    """Zeros, along the last axis.

    padding: (left, right), or one number for both. Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.ZeroPad1d((0, 1))(bp.asarray([[1.0, 3.0]]))
    tensor([[1., 3., 0.]])
    """

    d = 1


class ZeroPad2d(_ZeroPad):
    """Zeros, along the last two axes.

    padding: (left, right, top, bottom), or one number for all.
    Shape: (N, C, H, W) or (C, H, W).
    """

    d = 2


class ZeroPad3d(_ZeroPad):
    """Zeros, along the last three axes.

    padding: (left, right, top, bottom, front, back), or one number for all.
    Shape: (N, C, D, H, W) or (C, D, H, W).
    """

    d = 3


class ReflectionPad1d(_Pad):
    """The input mirrored at both ends, c b | a b c | b a, along the last axis.

    padding: (left, right), or one number for both, less than the axis has.
    Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.ReflectionPad1d((2, 1))(bp.asarray([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2.]])
    """

    d = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """The input mirrored at both ends, c b | a b c | b a, along the last two axes.

    padding: (left, right, top, bottom), or one number for all, less than the axis has.
    Shape: (N, C, H, W) or (C, H, W).
    """

    d = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """The input mirrored at both ends, c b | a b c | b a, along the last three axes.

    padding: (left, right, top, bottom, front, back), or one number for all, less than the axis has.
    Shape: (N, C, D, H, W) or (C, D, H, W).
    """

    d = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Copies of the first and last elements, a a | a b c | c c, along the last axis.

    padding: (left, right), or one number for both. Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.ReplicationPad1d(1)(bp.asarray([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2.]])
    """

    d = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Copies of the first and last elements, a a | a b c | c c, along the last two axes.

    padding: (left, right, top, bottom), or one number for all.
    Shape: (N, C, H, W) or (C, H, W).
    """

    d = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Copies of the first and last elements, a a | a b c | c c, along the last three axes.

    padding: (left, right, top, bottom, front, back), or one number for all.
    Shape: (N, C, D, H, W) or (C, D, H, W).
    """

    d = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """What stands at the other end, b c | a b c | a b, along the last axis.

    padding: (left, right), or one number for both, at most what the axis has.
    Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.CircularPad1d((1, 2))(bp.asarray([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1., 2.]])
    """

    d = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """What stands at the other end, b c | a b c | a b, along the last two axes.

    padding: (left, right, top, bottom), or one number for all, at most what the axis has.
    Shape: (N, C, H, W) or (C, H, W).
    """

    d = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """What stands at the other end, b c | a b c | a b, along the last three axes.

    padding: (left, right, top, bottom, front, back), or one number, at most what the axis has.
    Shape: (N, C, D, H, W) or (C, D, H, W).
    """

    d = 3
    mode = "circular"
