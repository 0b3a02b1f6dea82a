"""Tensor, and the functions that make and take them."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import rules


@pytest.fixture
def strict() -> bp.Tensor:
    return bp.asarray([1.0, 2.0], device="strict")


# ----------------------------------------------------------------------------- asarray


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "int32", "int64", "uint8", "float32", "float64", "complex64"]
)
def test_arrays_keep_their_dtype(dtype: str) -> None:  # fmt: skip
    array = np.ones(2, dtype=dtype)
    assert bp.asarray(array).dtype == dtype
    assert bp.asarray(bp.asarray(array)).dtype == dtype


@pytest.mark.parametrize(
    ("obj", "dtype"),
    [(1.5, "float32"), ([1.0, 2.0], "float32"), ([[1, 2.5]], "float32"), (3, "int64"), ([1, 2], "int64"),
     (True, "bool"), ([True, False], "bool"), ((1.0, 2), "float32"), ([], "float32"), (1j, "complex64"),
     ([1j, 2.0, 1], "complex64"), (range(3), "int64"), (np.float64(1.5), "float64"), (1.5 + 0j, "complex64")],
)  # fmt: skip
def test_numbers_get_the_default_dtype(obj: Any, dtype: str) -> None:
    assert bp.asarray(obj).dtype == dtype


def test_default_dtype() -> None:
    assert bp.get_default_dtype() == bp.float32
    bp.set_default_dtype(bp.float64)
    assert bp.asarray([1.0]).dtype == bp.float64
    assert bp.zeros(2).dtype == bp.float64
    assert bp.full((2,), 1.0).dtype == bp.float64
    assert bp.asarray(np.ones(2, dtype="float32")).dtype == bp.float32
    with pytest.raises(ValueError, match="got int32, wanted float32 or float64"):
        bp.set_default_dtype(bp.int32)


def test_dtype_argument(backend: Any) -> None:
    x = bp.asarray([1, 2], dtype=bp.float64, device=backend.name)
    assert x.dtype == bp.float64
    assert bp.asarray(np.ones(2), dtype="float32", device=backend.name).dtype == bp.float32
    for bad in ("no such type", None.__class__):
        with pytest.raises(TypeError, match=r"wanted a dtype such as backprop\.float32"):
            bp.asarray([1.0], dtype=bad)
    with pytest.raises(TypeError, match="wanted a dtype"):
        x.astype(None)


def test_memory_is_shared_unless_copied() -> None:
    array = np.zeros(2)
    shared, copied, tensor = bp.asarray(array), bp.asarray(array, copy=True), bp.tensor(array)
    array[0] = 5.0
    assert shared.tolist() == [5.0, 0.0]
    assert copied.tolist() == [0.0, 0.0]
    assert tensor.tolist() == [0.0, 0.0]
    assert bp.asarray(shared) is shared
    other = bp.asarray(shared, copy=True)
    array[1] = 7.0
    assert other.tolist() == [5.0, 0.0]


def test_copy_false_refuses_what_needs_a_copy() -> None:
    assert bp.asarray(np.zeros(2), copy=False).shape == (2,)
    with pytest.raises(ValueError, match="copy"):
        bp.asarray(np.zeros(2), copy=False, device="strict")
    with pytest.raises(ValueError, match="copy"):
        bp.asarray(np.zeros(2), copy=False, dtype="float32")


def test_a_copy_has_history_and_bp_tensor_has_none(make: Any) -> None:
    x = make([1.0, 2.0])
    for y in (bp.asarray(x, copy=True), x.clone()):
        x.grad = None
        (y * y).sum().backward()
        assert x.grad.tolist() == [2.0, 4.0]
    assert not bp.tensor(x).requires_grad
    new = bp.tensor(x, requires_grad=True)
    (new * 3.0).sum().backward()
    assert new.grad.tolist() == [3.0, 3.0]


def test_clone_copies_exactly() -> None:
    x = bp.asarray(np.array([-0.0, math.inf, math.nan]))
    y = x.clone()
    assert y.numpy().tobytes() == x.numpy().tobytes()
    assert not np.shares_memory(y.numpy(), x.numpy())
    assert bp.asarray([1, 2]).clone().tolist() == [1, 2]


@pytest.mark.parametrize(
    ("obj", "message"),
    [([[1.0], [1.0, 2.0]], "rows of different lengths"), ("text", "wanted numbers"), (None, "wanted numbers"),
     ({"a": 1}, "wanted numbers"), (["a"], "wanted numbers"), (np.array(["a"]), "wanted numbers"),
     (np.array([None, 1]), "wanted numbers"), (np.array(["2020-01-01"], dtype="M8[D]"), "wanted numbers")],
)  # fmt: skip
def test_what_is_not_numbers(obj: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        bp.asarray(obj)


def test_foreign_byte_order_is_made_native() -> None:
    x = bp.asarray(np.array([1.0, 2.0], dtype=">f4"))
    assert x.numpy().dtype == np.dtype("=f4")
    assert x.tolist() == [1.0, 2.0]


def test_a_list_of_tensors() -> None:
    assert bp.asarray([bp.asarray(1.0), bp.asarray(2.0)]).tolist() == [1.0, 2.0]


def test_creation(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}
    assert bp.zeros((2, 2), **where).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert bp.ones(2, dtype="int32", **where).tolist() == [1, 1]
    assert bp.full((2,), 7, **where).dtype == bp.int64
    assert bp.full((2,), 7.0, **where).dtype == bp.float32
    assert bp.full((2,), True, **where).dtype == bp.bool
    assert bp.arange(3, **where).tolist() == [0, 1, 2]
    assert bp.arange(3, **where).dtype == bp.int64
    assert bp.arange(1, 2, 0.25, **where).tolist() == [1.0, 1.25, 1.5, 1.75]
    assert bp.arange(3.0, **where).dtype == bp.float32
    assert bp.linspace(0, 1, 5, **where).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert bp.linspace(0, 1, 2, endpoint=False, **where).tolist() == [0.0, 0.5]
    assert bp.eye(2, 3, **where).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert bp.empty((4, 0), **where).shape == (4, 0)
    x = bp.asarray(np.ones((2, 1)), **where)
    for made, value in [
        (bp.zeros_like(x), 0.0),
        (bp.ones_like(x), 1.0),
        (bp.full_like(x, 3.0), 3.0),
    ]:
        assert (made.tolist(), made.dtype, made.device) == (
            [[value], [value]],
            bp.float64,
            backend.name,
        )
    assert bp.zeros_like(x, dtype="int32").dtype == bp.int32


# --------------------------------------------------------------- to Python and to NumPy


def test_numpy(make: Any) -> None:
    x = make([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"use .detach\(\).numpy\(\)"):
        x.numpy()
    with pytest.raises(RuntimeError, match="requires a gradient"):
        np.asarray(x)
    assert isinstance(x.detach().numpy(), np.ndarray)
    assert np.asarray(x.detach()).tolist() == [1.0, 2.0]
    assert np.asarray(x.detach(), dtype="int8").dtype == np.int8
    assert isinstance(x.sum().detach().numpy(), np.ndarray)
    with pytest.raises(TypeError, match="does not support ufuncs"):
        np.exp(x.detach())


def test_numbers(make: Any) -> None:
    x = make([[2.5]])
    assert (x.item(), float(x), int(x), bool(x)) == (2.5, 2.5, 2, True)
    assert type(x.item()) is float
    assert type(make(np.array(3)).item()) is int
    assert not bool(make(0.0))
    assert [10, 20, 30][make(np.array(1))] == 20
    with pytest.raises(TypeError, match="got dtype float64, wanted an integer"):
        [10, 20][make(1.0)]
    two = make([1.0, 2.0])
    for convert in (bp.Tensor.item, float, int):
        with pytest.raises(ValueError, match=r"got shape \(2,\), wanted a tensor of one element"):
            convert(two)
    for ambiguous in (two, make(np.zeros(0))):
        with pytest.raises(ValueError, match="truth of a tensor of shape"):
            bool(ambiguous)


def test_len_and_iter(make: Any) -> None:
    x = make([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    with pytest.raises(TypeError, match="0-d"):
        len(make(1.0))
    with pytest.raises(TypeError, match="0-d"):
        list(make(1.0))


def test_repr() -> None:
    assert repr(bp.asarray([1.0, 2.5])) == "tensor([1. , 2.5])"
    assert repr(bp.asarray([1, 2])) == "tensor([1, 2])"
    assert repr(bp.asarray(np.ones(1))) == "tensor([1.], dtype=float64)"
    x = bp.asarray([1.0], requires_grad=True)
    assert repr(x) == "tensor([1.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2.], made_by='multiply')"
    assert repr(bp.zeros(1, device="strict")) == "tensor([0.], device='strict')"
    both = rules.softmax_cross_entropy(bp.stack([x]), bp.asarray([0]), ignore_index=None)
    assert "made_by" in repr(both[0])
    assert len(repr(bp.zeros((1000, 1000)))) < 1000


def test_what_it_is(backend: Any) -> None:
    x = bp.asarray(np.zeros((2, 3)), device=backend.name)
    assert (x.shape, x.ndim, x.size, x.dtype, x.device) == ((2, 3), 2, 6, bp.float64, backend.name)
    assert type(x.size) is int
    assert x.is_leaf
    assert not x.requires_grad
    assert hash(x) == hash(x)
    assert {x: 1}[x] == 1


# ------------------------------------------------------------------------ requires_grad


def test_requires_grad() -> None:
    x = bp.asarray([1.0])
    x.requires_grad = True
    assert x.requires_grad
    assert x.is_leaf
    y = x * 2
    assert not y.is_leaf
    with pytest.raises(RuntimeError, match=r"use .detach\(\)"):
        y.requires_grad_(False)
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    with pytest.raises(TypeError, match="got dtype int64, wanted a floating-point one"):
        bp.asarray([1]).requires_grad_()
    with pytest.raises(TypeError, match="got dtype bool"):
        bp.asarray([True], requires_grad=True)


def test_integer_results_carry_no_gradient(make: Any) -> None:
    x = make([1.7, 2.2])
    assert not x.astype("int64").requires_grad
    assert not (x > 2).requires_grad
    assert not x.argmax().requires_grad


# ---------------------------------------------------------------------------- operators


def test_operators_with_numbers(make: Any) -> None:
    for x in (make([1.0, 4.0]), make([1.0, 4.0], "float32")):
        for got, expected in [
            (x + 1, [2, 5]), (1 + x, [2, 5]), (x - 1, [0, 3]), (1 - x, [0, -3]), (x * 2, [2, 8]), (2 * x, [2, 8]),
            (x / 2, [0.5, 2]), (2 / x, [2, 0.5]), (x**2, [1, 16]), (2**x, [2, 16]), (x**0.5, [1, 2]),
            (-x, [-1, -4]), (+x, [1, 4]), (abs(-x), [1, 4]), (0.5 * x, [0.5, 2]),
        ]:  # fmt: skip
            assert got.tolist() == expected
            assert got.dtype == x.dtype, "a Python number must not widen the dtype"


def test_comparisons_with_numbers(make: Any) -> None:
    x = make([1.0, 2.0, 3.0])
    for got, expected in [
        (x == 2, [False, True, False]), (x != 2, [True, False, True]), (x < 2, [True, False, False]),
        (x <= 2, [True, True, False]), (x > 2, [False, False, True]), (x >= 2, [False, True, True]),
        (x > 2, [False, False, True]), ((x > 1) & (x < 3), [False, True, False]),
        ((x < 2) | (x > 2), [True, False, True]), (~(x == 2), [True, False, True]),
        ((x > 1) & True, [False, True, True]),
    ]:  # fmt: skip
        assert got.dtype == bp.bool
        assert got.tolist() == expected


def test_matrix_product_operator(make: Any) -> None:
    a = make([[1.0, 2.0], [3.0, 4.0]])
    assert (a @ a).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert a.mm(a).tolist() == a.matmul(a).tolist() == bp.matmul(a, a).tolist() == (a @ a).tolist()
    with pytest.raises(
        ValueError, match=r"matmul: x1 has shape \(2, 2\), x2 \(3, 2\): wanted x1's"
    ):
        a @ make(np.ones((3, 2)))


@pytest.mark.parametrize(
    "operation",
    [lambda x, a: x + a, lambda x, a: a + x, lambda x, a: x * a, lambda x, a: a * x, lambda x, a: x @ a,
     lambda x, a: a @ x, lambda x, a: x - a, lambda x, a: a / x, lambda x, a: x**a, lambda x, a: x < a,
     lambda x, a: a > x, lambda x, a: x == a, lambda x, a: bp.maximum(x, a), lambda x, a: bp.where(x > 0, x, a),
     lambda x, a: rules.concat(x, a, axis=0)],
)  # fmt: skip
def test_bare_arrays_are_refused(operation: Any) -> None:
    with pytest.raises(TypeError, match=r"is a numpy.\w+, wanted a Tensor.*backprop.asarray"):
        operation(bp.asarray(np.ones(2)), np.ones(2))


def test_functions_want_tensors() -> None:
    for f in (bp.exp, bp.sum, bp.reshape, bp.max, bp.abs):
        with pytest.raises(
            TypeError, match=r"x is a numpy.ndarray, wanted a Tensor.*backprop.asarray"
        ):
            f(np.ones(2), *([(2,)] if f is bp.reshape else []))


@pytest.mark.parametrize(
    "operation",
    [lambda x, y: x + y, lambda x, y: y + x, lambda x, y: x @ y, lambda x, y: y @ x, lambda x, y: x < y,
     lambda x, y: bp.maximum(x, y), lambda x, y: bp.where(x > 0, x, y), lambda x, y: bp.concat([x, y]),
     lambda x, y: rules.linear(x, bp.ones((1, 2)), y), lambda x, y: x.requires_grad_() * y],
)  # fmt: skip
def test_devices_do_not_mix(operation: Any, strict: bp.Tensor) -> None:
    with pytest.raises(ValueError, match=r"on cpu.*strict|on strict.*cpu") as error:
        operation(bp.asarray([1.0, 2.0]), strict)
    assert "to_device" in str(error.value)


# ------------------------------------------------------------------------ moving, casting


def test_moving_is_differentiable(strict: bp.Tensor) -> None:
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    y = x.to_device("strict")
    assert y.device == "strict"
    (y * y * strict).sum().backward()
    assert x.grad.device == "cpu"
    assert x.grad.tolist() == [2.0, 8.0]
    assert x.to_device("cpu") is x
    assert y.cpu().device == "cpu"
    assert bp.asarray(strict).device == "strict"
    assert bp.asarray(strict, device="cpu").tolist() == [1.0, 2.0]
    g = bp.grad(bp.grad(lambda v: (v.to_device("strict") ** 3).to_device("cpu")))(2.0)
    assert float(g) == 12.0


def test_casting_is_differentiable(make: Any) -> None:
    x = make([1.0, 2.0], "float32")
    y = x.astype(bp.float64)
    assert y.dtype == bp.float64
    (y * y).sum().backward()
    assert x.grad.dtype == bp.float32
    assert x.grad.tolist() == [2.0, 4.0]
    assert x.astype("float32") is x
    assert (x.double().dtype, x.double().float().dtype) == (bp.float64, bp.float32)
    assert bp.astype(x, float).dtype == bp.float64
    hessian = bp.grad(lambda v: bp.grad(lambda u: u.double() ** 3)(v))(
        make(2.0, "float32").detach()
    )
    assert (float(hessian), hessian.dtype) == (12.0, bp.float32)


def test_to() -> None:
    x = bp.asarray([1.0])
    assert x.to("strict").device == "strict"
    assert x.to(bp.float64).dtype == bp.float64
    assert x.to("float64").dtype == bp.float64
    y = x.to("strict", bp.float64)
    assert (y.device, y.dtype) == ("strict", bp.float64)
    with pytest.raises(ValueError, match="wanted 'auto', 'cpu'"):
        x.to("nowhere")


def test_default_device() -> None:
    with bp.device("strict") as outer:
        assert bp.get_default_device() == "strict"
        assert bp.zeros(1).device == bp.asarray([1.0]).device == bp.rand(1).device == "strict"
        assert bp.zeros(1, device="cpu").device == "cpu"
        with bp.device("cpu"):
            assert bp.zeros(1).device == "cpu"
        with outer, outer:
            assert bp.zeros(1).device == "strict"
        assert bp.zeros(1).device == "strict"
    assert bp.zeros(1).device == "cpu"
    bp.set_default_device("strict")
    assert bp.ones(1).device == "strict"
    with pytest.raises(ValueError, match="wanted 'auto'"):
        bp.device("nowhere")


def test_devices() -> None:
    assert bp.devices()[0] == "cpu"


# ------------------------------------------------------------------------------ copy_


def test_copy_in_place(make: Any) -> None:
    x = make([1.0, 2.0])
    array = x.data
    assert x.copy_(make([3.0, 4.0], "float32")) is x
    assert x.data is array
    assert x.tolist() == [3.0, 4.0]
    x.copy_([5.0, 6.0])
    assert x.tolist() == [5.0, 6.0]
    with pytest.raises(ValueError, match=r"copy_: got shape \(3,\), wanted \(2,\)"):
        x.copy_([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match="result of an operation"):
        (x * 2).copy_([1.0, 2.0])


def test_copy_into_a_result_of_no_dimensions(make: Any) -> None:
    assert make([1.0, 2.0]).sum().detach().copy_(7.0).item() == 7.0


# ----------------------------------------------------------------------- shape methods


def test_shapes(make: Any) -> None:
    x = make(np.arange(24.0).reshape(2, 3, 4))
    assert x.reshape(6, 4).shape == x.reshape((6, -1)).shape == x.view([6, 4]).shape == (6, 4)
    assert x.flatten().shape == (24,)
    assert x.flatten(1).shape == (2, 12)
    assert x.flatten(-2).shape == (2, 12)
    assert make(np.zeros((0, 3, 4))).flatten(1).shape == (0, 12)
    assert make(1.0).flatten().shape == (1,)
    assert x.permute(2, 0, 1).shape == bp.permute_dims(x, (2, 0, 1)).shape == (4, 2, 3)
    assert x.mT.shape == (2, 4, 3)
    assert x.unsqueeze(0).shape == (1, 2, 3, 4)
    assert x.unsqueeze(-1).shape == bp.expand_dims(x, axis=3).shape == (2, 3, 4, 1)
    assert x.unsqueeze(1).squeeze(1).shape == x.unsqueeze(1).squeeze(-3).shape == (2, 3, 4)
    assert (
        make([1.0]).expand(3).tolist()
        == make([1.0]).expand_as(make(np.ones(3))).tolist()
        == [1.0] * 3
    )
    assert bp.concat([x, x], axis=1).shape == (2, 6, 4)
    assert bp.stack([x, x], axis=-1).shape == (2, 3, 4, 2)
    for bad in (4, -5):
        with pytest.raises(IndexError, match="axis"):
            x.unsqueeze(bad)
    with pytest.raises(ValueError, match=r"axis 0 of shape \(2, 3, 4\) is not of length 1"):
        x.squeeze(0)
    with pytest.raises((IndexError, ValueError)):
        bp.take_along_axis(x, make(np.zeros((2, 3, 1), dtype=int)), axis=3)


def test_transpose_is_for_matrices(make: Any) -> None:
    assert make(np.ones((2, 3))).T.shape == make(np.ones((2, 3))).t().shape == (3, 2)
    for shape in [(), (2,), (2, 3, 4)]:
        with pytest.raises(ValueError, match="wanted a matrix"):
            _ = make(np.ones(shape)).T


def test_reductions(make: Any) -> None:
    x = make([[1.0, 5.0], [7.0, 2.0]])
    assert x.sum().item() == 15.0
    assert x.sum(0).tolist() == [8.0, 7.0]
    assert x.mean(1, keepdims=True).tolist() == [[3.0], [4.5]]
    assert x.max(axis=0).tolist() == [7.0, 5.0]
    assert x.min().item() == 1.0
    assert x.argmax(1).tolist() == [1, 0]
    assert x.argmax().item() == 2
    assert bp.argmin(x, axis=0, keepdims=True).tolist() == [[0, 1]]
    assert bp.sum(make(np.array([1, 2], dtype="int8"))).dtype == bp.int64


# ---------------------------------------------------------------------------- indexing


def test_indexing_forms(make: Any) -> None:
    a = np.arange(12.0).reshape(3, 4)
    x = make(a)
    indices = [
        (1, ...), (-1, ...), (0, 2), (slice(None), 1), (slice(1, None), ...), (..., slice(None, None, 2)),
        (None, ..., 0), (slice(None, None, -1), slice(None)), (slice(3, 3), ...), (...,),
    ]  # fmt: skip
    for index in indices:
        x.grad = None
        got = x[index]
        np.testing.assert_array_equal(got.detach().numpy(), a[index])
        (got * got).sum().backward()
        expected = np.zeros_like(a)
        expected[index] = 2 * a[index]
        np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_indexing_by_arrays_adds_up_repetitions(make: Any) -> None:
    a = np.arange(12.0).reshape(3, 4)
    i, j = np.array([2, 0, 2, -1]), np.array([1, 1, 1, 3])
    grid = np.array([[0, 0], [2, 1]])
    for index, numpys in [
        (make(i), i), (grid, grid), (make(grid), grid), ([0, 0, 2], [0, 0, 2]), ((make(i), make(j)), (i, j)),
        ((make(i), 1), (i, 1)), (([0, 0], [1, 1]), ([0, 0], [1, 1])),
    ]:  # fmt: skip
        x = make(a)
        got = x[index]
        np.testing.assert_array_equal(got.detach().numpy(), a[numpys])
        got.sum().backward()
        expected = np.zeros_like(a)
        np.add.at(expected, numpys, 1.0)
        np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_indexing_by_masks(make: Any) -> None:
    a = np.arange(12.0).reshape(3, 4)
    x = make(a)
    got = x[x > 6.5]
    assert got.tolist() == [7.0, 8.0, 9.0, 10.0, 11.0]
    (got * got).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.where(a > 6.5, 2 * a, 0))


def test_mixed_advanced_indices_are_right_or_refused() -> None:
    """NumPy's rule on the CPU; nothing is ever silently wrong."""
    a = np.arange(12.0).reshape(3, 4)
    x = bp.asarray(a, requires_grad=True)
    x[:, [1, 1, 2]].sum().backward()
    assert x.grad.tolist() == [[0.0, 2.0, 1.0, 0.0]] * 3


