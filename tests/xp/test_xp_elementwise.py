"""Elementwise functions and operators: what they take, what they refuse, and special values.

Values and derivatives at ordinary numbers are checked by the records in `tests/core`.
"""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import inspect
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backprop.autodiff import gradients

INF, NAN = math.inf, math.nan

UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bitwise_invert", "ceil", "conj",
    "cos", "cosh", "exp", "expm1", "floor", "imag", "isfinite", "isinf", "isnan", "log",
    "log1p", "log2", "log10", "logical_not", "negative", "positive", "real", "reciprocal",
    "round", "sign", "signbit", "sin", "sinh", "square", "sqrt", "tan", "tanh", "trunc",
]  # fmt: skip
BINARY = [
    "add", "atan2", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "copysign", "divide", "equal", "floor_divide", "greater", "greater_equal",
    "hypot", "less", "less_equal", "logaddexp", "logical_and", "logical_or", "logical_xor",
    "maximum", "minimum", "multiply", "nextafter", "not_equal", "pow", "remainder", "subtract",
]  # fmt: skip
SHIFTS = {"bitwise_left_shift", "bitwise_right_shift"}
BITS = SHIFTS | {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_invert"}
LOGIC = {"logical_and", "logical_or", "logical_xor", "logical_not"}


def operand(name: str, seed: int = 0) -> np.ndarray:
    """Three numbers the function is defined for."""
    rng = np.random.default_rng(seed)
    if name in BITS:
        return rng.integers(1, 7, 3)
    if name in LOGIC:
        return rng.integers(0, 2, 3).astype(bool)
    if name == "imag":
        return rng.uniform(1.1, 2.0, 3) * 1j
    return rng.uniform(1.1, 2.0, 3) / (3.0 if name in ("acos", "asin", "atanh") else 1.0)


def host(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, bp.Tensor) else x


# ------------------------------------------------------------------------ signatures


@pytest.mark.parametrize("name", [*UNARY, *BINARY, "clip", "where"])
def test_signatures_are_the_standards(name: str) -> None:
    strict = backends.get("strict").xp
    ours, theirs = (inspect.signature(getattr(m, name)).parameters.values() for m in (bp, strict))
    assert [(p.name, p.kind, p.default) for p in ours] == [
        (p.name, p.kind, p.default) for p in theirs
    ]


# ------------------------------------------------------------- Tensors and Python numbers


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number_want_a_tensor(name: str) -> None:
    function = getattr(bp, name)
    x = operand(name)
    assert isinstance(function(bp.asarray(x)), bp.Tensor)
    for wrong, kind in [(x, "numpy.ndarray"), (1.0, "float"), ([1.0], "list"), (None, "NoneType")]:
        with pytest.raises(TypeError, match=rf"^{name}: x is a {kind}, wanted a Tensor; wrap it"):
            function(wrong)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_want_a_tensor_and_no_foreign_array(name: str) -> None:
    function, x = getattr(bp, name), operand(name)
    for wrong, kind in [(x, "numpy.ndarray"), ([1], "list"), (None, "NoneType"), ("1", "str")]:
        with pytest.raises(TypeError, match=rf"^{name}: x2 is a {kind}, wanted a Tensor or a Py"):
            function(bp.asarray(x), wrong)
        with pytest.raises(TypeError, match=rf"^{name}: x1 is a {kind}, wanted a Tensor or a Py"):
            function(wrong, bp.asarray(x))
    number = x[0].item()
    with pytest.raises(TypeError, match=rf"^{name}: x1 and x2 are both Python numbers, wanted at"):
        function(number, number)


@pytest.mark.parametrize("name", BINARY)
def test_one_operand_may_be_a_python_number(name: str, backend: backends.Backend) -> None:
    """It takes the array's dtype, on either side."""
    function = getattr(bp, name)
    dtype = "int32" if name in BITS else "bool" if name in LOGIC else "float32"
    array = operand(name).astype(dtype)
    x, number = bp.asarray(array, device=backend.name), operand(name, 1)[0].item()
    same = bp.asarray(np.full(3, number, dtype), device=backend.name)
    for with_number, with_array in [
        (function(x, number), function(x, same)), (function(number, x), function(same, x)),
    ]:  # fmt: skip
        assert with_number.dtype == with_array.dtype
        np.testing.assert_allclose(host(with_number), host(with_array), rtol=1e-6)


def test_where_and_clip_refuse_what_they_cannot_use() -> None:
    x = bp.asarray([1.0, 2.0])
    with pytest.raises(TypeError, match=r"where: condition has dtype float32, wanted truth values"):
        bp.where(x, x, 0.0)
    with pytest.raises(TypeError, match="where: condition is a bool, wanted a Tensor"):
        bp.where(True, x, 0.0)
    with pytest.raises(TypeError, match=r"where: x1 and x2 are both Python numbers"):
        bp.where(x > 1, 1.0, 0.0)
    with pytest.raises(TypeError, match=r"where: x2 is a numpy.ndarray"):
        bp.where(x > 1, x, np.zeros(2))
    with pytest.raises(TypeError, match=r"clip: max is a numpy.ndarray, wanted a Tensor or a Pyth"):
        bp.clip(x, 0.0, np.ones(2))
    with pytest.raises(TypeError, match=r"clip: x is a list, wanted a Tensor"):
        bp.clip([1.0], 0.0, 1.0)


# --------------------------------------------------------------------------- operators

OPERATORS: dict[str, tuple[Callable[..., Any], str]] = {
    "+": (operator.add, "add"), "-": (operator.sub, "subtract"), "*": (operator.mul, "multiply"),
    "/": (operator.truediv, "divide"), "//": (operator.floordiv, "floor_divide"),
    "%": (operator.mod, "remainder"), "**": (operator.pow, "pow"), "&": (operator.and_, "bitwise_and"),
    "|": (operator.or_, "bitwise_or"), "^": (operator.xor, "bitwise_xor"),
    "<<": (operator.lshift, "bitwise_left_shift"), ">>": (operator.rshift, "bitwise_right_shift"),
    "==": (operator.eq, "equal"), "!=": (operator.ne, "not_equal"), "<": (operator.lt, "less"),
    "<=": (operator.le, "less_equal"), ">": (operator.gt, "greater"), ">=": (operator.ge, "greater_equal"),
}  # fmt: skip
IN_PLACE = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv,
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow, "&": operator.iand,
    "|": operator.ior, "^": operator.ixor, "<<": operator.ilshift, ">>": operator.irshift,
}  # fmt: skip


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_are_the_functions(symbol: str, backend: backends.Backend) -> None:
    operation, name = OPERATORS[symbol]
    x, y = (bp.asarray(operand(name, seed), device=backend.name) for seed in (0, 1))
    number = operand(name, 2)[0].item()
    for a, b in [(x, y), (x, number), (number, x)]:
        got, expected = operation(a, b), getattr(bp, name)(a, b)
        assert isinstance(got, bp.Tensor)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(host(got), host(expected))
        np.testing.assert_allclose(host(got), operation(host(a), host(b)), rtol=1e-15)


