"""The same training on every backend gives the same losses: one code, whatever runs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.005, "centered": True, "momentum": 0.5}),
    ("Adam", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.1}),
]


def _losses(device: str, name: str, kw: Any, classes: bool) -> tuple[list[float], np.ndarray]:
    bp.manual_seed(4)
    net = bp.nn.Sequential(
        bp.nn.Linear(6, 16, device=device, dtype="float64"),
        bp.nn.GELU(),
        bp.nn.Dropout(0.3),
        bp.nn.Linear(16, 3, device=device, dtype="float64"),
    )
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((20, 6)), rng.standard_normal((20, 3))
    loss: Any = bp.nn.CrossEntropyLoss(label_smoothing=0.1) if classes else bp.nn.MSELoss()
    target = bp.asarray(t.argmax(axis=1) if classes else t, device=device)
    optimizer = getattr(bp.optim, name)(net.parameters(), **kw)
    penalty, losses = bp.nn.L2Penalty(1e-3), []
    for _ in range(50):
        optimizer.zero_grad()
        error = loss(net(bp.asarray(x, device=device)), target)
        (error + penalty(net)).backward()
        bp.optim.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        losses.append(error.item())
    state = [v.numpy().ravel() for v in net.state_dict().values()]
    return losses, np.concatenate(state)


@pytest.mark.parametrize(("name", "kw"), OPTIMIZERS, ids=[f"{n}{kw}" for n, kw in OPTIMIZERS])
@pytest.mark.parametrize("classes", [False, True], ids=["regression", "classification"])
def test_training_is_the_same_on_every_backend(
    name: str, kw: Any, classes: bool, backend: Any
) -> None:
    wanted, parameters = _losses("cpu", name, kw, classes)
    losses, ours = _losses(backend.name, name, kw, classes)
    np.testing.assert_allclose(losses, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours, parameters, rtol=1e-10, atol=1e-11)
    assert np.mean(wanted[-5:]) < 0.9 * np.mean(wanted[:5]), "it did not learn"
