"""Condition: whether a module is in training, its dtype and device, and what it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..defaults import as_dtype, backend_for
from ..tensor import Tensor
from .parts import Parts

if TYPE_CHECKING:
    from .module import Module

C = TypeVar("C", bound="Condition")


class Condition(Parts):
    """What holds for a module and all modules below it."""

    training = True

    def train(self: C, mode: bool = True) -> C:
        """Behave as in training (dropout drops) or, with False, as in use; returns itself."""
        if not isinstance(mode, bool):
            raise TypeError(f"{type(self).__name__}: mode: got {mode!r}, wanted True or False")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: C) -> C:
        """Behave as in use."""
        return self.train(False)

    def to(
        self: C, *args: Any, device: Any = None, dtype: Any = None, non_blocking: bool = False
    ) -> C:
        """Take the parameters and buffers to a device, a dtype, or both; returns itself.

        model.to("cuda"), model.to(bp.float64), model.to("cuda", bp.float64), model.to(tensor) for
        the tensor's. Buffers that are not floating-point keep their dtype.
        """
        for a in args:
            if isinstance(a, Tensor):
                device, dtype = a.device, a.dtype
            elif a is not None and not isinstance(a, bool):
                try:
                    dtype = as_dtype(a)
                except TypeError:
                    device = a
        device = None if device is None else backend_for(device).name
        dtype = None if dtype is None else as_dtype(dtype)
        if dtype is not None and dtype.name not in ("float32", "float64"):
            raise TypeError(f"dtype: got {dtype}, wanted float32 or float64")
        for parameter in self.parameters():
            parameter.move(dtype, device)
        for buffer in self.buffers():
            buffer.move(dtype, device)
        return self

    def float(self: C) -> C:
        """Take the floating-point parameters and buffers to float32; returns itself."""
        return self.to("float32")

    def double(self: C) -> C:
        """Take the floating-point parameters and buffers to float64; returns itself."""
        return self.to("float64")

    def type(self: C, dst_type: Any) -> C:
        """Take all parameters and buffers, those of integers too, to a dtype; returns itself."""
        self.to(dtype=dst_type)
        for buffer in self.buffers():
            buffer.data = buffer.detach().astype(dst_type).data
        return self

    def cpu(self: C) -> C:
        """Take everything to the CPU; returns itself."""
        return self.to("cpu")

    def cuda(self: C, device: int | None = None) -> C:
        """Take everything to the (current) GPU; returns itself."""
        return self.to("cuda" if device is None else f"cuda:{device}")

    def requires_grad_(self: C, requires_grad: bool = True) -> C:
        """Learn the parameters, or freeze them; returns itself."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (with False) fill them with zeros."""
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad.detach().zero_()

    def apply(self: C, fn: Callable[[Module], Any]) -> C:
        """Call the function on every module, those below first; returns itself."""
        for module in self._below(set()):
            fn(module)
        return self

    def _below(self: Any, seen: set[Any]) -> Iterator[Module]:
        """This module after all below it."""
        seen.add(self)
        for child in self.children():
            if child not in seen:
                yield from child._below(seen)
        yield self