@pytest.mark.parametrize("symbol", IN_PLACE)
def test_in_place_forms_make_new_tensors(symbol: str) -> None:
    """The name on the left is bound to the result; other names of the old tensor keep it."""
    operation, name = OPERATORS[symbol]
    x, y = bp.asarray(operand(name)), bp.asarray(operand(name, 1))
    before = x.numpy().copy()
    got = IN_PLACE[symbol](x, y)
    assert got is not x
    np.testing.assert_array_equal(x.numpy(), before)
    np.testing.assert_array_equal(got.numpy(), operation(before, y.numpy()))


def test_operators_of_one(backend: backends.Backend) -> None:
    x = bp.asarray(np.array([1.5, -2.0]), device=backend.name)
    assert (-x).tolist() == [-1.5, 2.0]
    assert (+x).tolist() == [1.5, -2.0]
    assert abs(x).tolist() == [1.5, 2.0]
    assert (~bp.asarray(np.array([0, 5, -1]), device=backend.name)).tolist() == [-1, -6, 0]
    assert (~bp.asarray(np.array([True, False]), device=backend.name)).tolist() == [False, True]


def test_truth_values_have_bitwise_operators(backend: backends.Backend) -> None:
    a = bp.asarray(np.array([True, True, False, False]), device=backend.name)
    b = bp.asarray(np.array([True, False, True, False]), device=backend.name)
    for got, expected in [
        (a & b, [1, 0, 0, 0]), (a | b, [1, 1, 1, 0]), (a ^ b, [0, 1, 1, 0]), (a & True, [1, 1, 0, 0]),
        (True ^ a, [0, 0, 1, 1]), (False | b, [1, 0, 1, 0]),
    ]:  # fmt: skip
        assert got.dtype == bp.bool
        assert got.tolist() == [bool(v) for v in expected]


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_refuse_foreign_operands(symbol: str) -> None:
    operation, name = OPERATORS[symbol]
    x, array = bp.asarray(operand(name)), operand(name)
    for a, b in [(x, array), (array, x), (x, [1])]:
        with pytest.raises(TypeError, match="wanted a Tensor or a Python number; wrap it first"):
            operation(a, b)


