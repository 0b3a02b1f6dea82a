"""Recurrent layers: kinds, layers on layers, directions, states, and single steps."""

from __future__ import annotations

from typing import Any

from .record import Record

KINDS = ("RNN", "LSTM", "GRU")


def _states(kind: str, *shape: int) -> Any:
    """Shapes of the states to start from: one, or the LSTM's two."""
    return (shape, shape) if kind.startswith("LSTM") else (shape,)


def _started(name: str, kwargs: dict[str, Any], x: Any, states: Any) -> Record:
    """A call with states: of an LSTM they are one argument, a pair."""

    def make(nn: Any) -> Any:
        class Started(nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.inner = getattr(nn, name)(3, 2, **kwargs)

            def forward(self, x: Any, *states: Any) -> Any:
                return self.inner(x, states if len(states) == 2 else states[0])

        return Started()

    given = ",".join(f"{k}={v}" for k, v in kwargs.items())
    return Record(f"{name}({given})-from-states", make=make, inputs=(x, *states))


RECORDS = [
    *[Record(kind, (3, 2), inputs=((4, 2, 3),)) for kind in KINDS],
    *[Record(kind, (3, 2), {"num_layers": 2, "bidirectional": True, "batch_first": True},
             inputs=((2, 3, 3),)) for kind in KINDS],
    *[Record(kind, (3, 2), {"bias": False}, inputs=((2, 1, 3),)) for kind in KINDS],
    *[_started(kind, {"num_layers": 2, "bidirectional": True, "bias": False}, (2, 2, 3),
               _states(kind, 4, 2, 2)) for kind in KINDS],
    *[_started(kind, {"batch_first": True}, (3, 3), _states(kind, 1, 2)) for kind in KINDS],
    Record("RNN", (3, 2, 2, "relu"), inputs=((3, 2, 3),)),
    Record("RNN", (3, 2), {"nonlinearity": "relu", "bias": False}, inputs=((1, 2, 3),)),
    # PyTorch warns that its float32 form has no projections.
    Record("LSTM", (3, 4), {"proj_size": 2, "num_layers": 2}, inputs=((2, 2, 3),), single=False),
    Record("LSTM", (3, 2, 1, False, True, 0.0, True, 1), inputs=((2, 2, 3),), single=False),
    Record("GRU", (3, 2, 2, True, True, 0.5, False), inputs=((2, 3, 3),), modes=("eval",)),
    Record("LSTM", (1, 1, 2), {"dropout": 0.0}, inputs=((3, 1),)),
    Record("LSTM", (3, 2), {"proj_size": 1}, inputs=((4, 3),), single=False),
    *[Record(f"{kind}Cell", (3, 2), inputs=((4, 3),)) for kind in KINDS],
    *[_started(f"{kind}Cell", {"bias": False}, (4, 3), _states(kind, 4, 2)) for kind in KINDS],
    *[_started(f"{kind}Cell", {}, (3,), _states(kind, 2)) for kind in KINDS],
    Record("RNNCell", (3, 2, True, "relu"), inputs=((2, 3),)),
]  # fmt: skip
