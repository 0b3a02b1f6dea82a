"""`x[index] = value` and `at(x, index)`: new values, right gradients, and nobody else's memory."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp


def _v(data: Any, backend: backends.Backend | str = "cpu", requires_grad: bool = True) -> bp.Tensor:
    name = backend if isinstance(backend, str) else backend.name
    return bp.asarray(np.array(data, "float64"), device=name, requires_grad=requires_grad)


# ---------------------------------------------------------------------- gradients


def test_by_hand(backend: backends.Backend) -> None:
    """y = 2x with y[1] = x0 x2: d sum(y²) = 8 x0 + 2 x0 x2 x2, 0, 8 x2 + 2 x0 x0 x2."""
    x = _v([1.0, 2.0, 3.0], backend)
    y = x * 2.0
    y[1] = x[0] * x[2]
    assert y.tolist() == [2.0, 3.0, 6.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [26.0, 0.0, 30.0]


def test_filling_a_buffer(backend: backends.Backend) -> None:
    """A running product, element by element, is the cumulative product."""
    x = _v([2.0, 3.0, 0.5, 4.0], backend)
    out = bp.zeros(4, dtype="float64", device=backend.name)
    out[0] = x[0]
    for i in range(1, 4):
        out[i] = out[i - 1] * x[i]
    assert out.tolist() == [2.0, 6.0, 3.0, 12.0]
    (out * out).sum().backward()
    expected = bp.grad(lambda x: bp.sum(bp.cumulative_prod(x) ** 2))(x.detach())
    np.testing.assert_allclose(x.grad.numpy(), expected.numpy(), rtol=1e-14)


def test_values_that_depend_on_the_tensor_itself(backend: backends.Backend) -> None:
    """Overlapping parts too: what is read is what was there before."""
    x = _v([1.0, 2.0, 3.0, 4.0], backend)
    y = x * 1.0
    y[1:] = y[:-1] * 10.0
    assert y.tolist() == [1.0, 10.0, 20.0, 30.0]
    y[:2] = y[1:3]
    y[::-1] = y
    y[0] = y.sum()
    assert y.tolist() == [80.0, 20.0, 20.0, 10.0]
    y.sum().backward()  # y0 + ... + y3 twice but for y0, which was 30: x2, x1, x1, x0 times 10
    assert x.grad.tolist() == [20.0, 40.0, 10.0, 0.0]


def test_augmented_assignment(backend: backends.Backend) -> None:
    x = _v([1.0, 2.0, 3.0], backend)
    y = x * 1.0
    y[0] += x[1]
    y[1:] *= x[:2]
    y[[0, 2]] -= 1.0
    y[y > 2.5] /= 2.0
    assert y.tolist() == [2.0, 2.0, 2.5]
    y.sum().backward()
    # x0 + x1 - 1, x0 x1 and (x1 x2 - 1) / 2
    assert x.grad.tolist() == [3.0, 3.5, 1.0]


def test_earlier_results_keep_their_gradients(backend: backends.Backend) -> None:
    x = _v([1.0, 2.0, 3.0], backend)
    y = x * 2.0
    square, tanh, part, same = y * y, bp.tanh(y), y[1:], y
    for i in range(3):
        y[i] = 7.0
        y[i] = y[i] * 0.0
    assert y.tolist() == same.tolist() == [0.0, 0.0, 0.0]
    assert square.tolist() == [4.0, 16.0, 36.0]
    assert part.tolist() == [4.0, 6.0]
    (square.sum() + part.sum() + y.sum()).backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), [8.0, 18.0, 26.0])
    x.grad = None
    tanh.sum().backward()
    expected = 2 - 2 * np.tanh([2.0, 4.0, 6.0]) ** 2
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12, atol=1e-15)


def test_an_output_that_was_saved_is_not_overwritten(backend: backends.Backend) -> None:
    """exp keeps its result for the backward sweep."""
    x = _v([0.0, 1.0], backend)
    y = bp.exp(x)
    y[0] = 100.0
    y[1] = y[1] * 1.0
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0.0, np.e])


def test_values_that_are_broadcast_and_cast(backend: backends.Backend) -> None:
    a = _v([2.0], backend)
    b = bp.asarray(np.float32(3.0), device=backend.name, requires_grad=True)
    c = _v([[[1.0, 2.0, 3.0]]], backend)
    x = bp.zeros((4, 3), dtype="float64", device=backend.name)
    x[0] = a
    x[1:3, 1] = b
    x[3] = c
    assert x.tolist() == [[2.0, 2.0, 2.0], [0.0, 3.0, 0.0], [0.0, 3.0, 0.0], [1.0, 2.0, 3.0]]
    assert x.dtype == bp.float64
    (x * x).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist(), c.grad.tolist()) == (
        [12.0],
        12.0,
        [[[2.0, 4.0, 6.0]]],
    )
    assert b.grad.dtype == bp.float32


def test_repeated_indices_give_the_gradient_to_the_value_that_stays(
    backend: backends.Backend,
) -> None:
    x, v = _v([1.0, 2.0, 3.0], backend), _v([10.0, 20.0, 30.0, 40.0], backend)
    y = x * 1.0
    y[[0, 2, 0, 0]] = v
    assert y.tolist() == [40.0, 2.0, 20.0]
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 4.0, 0.0]
    assert v.grad.tolist() == [0.0, 40.0, 0.0, 80.0]


def test_inside_transformed_functions(backend: backends.Backend) -> None:
    """The argument of a differentiated function may be assigned to; the caller's is not changed."""

    def f(x: bp.Tensor, scale: float = 1.0) -> bp.Tensor:
        x[0] = x[1] * x[2]
        x[1:] *= x[0]
        return bp.sum(x * x) * scale

    x = _v([1.0, 2.0, 3.0], backend, requires_grad=False)
    p = 6.0  # f = p² (1 + x1² + x2²) with p = x1 x2
    slope = [0.0, 2 * p * 3 * (1 + 4 + 9) + p * p * 4, 2 * p * 2 * (1 + 4 + 9) + p * p * 6]
    assert bp.grad(f)(x).tolist() == slope
    value, gradient = bp.value_and_grad(f)(x, scale=2.0)
    assert (value.item(), gradient.tolist()) == (1008.0, [2 * s for s in slope])
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert x.node is None
    variable = _v([1.0, 2.0, 3.0], backend)
    assert bp.grad(f)(variable).tolist() == slope
    assert variable.is_leaf
    assert variable.grad is None

    def g(x: bp.Tensor) -> bp.Tensor:
        return bp.sum(
            bp.grad(f)(x) * bp.asarray([0.0, 1.0, 0.0], dtype="float64", device=backend.name)
        )

    # g = df/dx1 = 2 x1 x2² + 4 x1³ x2² + 2 x1 x2⁴ with x1 = 2, x2 = 3 (x0 is overwritten)
    assert bp.grad(g)(x).tolist() == [
        0.0,
        2 * 9 + 12 * 4 * 9 + 2 * 81,
        4 * 2 * 3 + 8 * 8 * 3 + 8 * 2 * 27,
    ]


