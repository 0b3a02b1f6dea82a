"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from .record import *

INF = float("inf")
CORNERS = [[0.0, -0.0, 1.0, -1.0]]

RECORDS = [
    holomorphic("sin", np.sin, "any", lambda x: x.sin(), CORNERS),
    holomorphic("cos", np.cos, "any", lambda x: x.cos(), CORNERS),
    holomorphic("tan", np.tan, "unit", lambda x: x.tan(), CORNERS),
    holomorphic("asin", np.arcsin, "unit", lambda x: x.asin(), CORNERS),
    holomorphic("acos", np.arccos, "unit", lambda x: x.acos(), CORNERS),
    holomorphic("atan", np.arctan, "any", lambda x: x.atan(), CORNERS),
    holomorphic("sinh", np.sinh, "any", lambda x: x.sinh(), CORNERS),
    holomorphic("cosh", np.cosh, "any", lambda x: x.cosh(), CORNERS),
    holomorphic("tanh", np.tanh, "any", lambda x: x.tanh(), CORNERS),
    holomorphic("asinh", np.arcsinh, "any", lambda x: x.asinh(), CORNERS),
    holomorphic("acosh", np.arccosh, "above1", lambda x: x.acosh(), [[2.0, INF]]),
    holomorphic("atanh", np.arctanh, "unit", lambda x: x.atanh(), CORNERS),
    binary(
        "atan2", np.arctan2, ("not0", "not0"),
        torch=lambda x, y: pytorch().atan2(tensor(x), tensor(y)),
        kinks=[
            ([0.0, -0.0, 0.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, -0.0, 0.0, 0.0, 1.0, -1.0]),
            (0.0, [0.0, 1.0]), ([0.0, 1.0], 0.0),
        ],
    ),
    binary(
        "hypot", np.hypot, ("not0", "not0"),
        torch=lambda x, y: pytorch().hypot(tensor(x), tensor(y)),
        kinks=[([0.0, 1.0, 0.0, -1.0], [0.0, 0.0, 1.0, 0.0]), ([0.0, 1.0], 0.0)],
    ),
]  # fmt: skip