def test_indexing_errors() -> None:
    x = bp.asarray(np.zeros((3, 4)))
    for bad in (3, (0, 4), (0, 0, 0), [7], (bp.asarray([0]), bp.asarray([9]))):
        with pytest.raises(IndexError):
            x[bad]
    with pytest.raises(IndexError):
        x[1.5]


def test_deepcopy_of_a_variable() -> None:
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    y = copy.deepcopy(x)
    (y * 3.0).sum().backward()
    assert y.grad.tolist() == [3.0, 3.0]
    assert x.grad is None
    y.copy_([0.0, 0.0])
    assert x.tolist() == [1.0, 2.0]


# ------------------------------------------------------------------------------ random


def test_seeds(backend: Any) -> None:
    where: dict[str, Any] = {"device": backend.name}

    def draw() -> list[Any]:
        return [
            bp.rand(3, **where),
            bp.randn(2, 2, **where),
            bp.randint(0, 10, (4,), **where),
            bp.randperm(5, **where),
        ]

    bp.manual_seed(7)
    first = draw()
    other = draw()
    bp.manual_seed(7)
    for a, b, c in zip(first, draw(), other, strict=True):
        assert a.tolist() == b.tolist()
        assert a.shape == c.shape
    assert first[0].tolist() != other[0].tolist()
    assert first[0].dtype == bp.float32
    assert bp.rand((2, 3), dtype="float64", **where).dtype == bp.float64
    with pytest.raises(TypeError, match="seed: got 'x', wanted an integer"):
        bp.manual_seed("x")  # type: ignore[arg-type]


def test_a_list_of_variables_is_not_cut_off_silently() -> None:
    x = bp.asarray(1.0, requires_grad=True)
    with pytest.raises(ValueError, match=r"asarray: got Tensors that require .* backprop.stack"):
        bp.asarray([x, 2.0])
    assert bp.asarray([x.detach(), 2.0]).tolist() == [1.0, 2.0]
    assert bp.stack([x, x * 3]).sum().requires_grad
