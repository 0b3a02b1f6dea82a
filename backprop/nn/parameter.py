"""Parameter and Buffer: the Tensors that a module owns."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor, asarray

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A Tensor that a module learns.

    >>> import backprop as bp
    >>> bp.nn.Parameter(bp.zeros(2)).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(asarray(data).data, None)
        self.requires_grad_(requires_grad)

    def move(self, dtype: Any, device: Any) -> None:
        """Take the parameter and its gradient to another dtype or device, in place."""
        grad = self.grad
        moved = elsewhere(self.detach(), dtype, device)
        if moved.data is self.data:
            return
        wanted = self.requires_grad
        self.data, self.node = moved.data, None
        self.requires_grad_(wanted)
        if grad is not None:
            self.grad = elsewhere(grad.detach(), dtype, device)


class Buffer(Tensor):
    """A Tensor that belongs to a module's state but is not learned.

    Args:
        data: what `asarray` takes.
        persistent: whether it is part of the module's `state_dict`.

    >>> import backprop as bp
    >>> layer = bp.nn.Identity()
    >>> layer.seen = bp.nn.Buffer(bp.zeros(2))
    >>> [name for name, _ in layer.named_buffers()]
    ['seen']
    """

    __slots__ = ("persistent",)

    def __init__(self, data: Any, persistent: bool = True) -> None:
        super().__init__(asarray(data).data, None)
        self.persistent = persistent

    def move(self, dtype: Any, device: Any) -> None:
        """Take it to another device and, if it is floating, another dtype, in place."""
        self.data = elsewhere(self, dtype, device).data


def elsewhere(x: Tensor, dtype: Any, device: Any) -> Tensor:
    """x on a device, and in a dtype if it has floating-point numbers; None leaves things be."""
    if dtype is not None and x.dtype.kind == "f":
        x = x.astype(dtype)
    return x if device is None else x.to_device(device)
