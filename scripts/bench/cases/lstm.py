"""An LSTM of 128 units over 64 steps, and a linear layer on its last output."""

from __future__ import annotations

from typing import Any

from ..case import Case, Network, Weights

STEPS, FEATURES, UNITS = 64, 64, 128
SHAPES: dict[str, tuple[int, ...]] = {
    "lstm.weight_ih_l0": (4 * UNITS, FEATURES), "lstm.weight_hh_l0": (4 * UNITS, UNITS),
    "lstm.bias_ih_l0": (4 * UNITS,), "lstm.bias_hh_l0": (4 * UNITS,),
    "head.weight": (10, UNITS), "head.bias": (10,),
}  # fmt: skip


def build(nn: Any) -> Any:
    """The module."""

    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(FEATURES, UNITS, batch_first=True)
            self.head = nn.Linear(UNITS, 10)

        def forward(self, x: Any) -> Any:
            outputs, _ = self.lstm(x)
            return self.head(outputs[:, -1])

    return Last()


def jax_weights(w: Weights) -> Any:
    """JAX's parameters: the same, transposed."""
    return {k: v.T.copy() for k, v in w.items()}


def jax_apply(p: Any, state: Any, x: Any) -> Any:
    """The outputs, in JAX: the inputs' product for all steps at once, then a scan."""
    import jax
    import jax.numpy as jnp

    given = x @ p["lstm.weight_ih_l0"] + p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]

    def cell(carry: Any, given: Any) -> Any:
        h, c = carry
        i, f, g, o = jnp.split(given + h @ p["lstm.weight_hh_l0"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zero = jnp.zeros((x.shape[0], UNITS), x.dtype)
    (h, _), _ = jax.lax.scan(cell, (zero, zero), given.swapaxes(0, 1))
    return h @ p["head.weight"] + p["head.bias"], state


NETWORK = Network(SHAPES, build, jax_weights, jax_apply)
CASES = (
    Case(
        "lstm-128-b32-adam", "network", "networks", network=NETWORK,
        input_shape=(STEPS, FEATURES), batch=32, optimizer="adam",
    ),
)  # fmt: skip
