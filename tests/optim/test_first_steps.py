"""The first steps of every optimizer, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

# w = 1 and gradients 2, then -1; each line gives w after either step.
#
# SGD, momentum 0.5: m = 2, w = 1 - 0.1 * 2 = 0.8; m = 0.5 * 2 - 1 = 0, w = 0.8.
# Nesterov looks ahead: steps 2 + 0.5 * 2 = 3 and -1 + 0.5 * 0 = -1.
# Dampening 0.5 spares the first gradient: m = 2; m = 0.5 * 2 + 0.5 * -1 = 0.5.
# Weight decay 0.5: d = 2 + 0.5 * 1 = 2.5, w = 0.75; d = -1 + 0.375 = -0.625, w = 0.8125.
#
# RMSprop, alpha 0.5: v = 2, step 0.1 * 2 / sqrt 2; v = 1 + 0.5 = 1.5, step -0.1 / sqrt 1.5.
# Centered: a = 1, v - a² = 1; a = 0.5 - 0.5 = 0, v = 1.5. With momentum 0.5 the steps
# b = sqrt 2, then 0.5 sqrt 2 - 1 / sqrt 1.5.
#
# Adam, betas (0.5, 0.75): m = 1, v = 1, corrected 1/0.5 = 2 and 1/0.25 = 4: step 2 / sqrt 4 = 1;
# m = 0.5 - 0.5 = 0: no step. With betas (0, 0.75): m = g; v = 1 -> 4, step 1;
# v = 0.75 + 0.25 = 1, corrected by 1 - 0.75² = 7/16: step -1 / sqrt(16/7).
# Weight decay 0.5: the gradient is 2.5 and Adam's first step is 1 whatever it is: w = 0.9.
# AdamW: w = 1 * (1 - 0.1 * 0.5) - 0.1 * 1 = 0.85, then 0.85 * 0.95.
HALF = (0.5, 0.75)
CASES: list[tuple[str, dict[str, Any], list[float]]] = [
    ("SGD", {}, [0.8, 0.9]),
    ("SGD", {"momentum": 0.5}, [0.8, 0.8]),
    ("SGD", {"momentum": 0.5, "nesterov": True}, [0.7, 0.8]),
    ("SGD", {"momentum": 0.5, "dampening": 0.5}, [0.8, 0.75]),
    ("SGD", {"weight_decay": 0.5}, [0.75, 0.8125]),
    ("SGD", {"lr": 0.0, "momentum": 0.5}, [1.0, 1.0]),
    (
        "RMSprop", {"alpha": 0.5, "eps": 0.0},
        [1 - 0.1 * math.sqrt(2), 1 - 0.1 * math.sqrt(2) + 0.1 / math.sqrt(1.5)],
    ),
    (
        "RMSprop", {"alpha": 0.5, "eps": 0.0, "centered": True},
        [0.8, 0.8 + 0.1 / math.sqrt(1.5)],
    ),
    (
        "RMSprop", {"alpha": 0.5, "eps": 0.0, "momentum": 0.5},
        [1 - 0.1 * math.sqrt(2), 1 - 0.15 * math.sqrt(2) + 0.1 / math.sqrt(1.5)],
    ),
    ("RMSprop", {"alpha": 0.75, "eps": 1.0}, [0.9, 0.9 + 0.1 / 2]),
    ("Adam", {"betas": HALF, "eps": 0.0}, [0.9, 0.9]),
    ("Adam", {"betas": HALF, "eps": 2.0}, [0.95, 0.95]),
    ("Adam", {"betas": (0.0, 0.75), "eps": 0.0}, [0.9, 0.9 + 0.1 * math.sqrt(7) / 4]),
    ("Adam", {"betas": (0.0, 0.75), "eps": 0.0, "weight_decay": 0.5}, [0.9, None]),
    ("AdamW", {"betas": HALF, "eps": 0.0, "weight_decay": 0.5}, [0.85, 0.8075]),
    ("AdamW", {"betas": HALF, "eps": 0.0, "weight_decay": 0.0}, [0.9, 0.9]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kw", "wanted"), CASES, ids=[c[0] + str(c[1]) for c in CASES])
def test_two_steps_by_hand(name: str, kw: Any, wanted: Any, backend: Any) -> None:
    # sixteen elements fill a cell of the arena: eps = 0 meets no 0 / 0 in its padding
    w = bp.asarray(np.ones(16), device=backend.name, requires_grad=True)
    optimizer = getattr(bp.optim, name)([w], **{"lr": 0.1, **kw})
    for gradient, value in zip((2.0, -1.0), wanted, strict=True):
        w.grad = bp.asarray(np.full(16, gradient), device=backend.name)
        assert optimizer.step() is None
        if value is not None:
            np.testing.assert_allclose(w.detach().numpy(), value, rtol=1e-14)


def test_the_closure_is_called_with_recording_on_and_its_loss_returned() -> None:
    w = bp.asarray([3.0], requires_grad=True)
    optimizer = bp.optim.SGD([w], lr=0.5)

    def closure() -> bp.Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with bp.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0
    assert w.item() == 0.0


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW"])
def test_a_quadratic_is_minimised(name: str, backend: Any) -> None:
    """min sum c (w - t)²: every optimizer finds t."""
    target = np.array([1.0, -2.0, 0.5])
    w = bp.asarray(np.zeros(3), device=backend.name, requires_grad=True)
    c, t = (bp.asarray(v, device=backend.name) for v in (np.array([1.0, 0.3, 3.0]), target))
    optimizer = getattr(bp.optim, name)([w], lr=0.05)
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.0
    for _ in range(300):
        optimizer.zero_grad()
        (c * (w - t) * (w - t)).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(w.detach().numpy(), target, atol=0.03)
