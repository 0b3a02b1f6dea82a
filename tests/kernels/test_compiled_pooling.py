"""Compiled pooling gives what NumPy's passes give, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kernel_cases import CASES

from backends.cpu import pooling as plain
from backends.cpu import threads
from backends.cpu.compiled import available, pooling

pytestmark = pytest.mark.skipif(not available(), reason="Numba is not installed")

HOW: list[tuple[Any, ...]] = [
    ((2, 2), (2, 2), (0, 0), (1, 1), (4, 5)),
    ((2, 2), (2, 2), (0, 0), (1, 1), (3, 5)),  # a row and a column are left over
    ((2, 3), (3, 4), (0, 0), (1, 1), (3, 2)),  # between windows there are gaps
    ((3, 3), (2, 2), (1, 1), (1, 1), (5, 5)),
    ((3, 2), (1, 2), (0, 1), (2, 1), (5, 6)),
]
"""Kernel, stride, padding, dilation, number of windows; of images of 9 by 10."""


@pytest.fixture(autouse=True, scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Loops of this module's own, each compiled once."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("BACKPROP_CACHE", str(tmp_path_factory.mktemp("loops")))
        pooling._max_loop.cache_clear()
        pooling._spread_loop.cache_clear()
        yield
    pooling._max_loop.cache_clear()
    pooling._spread_loop.cache_clear()


def _same_bits(a: Any, b: Any) -> None:
    if isinstance(a, tuple):
        for x, y in zip(a, b, strict=True):
            _same_bits(x, y)
        return
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    numbers = a == a  # which NaN it is may differ
    assert (numbers == (b == b)).all()
    assert np.ascontiguousarray(a[numbers]).tobytes() == np.ascontiguousarray(b[numbers]).tobytes()


def _images(kind: str, dtype: str) -> np.ndarray:
    x = np.random.default_rng(3).normal(size=(5, 3, 9, 10))
    if kind == "ties":
        x = x.round()
        x[x == 0] *= -1  # half of the zeros are -0
    if kind == "odd":
        x.flat[::5] = np.nan
        x.flat[1::3] = -np.inf
    return x.astype(dtype)


@pytest.mark.parametrize("kind", ["any", "ties", "odd"])
@pytest.mark.parametrize(
    ("how", "dtype"), [*((h, "float32") for h in HOW), (HOW[1], "float64"), (HOW[3], "float64")]
)
def test_the_same_bits(how: Any, kind: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = _images(kind, dtype)
    values, winners = plain.max_pool(x, *how)
    grad = (np.copysign(values, 1), winners, *how[:-1], x.shape[-2:])
    monkeypatch.setattr(threads, "count", lambda: 2)
    monkeypatch.setattr(threads, "LEAST", 1e-9)
    _same_bits(pooling.max_pool(x, *how), (values, winners))
    _same_bits(pooling.max_pool_grad(*grad), plain.max_pool_grad(*grad))


@pytest.mark.parametrize("name", ["max_pool", "max_pool_grad"])
def test_every_kind_of_window(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "_LARGEST", 4)  # each kind is a loop to compile
    for args, how in CASES[name]("float32"):
        _same_bits(getattr(pooling, name)(*args, **how), getattr(plain, name)(*args, **how))


def test_a_loop_is_used_for_common_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*args: Any, **how: Any) -> None:
        raise AssertionError("went to cpu/pooling.py")

    x, how = _images("any", "float32"), HOW[1]
    values, winners = plain.max_pool(x, *how)
    monkeypatch.setattr(plain, "max_pool", no)
    monkeypatch.setattr(plain, "max_pool_grad", no)
    pooling.max_pool(x, *how)
    pooling.max_pool_grad(values, winners, *how[:-1], x.shape[-2:])