def test_closures_see_the_new_values() -> None:
    x = _v([1.0, 2.0])
    y = x * 3.0
    before, after = y.sum(), []

    def change() -> None:
        y[0] = x[1]
        after.append(y.sum())

    change()
    bp.grad(lambda _: (change(), y.sum())[1])(1.0)
    (before + after[0]).backward(retain_graph=True)
    assert x.grad.tolist() == [3.0, 7.0]


STEPS = ["set", "set", "number", "multiply", "rows", "mask", "self", "read", "take"]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 3), st.integers(0, 3)), max_size=8
    ),
    keep=st.booleans(),
)
def test_random_programs_against_torch(steps: Any, keep: bool) -> None:
    """Any order of reads and writes, where PyTorch works on a clone for each assignment."""
    torch = pytest.importorskip("torch")
    start = np.array([[0.5, -1.0, 2.0, 1.5], [1.0, 0.3, -0.7, 2.0]])

    def run(x: Any, assign: Any) -> Any:
        y, total, rows = x * 1.0, x.sum(), (slice(None), [3, 0])
        kept = []
        for name, i, j in steps:
            if keep:
                kept.append(y)
                y = y * 1.0
            if name == "set":
                y = assign(y, (i % 2, j), x[1 - i % 2, i] * y[0, 0])
            elif name == "number":
                y = assign(y, (slice(None), j), 0.5 + i)
            elif name == "multiply":
                total = total + (y * y).sum()
            elif name == "rows":
                y = assign(y, rows, x[:, i : i + 1])
            elif name == "mask":
                y = assign(y, y > 0.7, y[0, j])
            elif name == "self":
                y = assign(y, (slice(None), slice(1, None)), y[:, :-1] * 0.5)
            elif name == "read":
                total = total + (y[i % 2] * y[:, j].sum()).sum()
            else:
                total = total + y[rows].sum() * j
        for earlier in kept:
            total = total + (earlier * earlier).sum()
        return total + (y * y * y).sum()

    def assign(y: Any, index: Any, value: Any) -> Any:
        y[index] = value
        return y

    def assign_in_clone(y: Any, index: Any, value: Any) -> Any:
        y = y.clone()
        y[index] = value
        return y

    x, theirs_x = _v(start), torch.tensor(start, requires_grad=True)
    ours, theirs = (run(*pair) for pair in ((x, assign), (theirs_x, assign_in_clone)))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    ours.backward()
    theirs.backward()
    np.testing.assert_allclose(x.grad.numpy(), theirs_x.grad.numpy(), rtol=1e-10, atol=1e-10)


