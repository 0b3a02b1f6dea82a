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
# AMSGrad, betas (0, 0.75): the first v, 1, stays the largest of v = 1 and 0.75 + 0.25 = 1; with
# betas (0, 0.5): v = 2, then 1 + 0.5 = 1.5 < 2: the second step is 1 / sqrt(2 / 0.75).
# Going up, every step has the other sign.
#
# Adagrad: s = 4, step 0.1 * 2 / 2; s = 5, step -0.1 / sqrt 5. With lr_decay 1 the second is half;
# from 12 on, s = 16 and 17.
# Adadelta, rho 0.5, eps 1, lr 1 (here 0.1): v = 2, d = 2 / sqrt 3, u = 2/3;
# v = 1.5, d = -sqrt(5/3) / sqrt 2.5 = -sqrt(2/3).
# Adamax, betas (0.5, 0.75), eps 0: m = 1, u = 2, step 0.1 * 1/0.5 / 2 = 0.1; m = 0: none.
# With betas (0, 0.25): u = 2, step 0.1; u = max(0.5, 1) = 1, step -0.1.
#
# NAdam, betas (0.5, 0.75), no momentum_decay: μ = 0.5 (1 - 0.5) = 0.25 always, M = 1/4, 1/16, 1/64.
# m = 1, v̂ = 4: m̂ = 0.25 / (15/16) + 0.75 * 2 / 0.75 = 4/15 + 2, step 0.1 * (34/15) / 2. Then m = 0,
# v = 1, v̂ = 16/7: m̂ = -0.75 / (15/16) = -0.8.
# RAdam, betas (0.5, 0.75): ρ_∞ = 7, ρ_1 = 1 and ρ_2 = 7 - 4 (9/16) / (7/16) < 5: the steps are
# m̂ = 2 and 0.
# Lion, betas (0.5, 0.75): sign(0.5 * 2) = 1, m = 0.5; sign(0.25 - 0.5) = -1. With weight decay 0.5:
# w = 0.95 - 0.1, then 0.85 * 0.95 + 0.1.
# ASGD, λ = 1, α = 1: η = 0.1, w = 0.9 - 0.2 = 0.7; η = 0.1 / 1.1: w = 0.7 (1 - η) + η.
# Rprop: s = 0.1, w = 0.9; the sign turned: s = 0.05 and w stays.
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
    (
        "Adam", {"betas": (0.0, 0.5), "eps": 0.0, "amsgrad": True},
        [0.9, 0.9 + 0.1 * math.sqrt(0.75 / 2)],
    ),
    ("Adam", {"betas": (0.0, 0.75), "eps": 0.0, "decoupled_weight_decay": True,
              "weight_decay": 0.5}, [0.85, 0.8075 + 0.1 * math.sqrt(7) / 4]),
    ("SGD", {"momentum": 0.5, "maximize": True}, [1.2, 1.2]),
    ("AdamW", {"betas": HALF, "eps": 0.0, "weight_decay": 0.5, "maximize": True}, [1.05, 0.9975]),
    ("RMSprop", {"alpha": 0.75, "eps": 1.0, "maximize": True}, [1.1, 1.1 - 0.1 / 2]),
    ("Adagrad", {"eps": 0.0}, [0.9, 0.9 + 0.1 / math.sqrt(5)]),
    ("Adagrad", {"eps": 0.0, "lr_decay": 1.0}, [0.9, 0.9 + 0.05 / math.sqrt(5)]),
    (
        "Adagrad", {"eps": 0.0, "initial_accumulator_value": 12.0, "weight_decay": 0.0},
        [0.95, 0.95 + 0.1 / math.sqrt(17)],
    ),
    (
        "Adadelta", {"rho": 0.5, "eps": 1.0},
        [1 - 0.2 / math.sqrt(3), 1 - 0.2 / math.sqrt(3) + 0.1 * math.sqrt(2 / 3)],
    ),
    ("Adamax", {"betas": HALF, "eps": 0.0}, [0.9, 0.9]),
    ("Adamax", {"betas": (0.0, 0.25), "eps": 0.0}, [0.9, 1.0]),
    (
        "NAdam", {"betas": HALF, "eps": 0.0, "momentum_decay": 0.0},
        [1 - 1.7 / 15, 1 - 1.7 / 15 + 0.08 * math.sqrt(7) / 4],
    ),
    ("RAdam", {"betas": HALF, "eps": 0.0}, [0.8, 0.8]),
    ("Lion", {"betas": HALF}, [0.9, 1.0]),
    ("Lion", {"betas": HALF, "weight_decay": 0.5}, [0.85, 0.9075]),
    ("Lion", {"betas": HALF, "maximize": True}, [1.1, 1.0]),
    ("ASGD", {"lambd": 1.0, "alpha": 1.0}, [0.7, 0.7 * (1 - 1 / 11) + 1 / 11]),
    ("Rprop", {}, [0.9, 0.9]),
    ("Rprop", {"step_sizes": (0.2, 0.3)}, [0.8, 0.8]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kw", "wanted"), CASES, ids=[c[0] + str(c[1]) for c in CASES])
def test_two_steps_by_hand(name: str, kw: Any, wanted: Any, backend: Any) -> None:
    w = bp.asarray(np.ones(3), device=backend.name, requires_grad=True)
    optimizer = getattr(bp.optim, name)([w], **{"lr": 0.1, **kw})
    for gradient, value in zip((2.0, -1.0), wanted, strict=True):
        w.grad = bp.asarray(np.full(3, gradient), device=backend.name)
        assert optimizer.step() is None
        if value is not None:
            np.testing.assert_allclose(w.detach().numpy(), value, rtol=1e-14)
    values = w.node.arena.values  # type: ignore[union-attr]
    assert bp.all(bp.isfinite(bp.Tensor(values))), "0 / 0 behind the parameter"


def test_asgd_averages_from_t0_on(backend: Any) -> None:
    """w = 0.8, 0.6, 0.4, 0.2 with the gradient 2; the mean begins behind step t0 + 1 = 2."""
    w = bp.asarray(np.ones(2), device=backend.name, requires_grad=True)
    optimizer = bp.optim.ASGD([w], lr=0.1, lambd=0.0, t0=1.0)
    for value, mean in ((0.8, 0.8), (0.6, 0.6), (0.4, 0.4), (0.2, 0.3)):
        w.grad = bp.asarray(np.full(2, 2.0), device=backend.name)
        optimizer.step()
        np.testing.assert_allclose(w.detach().numpy(), value, rtol=1e-14)
        np.testing.assert_allclose(optimizer.state[w]["ax"].numpy(), mean, rtol=1e-14)


def test_rprop_grows_and_waits(backend: Any) -> None:
    """Steps 0.1, 0.12, turned: 0.06 and none, counted as the first: 0.06, then 0.072."""
    w = bp.asarray(np.zeros(1), device=backend.name, requires_grad=True)
    optimizer = bp.optim.Rprop([w], lr=0.1)
    for gradient, value in ((-1, 0.1), (-5, 0.22), (2, 0.22), (3, 0.16), (1, 0.088), (0, 0.088)):
        w.grad = bp.asarray(np.array([gradient], float), device=backend.name)
        optimizer.step()
        np.testing.assert_allclose(w.detach().numpy(), value, rtol=1e-13)


def test_radam_becomes_adam_when_its_average_is_long_enough(backend: Any) -> None:
    """β2 = 0.9: ρ_∞ = 19, ρ_5 = 4.58 < 5 and ρ_6 = 19 - 12 (0.9⁶) / (1 - 0.9⁶) = 5.39. With the
    gradient 2 all along, m̂ = 2 and v̂ = 4: the step is 1 times r."""
    w = bp.asarray(np.zeros(1), device=backend.name, requires_grad=True)
    optimizer = bp.optim.RAdam([w], lr=1.0, betas=(0.5, 0.9), eps=0.0)
    rho = 19 - 12 * 0.9**6 / (1 - 0.9**6)
    r = math.sqrt((rho - 4) * (rho - 2) * 19 / (15 * 17 * rho))
    for step in range(1, 7):
        w.grad = bp.asarray(np.full(1, 2.0), device=backend.name)
        before = w.item()
        optimizer.step()
        assert before - w.item() == pytest.approx(2.0 if step < 6 else r, rel=1e-12)


# Muon, momentum 0.5: m = G / 2, Nesterov's (G + m) / 2 = 3 G / 4; whatever the factor, X = G / |G|.
# G = diag(3, 4) / 10: X = diag(0.6, 0.8), and with (a, b, c) = (2, -1, 0) one step gives
# diag(x (2 - x²)) = (0.984, 1.088). Two rows, one column: r = sqrt 2; G = (3, 4): X = (0.6, 0.8),
# XᵀX = 1, so X again.
def test_muon_by_hand(backend: Any) -> None:
    start = np.ones((2, 2)), np.ones((2, 1))
    ws = [bp.asarray(v, device=backend.name, requires_grad=True) for v in start]
    kw: dict[str, Any] = {"lr": 0.1, "momentum": 0.5, "ns_coefficients": (2.0, -1.0, 0.0)}
    optimizer = bp.optim.Muon(ws, weight_decay=1.0, ns_steps=1, **kw)
    for w, g in zip(ws, (np.diag([0.3, 0.4]), np.array([[3.0], [4.0]])), strict=True):
        w.grad = bp.asarray(g, device=backend.name)
    optimizer.step()
    wanted = 0.9 - 0.1 * np.diag([0.984, 1.088])
    np.testing.assert_allclose(ws[0].detach().numpy(), wanted, rtol=1e-13)
    np.testing.assert_allclose(
        ws[1].detach().numpy()[:, 0], 0.9 - 0.1 * math.sqrt(2) * np.array([0.6, 0.8]), rtol=1e-13
    )
    np.testing.assert_allclose(optimizer.state[ws[1]]["momentum_buffer"].numpy()[:, 0], [1.5, 2])


def test_muon_steps_are_orthogonal(backend: Any) -> None:
    """Ten steps of the convergent iteration (1.5, -0.5, 0) and the singular values are 1."""
    g = np.random.default_rng(0).standard_normal((5, 3))
    w = bp.asarray(np.zeros((5, 3)), device=backend.name, requires_grad=True)
    w.grad = bp.asarray(g, device=backend.name)
    optimizer = bp.optim.Muon([w], lr=1.0, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=20)
    optimizer.step()
    u, _, vt = np.linalg.svd(g, full_matrices=False)
    np.testing.assert_allclose(-w.detach().numpy(), math.sqrt(5 / 3) * u @ vt, atol=1e-8)


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


@pytest.mark.parametrize(
    ("name", "lr"),
    [
        ("SGD", 0.05), ("RMSprop", 0.05), ("Adam", 0.05), ("AdamW", 0.05), ("Adagrad", 0.5),
        ("Adadelta", 20.0), ("Adamax", 0.05), ("NAdam", 0.05), ("RAdam", 0.1), ("Lion", 0.02),
        ("ASGD", 0.05), ("Rprop", 0.05),
    ],
)  # fmt: skip
def test_a_quadratic_is_minimised(name: str, lr: float, backend: Any) -> None:
    """min sum c (w - t)²: every optimizer finds t."""
    target = np.array([1.0, -2.0, 0.5])
    w = bp.asarray(np.zeros(3), device=backend.name, requires_grad=True)
    c, t = (bp.asarray(v, device=backend.name) for v in (np.array([1.0, 0.3, 3.0]), target))
    optimizer = getattr(bp.optim, name)([w], lr=lr)
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.0
    for _ in range(300):
        optimizer.zero_grad()
        (c * (w - t) * (w - t)).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(w.detach().numpy(), target, atol=0.03)
