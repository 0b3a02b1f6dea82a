"""What a case is: one thing to time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LR = 1e-9
"""So small that a network stays as it was drawn, however many steps are timed. One that learned
its only batch by heart would have no gradients left, and running averages that decay towards 0
end among the subnormal numbers, which many processors compute with many times more slowly."""
MOMENTUM = 0.9
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
TRAINING = ("mlp", "network")
"""The kinds whose step is one training step on one batch."""
UNITS = {"mlp": "a step", "network": "a step", "imports": "an import", "epoch": "an epoch"}

Weights = Mapping[str, Any]


@dataclass(frozen=True)
class Network:
    """One network, written for PyTorch's names and for JAX, with the same mathematics.

    Attributes:
        shapes: of the parameters, by PyTorch's names and in its layouts.
        build: the module, from a library's `nn` with PyTorch's names.
        jax_weights: JAX's parameters, in the layout it is quickest in, from the weights.
        jax_apply: (parameters, state, x) -> (outputs, state), in JAX; the state is what changes
            in a forward pass (running averages).
        jax_state: the state at the start.
    """

    shapes: Mapping[str, tuple[int, ...]]
    build: Callable[[Any], Any]
    jax_weights: Callable[[Weights], Any]
    jax_apply: Callable[[Any, Any, Any], tuple[Any, Any]]
    jax_state: Callable[[], Any] = dict

    def weights(self) -> dict[str, Any]:
        """The initial weights, the same for all: uniform in ±1 / sqrt(inputs), ones for scales."""
        import numpy as np

        rng, found = np.random.default_rng(0), {}
        for name, shape in self.shapes.items():
            if len(shape) == 1 and name.endswith("weight"):
                found[name] = np.ones(shape, np.float32)
                continue
            bound = math.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.05
            found[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
        return found


@dataclass(frozen=True)
class Case:
    """One thing to time.

    Attributes:
        name: what `--cases` matches.
        kind: which of a contender's methods builds the step.
        group: the cases it is reported with; `--cases` matches it too.
        when: "quick", "normal" or "full": the smallest run it is part of.
        network: of a training step; `sizes` are its layers' where it is a multilayer perceptron.
        input_shape: of one input.
        tokens: inputs are whole numbers below it; 0: they are normal numbers.
        outputs: classes, or 1 for a regression.
        positions: targets an input has.
        batch, optimizer, lr: of a training step ("sgd" is momentum SGD).
        count: operations in a step, of a micro-benchmark; its times are per operation.
        most_rounds: no more rounds than these, of a step that takes seconds.
    """

    name: str
    kind: str
    group: str
    when: str = "normal"
    network: Network | None = None
    sizes: tuple[int, ...] = ()
    input_shape: tuple[int, ...] = ()
    tokens: int = 0
    outputs: int = 10
    positions: int = 1
    batch: int = 0
    optimizer: str = "sgd"
    lr: float = LR
    count: int = 1
    most_rounds: int = 1000

    @property
    def unit(self) -> str:
        """What a time is the time of."""
        return UNITS.get(self.kind, "an operation")

    def data(self) -> tuple[Any, Any]:
        """A batch: float32 inputs or tokens; class indices, or float32 targets of one output."""
        import numpy as np

        rng, shape = np.random.default_rng(0), (self.batch, *self.input_shape)
        x: Any = rng.standard_normal(shape, np.float32)
        if self.tokens:
            x = rng.integers(0, self.tokens, shape)
        if self.outputs > 1:
            return x, rng.integers(0, self.outputs, self.batch * self.positions)
        return x, rng.standard_normal((self.batch, 1), np.float32)

    def weights(self) -> dict[str, Any]:
        """The initial weights of the network."""
        assert self.network is not None
        return self.network.weights()

    def layers(self) -> list[tuple[Any, Any]]:
        """Of a multilayer perceptron: (weight (in, out), bias) of each layer."""
        import numpy as np

        values = list(self.weights().values())
        pairs = zip(values[::2], values[1::2], strict=True)
        return [(np.ascontiguousarray(w.T), b) for w, b in pairs]
