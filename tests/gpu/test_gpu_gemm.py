"""cuBLASLt's products against NumPy's: layouts, batches, and what is empty."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.gpu
TOLERANCE = {"f": 2e-5, "d": 1e-12, "F": 2e-5, "D": 1e-12}
PLAIN = (slice(None),)


@pytest.fixture
def gemm(cuda_device) -> Any:
    from backends.cuda import gemm

    return gemm


def number(rng: np.random.Generator, char: str, shape: Any) -> Any:
    import cupy

    x = rng.normal(size=shape)
    return cupy.asarray((x + 1j * rng.normal(size=shape) if char in "FD" else x).astype(char))


def turned(x: Any) -> Any:
    return x.swapaxes(-1, -2)


CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    # label: shape of x, a view of it, shape of y, a view of it
    "rows": ((5, 7), None, (7, 3), None),
    "x turned": ((7, 5), turned, (7, 3), None),
    "y turned": ((5, 7), None, (3, 7), turned),
    "both turned": ((7, 5), turned, (3, 7), turned),
    "every other column": ((5, 14), lambda x: x[:, ::2], (7, 3), None),
    "every other row": ((9, 7), lambda x: x[::2], (14, 3), lambda y: y[::2]),
    "a part": ((5, 14), lambda x: x[:, 3:10], (9, 5), lambda y: y[1:8, 2:]),
    "a part, turned": ((14, 5), lambda x: x[3:10].T, (9, 8), lambda y: y[1:, 1:].T),
    "backwards": ((5, 7), lambda x: x[::-1], (7, 3), lambda y: y[:, ::-1]),
    "dot": ((7,), None, (7,), None),
    "vector and matrix": ((7,), None, (7, 3), None),
    "matrix and vector": ((5, 7), None, (7,), None),
    "vector and matrices": ((7,), None, (2, 7, 3), None),
    "matrices and vector": ((2, 5, 7), None, (7,), None),
    "strided vector": ((5, 7), None, (14,), lambda y: y[::2]),
    "a row and a column": ((1, 7), None, (7, 1), None),
    "outer": ((5, 1), None, (1, 3), None),
    "a column, turned": ((7, 1), turned, (7, 1), None),
    "one": ((1, 1), None, (1, 1), None),
    "batch and matrix": ((4, 5, 7), None, (7, 3), None),
    "turned batch and matrix": ((4, 7, 5), turned, (3, 7), turned),
    "matrix and batch": ((5, 7), None, (4, 7, 3), None),
    "batches": ((4, 5, 7), None, (4, 7, 3), None),
    "turned batches": ((2, 4, 7, 5), turned, (2, 4, 3, 7), turned),
    "broadcast batches": ((2, 1, 5, 7), None, (4, 7, 3), None),
    "batch axes swapped": ((4, 2, 5, 7), lambda x: x.swapaxes(0, 1), (2, 4, 7, 3), None),
    "every other of a batch": ((6, 5, 7), lambda x: x[::2], (3, 7, 3), None),
    "parts of a batch": ((3, 9, 7), lambda x: x[:, 2:6], (3, 9, 7), lambda y: turned(y[:, :5])),
    "no rows": ((0, 7), None, (7, 3), None),
    "no columns": ((5, 7), None, (7, 0), None),
    "nothing to sum": ((5, 0), None, (0, 3), None),
    "no batch": ((0, 5, 7), None, (0, 7, 3), None),
    "a batch with nothing to sum": ((2, 5, 0), None, (0, 3), None),
    "larger": ((130, 257), None, (257, 65), None),
}


@pytest.mark.parametrize("char", "fdFD")
@pytest.mark.parametrize("label", CASES)
def test_a_product(gemm, label, char):
    rng = np.random.default_rng(0)
    shape_x, view_x, shape_y, view_y = CASES[label]
    x, y = number(rng, char, shape_x), number(rng, char, shape_y)
    x, y = view_x(x) if view_x else x, view_y(y) if view_y else y
    with gemm.Bench():
        out = gemm.matmul(x, y)
    want = np.matmul(x.get(), y.get())
    assert out.shape == want.shape
    assert out.dtype == want.dtype
    scale = max(1.0, float(np.max(np.abs(want), initial=0)))
    np.testing.assert_allclose(out.get(), want, rtol=0, atol=TOLERANCE[char] * scale)


@pytest.mark.parametrize("char", "fd")
@pytest.mark.parametrize("offset", [0, 1, 2, 3, 64])
def test_addresses_that_are_hardly_aligned(gemm, char, offset):
    """Parameters lie one behind the other in an arena."""
    rng = np.random.default_rng(0)
    arena = number(rng, char, (offset + 4 * 7 + 4 + 60,))
    weight = arena[offset : offset + 28].reshape(4, 7)
    bias = arena[offset + 28 : offset + 32]
    out = arena[offset + 32 : offset + 60].reshape(4, 7)
    x = number(rng, char, (5, 7))
    g = number(rng, char, (5, 4))
    with gemm.Bench():
        found = gemm.affine(x, weight, bias)
        gemm.matmul(g.T, x, out=out)
    want = x.get() @ weight.get().T + bias.get()
    np.testing.assert_allclose(found.get(), want, rtol=0, atol=10 * TOLERANCE[char])
    np.testing.assert_allclose(out.get(), g.get().T @ x.get(), rtol=0, atol=10 * TOLERANCE[char])


@pytest.mark.parametrize("char", "fdFD")
@pytest.mark.parametrize("shape", [(5, 7), (1, 7), (7,), (0, 7), (5, 0)])
def test_a_product_and_a_bias(gemm, shape, char):
    rng = np.random.default_rng(0)
    x, weight, bias = (number(rng, char, s) for s in (shape, (4, shape[-1]), (4,)))
    with gemm.Bench():
        out = gemm.affine(x, weight, bias)
    want = x.get() @ weight.get().T + bias.get()
    assert out.shape == want.shape
    np.testing.assert_allclose(out.get(), want, rtol=0, atol=10 * TOLERANCE[char])


@pytest.mark.parametrize("char", "fD")
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((5, 2), 1),
        ((4, 5, 2), 2),
        ((2, 3), 0),
        ((4, 2), ((1,), (0,))),
        ((5, 3, 2), ((0, 2), (1, 0))),
        ((5, 6), ((-1,), (0,))),
    ],
)
def test_a_tensordot(gemm, shape, axes, char):
    rng = np.random.default_rng(0)
    x, y = number(rng, char, (3, 4, 5)), number(rng, char, shape)
    with gemm.Bench():
        out = gemm.tensordot(x, y, axes=axes)
    want = np.tensordot(x.get(), y.get(), axes=axes)
    assert out.shape == want.shape
    np.testing.assert_allclose(out.get(), want, rtol=0, atol=20 * TOLERANCE[char])


def test_dtypes_that_differ_and_whole_numbers(gemm):
    import cupy

    single = cupy.ones((2, 3), "float32")
    double, whole = cupy.full((3, 2), 2.0), cupy.arange(6).reshape(3, 2)
    with gemm.Bench():
        for x, y in ((single, double), (single, whole), (whole.T, whole)):
            out, want = gemm.matmul(x, y), np.matmul(x.get(), y.get())
            assert out.dtype == want.dtype
            np.testing.assert_array_equal(out.get(), want)
        dots = gemm.vecdot(double * 1j, double + 0j, axis=0)
    np.testing.assert_array_equal(dots.get(), [-12j, -12j])


def test_shapes_that_do_not_fit(gemm):
    import cupy

    with gemm.Bench(), pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 3\)"):
        gemm.matmul(cupy.ones((2, 3)), cupy.ones((2, 3)))


@pytest.fixture(params=["in a graph", "eager"])
def place(request, gemm) -> Any:
    return gemm.Bench() if request.param == "in a graph" else nullcontext()


@pytest.mark.parametrize(("precision", "error"), [("high", 2.0**-11), ("medium", 2.0**-8)])
def test_less_precise_only_when_asked_for(gemm, cuda_device, place, precision, error):
    """A factor is off by half a unit in its last place at most, relative to itself."""
    import backends
    from backends.precision import float32_matmul_precision

    backend, rng = backends.get(cuda_device), np.random.default_rng(0)
    x, y = number(rng, "f", (3, 64, 64)), number(rng, "f", (3, 64, 64))
    double = x.astype("float64"), y.astype("float64")
    want = double[0].get() @ double[1].get()
    sizes = np.abs(double[0].get()) @ np.abs(double[1].get())
    with place:
        exact, in_double = gemm.matmul(x, y), gemm.matmul(*double)
        with float32_matmul_precision(backend, precision):
            rounded, still_in_double = gemm.matmul(x, y), gemm.matmul(*double)
        again = gemm.matmul(x, y)
    assert np.max(np.abs(exact.get() - want) / sizes) < 2.0**-20
    assert np.max(np.abs(rounded.get() - want) / sizes) < 2.01 * error
    np.testing.assert_array_equal(again.get(), exact.get())
    np.testing.assert_allclose(in_double.get(), still_in_double.get(), rtol=1e-12)


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_a_layer_of_less_precision(gemm, cuda_device, precision):
    """Eager, with a bias in the product and a gradient: of whole numbers nothing is rounded."""
    import backends
    import backprop as bp
    from backends.precision import float32_matmul_precision

    rng = np.random.default_rng(0)
    values = [rng.integers(-4, 5, s).astype("float32") for s in ((6, 5), (3, 5), (3,))]
    x, weight, bias = (bp.asarray(v, device=cuda_device, requires_grad=True) for v in values)
    with float32_matmul_precision(backends.get(cuda_device), precision):
        out = bp.nn.functional.linear(x, weight, bias)
        out.sum().backward()
    np.testing.assert_array_equal(out.detach().numpy(), values[0] @ values[1].T + values[2])
    np.testing.assert_array_equal(x.grad.numpy(), np.ones((6, 3), "f") @ values[1])
