"""Dtypes: limits, kinds, promotion and casting."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

NAMES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
         "float32", "float64", "complex64", "complex128"]  # fmt: skip


def test_dtypes_are_numpys() -> None:
    for name in NAMES:
        assert getattr(bp, name) == np.dtype(name)
        assert bp.zeros(1, dtype=name).dtype == getattr(bp, name)


# ------------------------------------------------------------------------------ limits


def test_finfo(backend: Any) -> None:
    for dtype, kind in [
        ("float32", np.float32),
        ("float64", np.float64),
        ("complex64", np.float32),
        ("complex128", np.float64),
    ]:
        for given in (dtype, getattr(bp, dtype), bp.zeros(1, dtype=dtype, device=backend.name)):
            info = bp.finfo(given)
            values = (info.eps, info.max, info.min, info.smallest_normal, info.tiny)
            assert [type(v) for v in values] == [float] * 5
            assert info.eps == np.nextafter(kind(1), kind(2)) - kind(1)
            assert info.max == -info.min == np.nextafter(kind(math.inf), kind(0))
            assert (
                info.tiny == info.smallest_normal == 2.0 ** (-126 if kind is np.float32 else -1022)
            )
            assert (info.bits, info.dtype) == (kind(0).itemsize * 8, np.dtype(kind))
            assert type(info.bits) is int
    assert bp.finfo(float).dtype == bp.float64


def test_iinfo() -> None:
    for name in NAMES[1:9]:
        for given in (name, bp.zeros(1, dtype=name)):
            info, bits = bp.iinfo(given), int(name.lstrip("uint"))
            low = 0 if name.startswith("u") else -(2 ** (bits - 1))
            assert (info.bits, info.min, info.max) == (bits, low, low + 2**bits - 1)
            assert type(info.max) is type(info.min) is int
            assert info.dtype == np.dtype(name)


@pytest.mark.parametrize(
    ("call", "message"),
    [(lambda: bp.finfo(bp.int32), "finfo: got dtype int32, wanted a floating-point one"),
     (lambda: bp.finfo(bp.asarray(True)), "finfo: got dtype bool"),
     (lambda: bp.iinfo(bp.float32), "iinfo: got dtype float32, wanted an integer one"),
     (lambda: bp.iinfo("nonsense"), "dtype: got 'nonsense', wanted a dtype such as"),
     (lambda: bp.finfo(np.ones(2)), "finfo: x is a numpy.ndarray, wanted a Tensor"),
     (lambda: bp.finfo(None), "dtype: got None, wanted a dtype such as")],
)  # fmt: skip
def test_limits_of_what_has_none(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


# ------------------------------------------------------------------------------- kinds

KINDS = {
    "bool": NAMES[:1], "signed integer": NAMES[1:5], "unsigned integer": NAMES[5:9], "integral": NAMES[1:9],
    "real floating": NAMES[9:11], "complex floating": NAMES[11:], "numeric": NAMES[1:],
}  # fmt: skip


def test_isdtype() -> None:
    for name, (kind, members) in itertools.product(NAMES, KINDS.items()):
        assert bp.isdtype(getattr(bp, name), kind) is (name in members)
        assert bp.isdtype(getattr(bp, name), (kind, bp.int8)) is (name in members or name == "int8")
    for a, b in itertools.product(NAMES, NAMES):
        assert bp.isdtype(np.dtype(a), np.dtype(b)) is (a == b)
    assert bp.isdtype(bp.int8, ()) is False
    with pytest.raises(
        ValueError, match=r"isdtype: kind: got 'float', wanted a dtype or one of 'bool', "
    ):
        bp.isdtype(bp.float32, "float")
    with pytest.raises(
        TypeError, match=r"isdtype: dtype is a Tensor, wanted a dtype; give its \.dtype"
    ):
        bp.isdtype(bp.zeros(1), "bool")


# --------------------------------------------------------------------------- promotion


def _expected(a: str, b: str) -> str | None:
    """The standard's tables, for what they define."""
    if a == b:
        return a
    (kind_a, bits_a), (kind_b, bits_b) = (
        (n.rstrip("0123456789"), int(n.lstrip("boluintfacmpex") or 0)) for n in (a, b)
    )
    if {kind_a, kind_b} <= {"int", "uint"}:
        if kind_a == kind_b:
            return f"{kind_a}{max(bits_a, bits_b)}"
        signed, unsigned = (bits_a, bits_b) if kind_a == "int" else (bits_b, bits_a)
        return None if unsigned == 64 else f"int{max(signed, 2 * unsigned)}"
    if {kind_a, kind_b} <= {"float", "complex"}:
        width = max(bits_a // (1 + (kind_a == "complex")), bits_b // (1 + (kind_b == "complex")))
        return f"complex{2 * width}" if "complex" in (kind_a, kind_b) else f"float{width}"
    return None


def test_result_type_is_the_standards() -> None:
    checked = 0
    for a, b in itertools.product(NAMES, NAMES):
        expected = _expected(a, b)
        if expected is not None:
            checked += 1
            x = bp.zeros(2, dtype=b)
            assert bp.result_type(np.dtype(a), np.dtype(b)) == expected
            assert bp.result_type(a, x) == bp.result_type(x, a) == expected
            assert (bp.zeros(2, dtype=a) * x).dtype == expected if a != "bool" else True
            assert bp.can_cast(a, b) == (expected == b)
            assert bp.can_cast(bp.zeros(1, dtype=a), b) == (expected == b)
    assert checked == 1 + 16 + 16 + 2 * 12 + 16


def test_result_type_with_numbers() -> None:
    for name in NAMES:
        kind = np.dtype(name).kind
        assert bp.result_type(name, True) == name
        if kind != "b":
            assert (
                bp.result_type(1, name) == bp.result_type(bp.zeros(1, dtype=name), 1, True) == name
            )
        if kind in "fc":
            assert bp.result_type(name, 1.5, 2) == name
            assert bp.result_type(name, 1j) == {
                "float32": "complex64",
                "float64": "complex128",
            }.get(name, name)
    assert bp.result_type(bp.int8, bp.int16, bp.uint8) == bp.int16
    assert bp.result_type(bp.float32, 1e300) == bp.float32
    assert bp.result_type(bp.zeros(()), bp.zeros((2, 2), dtype="float64")) == bp.float64


def test_result_type_wants_a_dtype() -> None:
    for nothing in ((), (1.0,), (True, 2)):
        with pytest.raises(ValueError, match="result_type: got no Tensor and no dtype"):
            bp.result_type(*nothing)
    with pytest.raises(TypeError, match=r"result_type: x is a numpy.ndarray, wanted a Tensor"):
        bp.result_type(np.ones(2))
    with pytest.raises(TypeError, match="dtype: got None, wanted a dtype"):
        bp.result_type(None)
    with pytest.raises(TypeError, match="wanted a dtype"):
        bp.can_cast(bp.float32, None)


# ----------------------------------------------------------------------------- casting


def test_astype_copies_unless_told(backend: Any) -> None:
    x = bp.asarray([1.0, 2.0], device=backend.name)
    y = bp.astype(x, bp.float32)
    assert y is not x
    y.copy_([7.0, 7.0])
    assert x.tolist() == [1.0, 2.0]
    assert bp.astype(x, bp.float32, copy=False) is x
    assert x.astype("float32") is x
    z = bp.astype(x, bp.float64, copy=False)
    assert (z.dtype, z.device) == (bp.float64, backend.name)
    other = "strict" if backend.name == "cpu" else "cpu"
    moved = bp.astype(x, bp.int8, device=other)
    assert (moved.dtype, moved.device, moved.tolist()) == (bp.int8, other, [1, 2])
    assert bp.astype(x, bp.float32, device=backend.name, copy=False) is x


def test_astype_between_all_dtypes(backend: Any) -> None:
    for a, b in itertools.product(NAMES, NAMES):
        x = bp.asarray([0, 1], device=backend.name, dtype=a)
        if a.startswith("complex") and not b.startswith("complex") and b != "bool":
            for cast in (lambda x, b: bp.astype(x, b), lambda x, b: x.astype(b)):
                with pytest.raises(
                    TypeError, match=rf"astype: got {a} to become {b}.*backprop\.real"
                ):
                    cast(x, b)
            continue
        y = bp.astype(x, b)
        assert y.dtype == b
        assert y.numpy().tolist() == np.asarray([0, 1], dtype=b).tolist()
    assert bp.astype(bp.asarray([0j, 1j, 2 + 0j], device=backend.name), bool).tolist() == [
        False,
        True,
        True,
    ]
    assert bp.astype(bp.asarray([0.5, math.nan, -0.0], device=backend.name), bool).tolist() == [
        True,
        True,
        False,
    ]


def test_astype_carries_gradients_between_floating_point_dtypes(backend: Any) -> None:
    for a, b in itertools.product(NAMES[9:], NAMES[9:]):
        if a.startswith("complex") and b.startswith("float"):
            continue
        x = bp.asarray([1.0, 2.0], device=backend.name, dtype=a).requires_grad_()
        y = bp.astype(x, b)
        (abs(y) ** 2).sum().backward()
        assert x.grad.dtype == a
        assert x.grad.tolist() == [2.0, 4.0]
    for b in NAMES[:9]:
        assert not bp.astype(bp.ones(2, device=backend.name).requires_grad_(), b).requires_grad


def test_astype_to_complex_is_differentiable_twice(backend: Any) -> None:
    x = bp.asarray(np.array([0.3, -1.2]), device=backend.name)
    assert bp.gradcheck(lambda v: abs(bp.astype(v, bp.complex128) + 1j).sum(), [x], order=2)
    assert bp.gradcheck(
        lambda v: bp.real(bp.astype(v, bp.complex128) ** 2 * 1j * v).sum(), [x], order=2
    )


def test_astype_of_what_is_no_tensor() -> None:
    with pytest.raises(TypeError, match=r"astype: x is a numpy.ndarray, wanted a Tensor"):
        bp.astype(np.ones(2), bp.float32)
    with pytest.raises(TypeError, match="dtype: got None, wanted a dtype"):
        bp.astype(bp.ones(2), None)