# --------------------------------------------------------------- whose memory it is


def test_no_other_tensor_changes(backend: backends.Backend) -> None:
    a = np.zeros(4)
    x = bp.asarray(a, device=backend.name)
    detached, view, again = x.detach(), x[1:], bp.asarray(x)
    x[0] = 1.0
    x[1:] = 2.0
    x[[2, 3]] = 3.0
    x[x > 2.5] = 4.0
    assert x.tolist() == [1.0, 2.0, 4.0, 4.0]
    assert not a.any()
    assert not any(detached.tolist())
    assert not any(view.tolist())
    assert again is x
    view[0] = 9.0
    assert x.tolist() == [1.0, 2.0, 4.0, 4.0]
    for row in (y := bp.zeros((2, 2), device=backend.name)):
        row[0] = 5.0
    assert not y.numpy().any()


def test_an_array_that_nobody_else_sees_is_overwritten() -> None:
    """Filling a buffer costs no copy for each element."""
    x = bp.zeros(1000, dtype="float64")
    array, place = id(x.data), x.data.ctypes.data
    for i in range(100):
        x[i] = float(i)
        x[i] += 1.0
    x[[5, 6]] = 0.0
    x[x < 3] = 0.0
    assert (id(x.data), x.data.ctypes.data) == (array, place)
    y = _v([1.0, 2.0])
    x[3] = y[0]  # with a history too
    x[4] = x[3] * y[1]
    assert (id(x.data), x.data.ctypes.data) == (array, place)
    x[:5].sum().backward()
    assert y.grad.tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    "hold",
    [
        lambda x: x.data,
        lambda x: x.data[2:],
        lambda x: x.data.reshape(2, 2).T,
        lambda x: memoryview(x.data),
        lambda x: x.detach(),
        lambda x: x.reshape(2, 2),
        lambda x: x[::2],
        lambda x: bp.tanh(x * _v([1.0] * 4)) * x,
        lambda x: x * _v([1.0] * 4),
        lambda x: [x.data],
        lambda x: np.from_dlpack(x.data),
        lambda x: x.data.view("int64"),
        lambda x: (y := bp.asarray(x.data), y),
    ],
)  # fmt: skip
def test_an_array_that_somebody_else_sees_is_not(hold: Any) -> None:
    x = bp.asarray([1.0, 2.0, 3.0, 4.0], dtype="float64")
    place = x.data.ctypes.data
    held = hold(x)
    x[0] = 9.0
    x[2] = 9.0
    assert x.data.ctypes.data != place
    if isinstance(held, bp.Tensor) and held.requires_grad:
        held.sum().backward()
    elif not isinstance(held, tuple):
        assert 9.0 not in np.asarray(held[0] if isinstance(held, list) else held)


def test_weak_references_and_read_only_arrays_count_too() -> None:
    x = bp.asarray([1.0, 2.0])
    place, reference = x.data.ctypes.data, weakref.ref(x.data)
    x[0] = 9.0
    assert x.data.ctypes.data != place
    assert reference() is None
    a = np.ones(2)
    a.flags.writeable = False
    x = bp.asarray(a)
    del a
    x[0] = 9.0
    assert x.tolist() == [9.0, 1.0]


