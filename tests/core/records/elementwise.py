"""Functions of one number."""

from __future__ import annotations

import math

import numpy as np

from .record import *

_erf = np.vectorize(math.erf, otypes=[float])

RECORDS = [
    unary("identity", lambda x: x, torch=lambda x: x.clone()),
    unary("negative", np.negative, torch=lambda x: -x),
    Record(
        "abs", np.abs,
        [*unary("abs", np.abs, "not0").samples, *complexes("abs")], torch=lambda x: x.abs(),
        kinks=[Sample((np.array(k),)) for k in [*KINKS, [0j, 1j, -1.0, 3 + 4j]]],
    ),
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
    Record("real_sign", np.sign, [*unary("sign", np.sign).samples, Sample((np.array([0.0, -0.0, 2, -3]),))],
           differentiable=False),
    *[
        Record(name, np.sign, complexes("sign"), torch=lambda x: x.sgn(),
               kinks=[Sample((np.array([0j, 1j, -1.0, 3 + 4j]),))])
        for name in ("complex_sign", "bp.sign")
    ],
    holomorphic("exp", np.exp, "any", lambda x: x.exp()),
    holomorphic("expm1", np.expm1, "any", lambda x: x.expm1()),
    holomorphic("log", np.log, "positive", lambda x: x.log(), [[0.0, 1.0]]),
    holomorphic("log1p", np.log1p, "positive", lambda x: x.log1p()),
    holomorphic("log2", np.log2, "positive", lambda x: x.log2(), [[0.0, 1.0]]),
    holomorphic("log10", np.log10, "positive", lambda x: x.log10(), [[0.0, 1.0]]),
    holomorphic("sqrt", np.sqrt, "positive", lambda x: x.sqrt(), [[0.0, 1.0]]),
    holomorphic("square", np.square, "any", lambda x: x.square(), KINKS),
    holomorphic("reciprocal", np.reciprocal, "not0", lambda x: x.reciprocal(), [[0.0, 1.0]]),
    unary("erf", _erf, torch=lambda x: x.erf()),
    unary("normal_cdf", lambda x: 0.5 * (1 + _erf(x / math.sqrt(2))),
          torch=lambda x: pytorch().special.ndtr(x)),
    unary("astype", lambda x, dtype: x.astype(dtype), torch=lambda x, dtype: x.double(),
          dtype="float64"),
]  # fmt: skip
