"""The CUDA kernels and their launch code, run on the host and compared with the portable ones."""

from __future__ import annotations

import inspect
import shutil
import sys

import cuda_cases
import cuda_host
import numpy as np
import pytest
from test_cuda_kernels import NO_TOPICS

from backends import portable
from backends.cpu import kernels as cpu

PACKAGE = cuda_host.PACKAGE
pytestmark = [
    pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the shim uses ucontext"),
]


@pytest.fixture(params=["forwards", "backwards"])
def cuda(request, monkeypatch):
    """The overrides on the fake CuPy; a block's threads take turns in one order, then the other."""
    module = cuda_host.load_kernels(monkeypatch)
    monkeypatch.setattr(cuda_host, "BACKWARDS", [request.param == "backwards"])
    cuda_host.LAUNCHED.clear()
    return module


def kernel(topic, name):
    return cuda_host.part(topic)._code.kernel(name, "d")


def on_device_1(array):
    with cuda_host.Device(1):
        return cuda_host.asarray(array)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", cuda_cases.CASES, ids=str)
def test_the_override_computes_what_the_portable_kernel_does(cuda, case, dtype):
    """The arguments are on device 1, which the override has to make current."""
    function = getattr(cuda, case.name)
    tolerance = cuda_cases.TOLERANCE[dtype]
    cuda_cases.check(case, dtype, function, on_device_1, np.asarray, tolerance)
    assert bool(cuda_host.LAUNCHED) == case.launches
    assert cuda_host.Device.stack == [0]


def test_every_override_has_a_case(cuda):
    mine = {n for n, f in vars(cuda).items() if getattr(f, "__module__", "").startswith(PACKAGE)}
    assert mine == {c.name for c in cuda_cases.CASES} | {"stray_class"}


def test_each_name_comes_from_one_file(cuda):
    found = []
    for path in sorted(cuda_host.CUDA.glob("*.py")):
        if path.stem not in NO_TOPICS:
            found += cuda_host.part(path.stem).__all__
    assert len(found) == len(set(found)) > 30


def test_a_loop_covers_what_the_blocks_do_not(cuda, monkeypatch):
    monkeypatch.setattr(cuda_host.part("launch"), "MOST_BLOCKS", 2)
    x = np.linspace(-3, 3, 3001)
    np.testing.assert_allclose(cuda.sigmoid(cuda_host.asarray(x)), portable.sigmoid(x), rtol=1e-15)
    like = cuda_host.empty((0,), np.uint64)
    words = cuda.philox(like, key=(3, 4), start=9, blocks=1500)
    np.testing.assert_array_equal(words, cpu.philox(like, key=(3, 4), start=9, blocks=1500))


@pytest.mark.parametrize("most", [1, 700])
def test_convolutions_take_some_images_at_a_time(cuda, monkeypatch, most):
    monkeypatch.setattr(cuda_host.part("convolution"), "_MOST", most)
    cases = [c for c in cuda_cases.CASES if c.name.startswith("conv")]
    assert len(cases) > 20
    for case in cases:
        run = getattr(cuda, case.name)
        cuda_cases.check(case, "float64", run, on_device_1, np.asarray, 1e-12)


@pytest.mark.parametrize("threads", [1, 2, 8, 64, 256])
def test_block_sums_are_right_for_any_power_of_two(cuda, threads):
    x = np.random.default_rng(0).normal(size=(5, 70))
    on_device, out = cuda_host.asarray(x), cuda_host.empty(x.shape, np.float64)
    sizes = np.int64(5), np.int64(70)
    kernel("softmax", "softmax")((2,), (threads,), (on_device, out, *sizes))  # 2 blocks, 5 rows
    np.testing.assert_allclose(out, portable.softmax(x, 1), rtol=1e-14)
    kernel("softmax", "softmax_grad")((1,), (threads,), (on_device, on_device, out, *sizes))
    np.testing.assert_allclose(out, portable.softmax_grad(x, x, 1), rtol=1e-13)
    partial = cuda_host.empty((3,), np.float64)
    kernel("reductions", "sum_of_squares")((3,), (threads,), (on_device, partial, np.int64(350)))
    np.testing.assert_allclose(np.sum(partial), np.sum(x * x), rtol=1e-14)


