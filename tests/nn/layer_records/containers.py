"""Modules that hold modules or parameters: the names of their state, and how they run."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from .record import Record


def _residual(nn: Any) -> Any:
    """ModuleList, ModuleDict, ParameterList, ParameterDict and a buffer in one module."""

    class Residual(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("shift", None)
            blocks = [nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(2)]
            self.blocks = nn.ModuleList(blocks)
            self.heads = nn.ModuleDict({"small": nn.Linear(3, 1), "large": nn.Linear(3, 4)})
            self.scales = nn.ParameterList([nn.Linear(3, 1).weight for _ in range(2)])
            self.gates = nn.ParameterDict({"b": nn.Linear(3, 1).bias, "a": nn.Linear(3, 3).bias})

        def forward(self, x: Any) -> Any:
            for block, scale in zip(self.blocks, self.scales, strict=True):
                x = x + block(x) * scale
            return self.heads["large"](x * self.gates["a"]) + self.gates["b"]

    return Residual()


def _edited(nn: Any) -> Any:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    net.insert(1, nn.Linear(4, 4))
    del net[2]
    net.append(nn.Sigmoid())
    return net + nn.Sequential(nn.Linear(2, 2)) * 2


def _named(nn: Any) -> Any:
    return nn.Sequential(OrderedDict(first=nn.Linear(3, 2), act=nn.Tanh(), last=nn.Linear(2, 1)))


RECORDS = [
    Record("residual", make=_residual, inputs=((5, 3),)),
    Record("edited", make=_edited, inputs=((5, 3),)),
    Record("named", make=_named, inputs=((5, 3),)),
    Record("slice", make=lambda nn: _named(nn)[1:], inputs=((5, 2),)),
]
