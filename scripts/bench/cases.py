"""What is timed: a table of cases.

A case has a `kind`: the name of the contenders' method that builds its step (see `contenders`).
A contender without that method sits the case out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

LR = 1e-9
"""So small that a network stays as it was drawn, however many steps are timed. One that learned
its only batch by heart would have no gradients left, and running averages that decay towards 0
end among the subnormal numbers, which many processors compute with many times more slowly."""
MOMENTUM = 0.9
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
TRAINING = ("mlp", "cnn")
"""The kinds whose step is a training step."""


def lenet(nn: Any) -> Any:
    """LeNet-5 with ReLU and max pooling, for 28x28, built from a library's `nn` (the names are
    PyTorch's). Source: LeCun et al., "Gradient-based learning applied to document recognition"
    (1998)."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def cnn_16_32(nn: Any) -> Any:
    """Two convolutions of 3x3, to 16 and to 32 channels, for 28x28."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One thing to time.

    Attributes:
        name: what `--cases` matches.
        kind: which of a contender's methods builds the step.
        when: "quick", "normal" or "full": the smallest run it is part of.
        sizes, batch, optimizer: of a network ("sgd" is momentum SGD).
        image, network: of a convolutional network: an input's shape, and what builds it.
        count: operations in a step, of a micro-benchmark; its times are per operation.
        most_rounds: no more rounds than these, of a step that takes seconds.
    """

    name: str
    kind: str
    when: str = "normal"
    sizes: tuple[int, ...] = ()
    batch: int = 0
    optimizer: str = ""
    image: tuple[int, ...] = ()
    network: Callable[[Any], Any] | None = None
    count: int = 1
    most_rounds: int = 1000

    @property
    def unit(self) -> str:
        if self.kind in TRAINING:
            return "a step"
        return "an import" if self.kind == "imports" else "an operation"

    def data(self) -> tuple[Any, Any]:
        """A batch: float32 inputs; class indices for several outputs, else float32 targets."""
        import numpy as np

        rng = np.random.default_rng(0)
        shape = self.image or self.sizes[:1]
        x = rng.standard_normal((self.batch, *shape)).astype(np.float32)
        if self.sizes[-1] > 1:
            return x, rng.integers(0, self.sizes[-1], self.batch)
        return x, rng.standard_normal((self.batch, 1)).astype(np.float32)


def _mlp(sizes: str, batch: int, when: str = "normal") -> list[Case]:
    widths = tuple(int(n) for n in sizes.split("-"))
    return [
        Case(f"mlp-{sizes}-b{batch}-{optimizer}", "mlp", when, widths, batch, optimizer)
        for optimizer in ("sgd", "adam")
    ]


CASES: tuple[Case, ...] = (
    *_mlp("2-8-8-1", 1, when="quick"),
    *_mlp("784-128-64-10", 32, when="quick"),
    *_mlp("784-256-128-10", 128),
    *_mlp("784-512-512-10", 512),
    *_mlp("1024-2048-2048-10", 256),
    Case("lenet", "cnn", "normal", (10,), 64, "sgd", (1, 28, 28), lenet),
    Case("cnn-16-32", "cnn", "normal", (10,), 64, "sgd", (1, 28, 28), cnn_16_32),
    Case("multiply-8x8", "multiply", "quick", count=1000),
    Case("exp-8x8", "exp", "quick", count=1000),
    Case("chain-1k", "chain", "quick", count=1_000),
    Case("chain-100k", "chain", count=100_000, most_rounds=5),
    Case("chain-1M", "chain", "full", count=1_000_000, most_rounds=3),
    Case("imports", "imports"),
)


def choose(run: str, patterns: list[str] | None) -> list[Case]:
    """The cases of a run ("quick", "normal" or "full"), or those that match the patterns.

    A pattern is a name, a part of one, or has wildcards; each must match something.
    """
    runs = ("quick", "normal", "full")
    if not patterns:
        return [c for c in CASES if runs.index(c.when) <= runs.index(run)]
    for pattern in patterns:
        if not any(_matches(c, pattern) for c in CASES):
            names = "\n  ".join(c.name for c in CASES)
            raise ValueError(f"--cases: no case matches {pattern!r}; there are\n  {names}")
    return [c for c in CASES if any(_matches(c, p) for p in patterns)]


def _matches(case: Case, pattern: str) -> bool:
    return pattern in case.name or fnmatch(case.name, pattern)