@pytest.mark.parametrize("block", [(1, 1), (32, 1), (1, 8), (8, 4)])
def test_column_sums_are_right_for_any_block(cuda, block):
    x = np.random.default_rng(0).normal(size=(50, 70))
    out = cuda_host.empty((4, 70), np.float64)
    args = cuda_host.asarray(x), out, np.int64(50), np.int64(70), np.int64(13)
    kernel("reductions", "column_sum")((-(-70 // block[0]), 4), block, args)
    np.testing.assert_allclose(np.sum(out, axis=0), np.sum(x, axis=0), rtol=1e-12)


@pytest.mark.parametrize("bad", [-1, 3, 2**40])
def test_a_target_that_is_no_class_gives_nan(cuda, bad):
    logits = np.random.default_rng(0).normal(size=(3, 3))
    target = np.array([0, bad, 2])
    loss, probs = cuda.softmax_cross_entropy(*map(cuda_host.asarray, (logits, target)))
    assert np.isnan(loss).tolist() == [False, True, False]
    np.testing.assert_allclose(probs, portable.softmax(logits, 1), rtol=1e-14)


@pytest.mark.parametrize("bad", [-1, 3, 2**40])
def test_a_label_that_is_no_symbol_gives_nan(cuda, bad):
    """And nothing is read or written beside the arrays."""
    logs = np.log(np.full((4, 2, 3), 1 / 3))
    labels = np.array([[0, 1, 0, 2, 0], [0, 1, 0, bad, 0]])
    given = [cuda_host.asarray(a) for a in (logs, labels, np.array([4, 4]), np.array([2, 2]))]
    found, walks = cuda.ctc_likelihood(*given)
    assert np.isnan(found).tolist() == [False, True]
    g = cuda_host.asarray(np.ones(2))
    occupancy = cuda.ctc_occupancy(g, walks, *given, impossible=np.nan)
    np.testing.assert_allclose(np.sum(occupancy, axis=2)[:, 0], 1, rtol=1e-12)
    assert np.isnan(occupancy[:, 1]).all()


def test_an_index_beyond_32_bits_is_divided_at_full_width(cuda):
    """Statistics that serve more neighbours than there are elements: all take the first one."""
    x, out = cuda_host.asarray(np.arange(5.0)), cuda_host.empty((5,), np.float64)
    var = cuda_host.asarray(np.array([4.0]))
    sizes = [np.int64(n) for n in (5, 2**40, 1, 2**33, 7)]
    arguments = x, None, var, None, None, out, *sizes, np.float64(0.0)
    kernel("normalization", "standardize")((1,), (8,), arguments)
    assert out.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_no_look_at_the_class_indices(cuda):
    assert cuda.stray_class(cuda_host.asarray(np.array([1, 2])), 2) is None


def test_an_assigned_zero_keeps_its_sign(cuda):
    x = cuda_host.asarray(np.ones(3))
    cuda.put(x, -0.0, index=(slice(1, None),))
    assert np.signbit(x).tolist() == [False, True, True]


def test_repeated_rows_are_added_in_order(cuda):
    """Not only the same up to rounding: the bits of NumPy's own loop."""
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(500, 4)).astype("float32"), rng.integers(0, 3, 500)
    out = cuda.add_rows(cuda_host.asarray(x), cuda_host.asarray(index), rows=3, axis=0)
    np.testing.assert_array_equal(out, cpu.add_rows(x, index, rows=3, axis=0))


@pytest.mark.parametrize(
    ("n", "rows"), [(1, 1), (1, 5), (37, 4), (512, 7), (513, 600), (3000, 2), (5000, 5000)]
)
def test_a_graphs_own_sort_is_stable(cuda, n, rows):
    index = np.random.default_rng(n).integers(-rows, rows, n)
    order, start = cuda_host.part("indexing")._sorted(cuda_host.asarray(index), rows)
    row = np.where(index < 0, index + rows, index)
    np.testing.assert_array_equal(order, np.argsort(row, kind="stable"))
    np.testing.assert_array_equal(start, np.searchsorted(np.sort(row), np.arange(rows + 1)))


def test_a_graphs_own_sort_leaves_out_what_is_no_row(cuda):
    index = cuda_host.asarray(np.array([3, -1, 0, -9, 2, 7, 0]))
    order, start = cuda_host.part("indexing")._sorted(index, 3)
    assert start.tolist() == [0, 2, 2, 4]
    assert order[:4].tolist() == [2, 6, 1, 4]


def test_rows_are_added_the_same_in_a_graph(cuda, monkeypatch):
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(900, 3)).astype("float32"), rng.integers(-6, 6, 900)
    given = cuda_host.asarray(x), cuda_host.asarray(index)
    eager = cuda.add_rows(*given, rows=6, axis=0)
    monkeypatch.setattr(cuda_host.part("indexing"), "in_graph", lambda: True)
    np.testing.assert_array_equal(cuda.add_rows(*given, rows=6, axis=0), eager)


@pytest.mark.parametrize("name", sorted({c.name for c in cuda_cases.CASES if "_step" in c.name}))
def test_numbers_in_memory_are_taken_in_the_place_of_a_launchs_own(cuda, name):
    """As in a CUDA graph, whose launches keep the numbers of the recording."""
    launch = cuda_host.part("launch")
    function, checked = getattr(cuda, name), 0
    for case in [c for c in cuda_cases.CASES if c.name == name and c.launches]:
        arrays = case.make(np.random.default_rng(0), np.dtype("float64"))
        put = [None if a is None else cuda_host.asarray(getattr(a, "array", a)) for a in arrays]
        want = [None if a is None else cuda_host.asarray(a) for a in put]
        function(*want, **case.options)
        with launch.Live() as live:
            inspect.unwrap(function)(*put, **case.options)
        memory = cuda_host.empty((len(live.numbers),), np.uint64)
        memory[...] = np.array([v.view(np.uint64) for v in live.numbers])
        others = {k: v if isinstance(v, bool) else v * 0.5 + 0.1 for k, v in case.options.items()}
        with launch.Live(memory) as live:
            function(*put, **others)
        assert live.numbers is not None
        for a, b in zip(put, want, strict=True):
            if a is not None:
                np.testing.assert_array_equal(a, b)
        checked += 1
    assert checked


def test_random_words_have_their_counter_from_memory(cuda):
    launch, like = cuda_host.part("launch"), cuda_host.empty((0,), np.uint64)
    want = cuda.philox(like, key=(3, 2**64 - 1), start=2**63 + 9, blocks=70)
    memory = cuda_host.asarray(np.array([2**63 + 9, 3, 2**64 - 1], np.uint64))
    with launch.Live(memory):
        got = cuda.philox(like, key=(1, 1), start=1, blocks=70)
    np.testing.assert_array_equal(got, want)
    with launch.Live() as live:
        cuda.philox(like, key=(3, 4), start=5, blocks=70)
    assert [int(v) for v in live.numbers] == [5, 3, 4]


def test_mixed_dtypes_go_to_the_portable_kernel(cuda):
    a, b = (cuda_host.asarray(np.ones((2, 3), t)) for t in ("float64", "float32"))
    assert cuda.relu_grad(a, b).dtype == np.float64
    assert cuda.softmax_grad(a, b, axis=1).dtype == np.float64
    assert not cuda_host.LAUNCHED


def test_the_fake_refuses_what_a_real_kernel_would_take(cuda):
    relu = kernel("activations", "relu")
    x, n = cuda_host.asarray(np.ones(4)), np.int64(4)
    relu((1,), (4,), (x, x, n))
    for args, reason in [
        ((x, x, 4), "n is a"),
        ((x, None, n), "out is null"),
        ((x.astype(np.float32), x, n), "x is float32"),
        ((x[::2], x, n), "x has strides"),
        ((x, n), "2 arguments"),
    ]:
        with pytest.raises(AssertionError, match=reason):
            relu((1,), (4,), args)
    with pytest.raises(AssertionError, match="an empty launch"):
        relu((0,), (4,), (x, x, n))
    with pytest.raises(AssertionError, match="overran"):
        relu((1,), (4,), (x, cuda_host.asarray(np.ones(3)), n))
    with pytest.raises(AssertionError, match="another device"), cuda_host.Device(1):
        relu((1,), (4,), (x, x, n))
