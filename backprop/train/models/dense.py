"""Networks of linear layers, for rows of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import nn


def mlp(
    n_in: int, n_out: int, sizes: Sequence[int], activation: Callable[[], nn.Module],
    dropout: float, dtype: Any,
) -> nn.Sequential:  # fmt: skip
    """Linear layers with an activation (and dropout) after each hidden one."""
    layers: list[nn.Module] = []
    width = n_in
    for size in sizes:
        layers += [nn.Linear(width, size, dtype=dtype), activation()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        width = size
    return nn.Sequential(*layers, nn.Linear(width, n_out, dtype=dtype))
