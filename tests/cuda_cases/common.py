"""What a case is, how it is run, and arguments that many kernels take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends import portable

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@dataclass(frozen=True)
class Case:
    """`make(rng, dtype)` gives the arguments; `launches` says whether CUDA code must run."""

    name: str
    label: str
    make: Callable[[np.random.Generator, Any], tuple[Any, ...]]
    options: dict[str, Any]
    launches: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.label}"


@dataclass(frozen=True)
class Seen:
    """An array that must reach the kernel as this view, strides and all."""

    array: np.ndarray
    view: Callable[[Any], Any]


CASES: list[Case] = []


def case(name, label, make, launches=True, **options):
    CASES.append(Case(name, label, make, options, launches))


def check(case, dtype, run, place, fetch, tolerance):
    """Run one case here and there, and compare all that comes out or is changed in place."""
    args = case.make(np.random.default_rng(0), np.dtype(dtype))
    options = {k: np.dtype(dtype) if v == "dtype" else v for k, v in case.options.items()}

    def put(a, send):
        if isinstance(a, Seen):
            return a.view(send(a.array))
        return send(a) if isinstance(a, np.ndarray) else a

    theirs = [put(a, np.array) for a in args]
    ours = [put(a, place) for a in args]
    want = reference(case.name)(*theirs, **options)
    got = run(*ours, **options)
    if not isinstance(want, tuple):
        want, got = (want,), (got,)
    pairs = [*zip(want, got, strict=True), *zip(theirs, ours, strict=True)]
    for w, g in pairs:
        if isinstance(w, np.ndarray | np.generic):
            assert g.dtype == w.dtype
            assert tuple(g.shape) == w.shape
            if w.dtype.kind in "fc":  # a sum is as exact as its largest numbers
                scale = np.max(np.abs(w), where=np.isfinite(w), initial=1.0)
                np.testing.assert_allclose(fetch(g), w, rtol=tolerance, atol=tolerance * scale)
            else:
                np.testing.assert_array_equal(fetch(g), w)
        elif w is None:
            assert g is None


def reference(name):
    """The portable kernel, or NumPy's function where the standard has it."""
    return getattr(portable, name, None) or getattr(np, name)


# ------------------------------------------------- arguments that many kernels take

SPECIAL = np.array([0.0, -0.0, 1e-9, -1e-9, 50.0, -50.0, 800.0, -800.0, np.inf, -np.inf, np.nan])


def normal(*shape):
    return lambda rng, dtype: (rng.normal(size=shape).astype(dtype),)


def special(rng, dtype):
    return (SPECIAL.astype(dtype),)


def transposed(rng, dtype):
    return (Seen(rng.normal(size=(5, 7)).astype(dtype), lambda a: a.T[::2]),)


def complexes(*shape):
    def make(rng, dtype):
        z = np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))
        return (z.astype({"float32": "complex64", "float64": "complex128"}[dtype.name]),)

    return make


def pair(shape, other=None, view=lambda a: a):
    def make(rng, dtype):
        first, second = rng.normal(size=shape), rng.normal(size=other or shape)
        return Seen(first.astype(dtype), view), Seen(second.astype(dtype), view)

    return make
