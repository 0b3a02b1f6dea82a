"""Penalties: values and gradients by hand, biases left out, agreement with weight decay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

W1 = np.array([[1.0, -2.0], [0.5, 0.0], [-0.25, 3.0]])
B1 = np.array([4.0, -5.0, 6.0])
W2 = np.array([[2.0, -1.0, 0.0]])
B2 = np.array([-7.0])
SQUARES = float((W1**2).sum() + (W2**2).sum())
ABSOLUTES = float(np.abs(W1).sum() + np.abs(W2).sum())


def _net(device: str) -> bp.nn.Sequential:
    net = bp.nn.Sequential(bp.nn.Linear(2, 3), bp.nn.Tanh(), bp.nn.Linear(3, 1))
    net.double().load_state_dict({"0.weight": W1, "0.bias": B1, "2.weight": W2, "2.bias": B2})
    return net.to(device)


# (penalty, value, gradient at a weight w)
CASES: list[tuple[Any, float, Any]] = [
    (bp.nn.L2Penalty(0.1), 0.05 * SQUARES, lambda w: 0.1 * w),
    (bp.nn.L2Penalty(0.0), 0.0, lambda w: 0 * w),
    (bp.nn.L1Penalty(0.1), 0.1 * ABSOLUTES, lambda w: 0.1 * np.sign(w)),
    (
        bp.nn.ElasticPenalty(0.2, l1_ratio=0.25),
        0.2 * (0.25 * ABSOLUTES + 0.375 * SQUARES),
        lambda w: 0.2 * (0.25 * np.sign(w) + 0.75 * w),
    ),
    (bp.nn.ElasticPenalty(0.2, l1_ratio=0.0), 0.1 * SQUARES, lambda w: 0.2 * w),
    (bp.nn.ElasticPenalty(0.2, l1_ratio=1.0), 0.2 * ABSOLUTES, lambda w: 0.2 * np.sign(w)),
]


@pytest.mark.parametrize(("penalty", "value", "gradient"), CASES, ids=[str(c[0]) for c in CASES])
def test_penalty_by_hand(penalty: Any, value: float, gradient: Any, backend: Any) -> None:
    net = _net(backend.name)
    out = penalty(net)
    assert out.shape == ()
    assert out.item() == pytest.approx(value, rel=1e-14)
    out.backward()
    for name, w in (("0.weight", W1), ("2.weight", W2)):
        grad = dict(net.named_parameters())[name].grad
        np.testing.assert_allclose(grad.numpy(), gradient(w), rtol=1e-14)
    assert [p.grad for p in net.parameters() if p.ndim == 1] == [None, None]


@pytest.mark.parametrize(
    ("penalty", "value"),
    [
        (bp.nn.L2Penalty(0.5, biases=True), 0.25 * (SQUARES + (B1**2).sum() + (B2**2).sum())),
        (bp.nn.L1Penalty(0.5, biases=True), 0.5 * (ABSOLUTES + 22.0)),
        (
            bp.nn.ElasticPenalty(1.0, l1_ratio=0.5, biases=True),
            0.5 * (ABSOLUTES + 22.0) + 0.25 * (SQUARES + (B1**2).sum() + (B2**2).sum()),
        ),
    ],
)
def test_biases_count_when_asked(penalty: Any, value: float) -> None:
    net = _net("cpu")
    out = penalty(net)
    assert out.item() == pytest.approx(value, rel=1e-14)
    out.backward()
    assert all(p.grad is not None for p in net.parameters())


def test_frozen_parameters_are_not_penalised() -> None:
    net = _net("cpu")
    net[0].requires_grad_(False)
    assert bp.nn.L2Penalty(2.0)(net).item() == pytest.approx((W2**2).sum())


def test_shared_parameters_are_penalised_once() -> None:
    net = _net("cpu")
    assert bp.nn.L2Penalty(2.0)(bp.nn.Sequential(net, net)).item() == pytest.approx(SQUARES)


def test_l2_is_the_weight_decay_of_sgd(backend: Any) -> None:
    """Gradient descent on E + lambda/2 sum w² takes the steps of E with weight_decay=lambda."""
    rng = np.random.default_rng(0)
    x, t = (bp.asarray(rng.standard_normal(s), device=backend.name) for s in ((5, 2), (5, 1)))
    penalised, decayed = _net(backend.name), _net(backend.name)
    ours = bp.optim.SGD(penalised.parameters(), lr=0.05, momentum=0.9)
    weights = [p for p in decayed.parameters() if p.ndim > 1]
    biases = [p for p in decayed.parameters() if p.ndim == 1]
    theirs = bp.optim.SGD(
        [{"params": weights, "weight_decay": 0.3}, {"params": biases}], lr=0.05, momentum=0.9
    )
    loss, penalty = bp.nn.HalfSquaredErrorLoss(), bp.nn.L2Penalty(0.3)
    for _ in range(5):
        ours.zero_grad()
        (loss(penalised(x), t) + penalty(penalised)).backward()
        ours.step()
        theirs.zero_grad()
        loss(decayed(x), t).backward()
        theirs.step()
    for p, q in zip(penalised.parameters(), decayed.parameters(), strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bp.nn.L2Penalty(-1.0), "strength: got -1"),
        (lambda: bp.nn.L1Penalty(float("nan")), "strength: got nan"),
        (lambda: bp.nn.ElasticPenalty(1.0, l1_ratio=1.5), "l1_ratio: got 1.5"),
        (lambda: bp.nn.ElasticPenalty(1.0, l1_ratio=-0.5), "l1_ratio: got -0.5"),
        (lambda: bp.nn.L2Penalty(1.0)(bp.nn.ReLU()), "no parameters to penalise"),
        (
            lambda: bp.nn.L2Penalty(1.0)(bp.nn.Linear(2, 1).requires_grad_(False)),
            "no parameters to penalise",
        ),
    ],
)
def test_bad_penalties(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_repr_tells_all_settings() -> None:
    assert repr(bp.nn.L2Penalty(0.1)) == "L2Penalty(0.1, biases=False)"
    assert repr(bp.nn.ElasticPenalty(0.1, 0.3, True)) == (
        "ElasticPenalty(0.1, biases=True, l1_ratio=0.3)"
    )