def test_the_saved_operand_of_a_node_survives() -> None:
    """x * w keeps x for w's gradient: the node's reference makes x's array not x's alone."""
    w, x = _v([1.0, 1.0]), bp.asarray([3.0, 4.0], dtype="float64")
    y = x * w
    x[0] = 100.0
    z = x * w
    x[1] = 100.0
    (y.sum() + z.sum()).backward()
    assert w.grad.tolist() == [103.0, 8.0]


# ----------------------------------------------------------------------- variables


def test_a_variable_is_refused(backend: backends.Backend) -> None:
    x = _v([1.0, 2.0], backend)
    with pytest.raises(
        RuntimeError,
        match=r"x is a variable .* assign to a copy \(x = x.clone\(\)\), or under .*no_grad",
    ):
        x[0] = 5.0
    with pytest.raises(RuntimeError, match="x is a variable"):
        x[0] += 5.0
    y = x.clone()
    y[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]


def test_a_variable_under_no_grad_is_overwritten(backend: backends.Backend) -> None:
    x = _v([1.0, 2.0, 3.0], backend)
    y = (x * x).sum()
    array = x.data
    with bp.no_grad():
        x[0] = 5.0
        x[1:] = x[:-1]
        x[[2, 2]] = bp.asarray([7.0, 8.0], dtype="float64", device=backend.name)
    assert x.tolist() == [5.0, 5.0, 8.0]
    assert x.data is array
    assert x.is_leaf
    assert x.requires_grad
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.backward()
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 10.0, 16.0]


def test_a_parameter_stays_in_its_arena() -> None:
    layer = bp.nn.Linear(2, 2)
    optimizer = bp.optim.SGD(layer.parameters(), lr=1.0)
    before = layer.weight.data
    with bp.no_grad():
        layer.weight[0] = 0.0
        layer.bias[...] = 0.0
    assert layer.weight.data is before
    layer(bp.ones((1, 2))).sum().backward()
    optimizer.step()
    assert layer.weight[0].tolist() == [-1.0, -1.0]
    assert layer.bias.tolist() == [-1.0, -1.0]


def test_a_result_under_no_grad_keeps_its_place_in_the_graph(backend: backends.Backend) -> None:
    """As in PyTorch: the graph does not see the change."""
    x = _v([1.0, 2.0], backend)
    y = x * 3.0
    z = y * y
    with bp.no_grad():
        y[0] = 100.0
    assert y.tolist() == [100.0, 6.0]
    y.sum().backward(retain_graph=True)
    assert x.grad.tolist() == [3.0, 3.0]
    x.grad = None
    z.sum().backward()
    assert x.grad.tolist() == [18.0, 36.0]


def test_memory_that_is_part_of_something_larger() -> None:
    class Part(bp.Tensor):
        __slots__ = ()
        in_place = True

    whole = np.zeros(4)
    part = Part(whole[1:3])
    part[0] = 5.0
    part[:] += 1.0
    assert whole.tolist() == [0.0, 6.0, 1.0, 0.0]


# ---------------------------------------------------------------------- what values


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int8", "int64", "uint8", "bool", "complex64"]
)
def test_numbers_and_tensors_are_cast(backend: backends.Backend, dtype: str) -> None:
    x = bp.zeros(6, dtype=dtype, device=backend.name)
    x[0] = True
    x[1] = 1
    x[2] = bp.asarray(1, dtype="uint8", device=backend.name)
    x[3:5] = bp.asarray([True, True], device=backend.name)
    x[5] = bp.asarray(1.0, dtype="float64", device=backend.name)
    assert x.dtype == dtype
    assert x.numpy().tolist() == np.ones(6, dtype).tolist()


def test_no_gradient_passes_to_integers() -> None:
    v = _v([1.0, 2.0])
    x = bp.asarray([0, 0])
    x[:] = v
    assert x.tolist() == [1, 2]
    assert not x.requires_grad


def test_complex_values() -> None:
    z = bp.asarray([1j, 2.0], requires_grad=True)
    x = bp.zeros(3, dtype="complex64")
    x[:2] = z
    x[2] = 3j
    x[1] = bp.asarray(0.5)
    (bp.abs(x) ** 2).sum().backward()
    assert z.grad.tolist() == [2j, 0j]
    for value in (1j, bp.asarray(1j)):
        with pytest.raises(
            TypeError, match=r"got a complex value for x of float32; take a part of it first"
        ):
            bp.zeros(2)[0:1][0] = value


