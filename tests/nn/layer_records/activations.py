"""Activations, at ordinary values, at their kinks, and so far out that exponentials overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import Record, grid

# Zero with either sign, the kinks of all (their bounds, Softplus's threshold), ordinary numbers.
AT_KINKS = np.array([[
    -745.0, -88.0, -20.0, -3.0, -1.0, -0.5, -1e-3, -0.0, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.0, 10.0, 20.0,
    25.0, 40.0, 745.0,
]])  # fmt: skip

EACH: list[tuple[str, tuple[Any, ...]]] = [
    ("CELU", ()), ("CELU", (2.5,)), ("ELU", ()), ("ELU", (0.3,)), ("GELU", ()), ("GELU", ("tanh",)),
    ("Hardshrink", ()), ("Hardshrink", (1.0,)), ("Hardswish", ()), ("Hardtanh", ()),
    ("Hardtanh", (-0.5, 3.0)), ("Identity", ()), ("LeakyReLU", ()), ("LeakyReLU", (0.3,)),
    ("LeakyReLU", (1.5,)), ("LeakyReLU", (0.0,)), ("LogSigmoid", ()), ("Mish", ()),
    ("PReLU", ()), ("ReLU", ()), ("ReLU6", ()), ("SELU", ()), ("SiLU", ()),
    ("Sigmoid", ()), ("Softplus", ()), ("Softplus", (2.0,)), ("Softplus", (0.5, 3.0)),
    ("Softshrink", ()), ("Softshrink", (1.0,)), ("Softsign", ()), ("Tanh", ()), ("Tanhshrink", ()),
    ("Threshold", (0.5, -2.0)), ("Threshold", (-0.5, 2.0)), ("RReLU", (0.2, 0.2)),
]  # fmt: skip
"""What PyTorch differentiates twice, with arguments by position."""

# PyTorch's RReLU has no second derivative in training, and draws: with equal bounds there is
# nothing to draw. Its Hardsigmoid's slope is 1/6 of float32 even in float64.
ONCE = {"RReLU"}
# Where a first derivative is that from one side, PyTorch's second is sometimes that from the other
# (PReLU at 0, Softplus at its threshold); that of Mish is not a number far out.
ONCE_AT_KINKS = {"RReLU", "PReLU", "Softplus", "Mish"}
FIRST = [
    *[Record(n, a, inputs=((3, 4),), order=1 if n in ONCE else 2) for n, a in EACH],
    Record("Hardsigmoid", inputs=((3, 4),), order=0),
]
SECOND = [
    Record(n, a, inputs=(AT_KINKS,), kinks=True, order=1 if n in ONCE_AT_KINKS else 2,
           modes=("eval",), single=False)
    for n, a in EACH
]  # fmt: skip

RECORDS = [
    *FIRST,
    *SECOND,
    Record("Hardsigmoid", inputs=(AT_KINKS,), kinks=True, order=0),
    Record("RReLU", inputs=((3, 4),), modes=("eval",)),
    Record("RReLU", (0.1, 0.5), inputs=((2, 3, 2),), modes=("eval",)),
    Record("PReLU", (4,), inputs=((3, 4),)),
    Record("PReLU", (2, 0.1), inputs=((3, 2, 2, 2),)),
    Record("PReLU", inputs=((5,),)),
    *grid("GLU", dim=[0, 1, -1], inputs=[((2, 4, 6),)]),
    *[Record(n, kwargs={"dim": d}, inputs=((3, 4),)) for n in ("Softmax", "Softmin", "LogSoftmax")
      for d in (0, -1)],
    *[Record(n, kwargs={"dim": 1}, inputs=((2, 3, 2),)) for n in ("Softmax", "LogSoftmax")],
    Record("Softmax2d", inputs=((2, 3, 2, 2),)),
    Record("Softmax2d", inputs=((3, 2, 2),)),
    *[Record(f"functional.{n}", inputs=((3, 4),)) for n in (
        "celu", "elu", "gelu", "hardshrink", "hardswish", "hardtanh", "leaky_relu", "logsigmoid",
        "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softshrink", "softsign",
        "tanh", "tanhshrink", "glu", "rrelu")],
    Record("functional.threshold", (0.1, 0.0), inputs=((3, 4),)),
    Record("functional.hardtanh", (-0.5, 0.25), inputs=((3, 4),)),
    Record("functional.softplus", inputs=((3, 4),), kwargs={"beta": 2.0, "threshold": 1.0}),
    Record("functional.prelu", inputs=((3, 4), (4,))),
    Record("functional.prelu", inputs=(np.array(-0.5), (1,))),
    *[Record(f"functional.{n}", (d,), inputs=((2, 3, 2),))
      for n in ("softmax", "softmin", "log_softmax") for d in (0, -2)],
]  # fmt: skip
