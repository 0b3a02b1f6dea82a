"""Small networks, data and callbacks for the tests of training."""

from __future__ import annotations

from typing import Any

import numpy as np

import backprop as bp
from backprop.train import Callback, Trainer


def points(n: int = 22, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of shapes (n, 3) and (n, 1), float64: a smooth function without noise."""
    x = np.random.default_rng(seed).standard_normal((n, 3))
    return x, np.tanh(x[:, :1] - 0.5 * x[:, 1:2]) + 0.1 * x[:, 2:]


def network(dropout: float = 0.0, seed: int = 1) -> bp.nn.Sequential:
    """A float64 network 3-5-1; the seed also decides the masks of dropout that follow."""
    bp.manual_seed(seed)
    layers = [bp.nn.Linear(3, 5), bp.nn.Tanh(), bp.nn.Dropout(dropout), bp.nn.Linear(5, 1)]
    return bp.nn.Sequential(*layers).double()


def quiet(model: Any, loss: Any = None, optimizer: Any = None, **options: Any) -> Trainer:
    """A Trainer on the CPU that prints nothing; by default mean squared error and plain SGD."""
    optimizer = optimizer or bp.optim.SGD(model.parameters(), lr=0.1)
    options = {"device": "cpu", "callbacks": [], **options}
    return Trainer(model, loss or bp.nn.MSELoss(), optimizer, **options)


def weights(model: bp.nn.Module) -> dict[str, np.ndarray]:
    """Copies of a model's parameters."""
    return {name: np.array(p.detach().numpy()) for name, p in model.named_parameters()}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are equal bit for bit."""
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].tobytes() == b[k].tobytes() for k in a
    )


def timeless(history: Any) -> list[dict[str, Any]]:
    """A history's records without the seconds."""
    return [{k: v for k, v in r.items() if k != "seconds"} for r in history.records]


class Net:
    """x W1ᵀ + b1, tanh, W2ᵀ + b2 in NumPy, with the gradients of a mean or sum of squares by hand:
    the oracle for `network`."""

    def __init__(self, model: bp.nn.Module) -> None:
        self.w1, self.b1, self.w2, self.b2 = weights(model).values()

    def output(self, x: np.ndarray) -> np.ndarray:
        self.a = np.tanh(x @ self.w1.T + self.b1)
        return self.a @ self.w2.T + self.b2

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean((self.output(x) - y) ** 2))

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Of the mean over the samples of (output - y)²."""
        e2 = 2 * (self.output(x) - y) / len(x)
        e1 = (e2 @ self.w2) * (1 - self.a**2)
        return [e1.T @ x, e1.sum(axis=0), e2.T @ self.a, e2.sum(axis=0)]

    def parameters(self) -> list[np.ndarray]:
        return [self.w1, self.b1, self.w2, self.b2]

    def step(self, lr: float, x: np.ndarray, y: np.ndarray) -> None:
        for p, g in zip(self.parameters(), self.gradients(x, y), strict=True):
            p -= lr * g

    def close_to(self, model: bp.nn.Module, tolerance: float = 1e-12) -> bool:
        return all(
            np.allclose(p, q, rtol=0, atol=tolerance)
            for p, q in zip(self.parameters(), weights(model).values(), strict=True)
        )


class Recorder(Callback):
    """Writes down all calls."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def fit_started(self, trainer: Trainer, epochs: int, batches: int) -> None:
        self.events.append(("fit_started", epochs, batches))

    def batch_ended(self, trainer: Trainer, epoch: int, batch: int) -> None:
        self.events.append(("batch_ended", epoch, batch))

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        self.events.append(("epoch_ended", record["epoch"]))

    def fit_ended(self, trainer: Trainer) -> None:
        self.events.append(("fit_ended",))

    def count(self, event: str) -> int:
        return sum(e[0] == event for e in self.events)


class At(Callback):
    """Calls a function after one batch, or (batch=None) after one epoch."""

    def __init__(self, function: Any, epoch: int, batch: int | None = None) -> None:
        self.function, self.epoch, self.batch = function, epoch, batch

    def batch_ended(self, trainer: Trainer, epoch: int, batch: int) -> None:
        if (epoch, batch) == (self.epoch, self.batch):
            self.function()

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        if (record["epoch"], None) == (self.epoch, self.batch):
            self.function()


class Counter(bp.nn.Module):
    """One number w, from 0, that plain SGD with lr=1 on `Script` raises by 1 an epoch."""

    def __init__(self) -> None:
        self.w = bp.nn.Parameter(np.zeros((1, 1)))

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        return bp.broadcast_to(self.w, x.shape)


class Script:
    """A loss with values to order: of a Counter at w, `table[w]`; its derivative by w is -1."""

    def __init__(self, training: list[float], table: list[float]) -> None:
        self.training, self.table = training, table

    def __call__(self, output: bp.Tensor, target: bp.Tensor) -> bp.Tensor:
        w = output.mean()
        table = self.training if bp.is_grad_enabled() else self.table
        return (w.detach() - w) + table[round(float(w))]


def scripted(
    validation: list[float], training: list[float] | None = None, **options: Any
) -> Trainer:
    """A Trainer with this training and validation loss in epochs 1, 2, ..., whose weight is the
    number of finished epochs."""
    model = Counter()
    loss = Script(training or [9.0] * len(validation), [9.0, *validation])
    return quiet(model, loss, bp.optim.SGD(model.parameters(), lr=1.0), **options)


ONE = (np.zeros((1, 1)), np.zeros((1, 1)))
