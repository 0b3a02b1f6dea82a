"""New arrays: what asarray takes and makes of it, and the functions that fill arrays."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import array
import collections
import fractions
import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

# ----------------------------------------------------------------- asarray: numbers


@pytest.mark.parametrize(
    ("obj", "dtype"),
    [(True, "bool"), ([True, 1], "int64"), ([True, 1.5], "float32"), ([1, 2.5, 1j], "complex64"),
     (((1, 2), (3, 4)), "int64"), (collections.deque([1.0]), "float32"), (range(3), "int64"), ([[]], "float32"),
     (2**63 - 1, "int64"), (-(2**63), "int64")],
)  # fmt: skip
def test_numbers_get_the_default_dtype_of_their_kind(obj: Any, dtype: str) -> None:
    x = bp.asarray(obj)
    assert x.dtype == dtype
    assert x.tolist() == np.asarray(obj).tolist()


def test_default_dtype_rules_the_complex_one_too() -> None:
    bp.set_default_dtype(bp.float64)
    assert bp.asarray(1j).dtype == bp.complex128
    assert bp.full((), 1j).dtype == bp.complex128
    assert bp.linspace(0, 1j, 2).dtype == bp.complex128


@pytest.mark.parametrize(
    ("obj", "dtype"),
    [(2**63, None), ([1, 2**64], None), ([2**63, -1], None), (-(2**63) - 1, None), (300, "int8"), ([1, -1], "uint8"),
     (2**64, "uint64"), (2**31, "int32"), (10**400, "float64")],
)  # fmt: skip
def test_integers_that_do_not_fit(obj: Any, dtype: Any) -> None:
    with pytest.raises(OverflowError, match="too large"):
        bp.asarray(obj, dtype=dtype)


def test_large_integers_that_fit() -> None:
    assert bp.asarray(2**64 - 1, dtype=bp.uint64).tolist() == 2**64 - 1
    assert bp.asarray([2**64, 1], dtype=bp.float64).tolist() == [2.0**64, 1.0]
    assert bp.asarray([2**63, 1.5]).tolist() == [2.0**63, 1.5]
    both = [0, 2**63 + 1, 2**64 - 1]  # which NumPy takes for floating-point numbers
    assert bp.asarray(both, dtype=bp.uint64).tolist() == both
    assert bp.asarray([[0], [2**63]], dtype="float32").dtype == bp.float32
    assert bp.asarray([True, 2**63], dtype=bool).tolist() == [True, True]
    assert bp.asarray([1e300, 1], dtype="float64").tolist() == [1e300, 1.0]
    assert bp.asarray(-128, dtype="int8").tolist() == -128


def test_complex_numbers_are_not_cut() -> None:
    for obj in ([1j], np.ones(1, dtype=complex), bp.asarray([1j])):
        with pytest.raises(TypeError, match=r"complex"):
            bp.asarray(obj, dtype="float32")
    assert bp.asarray([0j, 1j], dtype=bool).tolist() == [False, True]


# ------------------------------------------------------- asarray: arrays and buffers


def test_buffers_keep_their_dtype_and_share_memory() -> None:
    numbers = array.array("d", [1.0, 2.0])
    raw = bytearray(b"\x01\x02")
    x, y = bp.asarray(numbers), bp.asarray(raw)
    assert (x.dtype, y.dtype) == (bp.float64, bp.uint8)
    numbers[0], raw[0] = 5.0, 7
    assert (x.tolist(), y.tolist()) == ([5.0, 2.0], [7, 2])
    assert bp.asarray(memoryview(numbers), copy=False).tolist() == [5.0, 2.0]
    assert bp.asarray(b"\x01\x02").tolist() == [1, 2]
    assert bp.asarray(np.float16(2.5), dtype="float32").item() == 2.5


def test_subclasses_of_arrays() -> None:
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    assert (bp.asarray(matrix) * bp.asarray(matrix)).tolist() == [[1.0, 4.0], [9.0, 16.0]]
    with pytest.raises(TypeError, match=r"masked array.*filled"):
        bp.asarray(np.ma.masked_array([1.0, 2.0], [True, False]))


def test_other_libraries_arrays() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.tensor([1.0, 2.0])
    ours = bp.asarray(theirs)
    theirs[0] = 5.0
    assert ours.tolist() == [5.0, 2.0]
    with pytest.raises(RuntimeError, match="detach"):
        bp.asarray(theirs.requires_grad_())


def test_tensors_in_lists(make: Any) -> None:
    x = make([1.0, 2.0]).detach()
    assert bp.asarray([x, x * 2]).tolist() == [[1.0, 2.0], [2.0, 4.0]]
    assert bp.asarray([x, x]).dtype == bp.float64
    assert bp.asarray([[x[0], 2.0], [3.0, x[1]]]).dtype == bp.float64
    assert bp.asarray([[make(1.0, "float32").detach(), 2.0]]).dtype == bp.float32
    assert bp.asarray([make(1.0, "float32").detach(), 2j]).dtype == bp.complex64
    assert bp.asarray([make(np.array(3)), 2.5]).dtype == bp.float32
    with pytest.raises(ValueError, match=r"require a gradient.*backprop\.stack"):
        bp.asarray([[make(1.0)]])


def test_copy(backend: Any) -> None:
    x = bp.asarray([1.0, 2.0], device=backend.name)
    assert bp.asarray(x) is bp.asarray(x, copy=False) is x
    assert bp.asarray(x, dtype="float32", device=backend.name, copy=False) is x
    other = bp.asarray(x, copy=True)
    other.copy_([7.0, 8.0])
    assert x.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="copy: got False, but casting to float64"):
        bp.asarray(x, dtype="float64", copy=False)
    with pytest.raises(ValueError, match="copy: got False, but moving to"):
        bp.asarray(x, device="strict" if backend.name == "cpu" else "cpu", copy=False)
    for bare in (1.0, [1.0], range(2)):
        with pytest.raises(ValueError, match="copy: got False, but a"):
            bp.asarray(bare, copy=False)
    with pytest.raises(ValueError, match="casting float64 to"):
        bp.asarray(np.ones(2), dtype="float32", copy=False)


def test_copy_true_copies_once_and_none_shares() -> None:
    a = np.zeros(2)
    for copy, shared in [(None, True), (False, True), (True, False)]:
        assert np.shares_memory(bp.asarray(a, copy=copy).numpy(), a) == shared
    assert not np.shares_memory(bp.asarray(a, dtype="float32", copy=True).numpy(), a)


@pytest.mark.parametrize(
    "dtype", ["object", "str", "datetime64", "M8[D]", "nonsense", 3, type(None)]
)
def test_dtypes_that_are_none(dtype: Any) -> None:
    for make in (bp.zeros, bp.asarray):
        with pytest.raises(
            TypeError, match=r"dtype: got .*, wanted a dtype such as backprop.float32"
        ):
            make(2, dtype=dtype)


def test_devices_that_are_none() -> None:
    for call in (lambda d: bp.zeros(2, device=d), lambda d: bp.asarray([1.0], device=d),
                 lambda d: bp.ones(2).to_device(d), lambda d: bp.zeros_like(bp.ones(2), device=d),
                 lambda d: bp.astype(bp.ones(2), "int8", device=d)):  # fmt: skip
        with pytest.raises(ValueError, match="device: got 'nowhere', wanted 'auto', 'cpu'"):
            call("nowhere")
        with pytest.raises(TypeError, match="device: got 7, wanted a string"):
            call(7)


# ------------------------------------------------------------------- filled arrays


def test_shapes_may_be_numpys_integers_and_tensors(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    for shape in (np.int64(2), (np.int32(2),), [2], bp.asarray(2, **where), (bp.asarray(2),)):
        for f in (bp.zeros, bp.ones, bp.empty, lambda s, **kw: bp.full(s, 1, **kw)):
            assert f(shape, **where).shape == (2,)
    assert bp.eye(np.int64(2), k=np.int64(1), **where).shape == (2, 2)
    assert bp.linspace(0, 1, np.int64(3), **where).shape == (3,)
    assert bp.arange(np.int64(3), **where).dtype == bp.int64
    assert bp.arange(np.float32(3), **where).dtype == bp.float32


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_bad_shapes(name: str) -> None:
    f = getattr(bp, name)
    for bad in (-1, (2, -1)):
        with pytest.raises(
            ValueError, match=rf"{name}: shape: got .*-1.*, wanted sizes of 0 or more"
        ):
            f(bad)
    for bad in (2.5, "2", (2, 2.0), None, bp.ones(2)):
        with pytest.raises(TypeError, match=rf"{name}: shape: got .*, wanted an integer"):
            f(bad)


def test_full(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    for value, dtype in [(True, "bool"), (2, "int64"), (0.5, "float32"), (1j, "complex64"),
                         (np.float32(0.5), "float32"), (fractions.Fraction(1, 2), "float32")]:  # fmt: skip
        x = bp.full((2,), value, **where)
        assert (x.dtype, x.device, x.tolist()) == (
            bp.asarray(0, dtype=dtype).dtype,
            backend.name,
            [value] * 2,
        )
    assert bp.full((), 2, dtype="complex64", **where).item() == 2 + 0j
    for shape in ((), (2,)):  # a zero keeps its sign
        assert np.signbit(bp.full(shape, -0.0, **where).numpy()).all()
        assert np.signbit(bp.full(shape, complex(-0.0, 0.0), **where).numpy().real).all()
    assert math.copysign(1.0, bp.asarray(-0.0, **where).item()) == -1.0
    for bad in ("x", None, [1], bp.ones(1), np.ones(1)):
        with pytest.raises(TypeError, match=r"full: fill_value: got .*, wanted a number"):
            bp.full((2,), bad)
    with pytest.raises(TypeError, match="fill_value: got 1j, wanted a real number for float32"):
        bp.full((2,), 1j, dtype="float32")
    with pytest.raises(OverflowError, match="full: fill_value: got 300, too large for int8"):
        bp.full((2,), 300, dtype="int8", **where)


def test_full_of_a_tensor(backend: Any) -> None:
    t = bp.asarray(2.0, dtype="float64", device=backend.name, requires_grad=True)
    for x in (bp.full((2, 3), t), bp.full_like(bp.zeros((2, 3), device=backend.name), t)):
        assert (x.shape, x.device, x.tolist()) == ((2, 3), backend.name, [[2.0] * 3] * 2)
    assert bp.full(2, t).dtype == bp.float64
    assert bp.full(2, t, dtype="float32").dtype == bp.float32
    assert bp.full_like(bp.zeros(2, device=backend.name), t).dtype == bp.float32
    assert bp.full(2, t, device="cpu").device == "cpu"
    bp.full((2, 3), t).sum().backward()
    assert (t.grad.item(), t.grad.dtype) == (6.0, bp.float64)

    def cubes(t: bp.Tensor) -> bp.Tensor:
        return (bp.full((2, 3), t) ** 3).sum()

    def likes(t: bp.Tensor) -> bp.Tensor:
        return (bp.full_like(bp.zeros(4, device=t.device), t, dtype="float64") ** 3).sum()

    assert bp.hessian(cubes)(t.detach()).item() == 72.0  # 6 elements, 6 t each
    assert bp.gradcheck(likes, [t.detach()], order=2)


def test_full_of_a_tensor_is_an_array_of_its_own(backend: Any) -> None:
    t = bp.asarray(2.0, device=backend.name)
    x = bp.full((), t)
    x.copy_(5.0)
    assert t.item() == 2.0
    y = bp.full(2, t)
    y[0] = 7.0
    assert y.tolist() == [7.0, 2.0]
    assert bp.full(2, bp.asarray(3, device=backend.name)).dtype == bp.int64
    with pytest.raises(TypeError, match="complex"):
        bp.full(2, bp.asarray(1j), dtype="float32")


def test_likes(backend: Any) -> None:
    x = bp.ones((2, 1), dtype="complex64", device=backend.name)
    for f in (bp.zeros_like, bp.ones_like, bp.empty_like, lambda x, **kw: bp.full_like(x, 2, **kw)):
        y = f(x)
        assert (y.shape, y.dtype, y.device) == ((2, 1), bp.complex64, backend.name)
        assert f(x, dtype="int8").dtype == bp.int8
        assert f(x, device="cpu").device == "cpu"
        with pytest.raises(TypeError, match=r"_like: x is a .*ndarray, wanted a Tensor"):
            f(np.ones(2))
    assert bp.ones_like(bp.asarray(True)).item() is True


def test_arange(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    assert bp.arange(5, 0, -2, **where).tolist() == [5, 3, 1]
    assert bp.arange(2, 1, **where).shape == (0,)
    assert bp.arange(0, 3, dtype="float64", **where).tolist() == [0.0, 1.0, 2.0]
    assert bp.arange(3, step=2, **where).tolist() == [0, 2]
    assert bp.arange(True, **where).dtype == bp.int64
    with pytest.raises(ValueError, match="arange: step: got 0"):
        bp.arange(0, 1, 0)
    with pytest.raises(TypeError, match="arange: stop: got 'x', wanted a number"):
        bp.arange(0, "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="arange: start: got Tensor, wanted a number"):
        bp.arange(bp.ones(2), 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"arange: got .*wanted real numbers"):
        bp.arange(1j)  # type: ignore[arg-type]


def test_linspace(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    assert bp.linspace(0, 1j, 3, **where).tolist() == [0j, 0.5j, 1j]
    assert bp.linspace(0, 1, 0, **where).shape == (0,)
    assert bp.linspace(1, 1, 1, dtype="float64", **where).dtype == bp.float64
    with pytest.raises(ValueError, match="linspace: num: got -1, wanted 0 or more"):
        bp.linspace(0, 1, -1)
    with pytest.raises(TypeError, match=r"linspace: num: got 2\.0, wanted an integer"):
        bp.linspace(0, 1, 2.0)  # type: ignore[arg-type]


ENDS = [(0.0, 1.0), (-1.3, 2.7), (2.7, -1.3), (0.1, 0.1), (1e-300, 1e300), (0.0, np.inf)]


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_linspace_between_tensors_is_the_one_between_numbers(
    endpoint: bool, dtype: str, backend: Any
) -> None:
    where: dict[str, Any] = {"device": backend.name, "dtype": dtype}
    with np.errstate(all="ignore"):
        for start, stop in [tuple(bp.asarray(e, **where) for e in ends) for ends in ENDS]:
            for num in (0, 1, 2, 3, 7, 50):
                a, b = start.item(), stop.item()
                if num == 1 and np.isinf(b):
                    continue  # start or NaN: it depends on the library
                expected = bp.linspace(a, b, num, endpoint=endpoint, **where)
                for ends in ((start, stop), (start, b), (a, stop)):
                    got = bp.linspace(*ends, num, endpoint=endpoint)
                    assert (got.dtype, got.device) == (expected.dtype, backend.name)
                    np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_linspace_between_tensors_says_where_and_of_what(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    half, whole = bp.asarray(0.5, dtype="float64", **where), bp.asarray(3, **where)
    assert bp.linspace(half, whole, 3).dtype == bp.float64
    assert bp.linspace(whole, 4.0, 3).dtype == bp.float32  # the default
    assert bp.linspace(whole, whole, 1, dtype="float64").dtype == bp.float64
    assert bp.linspace(-half, 3.0, 4, dtype="int64").tolist() == [-1, 0, 1, 3]
    assert bp.linspace(half, 1j, 3).tolist() == [0.5, 0.25 + 0.5j, 1j]
    assert bp.linspace(bp.asarray(1j, **where), 0, 2).dtype == bp.complex64
    other = "strict" if backend.name == "cpu" else "cpu"
    assert bp.linspace(half, 1, 2, device=other).device == other
    with pytest.raises(ValueError, match="so that all are together"):
        bp.linspace(half, bp.asarray(1.0, device=other), 2)
    with pytest.raises(TypeError, match="linspace: stop: got Tensor, wanted a number"):
        bp.linspace(half, bp.ones(2, **where), 3)
    with pytest.raises(ValueError, match="linspace: num: got -1, wanted 0 or more"):
        bp.linspace(half, whole, -1)
    with pytest.raises(TypeError, match="linspace: got complex ends, wanted real ones for float32"):
        bp.linspace(half, 1j, 3, dtype="float32")


@pytest.mark.parametrize("endpoint", [True, False])
def test_linspace_is_differentiable_in_its_ends(endpoint: bool, backend: Any) -> None:
    """Element k of n is start + (stop - start) k / steps."""
    ends = [bp.asarray(e, dtype="float64", device=backend.name) for e in (0.5, 2.0)]
    start, stop = (e.requires_grad_() for e in ends)
    weights = np.asarray([3.0, -1.0, 2.0, 5.0])
    out = bp.linspace(start, stop, 4, endpoint=endpoint)
    (out * bp.asarray(weights, device=backend.name)).sum().backward()
    share = np.arange(4) / (3 if endpoint else 4)
    np.testing.assert_allclose(start.grad.item(), weights @ (1 - share), rtol=1e-14)
    np.testing.assert_allclose(stop.grad.item(), weights @ share, rtol=1e-14)
    for num in (1, 2, 5):
        assert bp.gradcheck(
            lambda a, b, num=num: bp.linspace(a, b, num, endpoint=endpoint) ** 3,
            [e.detach() for e in ends], order=2,
        )  # fmt: skip
    single = bp.asarray(0.5, dtype="float32", device=backend.name, requires_grad=True)
    bp.linspace(single, 1.0, 3).sum().backward()
    assert (single.grad.item(), single.grad.dtype) == (1.5, bp.float32)


def test_eye(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    for k in (-(10**30), -3, -2, -1, 0, 1, 2, 3, 10**30):
        expected = np.eye(2, 3, k=max(-3, min(k, 4)))
        np.testing.assert_array_equal(bp.eye(2, 3, k=k, **where).numpy(), expected)
    with pytest.raises(ValueError, match="eye: size: got"):
        bp.eye(-1)
    with pytest.raises(TypeError, match=r"eye: k: got 0\.5, wanted an integer"):
        bp.eye(2, k=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["tril", "triu"])
def test_triangles(name: str, backend: Any) -> None:
    a = np.arange(1.0, 25.0).reshape(2, 3, 4)
    x, f = bp.asarray(a, device=backend.name), getattr(bp, name)
    for k in range(-5, 6):
        np.testing.assert_array_equal(f(x, k=k).numpy(), getattr(np, name)(a, k))
        np.testing.assert_array_equal(getattr(x, name)(k).numpy(), getattr(np, name)(a, k))
    assert f(x, k=10**30).tolist() == f(x, k=5).tolist()
    assert f(bp.asarray([[True, True], [True, True]])).dtype == bp.bool
    for bad in (bp.ones(3), bp.asarray(1.0)):
        with pytest.raises(ValueError, match=rf"{name}: x: got shape \(.*\), wanted matrices"):
            f(bad)
    infinite = bp.asarray([[1.0, np.inf], [np.inf, 1.0]], device=backend.name)
    assert np.isfinite(f(infinite, k=-5 if name == "tril" else 5).numpy()).all()


def test_meshgrid(backend: Any) -> None:
    x, y, z = (bp.arange(n, device=backend.name) for n in (2, 3, 4))
    for indexing in ("xy", "ij"):
        got = bp.meshgrid(x, y, z, indexing=indexing)
        expected = np.meshgrid(x.numpy(), y.numpy(), z.numpy(), indexing=indexing)
        assert isinstance(got, tuple)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a.numpy(), b)
    assert bp.meshgrid() == ()
    assert bp.meshgrid(x)[0].tolist() == [0, 1]
    with pytest.raises(ValueError, match="indexing: got 'yx', wanted 'xy' or 'ij'"):
        bp.meshgrid(x, y, indexing="yx")
    with pytest.raises(ValueError, match=r"arrays: got shape \(2, 2\)"):
        bp.meshgrid(bp.ones((2, 2)), y)
    with pytest.raises(TypeError, match="meshgrid: arrays is a list, wanted a Tensor"):
        bp.meshgrid([1, 2])  # type: ignore[arg-type]


def test_new_arrays_are_on_the_default_device() -> None:
    with bp.device("strict"):
        for x in (bp.zeros(1), bp.full(1, 2), bp.arange(2), bp.linspace(0, 1, 2), bp.eye(1), bp.empty(1),
                  bp.asarray(b"\x01")):  # fmt: skip
            assert x.device == "strict"
        assert bp.zeros(1, device=bp.device("cpu")).device == "cpu"
        assert bp.zeros(1, device=bp.ones(1, device="cpu").device).device == "cpu"