# ------------------------------------------------------------------- kinds of numbers


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, n, t, z: x & x, r"bitwise_and, &: got float32, wanted truth values or integers"),
        (lambda x, n, t, z: n | 1.0, r"bitwise_or, \|: got int64 and float, wanted truth values or in"),
        (lambda x, n, t, z: t & 1, "bitwise_and, &: got bool and int, wanted .*, not one of each"),
        (lambda x, n, t, z: n ^ True, r"bitwise_xor, \^: got int64 and bool, wanted .*, not one of"),
        (lambda x, n, t, z: t | n, r"bitwise_or, \|: got bool and int64, wanted .*, not one of each"),
        (lambda x, n, t, z: ~x, "bitwise_invert, ~: got float32, wanted truth values or integers"),
        (lambda x, n, t, z: t << 1, "bitwise_left_shift, <<: got bool and int, wanted integers"),
        (lambda x, n, t, z: 1.0 >> n, "bitwise_right_shift, >>: got float and int64, wanted integers"),
        (lambda x, n, t, z: z < z, "less, <: got complex64, wanted real numbers, which have an order"),
        (lambda x, n, t, z: x >= 1j, "greater_equal, >=: got float32 and complex, wanted real numbers"),
        (lambda x, n, t, z: bp.maximum(x, z), "maximum: got float32 and complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.clip(z, 0.0), "clip: got complex64 and float, wanted real numbers"),
        (lambda x, n, t, z: bp.logical_and(t, n), "logical_and: got bool and int64, wanted truth values"),
        (lambda x, n, t, z: bp.logical_not(x), "logical_not: got float32, wanted truth values; compare"),
        (lambda x, n, t, z: z // 2, "floor_divide: got complex64 and int, wanted real numbers; take a"),
        (lambda x, n, t, z: x % z, "remainder: got float32 and complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.floor(z), "floor: got complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.trunc(z), "trunc: got complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.ceil(z), "ceil: got complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.signbit(z), "signbit: got complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.atan2(z, x), "atan2: got complex64 and float32, wanted real numbers"),
        (lambda x, n, t, z: bp.hypot(x, 1j), "hypot: got float32 and complex, wanted real numbers"),
        (lambda x, n, t, z: bp.logaddexp(z, z), "logaddexp: got complex64, wanted real numbers"),
        (lambda x, n, t, z: bp.copysign(z, x), "copysign: got complex64 and float32, wanted real"),
        (lambda x, n, t, z: bp.nextafter(z, z), "nextafter: got complex64, wanted real numbers"),
    ],
)  # fmt: skip
def test_kinds_that_make_no_sense(call: Any, message: str, backend: backends.Backend) -> None:
    arrays = [
        np.array([1.0], "float32"),
        np.array([1]),
        np.array([True]),
        np.array([1j], "complex64"),
    ]
    with pytest.raises(TypeError, match=message):
        call(*[bp.asarray(a, device=backend.name) for a in arrays])


def test_a_number_that_does_not_fit_the_dtype() -> None:
    small = bp.asarray(np.array([1, 2], dtype="uint8"))
    for operation in (
        lambda: small & 300,
        lambda: small | -1,
        lambda: 256 ^ small,
        lambda: small + 256,
    ):
        with pytest.raises(OverflowError, match="out of bounds for uint8"):
            operation()


def test_shapes_that_do_not_fit() -> None:
    says = r"atan2: x has shape \(2,\), y has shape \(3,\): wanted shapes that broadcast"
    with pytest.raises(ValueError, match=says):
        bp.atan2(bp.ones(2), bp.ones(3))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_rounding_keeps_integers(dtype: str, backend: backends.Backend) -> None:
    x = bp.asarray(np.array([0, 1, 100], dtype=dtype), device=backend.name)
    for function in (
        bp.ceil,
        bp.floor,
        bp.round,
        bp.trunc,
        bp.abs,
        bp.sign,
        bp.square,
        bp.conj,
        bp.real,
    ):
        if function is bp.square and dtype != "int64":
            continue
        out = function(x)
        assert out.dtype == dtype
        expected = (
            [0, 1, 1]
            if function is bp.sign
            else [0, 1, 10000]
            if function is bp.square
            else x.tolist()
        )
        assert out.tolist() == expected
    assert (x // 7).dtype == (x % 7).dtype == dtype
    assert (x // 7).tolist() == [0, 0, 14]
    assert (x % 7).tolist() == [0, 1, 2]


# ---------------------------------------------------------------------- special values


def same(got: Any, expected: Any) -> None:
    """Equal to the sign of a zero."""
    got = np.asarray(got)
    np.testing.assert_array_equal(got, expected)
    for part in (np.real, np.imag):
        g, e = part(got), part(np.asarray(expected))
        there = ~np.isnan(e)
        np.testing.assert_array_equal(np.signbit(g)[there], np.signbit(e)[there])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floor_division_by_and_of_infinities(dtype: str) -> None:
    """As floor(x1 / x2), where NumPy's has NaN or -1; without a warning. Beside it ordinary ones."""
    for a, b, expected in [
        (INF, 2.0, INF), (INF, -2.0, -INF), (-INF, 2.0, -INF), (-INF, -2.0, INF),
        (3.0, INF, 0.0), (3.0, -INF, -0.0), (-3.0, INF, -0.0), (-3.0, -INF, 0.0),
        (0.0, INF, 0.0), (-0.0, INF, -0.0), (0.0, -INF, -0.0), (NAN, INF, NAN), (INF, NAN, NAN),
        (7.0, 2.0, 3.0), (-7.0, 2.0, -4.0), (1.0, 0.1, 9.0), (-0.0, 2.0, -0.0),
    ]:  # fmt: skip
        x, y = bp.asarray(np.array([a, 7.0], dtype)), bp.asarray(np.array([b, 2.0], dtype))
        if (a, b) == (1.0, 0.1) and dtype == "float32":
            continue
        for out in (x // y, bp.floor_divide(x, y), x // b, (a // y)):
            assert out.dtype == dtype
            same(out.numpy()[0], np.array(expected, dtype))
        assert (x // y).tolist()[1] == 3.0
        same((bp.asarray(np.array(a, dtype)) // b).numpy(), np.array(expected, dtype))
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert math.isnan((bp.asarray(np.array(INF)) // INF).item())
    assert (bp.asarray(np.array([7, -7])) // INF).tolist() == [0.0, -0.0]
    assert (5 // bp.asarray(np.array([2, -2]))).tolist() == [2, -3]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_special_values(dtype: str) -> None:
    """Where NumPy has another sign or NaN; each beside an ordinary number, which is not touched."""

    def c(a: float, b: float) -> complex:
        return complex(a, b)

    cases = {
        "tanh": [
            (c(INF, 1), c(1, 0)), (c(INF, 2), c(1, 0)), (c(INF, 3), c(1, 0)), (c(INF, -2), c(1, -0.0)),
            (c(-INF, 2), c(-1, 0)), (c(-INF, -2), c(-1, -0.0)), (c(INF, INF), c(1, 0)), (c(0, 0), c(0, 0)),
        ],
        "expm1": [
            (c(INF, 0), c(INF, 0)), (c(INF, -0.0), c(INF, -0.0)), (c(-INF, 0), c(-1, 0)),
            (c(-INF, 2), c(-1, 0)), (c(-INF, -2), c(-1, -0.0)), (c(-INF, INF), c(-1, 0)), (c(INF, 2), c(-INF, INF)),
            (c(-INF, NAN), c(-1, 0)), (c(INF, NAN), c(INF, NAN)), (c(NAN, 0), c(NAN, 0)), (c(0, 0), c(0, 0)),
            (c(0, -0.0), c(0, -0.0)), (c(-0.0, 0), c(0, 0)), (c(-0.0, -0.0), c(0, -0.0)),
        ],
        "log1p": [
            (c(INF, 1), c(INF, 0)), (c(INF, -1), c(INF, -0.0)), (c(NAN, INF), c(INF, NAN)), (c(INF, NAN), c(INF, NAN)),
            (c(0, 0), c(0, 0)), (c(0, -0.0), c(0, -0.0)), (c(1, 0), c(math.log(2), 0)),
        ],
    }  # fmt: skip
    for name, pairs in cases.items():
        for x, expected in pairs:
            with np.errstate(invalid="ignore"):
                out = getattr(bp, name)(bp.asarray(np.array([x, 0.3 + 0.4j], dtype))).numpy()
            assert out.dtype == dtype
            expected = np.array(expected, dtype)
            same(out[0], expected)
            np.testing.assert_allclose(out[1], getattr(np, name)(0.3 + 0.4j), rtol=1e-6)


@pytest.mark.parametrize("name", ["expm1", "log1p"])
def test_small_complex_numbers_keep_their_digits(name: str) -> None:
    """By the first terms of the series: x + x²/2, x - x²/2."""
    x = 1e-9 * np.array([1 + 1j, -1 + 2j, 3j, -2.0 + 0j, 1 - 4j, -1j])
    exact = x + x * x / 2 if name == "expm1" else x - x * x / 2
    got = getattr(bp, name)(bp.asarray(x)).numpy()
    np.testing.assert_allclose(got.real, exact.real, rtol=1e-14, atol=1e-32)
    np.testing.assert_allclose(got.imag, exact.imag, rtol=1e-14, atol=1e-32)


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_mended_functions_agree_with_the_plain_ones(name: str, backend: backends.Backend) -> None:
    """Across the whole plane, the borders between formulas included; and on every library."""
    from backends.portable import complex as mended

    line = np.array([-30.0, -1.0, -0.5, -0.3, -1e-3, 0.0, 1e-3, 0.4, 0.5, 1.0, 3.0, 30.0])
    z = (line[:, None] + 1j * line).ravel()
    z = z[z != -1]
    plain = {"expm1": np.exp(z) - 1, "log1p": np.log(z + 1), "tanh": np.tanh(z)}[name]
    got = backend.to_host(getattr(mended, name)(backend.from_host(z)))
    np.testing.assert_allclose(got, plain, rtol=1e-13, atol=1e-14)


def test_clip(backend: backends.Backend) -> None:
    x = bp.asarray(np.array([-2.0, 0.5, 3.0, NAN], "float32"), device=backend.name)
    low = bp.asarray(np.array([[-1.0], [1.0]], "float32"), device=backend.name)
    for out, expected in [
        (bp.clip(x, -1, 1), [-1, 0.5, 1, NAN]), (bp.clip(x, max=1.0), [-2, 0.5, 1, NAN]),
        (bp.clip(x, min=0.0), [0, 0.5, 3, NAN]), (bp.clip(x), [-2, 0.5, 3, NAN]),
        (bp.clip(x, 1.0, -1.0), [-1, -1, -1, NAN]), (bp.clip(x, NAN, 5.0), [NAN] * 4),
        (bp.clip(x, low, 2.0), [[-1, 0.5, 2, NAN], [1, 1, 2, NAN]]),
    ]:  # fmt: skip
        assert out.dtype == bp.float32
        np.testing.assert_array_equal(out.numpy(), expected)
    assert bp.clip(x).data is not x.data


def test_clip_of_integers_takes_bounds_beyond_the_dtype(backend: backends.Backend) -> None:
    x = bp.asarray(np.array([0, 7, 255], dtype="uint8"), device=backend.name)
    for out, expected in [
        (bp.clip(x, -5, 300), [0, 7, 255]), (bp.clip(x, 5, 300), [5, 7, 255]),
        (bp.clip(x, -1, 100), [0, 7, 100]),
    ]:  # fmt: skip
        assert out.dtype == "uint8"
        assert out.tolist() == expected


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_nan_wins(name: str, backend: backends.Backend) -> None:
    x = bp.asarray(np.array([NAN, 1.0, NAN]), device=backend.name)
    y = bp.asarray(np.array([1.0, NAN, NAN]), device=backend.name)
    assert np.isnan(getattr(bp, name)(x, y).numpy()).all()
    assert np.isnan(getattr(bp, name)(NAN, y).numpy()).all()


def test_round_goes_to_even(backend: backends.Backend) -> None:
    x = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999])
    expected = np.array([-2.0, -2.0, -0.0, 0.0, 2.0, 2.0, 2.0])
    same(bp.round(bp.asarray(x, device=backend.name)).numpy(), expected)
    z = bp.round(bp.asarray(x + 1j * x[::-1], device=backend.name)).numpy()
    np.testing.assert_array_equal(z, expected + 1j * expected[::-1])


def test_no_warning_for_ordinary_values() -> None:
    """Nor for those whose special cases the standard lists with a result that is a number."""
    x = bp.asarray(np.array([INF, -INF, 1.0, 0.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function in (
            bp.exp,
            bp.expm1,
            bp.tanh,
            bp.atan,
            bp.asinh,
            bp.sign,
            bp.abs,
            bp.isinf,
            bp.square,
        ):
            function(x)
        bp.logaddexp(x, 0.0)
        bp.hypot(x, x)
        bp.atan2(x, x)
        assert (x // 2).tolist() == [INF, -INF, 0.0, 0.0]


# ------------------------------------------------------------------------- derivatives


def test_abs_of_complex_numbers_has_a_second_derivative() -> None:
    z = bp.asarray(np.array([1 + 2j, -0.5 + 0.1j, 2j, -3.0 + 0j]))
    assert bp.gradcheck(bp.abs, z, order=2)
    assert bp.gradcheck(bp.sign, z, order=2)


def test_sign_passes_gradients_of_complex_numbers_only(make: Any) -> None:
    assert not bp.sign(make([1.0, -2.0])).requires_grad
    assert bp.sign(make(np.array([1j]), requires_grad=True)).requires_grad


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round", "isnan", "isinf", "signbit"])
def test_functions_in_pieces_pass_no_gradient(make: Any, name: str) -> None:
    assert not getattr(bp, name)(make([0.5, 1.5])).requires_grad


def test_operators_pass_gradients(make: Any) -> None:
    """Of x % y to both, of x // y to none; `//` inside a product leaves the rest to pass."""
    x, y = make([7.5, -7.5]), make([2.0, 2.0])
    assert not (x // y).requires_grad
    (x % y).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert y.grad.tolist() == [-3.0, 4.0]
    x.grad = None
    (7.0 % y + x * (x // 2)).sum().backward()
    assert x.grad.tolist() == [3.0, -4.0]


@pytest.mark.parametrize("name", ["acos", "acosh", "asin", "asinh", "atan", "atanh", "log", "sqrt"])
def test_slopes_on_both_sides_of_branch_cuts(name: str, backend: backends.Backend) -> None:
    """There the sign of a zero says the side; the slope is that of the values along the cut."""
    f = getattr(bp, name)
    places = [(r, zero) for r in (-2.0, -0.5, 0.5, 2.0) for zero in (0.0, -0.0)]

    def points(by: float) -> bp.Tensor:
        real, imaginary = (
            [complex(r + by, o) for r, o in places],
            [complex(o, r + by) for r, o in places],
        )
        return bp.asarray(np.array([real, imaginary]), device=backend.name)

    x, h = points(0.0).requires_grad_(), 1e-6
    y = f(x)
    (slope,) = gradients([y], [x], [bp.ones_like(y)])
    expected = (f(points(h)).numpy() - f(points(-h)).numpy()) / (2 * h * np.array([[1.0], [1j]]))
    np.testing.assert_allclose(np.conj(slope.numpy()), expected, rtol=1e-8, atol=1e-9)


def test_acosh_at_its_end_and_left_of_it() -> None:
    x = bp.asarray(np.array([1.0, 2.0]), requires_grad=True)
    with np.errstate(divide="ignore"):
        bp.acosh(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [INF, 1 / math.sqrt(3)])
    z = bp.asarray(np.array([-2 + 1j, -2 - 1j, 0.3 - 1j, -0.1 + 0.2j]))
    assert bp.gradcheck(bp.acosh, z, order=2)


@pytest.mark.parametrize("function", [bp.atan2, bp.hypot, bp.logaddexp, bp.copysign, bp.maximum])
def test_python_numbers_beside_variables(make: Any, function: Any) -> None:
    """A number gives the gradient that an array full of it gives."""
    values, number = [0.7, -1.3, 2.0], 1.3
    for swap in (False, True):
        found = []
        for other in (number, make([number] * 3, requires_grad=False)):
            x = make(values)
            out = function(other, x) if swap else function(x, other)
            if not out.requires_grad:
                found.append(None)
                continue
            (slope,) = gradients([out.sum()], [x])
            found.append(None if slope is None else slope.tolist())
        assert found[0] == pytest.approx(found[1])


def test_second_power_at_zero_base() -> None:
    """0^y is flat for y >= 0: no NaN comes of log 0, in any derivative."""
    y = bp.asarray(np.array([0.0, 1.0, 2.5]), requires_grad=True)
    (first,) = gradients([(0.0**y).sum()], [y], create_graph=True)
    assert first.tolist() == [0.0, 0.0, 0.0]
    with np.errstate(invalid="ignore"):
        (second,) = gradients([first.sum()], [y])
    assert second.tolist() == [0.0, 0.0, 0.0]
