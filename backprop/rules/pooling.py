"""Windows that slide over the last axes: the largest of each, and the sum of each."""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp, vjp_joint

__all__ = ["max_pool", "max_pool_at", "max_pool_grad", "window_spread", "window_sum"]

Sizes = tuple[int, ...]

# (the largest, its number in the window): the second output is what the first one's gradient needs.
max_pool = Primitive("max_pool", "x", outputs=2)
max_pool_grad = Primitive("max_pool_grad", "g winners")
max_pool_at = Primitive("max_pool_at", "x winners")


def _max_pool_x(
    g: Any, out: Any, shapes: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[Any]:
    length = tuple(shapes[0][-len(kernel) :])
    return (
        max_pool_grad(
            g[0], out[1], kernel=kernel, stride=stride, padding=padding, dilation=dilation,
            length=length,
        ),
    )  # fmt: skip


vjp_joint(max_pool, _max_pool_x)
vjp(
    max_pool_grad,
    lambda v, winners, kernel, stride, padding, dilation: max_pool_at(
        v, winners, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
    None,
)
vjp(
    max_pool_at,
    lambda v, winners, shapes, kernel, stride, padding, dilation: max_pool_grad(
        v, winners, kernel=kernel, stride=stride, padding=padding, dilation=dilation,
        length=tuple(shapes[0][-len(kernel) :]),
    ),
    None,
)  # fmt: skip

window_sum = Primitive("window_sum", "x")
window_spread = Primitive("window_spread", "g")
vjp(
    window_sum,
    lambda g, shapes, kernel, stride, padding: window_spread(
        g, kernel=kernel, stride=stride, padding=padding, length=tuple(shapes[0][-len(kernel) :])
    ),
)
vjp(
    window_spread,
    lambda v, shapes, kernel, stride, padding: window_sum(
        v, kernel=kernel, stride=stride, padding=padding, size=tuple(shapes[0][-len(kernel) :])
    ),
)
