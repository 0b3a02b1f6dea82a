"""Fourier transforms: what the records do not say. Values and derivatives are checked there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp

REAL_TO_COMPLEX = {"float32": "complex64", "float64": "complex128"}


def _array(shape: Any, dtype: str, backend: backends.Backend) -> bp.Tensor:
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if "complex" in dtype else 0)
    return bp.asarray(x.astype(dtype), device=backend.name)


@pytest.mark.parametrize("real", ["float32", "float64"])
def test_dtypes(real: str, backend: backends.Backend) -> None:
    paired = REAL_TO_COMPLEX[real]
    x, z = _array((3, 4), real, backend), _array((3, 4), paired, backend)
    for name in ("fft", "ifft", "fftn", "ifftn"):
        assert getattr(bp.fft, name)(z).dtype == paired
        assert getattr(bp.fft, name)(x).dtype == paired
    for name in ("rfft", "rfftn", "ihfft"):
        assert getattr(bp.fft, name)(x).dtype == paired
    for name in ("irfft", "irfftn", "hfft"):
        assert getattr(bp.fft, name)(z).dtype == real
        assert getattr(bp.fft, name)(x).dtype == real


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [4, 5])
def test_an_inverse_undoes_its_transform(norm: str, n: int, backend: backends.Backend) -> None:
    how = {"norm": norm}
    z, x = _array((2, n), "complex128", backend), _array((2, n), "float64", backend)
    for got, expected in [
        (bp.fft.ifft(bp.fft.fft(z, **how), **how), z),
        (bp.fft.ifftn(bp.fft.fftn(z, **how), **how), z),
        (bp.fft.irfft(bp.fft.rfft(x, **how), n=n, **how), x),
        (bp.fft.irfftn(bp.fft.rfftn(x, **how), s=(2, n), axes=(0, 1), **how), x),
        (bp.fft.hfft(bp.fft.ihfft(x, **how), n=n, **how), x),
        (bp.fft.ifftshift(bp.fft.fftshift(x)), x),
    ]:
        np.testing.assert_allclose(got.numpy(), expected.numpy(), atol=1e-14)


def test_a_sum_by_hand(make: Any) -> None:
    """X[k] = sum x[j] e^(-2πi jk/n): for x = (1, 2, 4), X = (7, 1 + 2w + 4w², its conjugate)."""
    w = complex(math.cos(2 * math.pi / 3), -math.sin(2 * math.pi / 3))
    second = 1 + 2 * w + 4 * w * w
    x = make([1.0, 2.0, 4.0]).detach()
    expected = [7, second, second.conjugate()]
    np.testing.assert_allclose(bp.fft.fft(x).numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(bp.fft.rfft(x).numpy(), expected[:2], rtol=1e-14)


def test_gradient_of_the_power_is_parsevals(make: Any) -> None:
    """sum |X|² = n sum x², so its gradient is 2 n x; of half a spectrum inner bins count twice."""
    for n in (4, 5):
        x = make(np.linspace(-1.0, 2.0, n))
        power = bp.abs(bp.fft.fft(x)) ** 2
        power.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), 2 * n * x.detach().numpy(), rtol=1e-13)
        x.grad = None
        half = bp.abs(bp.fft.rfft(x)) ** 2
        twice = [1.0] + [2.0] * ((n - 1) // 2) + [1.0] * (n % 2 == 0)
        (half * make(np.array(twice), requires_grad=False)).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), 2 * n * x.detach().numpy(), rtol=1e-13)


def test_bins_that_must_be_real_count_by_their_real_part(backend: backends.Backend) -> None:
    z = np.array([1 + 5j, 2 + 1j, 3 - 4j])
    clean = np.array([1, 2 + 1j, 3])
    x, y = (bp.asarray(v, device=backend.name) for v in (z, clean))
    np.testing.assert_allclose(bp.fft.irfft(x).numpy(), bp.fft.irfft(y).numpy(), atol=1e-16)
    x.requires_grad_()
    (bp.fft.irfft(x) ** 2).sum().backward()
    assert x.grad.numpy().imag[[0, 2]].tolist() == [0.0, 0.0]
    assert x.grad.numpy().imag[1] != 0.0


def test_a_filter_is_learned_through_its_transform(make: Any) -> None:
    """Convolution by the theorem: the gradient of a kernel is a correlation."""
    x, k, g = ([1.0, 2.0, 0.0, -1.0], [0.5, -1.0, 2.0, 0.0], [1.0, 3.0, -2.0, 0.5])
    signal, kernel = make(x).detach(), make(k)
    out = bp.fft.irfft(bp.fft.rfft(signal) * bp.fft.rfft(kernel), n=4)
    direct = [sum(x[(i - j) % 4] * k[j] for j in range(4)) for i in range(4)]
    np.testing.assert_allclose(out.detach().numpy(), direct, atol=1e-14)
    out.backward(make(g).detach())
    expected = [sum(g[i] * x[(i - j) % 4] for i in range(4)) for j in range(4)]
    np.testing.assert_allclose(kernel.grad.numpy(), expected, atol=1e-14)


def test_frequencies(backend: backends.Backend) -> None:
    where = {"device": backend.name}
    assert bp.fft.fftfreq(5, **where).device == backend.name
    for n in (1, 4, 5):
        for name in ("fftfreq", "rfftfreq"):
            got = getattr(bp.fft, name)(n, d=0.5, **where)
            assert got.dtype == bp.float32
            expected = getattr(np.fft, name)(n, 0.5)
            np.testing.assert_allclose(got.numpy(), expected, rtol=1e-7)
            got = getattr(bp.fft, name)(n, d=0.5, dtype=bp.float64, **where)
            np.testing.assert_array_equal(got.numpy(), expected)
            assert got.dtype == bp.float64
    bp.set_default_dtype("float64")
    assert bp.fft.rfftfreq(4, **where).dtype == bp.float64


def test_shifts_take_any_dtype(backend: backends.Backend) -> None:
    for dtype in ("int64", "bool", "complex64"):
        x = bp.asarray(np.array([0, 1, 1, 0, 1]).astype(dtype), device=backend.name)
        assert bp.fft.fftshift(x).dtype == dtype
        np.testing.assert_array_equal(bp.fft.fftshift(x).numpy(), np.fft.fftshift(x.numpy()))


def test_no_axes_leave_complex_numbers_as_they_are(backend: backends.Backend) -> None:
    z = _array((2, 3), "complex128", backend)
    np.testing.assert_array_equal(bp.fft.fftn(z, axes=()).numpy(), z.numpy())
    with pytest.raises(ValueError, match="rfftn: got no axes, wanted at least one"):
        bp.fft.rfftn(_array((), "float64", backend))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, z, i: bp.fft.fft(x.numpy()), TypeError, "fft: x is a numpy.ndarray, wanted a T"),
        (lambda x, z, i: bp.fft.fft(i), TypeError, r"fft: x is int64, wanted floating.*astype"),
        (lambda x, z, i: bp.fft.rfft(z), TypeError, "rfft: x is complex128, wanted real .* fft"),
        (lambda x, z, i: bp.fft.ihfft(z), TypeError, "ihfft: x is complex128"),
        (lambda x, z, i: bp.fft.fft(x, axis=2), IndexError, r"fft: axis: got 2, wanted -2 \.\. 1"),
        (lambda x, z, i: bp.fft.fftn(x, axes=(0, -2)), ValueError, "each axis once"),
        (lambda x, z, i: bp.fft.fft(x, n=0), ValueError, "n: got 0, wanted a number of points"),
        (lambda x, z, i: bp.fft.fftn(x, s=(2, 0), axes=(0, 1)), ValueError, "got 0 points along"),
        (lambda x, z, i: bp.fft.fftn(x, s=(2, 2)), ValueError, "without axes; say which"),
        (lambda x, z, i: bp.fft.fftn(x, s=(2,), axes=(0, 1)), ValueError, "1 lengths in s for 2"),
        (lambda x, z, i: bp.fft.fft(x, norm="both"), ValueError, "norm: got 'both', wanted 'back"),
        (lambda x, z, i: bp.fft.hfft(x, norm="both"), ValueError, "norm: got 'both', wanted 'back"),
        (lambda x, z, i: bp.fft.irfft(z[:, :1]), ValueError, "irfft: got 0 points along axis 1"),
        (lambda x, z, i: bp.fft.fft(z[:, :0]), ValueError, "fft: got 0 points along axis 1"),
        (lambda x, z, i: bp.fft.fftfreq(0), ValueError, "fftfreq: n: got 0, wanted a number of p"),
        (lambda x, z, i: bp.fft.fftfreq(2.0), ValueError, "fftfreq: n: got 2.0"),
        (lambda x, z, i: bp.fft.rfftfreq(4, d=0), ValueError, "d: got 0, wanted the distance"),
        (lambda x, z, i: bp.fft.fftfreq(4, dtype=bp.int64), TypeError, "dtype: got int64, wanted"),
        (lambda x, z, i: bp.fft.fftfreq(4, device="moon"), ValueError, "device: got 'moon'"),
        (lambda x, z, i: bp.fft.fftshift(x, axes=5), IndexError, "fftshift: axes: got 5"),
    ],
)  # fmt: skip
def test_errors(call: Any, error: Any, message: str, backend: backends.Backend) -> None:
    x, z = _array((2, 3), "float64", backend), _array((2, 3), "complex128", backend)
    i = bp.asarray(np.arange(3), device=backend.name)
    with pytest.raises(error, match=message):
        call(x, z, i)
