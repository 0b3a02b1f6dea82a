"""Functions of one number."""

from __future__ import annotations

import math

import numpy as np

from .record import *

_erf = np.vectorize(math.erf, otypes=[float])

RECORDS = [
    unary("identity", lambda x: x, torch=lambda x: x.clone()),
    unary("negative", np.negative, torch=lambda x: -x),
    unary("abs", np.abs, "not0", torch=lambda x: x.abs(), kinks=KINKS),
    *[
        Record(
            name, reference,
            [Sample((values(name, s, "complex"),)) for s in SHAPES]
            + [Sample((values(name, (3,), "any"),))],
            torch=torch,
        )
        for name, reference, torch in [
            ("conj", np.conj, lambda x: x.conj().resolve_conj()),
            ("real", np.real, lambda x: x.real if x.is_complex() else x.clone()),
        ]
    ],
    Record("imag", np.imag, [Sample((values("imag", s, "complex"),)) for s in SHAPES], torch=lambda x: x.imag),
    unary("exp", np.exp, torch=lambda x: x.exp()),
    unary("expm1", np.expm1, torch=lambda x: x.expm1()),
    unary("log", np.log, "positive", torch=lambda x: x.log()),
    unary("log1p", np.log1p, "positive", torch=lambda x: x.log1p()),
    unary("sqrt", np.sqrt, "positive", torch=lambda x: x.sqrt()),
    unary("square", np.square, torch=lambda x: x.square(), kinks=KINKS),
    unary("reciprocal", np.reciprocal, "not0", torch=lambda x: x.reciprocal()),
    unary("sin", np.sin, torch=lambda x: x.sin()),
    unary("cos", np.cos, torch=lambda x: x.cos()),
    unary("tanh", np.tanh, torch=lambda x: x.tanh()),
    unary("erf", _erf, torch=lambda x: x.erf()),
    unary("normal_cdf", lambda x: 0.5 * (1 + _erf(x / math.sqrt(2))),
          torch=lambda x: pytorch().special.ndtr(x)),
    Record(
        "clip", lambda x, min, max: np.clip(x, min, max) if (min, max) != (None, None) else x,
        [
            Sample((np.asarray(values("clip", s, "distinct") + 0.03),), {"min": low, "max": high})
            for s in SHAPES
            for low, high in [(-0.3, 0.2), (None, 0.0), (0.0, None)]
        ],
        torch=lambda x, min, max: x.clamp(min, max),
        kinks=[
            Sample((np.array([-1.0, -0.5, 0.0, 0.5, 1.0]),), {"min": -0.5, "max": 0.5}),
            Sample((np.array([-1.0, 0.0, 1.0]),), {"min": 0.0, "max": None}),
            Sample((np.array([-1.0, 0.0, 1.0]),), {"min": None, "max": 0.0}),
        ],
    ),
    unary("astype", lambda x, dtype: x.astype(dtype), torch=lambda x, dtype: x.double(),
          dtype="float64"),
    unary("sign", np.sign, differentiable=False),
    unary("floor", np.floor, differentiable=False),
    unary("ceil", np.ceil, differentiable=False),
    unary("round", np.round, differentiable=False),
    unary("isnan", np.isnan, differentiable=False),
    unary("isfinite", np.isfinite, differentiable=False),
]  # fmt: skip
