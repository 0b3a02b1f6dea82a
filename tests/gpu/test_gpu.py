"""On a real GPU: every override against the portable kernel, and the backend itself.

pytest -m gpu tests/gpu
"""

from __future__ import annotations

import cuda_cases
import numpy as np
import pytest

import backends
from backends.dispatch import Kernel

pytestmark = pytest.mark.gpu
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}  # CUDA's expf and the like are good to 2 ulp


@pytest.fixture(scope="module")
def gpu():
    reason = backends.problem("cuda")
    if reason:
        pytest.skip(reason)
    return backends.get("cuda")


@pytest.fixture(scope="module")
def cpu():
    return backends.get("cpu")


# -------------------------------------------------------------------- the kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", cuda_cases.CASES, ids=str)
def test_the_override_computes_what_the_portable_kernel_does(gpu, case, dtype):
    function = getattr(gpu.overrides, case.name)
    tolerance = TOLERANCE[dtype]
    cuda_cases.check(case, dtype, function, gpu.from_host, gpu.to_host, tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dispatcher_takes_the_overrides(gpu, dtype):
    x = gpu.from_host(np.ones((2, 3), dtype))
    for name in sorted({c.name for c in cuda_cases.CASES} - {"philox", "split_words"}):
        override = getattr(gpu.overrides, name)
        if dtype in getattr(override, "dtypes", {dtype}):
            assert Kernel(name).implementation(x) is override
    whole = gpu.from_host(np.array([-1, 2]))
    assert gpu.to_host(gpu.kernels.relu(whole)).tolist() == [0, 2]


@pytest.mark.parametrize("size", [1, 1000, 5_000_001])
def test_large_arrays(gpu, size):
    """More elements than threads are started, and sums that take two launches."""
    x = np.random.default_rng(0).normal(size=size).astype("float32")
    there = gpu.from_host(x)
    relu, total = gpu.kernels.relu(there), gpu.kernels.sum_of_squares(there)
    np.testing.assert_array_equal(gpu.to_host(relu), np.maximum(x, 0))
    want = np.sum(x.astype("float64") ** 2)
    np.testing.assert_allclose(gpu.to_host(total), want, rtol=1e-6)


@pytest.mark.parametrize("shape", [(100_000, 10), (512, 2048), (3, 70_000)])
def test_large_column_sums_and_softmaxes(gpu, shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    there = gpu.from_host(x)
    want = np.sum(x.astype("float64"), axis=0)
    got = gpu.to_host(gpu.kernels.sum(there, axis=0))
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-3)
    rows = gpu.to_host(gpu.kernels.softmax(there, axis=1))
    np.testing.assert_allclose(rows.sum(axis=1, dtype="float64"), 1, rtol=1e-5)


def test_the_same_bits_every_time(gpu):
    rng = np.random.default_rng(0)
    x = gpu.from_host(rng.normal(size=(20_000, 64)).astype("float32"))
    index = gpu.from_host(rng.integers(0, 10, 20_000))
    k = gpu.kernels
    for run in (
        lambda: k.sum(x, axis=0),
        lambda: k.sum_of_squares(x),
        lambda: k.add_rows(x, index, rows=10, axis=0),
        lambda: k.softmax(x, axis=1),
    ):
        first = gpu.to_host(run())
        for _ in range(5):
            np.testing.assert_array_equal(gpu.to_host(run()), first)


def test_repeated_rows_are_added_in_order(gpu, cpu):
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(500, 4)).astype("float32"), rng.integers(0, 3, 500)
    out = gpu.kernels.add_rows(gpu.from_host(x), gpu.from_host(index), rows=3, axis=0)
    want = cpu.kernels.add_rows(x, index, rows=3, axis=0)
    np.testing.assert_array_equal(gpu.to_host(out), want)


