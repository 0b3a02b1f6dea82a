"""A model as a table of layers."""

from __future__ import annotations

from typing import Any

from ..graph import no_grad
from ..tensor import Tensor
from .module import Module, Parameter, watch


def summary(model: Module, input_shape: tuple[int, ...] = ()) -> str:
    """Layers, output shapes (where an input shape is given) and numbers of parameters."""
    shapes: dict[int, str] = {}
    if input_shape:
        from ..xp import zeros

        def note(module: Module, out: Any) -> None:
            shapes[id(module)] = str(out.shape) if isinstance(out, Tensor) else "..."

        first = next(model.parameters(), None)
        where: dict[str, Any] = (
            {} if first is None else {"dtype": first.dtype, "device": first.device}
        )
        was = [(m, m.training) for m in model.modules()]
        model.eval()
        try:
            with no_grad(), watch(note):
                model(zeros(tuple(input_shape), **where))
        finally:
            for module, training in was:
                module.training = training
    rows = [("layer", "output", "parameters")]
    for name, module in model.named_modules():
        own = {id(p): p.size for p in vars(module).values() if isinstance(p, Parameter)}
        whole = not any(True for _ in module.children())
        if not whole and not own:
            continue
        label = repr(module) if whole else type(module).__name__
        count = f"{sum(own.values()):,}"
        rows.append((f"{name} {label}".strip(), shapes.get(id(module), ""), count))
    parameters = list(model.parameters())
    rows.append(("total", "", f"{sum(p.size for p in parameters):,}"))
    frozen = sum(p.size for p in parameters if not p.requires_grad)
    if frozen:
        rows.append(("frozen", "", f"{frozen:,}"))
    wide = [max(len(r[i]) for r in rows) for i in range(3)]
    return "\n".join(f"{a:<{wide[0]}} {b:<{wide[1]}} {c:>{wide[2]}}" for a, b, c in rows)
