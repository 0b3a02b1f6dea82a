"""Muon: for matrices, momentum made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import Any

import backends
from backends import record

from ..changes import overwritten
from ..tensor import Tensor
from . import recorded
from .arena import Arena, gathered, part
from .checks import check_range, number
from .optimizer import Optimizer


class Muon(Optimizer):
    """m <- μ m + (1 - μ) g;  W <- (1 - lr λ) W - lr r O(m), all singular values of O(m) near 1.

    O brings them there by `ns_steps` steps X <- a X + (b X Xᵀ + c (X Xᵀ)²) X, in the parameter's
    dtype (PyTorch's runs in bfloat16). With nesterov it takes (1 - μ) g + μ m. For the weights of
    hidden layers; give biases, embeddings and the last layer to AdamW.

    Args:
        params: matrices, or dicts of them and settings.
        lr: the learning rate.
        weight_decay: λ.
        momentum: μ, below 1.
        nesterov: whether to look ahead.
        ns_coefficients: (a, b, c).
        eps: the least norm a matrix is divided by.
        ns_steps: the number of steps, below 100.
        adjust_lr_fn: r for a matrix of A rows and B columns: "original" (or None),
            sqrt(max(1, A / B)), or "match_rms_adamw", 0.2 sqrt(max(A, B)), which suits learning
            rates and weight decays tuned for AdamW.

    Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024);
    Liu et al., "Muon is scalable for LLM training" (2025).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("Muon", group, "lr", "weight_decay", "momentum", "eps")
        three, steps = group["ns_coefficients"], group["ns_steps"]
        if not (isinstance(three, (tuple, list)) and len(three) == 3 and all(map(number, three))):
            raise ValueError(f"Muon: ns_coefficients: got {three!r}, wanted three numbers")
        if not isinstance(steps, int) or isinstance(steps, bool) or not 0 <= steps < 100:
            raise ValueError(f"Muon: ns_steps: got {steps!r}, wanted a whole number from 0 to 99")
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                f"Muon: adjust_lr_fn: got {group['adjust_lr_fn']!r}, wanted 'original', "
                "'match_rms_adamw' or None"
            )
        for p in group["params"]:
            if p.ndim != 2:
                raise ValueError(
                    f"Muon: params: got a parameter of shape {p.shape}, wanted matrices; give "
                    "the others to another optimizer (AdamW)"
                )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",)

    def _update(self, group: dict[str, Any], params: list[Tensor], arena: Arena) -> None:
        flat = self._buffer(arena, "momentum_buffer")
        if (tape := record.current()) is not None:
            recorded.watch(self, tape, group)
        for p in params:
            leaf: Any = p.node
            if not gathered(leaf) or not p.size:
                continue
            arrays = p.data, leaf.grad.data, part(flat, leaf.offset, p.shape)
            numbers = partial(_numbers, group, p.shape)
            recorded.call(backends.kernels.muon_step, *arrays, numbers=numbers)
            overwritten(p.data, leaf)
        self._count(group, params)


def _numbers(group: dict[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """What the kernel is told for a matrix of this shape."""
    return {
        "lr": group["lr"], "weight_decay": group["weight_decay"], "momentum": group["momentum"],
        "nesterov": group["nesterov"], "coefficients": tuple(group["ns_coefficients"]),
        "steps": group["ns_steps"], "eps": group["eps"], "ratio": _ratio(group, shape),
    }  # fmt: skip


def _ratio(group: dict[str, Any], shape: tuple[int, ...]) -> float:
    """r, what the learning rate is multiplied by for a matrix of this shape."""
    rows, columns = shape
    if group["adjust_lr_fn"] == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1.0, rows / columns))
