"""Networks of every kind: the same training on a GPU and on the CPU, and the same bits twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

pytestmark = pytest.mark.gpu
nn = bp.nn


def _dense() -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 48), nn.GELU(), nn.Dropout(0.2), nn.Linear(48, 10)
    )


def _convolutional() -> Any:
    return nn.Sequential(
        nn.Unflatten(1, (1, 8)),
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(8), nn.SiLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 10),
    )  # fmt: skip


class _Recurrent(nn.Module):
    """An image's rows are the steps."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.rows = getattr(nn, kind)(8, 12, num_layers=2, batch_first=True, dropout=0.1)
        self.classes = nn.Linear(12, 10)

    def forward(self, x: Any) -> Any:
        return self.classes(self.rows(x)[0][:, -1])


class _Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Linear(8, 12)
        layer = nn.TransformerEncoderLayer(12, 3, 24, dropout=0.1, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2)
        self.classes = nn.Linear(12, 10)

    def forward(self, x: Any) -> Any:
        return self.classes(self.blocks(self.into(x)).mean(axis=1))


NETWORKS: dict[str, Any] = {
    "dense": _dense,
    "convolutional": _convolutional,
    "LSTM": lambda: _Recurrent("LSTM"),
    "GRU": lambda: _Recurrent("GRU"),
    "transformer": _Transformer,
}


def train(name: str, device: str, dtype: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """An epoch over 320 of the digits: (every batch's loss, the state)."""
    digits = bp.data.prepare(bp.data.load("digits"), seed=0, dtype=dtype).train
    bp.manual_seed(0)
    model = NETWORKS[name]().to(dtype).to(device)
    x = bp.asarray(np.asarray(digits.x)[:320].reshape(-1, 8, 8), device=device)
    y = bp.asarray(np.asarray(digits.y)[:320], device=device)
    loss_of = nn.CrossEntropyLoss()
    optimizer = bp.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    losses = []
    for i in range(0, 320, 32):
        optimizer.zero_grad()
        loss = loss_of(model(x[i : i + 32]), y[i : i + 32])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.detach())
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    return np.array([float(v) for v in losses]), state


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("name", NETWORKS)
def test_an_epoch_of_it_agrees_with_the_cpu(cuda_device, name, dtype, tolerance):
    """Up to the order of sums. (Adam would divide by a gradient's size, also where only rounding
    keeps it from 0, as before a batch norm.)"""
    expected, state = train(name, "cpu", dtype)
    got, there = train(name, cuda_device, dtype)
    assert expected[-1] < expected[0]
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    assert list(there) == list(state)
    for key, value in state.items():
        np.testing.assert_allclose(there[key], value, rtol=0, atol=tolerance, err_msg=key)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_it_the_same_bits(cuda_device, name):
    (first, a), (second, b) = (train(name, cuda_device, "float32") for _ in range(2))
    assert first.tolist() == second.tolist()
    assert all(np.array_equal(a[k], b[k]) for k in a)
