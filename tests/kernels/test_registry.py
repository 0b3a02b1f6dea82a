"""Finding backends, and what each of them offers."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import backends
from backends import Backend, BackendError


def test_get() -> None:
    assert backends.get("cpu").name == "cpu"
    assert backends.get("strict").name == "strict"
    assert backends.get("cpu") is backends.get("cpu")
    assert backends.get(backends.get("strict")) is backends.get("strict")
    assert backends.get() is backends.get("auto")


def test_auto_takes_cuda_where_it_works() -> None:
    expected = "cpu" if backends.problem("cuda") else "cuda:0"
    assert backends.get("auto").name == expected


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x", "cuda:-1", "cpu:0", "CPU", "cuda:", "mps"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ValueError, match="wanted 'auto', 'cpu', 'cuda', 'cuda:N'"):
        backends.get(name)


@pytest.mark.parametrize("name", [None, 0, np.zeros(1)])
def test_names_are_strings(name: Any) -> None:
    with pytest.raises(TypeError, match="wanted a string such as 'cpu'"):
        backends.get(name)


def test_cuda_works_or_says_why_not() -> None:
    problem = backends.problem("cuda")
    if problem is None:
        assert "cuda:0" in backends.available()
    else:
        assert backends.available() == ["cpu"]
        with pytest.raises(BackendError) as error:
            backends.get("cuda")
        assert str(error.value) == problem
        assert "install" in problem


def test_strict_without_its_library_says_how_to_get_it() -> None:
    code = """
import sys
sys.modules["array_api_strict"] = None
import backends
try:
    backends.get("strict")
except backends.BackendError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install array-api-strict" in out.stdout


def test_problem() -> None:
    assert backends.problem("cpu") is None
    assert backends.problem("strict") is None


def test_of(backend: Backend, tmp_path: Any) -> None:
    assert backends.of(backend.from_host(np.zeros(2))) is backend
    assert backends.of(backend.xp.zeros((), device=backend.device)) is backend
    assert backends.of(np.float32(1.0)).name == "cpu"
    mapped = np.memmap(tmp_path / "file", dtype="float32", mode="w+", shape=(2,))
    assert backends.of(mapped).name == "cpu"
    for other in (1.0, [1.0], "text", None):
        with pytest.raises(TypeError, match="wanted an array of NumPy, CuPy or array-api-strict"):
            backends.of(other)


def test_of_a_subclass_from_elsewhere() -> None:
    class Mine(np.ndarray):
        pass

    assert backends.of(np.zeros(2).view(Mine)).name == "cpu"


def test_namespace(backend: Backend) -> None:
    array = backend.from_host(np.array([1.0, 2.0]))
    assert backends.namespace(array) is backend.xp
    assert backend.to_host(backends.namespace(array).exp(array))[0] == pytest.approx(np.e)


@pytest.mark.parametrize("dtype", ["bool", "int64", "uint8", "float32", "float64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_host_round_trip(backend: Backend, dtype: str, shape: Any) -> None:
    array = (np.arange(6)[: int(np.prod(shape))].reshape(shape) % 2).astype(dtype)
    there = backend.from_host(array)
    back = backend.to_host(there)
    assert isinstance(back, np.ndarray)
    assert back.dtype == array.dtype
    assert there.dtype == backend.dtypes[dtype]
    np.testing.assert_array_equal(back, array)


def test_host_round_trip_of_views(backend: Backend) -> None:
    array = np.arange(12.0).reshape(3, 4)
    array.flags.writeable = False
    for view in (array.T, array[::2, ::-1], array):
        np.testing.assert_array_equal(backend.to_host(backend.from_host(view)), view)


def test_span(backend: Backend) -> None:
    """Arrays that share memory say so; views of different rows do not."""
    x = backend.from_host(np.zeros((3, 4)))
    start, stop = backend.span(x)
    assert stop - start == 3 * 4 * 8
    assert backend.span(x.mT) == backend.span(x[...]) == (start, stop)
    assert backend.span(x[1, :]) == (start + 32, start + 64)
    assert backend.span(x[:, 1]) == (start + 8, start + 80)
    empty = backend.span(x[1:1, :])
    assert empty[0] == empty[1]


def test_dtypes(backend: Backend) -> None:
    assert len(backend.dtypes) == 13
    for name, dtype in backend.dtypes.items():
        made = backend.xp.zeros(1, dtype=dtype, device=backend.device)
        assert backend.to_host(made).dtype == name


def test_clock(backend: Backend) -> None:
    with backend.clock() as clock:
        time.sleep(0.02)
    assert 0.02 <= clock.seconds < 2.0
    assert np.isnan(backend.clock().seconds)


def test_memory(backend: Backend) -> None:
    memory = backend.memory()
    for number in (memory.used, memory.peak, memory.total):
        assert number is None or number >= 0
    if memory.used is not None and memory.total is not None:
        assert memory.used < memory.total
    # More than the process keeps of what it freed before: that would be in use already.
    held = backend.xp.ones(40_000_000, dtype=backend.xp.float64, device=backend.device)
    after = backend.memory()
    if memory.used is not None and after.used is not None:
        assert after.used - memory.used > 150_000_000, "320 MB came into use"
        assert after.peak is None or after.peak >= after.used * 0.9
    del held


def test_the_rest_of_the_protocol(backend: Backend) -> None:
    backend.synchronize()
    backend.reset_peak()
    with backend.on_device():
        pass
    assert len(backend.describe()) > 5
    assert backend.name in repr(backend)
    draw = backend.generator(3).uniform((2,), "float64")
    assert backends.of(draw) is backend
    array = backend.from_host(np.array([-1.0, 1.0]))
    assert backend.to_host(backend.kernels.relu(array)).tolist() == [0.0, 1.0]


def test_backend_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Backend()  # type: ignore[abstract]


def test_get_imports_cupy_only_when_asked() -> None:
    code = "import backends, sys; backends.get('cpu'); assert 'cupy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