@pytest.mark.parametrize("bad", [-1, 3])
def test_a_target_that_is_no_class_gives_nan(gpu, bad):
    logits, target = np.zeros((3, 3), "float32"), np.array([0, bad, 2])
    loss, _ = gpu.kernels.softmax_cross_entropy(gpu.from_host(logits), gpu.from_host(target))
    assert np.isnan(gpu.to_host(loss)).tolist() == [False, True, False]
    assert gpu.kernels.stray_class(gpu.from_host(target), 3) is None


# ----------------------------------------------------------------- random numbers


@pytest.mark.parametrize("seed", [0, 12345, 2**100 + 1])
def test_the_random_stream_is_the_cpus(gpu, cpu, seed):
    here, there = backends.Generator(seed, cpu), backends.Generator(seed, gpu)
    for draw in (
        lambda r: r.words(1001),
        lambda r: r.halves(1001),
        lambda r: r.uniform((7, 11), "float32"),
        lambda r: r.uniform((7, 11), "float64"),
        lambda r: r.permutation(1000),
        lambda r: r.integers(-5, 5, (100,)),
        lambda r: r.dropout_mask((9, 9), 0.8, r.backend.dtypes["float32"], r.backend),
    ):
        np.testing.assert_array_equal(gpu.to_host(draw(there)), draw(here))
        assert here.get_state() == there.get_state()
    np.testing.assert_allclose(
        gpu.to_host(there.normal((1000,), "float64")), here.normal((1000,), "float64"), rtol=1e-12
    )


# -------------------------------------------------------------------- the backend


@pytest.mark.parametrize("name", backends.Backend.DTYPES)
def test_arrays_go_there_and_back(gpu, name):
    x = np.arange(12).reshape(3, 4).astype(name)
    for view in (x, x.T, x[::2, 1:], x[0, 0], x[:0]):
        there = gpu.from_host(view)
        assert backends.of(there) is gpu
        assert there.dtype == gpu.dtypes[name]
        np.testing.assert_array_equal(gpu.to_host(there), view)
    np.testing.assert_array_equal(gpu.to_host(gpu.from_host(x).T[::2]), x.T[::2])


def test_a_zero_keeps_its_sign(gpu):
    for zero in (np.array(-0.0), np.array([-0.0]), np.array(complex(-0.0, -0.0))):
        there = gpu.to_host(gpu.from_host(zero))
        assert np.all(np.signbit(there.real))
        x = gpu.from_host(np.ones(2))
        gpu.kernels.put(x, -0.0, index=(0,))
        assert np.signbit(gpu.to_host(x)).tolist() == [True, False]


def test_every_device_holds_its_own_arrays(gpu):
    for name in backends.available()[1:]:
        backend = backends.get(name)
        x = backend.from_host(np.array([-1.0, 2.0]))
        assert backends.of(x) is backend
        out = backend.kernels.relu(x)
        assert backends.of(out) is backend
        assert backend.to_host(out).tolist() == [0, 2]


def test_the_clock_times_the_device(gpu):
    x = gpu.from_host(np.ones((2048, 2048), "float32"))
    gpu.synchronize()
    with gpu.clock() as one:
        x @ x
    with gpu.clock() as many:
        for _ in range(50):
            x @ x
    assert 0 < one.seconds < 60
    assert many.seconds > 0


def test_memory(gpu):
    gpu.reset_peak()
    before = gpu.memory()
    x = gpu.from_host(np.zeros(1 << 24, "uint8"))
    during = gpu.memory()
    assert during.used - before.used == x.nbytes
    assert during.peak >= before.peak
    del x
    after = gpu.memory()
    assert after.used == before.used
    assert after.peak >= during.used
    assert after.used <= after.peak <= after.total
    gpu.reset_peak()
    assert gpu.memory().peak <= during.peak


def test_what_is_said_of_it(gpu):
    assert "GiB" in gpu.describe()
    assert "CuPy" in gpu.describe()
    assert gpu.name == "cuda:0"
    assert "cuda:0" in backends.available()
    assert backends.get("auto") is gpu
    gpu.synchronize()


def test_a_device_that_is_not_there(gpu):
    with pytest.raises(backends.BackendError, match="cuda:99: there is no such device"):
        backends.get("cuda:99")
