"""Where a loss that is not a number comes from."""

from __future__ import annotations

from typing import Any

import backends

from ..graph import no_grad
from ..nn.module import Module, watch
from ..tensor import Tensor


class NonFiniteLossError(ArithmeticError):
    """The loss, or what is learned, became NaN or infinite.

    Attributes:
        epoch, batch: where, counted from 1.
        layer: the name of the first layer with a non-finite output, or None.
    """

    def __init__(self, message: str, epoch: int, batch: int, layer: str | None) -> None:
        super().__init__(message)
        self.epoch, self.batch, self.layer = epoch, batch, layer


def _finite(x: Tensor) -> bool:
    if x.dtype.kind != "f":
        return True
    xp = backends.namespace(x.data)
    return bool(xp.all(xp.isfinite(x.data)))


def explain(
    model: Module, x: Tensor, y: Tensor, value: float, epoch: int, batch: int
) -> NonFiniteLossError:
    """The error for a batch whose loss is not finite, after a look at its forward pass."""
    where = f"the loss became {value} in epoch {epoch}, batch {batch}"
    layer = None
    if not _finite(x) or not _finite(y):
        which = "inputs" if not _finite(x) else "targets"
        cause = f"the batch's {which} hold NaN or infinite values; clean the data"
    else:
        bad = bad_parameters(model)
        layer = _first_layer(model, x)
        if layer is not None:
            cause = f"the first layer with a non-finite output is {layer}"
            if bad:
                cause += f" (parameters already not finite: {', '.join(bad)})"
        else:
            cause = "all layers' outputs are finite, so it arises in the loss or the penalty"
        cause += "; try a smaller learning rate, clip_norm, or data scaled to about ±1"
    return NonFiniteLossError(f"{where}: {cause}", epoch, batch, layer)


def bad_parameters(model: Module) -> list[str]:
    """The names of the parameters with NaN or infinite values."""
    return [name for name, p in model.named_parameters() if p.requires_grad and not _finite(p)]


def check_parameters(model: Module, epoch: int, batch: int) -> None:
    """Raise where the steps of an epoch left parameters that are not finite.

    The loss of the next batch would tell, but there may be none.
    """
    if bad := bad_parameters(model):
        raise NonFiniteLossError(
            f"parameters became NaN or infinite in epoch {epoch}, by batch {batch}, though the "
            f"losses were finite: {', '.join(bad)}; try a smaller learning rate, clip_norm, or "
            "data scaled to about ±1",
            epoch, batch, None,
        )  # fmt: skip


def _first_layer(model: Module, x: Tensor) -> str | None:
    names = {id(m): (n or "the model", m) for n, m in model.named_modules()}
    found: list[str] = []

    def note(module: Module, out: Any) -> None:
        if not found and isinstance(out, Tensor) and not _finite(out):
            name, m = names.get(id(module), ("?", module))
            found.append(f"{name} ({type(m).__name__})")

    with no_grad(), watch(note):
        model(x)
    return found[0] if found else None