@pytest.mark.parametrize(
    ("index", "value", "error", "message"),
    [
        (0, [1.0, 2.0], TypeError, r"x\[index\] = value: value is a list, wanted a Tensor or a Python number"),
        (0, np.ones(3), TypeError, r"value is a numpy.ndarray, wanted .*backprop.asarray\(value\)"),
        (0, None, TypeError, r"value is a NoneType"),
        (0, "1", TypeError, r"value is a str"),
        (0, bp.ones(2), ValueError, r"value has shape \(2,\), wanted one that broadcasts to \(3,\)"),
        ((slice(None), 0), bp.ones((2, 1)), ValueError, r"value has shape \(2, 1\), wanted one that broadcasts to \(2,\)"),
        ([0, 1, 1], bp.ones((2, 3)), ValueError, r"value has shape \(2, 3\), wanted one that broadcasts to \(3, 3\)"),
        (np.ones((2, 3), bool), bp.ones(5), ValueError, r"value has shape \(5,\), wanted one that broadcasts to \(6,\)"),
        (0, bp.asarray([1.0], device="strict"), ValueError, r"set_at: x is on cpu, value is on strict"),
    ],
)  # fmt: skip
def test_value_errors(index: Any, value: Any, error: Any, message: str) -> None:
    x = bp.zeros((2, 3))
    with pytest.raises(error, match=message):
        x[index] = value
    assert not x.numpy().any()
    with bp.no_grad(), pytest.raises(error, match=message):
        x.requires_grad_()[index] = value


def test_a_single_truth_value(backend: backends.Backend) -> None:
    for x in (bp.zeros(2, device=backend.name), bp.zeros((), device=backend.name)):
        x[False] = 1.0
        assert not x.numpy().any()
        x[True] = bp.full((1, *x.shape), 2.0, device=backend.name)
        assert (x.numpy() == 2.0).all()
    x = bp.zeros((), device=backend.name)
    x[()] = 1.0
    x[...] = x + 1.0
    assert x.item() == 2.0


# ------------------------------------------------------------------------------ at


def test_at(backend: backends.Backend) -> None:
    x = bp.asarray([1.0, 2.0, 3.0], device=backend.name)
    two = bp.asarray([10.0, 20.0], device=backend.name)
    for place in (bp.at(x, [0, 0]), bp.at(x)[[0, 0]]):
        assert place.set(two).tolist() == [20.0, 2.0, 3.0]
        assert place.add(two).tolist() == [31.0, 2.0, 3.0]
        assert place.subtract(two).tolist() == [-29.0, 2.0, 3.0]
        assert place.multiply(two).tolist() == [200.0, 2.0, 3.0]
        assert place.divide(two).tolist() == pytest.approx([0.005, 2.0, 3.0])
        assert place.max(two).tolist() == [20.0, 2.0, 3.0]
        assert place.min(two).tolist() == [1.0, 2.0, 3.0]
    assert bp.at(x, [1, 2, 1]).power(2).tolist() == [1.0, 16.0, 9.0]
    assert bp.at(x, slice(1, None)).power(2.0).tolist() == [1.0, 4.0, 9.0]
    assert bp.at(x, x > 1.5).set(0.0).tolist() == [1.0, 0.0, 0.0]
    assert bp.at(x, True).add(1).tolist() == [2.0, 3.0, 4.0]
    assert bp.at(x, False).add(1).tolist() == [1.0, 2.0, 3.0]
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_at_of_whole_numbers(backend: backends.Backend) -> None:
    counts = bp.at(bp.zeros(3, dtype="int32", device=backend.name), [2, 0, 2, 2]).add(1)
    assert counts.tolist() == [1, 0, 3]
    assert counts.dtype == bp.int32
    small = bp.asarray([5, 6], dtype="uint8", device=backend.name)
    assert bp.at(small, [0, 0]).subtract(2).tolist() == [1, 6]
    assert bp.at(small, [1, 1]).multiply(3).tolist() == [5, 54]
    assert bp.at(small, 0).max(bp.asarray(9, device=backend.name)).tolist() == [9, 6]
    assert bp.at(small > 5, 0).set(True).tolist() == [True, True]


