"""Weight averages: a second model whose parameters are a mean of those that training passes.

Names and results are PyTorch's (`torch.optim.swa_utils`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import backends
from backends import record
from backends.record import held

from ..changes import last_change, overwritten
from ..graph import no_grad
from ..nn import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, Module
from ..tensor import Tensor, asarray
from . import recorded
from .arena import ALIGN, Arena, arena_of, groups
from .lr_scheduler import SWALR

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


_KEPT = (InstanceNorm1d, InstanceNorm2d, InstanceNorm3d)
"""Their running statistics are no means over batches; as in PyTorch, update_bn leaves them."""


class _Towards:
    """a <- a + w (x - a) for all parameters, w depending on how many models are in a already."""

    def __init__(self, weight: Callable[[Any], Any]) -> None:
        self.weight = weight

    def __call__(
        self, averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Any
    ) -> None:
        for a, x in zip(averaged, current, strict=True):
            if a.dtype.kind == "f":
                recorded.call(
                    backends.kernels.average_step, a.data, x.data,
                    numbers=lambda: {"weight": self.weight(int(num_averaged))},
                )  # fmt: skip
                overwritten(a.data, a.node)
            else:
                weight = self.weight(num_averaged.astype("float64"))
                _write(a, _real(a) * (1.0 - weight) + _real(x) * weight)


def _real(x: Tensor) -> Tensor:
    """Its values; those of a count as real numbers."""
    return x.detach() if x.dtype.kind == "f" else x.detach().astype("float64")


def _decay(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise ValueError(f"decay: got {value!r}, wanted a number from 0 to 1")
    return float(value)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """The exponential mean, a <- decay a + (1 - decay) x, for `multi_avg_fn`."""
    rest = 1.0 - _decay(decay)
    return _Towards(lambda n: rest)


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """The plain mean, a <- a + (x - a) / (n + 1), for `multi_avg_fn`."""
    return _Towards(lambda n: 1.0 / (n + 1))


def get_ema_avg_fn(decay: float = 0.999) -> Callable[..., Tensor]:
    """The exponential mean, decay a + (1 - decay) x, for `avg_fn`."""
    decay = _decay(decay)
    return lambda averaged, current, num_averaged: (
        decay * _real(averaged) + (1.0 - decay) * _real(current)
    )


def get_swa_avg_fn() -> Callable[..., Tensor]:
    """The plain mean, a + (x - a) / (n + 1), for `avg_fn`."""

    def mean(averaged: Tensor, current: Tensor, num_averaged: Any) -> Tensor:
        a = _real(averaged)
        return a + (_real(current) - a) / (int(num_averaged) + 1)

    return mean


class AveragedModel(Module):
    """A copy of a model whose parameters are a mean of the model's at several times.

    The first `update_parameters` takes the model's parameters over; each further one averages.
    Without an averaging function the mean is plain. The parameters that live in arenas are
    averaged in one pass over the flat buffers.

    Args:
        model: the model to copy.
        device: where the copy is to be.
        avg_fn: (averaged, current, num_averaged) -> the new average of one parameter.
        multi_avg_fn: the same for lists of all parameters, changing the averaged ones in place;
            see `get_ema_multi_avg_fn`.
        use_buffers: whether buffers (such as running statistics) are averaged too; otherwise they
            are copied. See also `update_bn`.

    Attributes:
        module: the copy.
        n_averaged: how many models are in the mean.

    Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization"
    (2018).

    >>> import backprop as bp
    >>> model = bp.nn.Linear(1, 1, bias=False)
    >>> average = bp.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     with bp.no_grad():
    ...         model.weight[...] = value
    ...     average.update_parameters(model)
    >>> average.module.weight.item(), average.n_averaged.item()
    (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: str | None = None,
        avg_fn: Callable[..., Tensor] | None = None,
        multi_avg_fn: Callable[..., None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: got both avg_fn and multi_avg_fn, wanted one of them")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", asarray(0, dtype="int64", device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's parameters as they are now into the mean.

        Raises:
            ValueError: the model is another than that of which this is an average.
        """
        pairs = _pairs(self.module, model, "parameters")
        buffers = _pairs(self.module, model, "buffers")
        if self.use_buffers:
            pairs, buffers = pairs + buffers, []
        begun = record.ask(lambda n: int(n) > 0, self.n_averaged.data, True)
        with no_grad():
            if not begun:
                buffers = pairs + buffers
            elif self.avg_fn is not None:
                for a, x in pairs:
                    new = self.avg_fn(a.detach(), x.detach().to(a.device), self.n_averaged)
                    _write(a, new)
            else:
                self._average(pairs)
            for a, x in buffers:
                _write(a, x)
        record.host(lambda: self._count(1), lambda: self._count(-1))

    def _count(self, more: int) -> None:
        self.n_averaged.data[...] = int(self.n_averaged) + more

    def _average(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        """With a function of lists, which gets one list for each dtype and device."""
        function, given = self.multi_avg_fn or get_swa_multi_avg_fn(), pairs
        if isinstance(function, _Towards):
            for alike in groups([a for a, _ in pairs]):
                arena_of(alike)
            pairs = list(_merged(pairs))
        apart: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
        for a, x in pairs:
            lists = apart.setdefault((a.device, a.dtype), ([], []))
            lists[0].append(a.detach())
            lists[1].append(x.detach().to(a.device, a.dtype))
        for averaged, current in apart.values():
            function(averaged, current, self.n_averaged)
        for a, _ in given:  # not of flat pairs: their parameters
            overwritten(a.data, a.node)
            if a.node is not None:
                a.node.changed = last_change.seq


def _pairs(own: Module, other: Module, kind: str) -> list[tuple[Tensor, Tensor]]:
    mine, theirs = (list(getattr(m, kind)()) for m in (own, other))
    shapes = [[v.shape for v in values] for values in (mine, theirs)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"AveragedModel: update_parameters: got a model with {kind} of shapes {shapes[1]}, "
            f"wanted {shapes[0]}"
        )
    return list(zip(mine, theirs, strict=True))


def _write(a: Tensor, value: Any) -> None:
    a.copy_(asarray(value).detach().to(a.device, a.dtype))


def _merged(pairs: list[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """The same pairs, with neighbours in both models' arenas as one flat pair."""
    stretch: tuple[Arena, int, Arena, int, int] | None = None
    for a, x in pairs:
        here, there = _place(a), _place(x)
        if here is None or there is None:
            yield a, x
            continue
        size = -(-a.size // ALIGN) * ALIGN
        if stretch is not None:
            arena, start, source, first, length = stretch
            if here == (arena, start + length) and there == (source, first + length):
                stretch = (arena, start, source, first, length + size)
                continue
            yield _flat(stretch)
        stretch = (*here, *there, size)
    if stretch is not None:
        yield _flat(stretch)


def _place(p: Tensor) -> tuple[Arena, int] | None:
    """The arena that a parameter lives in, and where."""
    leaf: Any = p.node
    if leaf is None or leaf.arena is None or not leaf.arena.holds(p):
        return None
    return leaf.arena, leaf.offset


def _flat(stretch: tuple[Arena, int, Arena, int, int]) -> tuple[Tensor, Tensor]:
    arena, start, source, first, length = stretch
    return (
        Tensor(held(arena.values)[start : start + length]),
        Tensor(held(source.values)[first : first + length]),
    )


def update_bn(loader: Iterable[Any], model: Module, device: str | None = None) -> None:
    """Compute the running statistics of a model's batch normalizations anew, over a loader.

    Each batch is a Tensor, or a list or tuple whose first part is. The statistics become plain
    means over all batches; the model is in training mode meanwhile. A layer of one's own takes part
    if it has `reset_running_stats` and a `momentum`, for which None means plain means.
    """
    found: list[Any] = [
        m for m in model.modules()
        if hasattr(m, "reset_running_stats") and hasattr(m, "momentum")
        and not isinstance(m, _KEPT)
    ]  # fmt: skip
    if not found:
        return
    modes = {m: m.training for m in model.modules()}
    momenta = [m.momentum for m in found]
    model.train()
    try:
        for m in found:
            m.reset_running_stats()
            m.momentum = None
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(x if device is None else asarray(x, device=device))
    finally:
        for m, momentum in zip(found, momenta, strict=True):
            m.momentum = momentum
        for m, training in modes.items():
            m.training = training
