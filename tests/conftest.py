"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is imported: it then takes our Tensors
os.environ.setdefault(  # compiled loops: kept from run to run, but not among the user's own
    "BACKPROP_CACHE", str(Path(__file__).parent.parent / ".pytest_cache" / "backprop")
)
if "PYTEST_XDIST_WORKER" in os.environ:  # several workers' BLAS threads would fight for the cores
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import backends
import backprop as bp

# The same examples every time: a failure seen once is seen again.
settings.register_profile("tests", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("tests")

DEVICES = ["cpu", "strict", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture(params=DEVICES)
def backend(request: pytest.FixtureRequest) -> backends.Backend:
    """Every backend: NumPy, array-api-strict and, under `-m gpu`, CuPy."""
    if request.param == "cuda" and (problem := backends.problem("cuda")):
        pytest.skip(problem)
    return backends.get(request.param)


@pytest.fixture
def make(backend: backends.Backend) -> Callable[..., bp.Tensor]:
    """make(array or nested lists): a float64 (unless dtype says otherwise) variable on the backend.

    Integers and truth values keep their kind and are constants.
    """

    def tensor(data: Any, dtype: Any = None, requires_grad: bool | None = None) -> bp.Tensor:
        array = np.asarray(data)
        if dtype is not None:
            array = array.astype(dtype)
        elif array.dtype.kind == "f" and not isinstance(data, np.ndarray):
            array = array.astype("float64")
        floating = array.dtype.kind == "f"
        grad = floating if requires_grad is None else requires_grad
        return bp.asarray(array, device=backend.name, requires_grad=grad)

    return tensor


@pytest.fixture(autouse=True)
def _fresh_defaults() -> Iterator[None]:
    """No test leaves its seed, default dtype or default device to the next."""
    bp.manual_seed(0)
    yield
    assert bp.is_grad_enabled(), "the test left recording switched off"
    bp.set_default_dtype(bp.float32)
    bp.set_default_device("cpu")