METHODS = ["set", "add", "subtract", "multiply", "divide", "power", "min", "max"]
PLACES: list[Any] = [
    1,
    slice(0, 2),
    [3, 1, 1, 3, 1],
    np.array([True, False, True, True]),
    (..., None, [0, 2]),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("name", METHODS)
def test_derivatives_of_at(backend: backends.Backend, name: str, place: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.permutation(4) * 0.5 + 0.7
    n = np.zeros(4)[tuple(place) if isinstance(place, tuple) else place].shape
    value = rng.permutation(int(np.prod(n))).reshape(n) * 0.3 + 0.85
    inputs = [_v(x, backend, False), _v(value, backend, False)]
    assert bp.gradcheck(lambda x, v: getattr(bp.at(x, place), name)(v), inputs, order=2)
    assert bp.gradcheck(lambda x: getattr(bp.at(x, place), name)(1.63), inputs[:1], order=2)


def test_products_with_zeros_at_every_order() -> None:
    """x0 v0 v1 v2 with two zeros: only the derivatives that leave no zero over are not 0."""

    def f(x: bp.Tensor, v: bp.Tensor) -> bp.Tensor:
        return bp.at(x, [0, 0, 0]).multiply(v)[0]

    x, v = _v([2.0, 5.0]), _v([0.0, 3.0, 0.0])
    (by_v,) = bp.autodiff.gradients([f(x, v)], [v], create_graph=True)
    assert by_v.tolist() == [0.0, 0.0, 0.0]
    (twice,) = bp.autodiff.gradients([by_v[0]], [v], create_graph=True)
    assert twice.tolist() == [0.0, 0.0, 6.0]
    by_both = bp.autodiff.gradients([twice[2]], [x, v])
    assert [g.tolist() for g in by_both] == [[3.0, 0.0], [0.0, 2.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: bp.at([1.0], 0), TypeError, r"at: x is a list, wanted a Tensor"),
        (lambda x: bp.at(x).set(1.0), ValueError, r"at.set: got no index, wanted one: at\(x, index\)"),
        (lambda x: bp.at(x, 0)[0], ValueError, r"at: got a second index"),
        (lambda x: bp.at(x, 0).add([1.0]), TypeError, r"at.add: value is a list, wanted a Tensor or a Python number"),
        (lambda x: bp.at(x, [0, 1]).add(bp.ones(3)), ValueError, r"at.add: value has shape \(3,\), wanted .* \(2,\)"),
        (lambda x: bp.at(x, [0, 1]).max(bp.ones(3)), ValueError, r"at.max: value has shape \(3,\), wanted .* \(2,\)"),
        (lambda x: bp.at(x, 0).add(1j), TypeError, r"at.add: got a complex value for x of float"),
        (lambda x: bp.at(bp.asarray([1, 2]), 0).add(0.5), TypeError, r"at.add: got fractional values for x of int64"),
        (lambda x: bp.at(bp.asarray([1, 2]), 0).divide(2), TypeError, r"at.divide: x: got dtype int64, wanted floating"),
        (lambda x: bp.at(bp.asarray([True]), 0).add(1), TypeError, r"at.add: x: got dtype bool, wanted numbers"),
        (lambda x: bp.at(bp.asarray([1j]), 0).max(1), TypeError, r"at.max: x: got dtype complex64, wanted real numbers"),
    ],
)  # fmt: skip
def test_errors_of_at(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(bp.asarray([1.0, 2.0]))


def test_at_says_what_it_is() -> None:
    assert repr(bp.at(bp.zeros(2), 1)) == "at(tensor([0., 0.]), 1)"
    assert repr(bp.at(bp.zeros(2))) == "at(tensor([0., 0.]))"


def test_array_api_extras_at_works_on_tensors() -> None:
    xpx = pytest.importorskip("array_api_extra")
    x = _v([1.0, 2.0, 3.0])
    y = xpx.at(x)[1:].set(bp.asarray([8.0, 9.0], dtype="float64"), copy=True)
    z = xpx.at(y, 0).multiply(x[1])
    assert z.tolist() == [2.0, 8.0, 9.0]
    assert x.tolist() == [1.0, 2.0, 3.0]
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 1.0, 0.0]
