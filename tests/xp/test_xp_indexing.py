"""x[index], take and take_along_axis: NumPy's values, gradients that add up, clear errors."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp

# ------------------------------------------------------------------ against NumPy


@st.composite
def shapes_and_indices(draw: Any) -> tuple[tuple[int, ...], Any]:
    """A shape and any index that NumPy takes for it, as a tuple."""
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    common = tuple(draw(st.lists(st.integers(0, 3), max_size=2)))  # of the arrays
    parts: list[Any] = []
    ellipsis = draw(st.integers(0, len(shape))) if draw(st.booleans()) else None
    stop = draw(st.integers(0, len(shape)))
    for axis, n in enumerate(shape):
        if axis == ellipsis:
            parts.append(...)
            if draw(st.booleans()):
                break
        elif axis >= stop and ellipsis is None:
            break
        if draw(st.integers(0, 5)) == 0:
            parts.append(None)
        kind = draw(st.sampled_from(["slice", "slice", "int", "array", "array"]))
        if kind == "int" and n:
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "array" and (n or 0 in common):
            own = tuple(1 if draw(st.integers(0, 4)) == 0 else m for m in common)[
                draw(st.integers(0, len(common))) :
            ]
            size = int(np.prod(own))
            if n or not size:
                values = draw(
                    st.lists(st.integers(-n, max(n - 1, -n)), min_size=size, max_size=size)
                )
                parts.append(np.array(values, dtype=int).reshape(own))
                continue
            parts.append(slice(None))
        else:
            ends = st.none() | st.integers(-6, 6)
            step = draw(st.none() | st.integers(-3, 3).filter(bool))
            parts.append(slice(draw(ends), draw(ends), step))
    return shape, tuple(parts)


@pytest.mark.parametrize("device", ["cpu", "strict"])
@given(case=shapes_and_indices())
def test_any_index_is_numpys(device: str, case: Any) -> None:
    shape, index = case
    a = np.arange(float(np.prod(shape))).reshape(shape) + 1.0
    x = bp.asarray(a, device=device, requires_grad=True)
    expected = a[index]
    got = x[index]
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got.detach().numpy(), expected)
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape)
    (got * bp.asarray(weights, device=device)).sum().backward()
    slopes = np.zeros(shape)
    np.add.at(slopes, index, weights)
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("device", ["cpu", "strict"])
@given(case=shapes_and_indices(), data=st.data())
def test_any_assignment_is_numpys(device: str, case: Any, data: Any) -> None:
    shape, index = case
    a = np.zeros(shape)
    place = np.arange(a.size).reshape(shape)[index]
    value = np.arange(float(place.size)).reshape(place.shape) + 1.0
    if data.draw(st.booleans()) and place.ndim:
        axis = data.draw(st.integers(0, place.ndim - 1))
        if place.shape[axis]:
            value = np.take(value, [0], axis)
    last = np.zeros(a.size)
    for cell, v in zip(place.ravel(), np.broadcast_to(value, place.shape).ravel(), strict=True):
        last[cell] = v
    x = bp.asarray(a, device=device)
    x[index] = bp.asarray(value, device=device)
    np.testing.assert_array_equal(x.numpy(), last.reshape(shape))
    assert not a.any()


# ---------------------------------------------------------------- what an index may be


def _x(backend: backends.Backend, requires_grad: bool = True) -> bp.Tensor:
    a = np.arange(12.0).reshape(3, 4)
    return bp.asarray(a, device=backend.name, requires_grad=requires_grad)


def test_everything_that_means_an_integer(backend: backends.Backend) -> None:
    x = _x(backend)
    for i in (
        1,
        np.int8(1),
        np.uint64(1),
        bp.asarray(1, device=backend.name),
        bp.asarray(np.int32(1)),
        np.array(1),
    ):
        assert x[i].tolist() == [4.0, 5.0, 6.0, 7.0]
        assert x[i, 2].item() == x[-2, i + 1].item() == 6.0
        assert x[:, i].tolist() == [1.0, 5.0, 9.0]
        assert x[i:, 0].tolist() == [4.0, 8.0]
        assert x[0, : i + 2 : i].tolist() == [0.0, 1.0, 2.0]


def test_everything_that_means_an_array(backend: backends.Backend) -> None:
    x = _x(backend)
    for rows in ([0, 2], (0, 2), range(0, 3, 2), np.array([0, 2]), np.array([0, 2], "uint8"), np.array([0, 2], "uint64"),
                 bp.asarray([0, 2], device=backend.name), bp.asarray([0, 2]), [bp.asarray(0), bp.asarray(2)]):  # fmt: skip
        index = (rows,) if isinstance(rows, tuple) else rows
        assert x[index].tolist() == [[0.0, 1.0, 2.0, 3.0], [8.0, 9.0, 10.0, 11.0]]
        assert x[rows, 1].tolist() == [1.0, 9.0]
        assert x[:, rows].tolist() == [[0.0, 2.0], [4.0, 6.0], [8.0, 10.0]]
        assert x[rows, rows].tolist() == [0.0, 10.0]
    assert x[[]].shape == (0, 4)
    assert x[[], 1].shape == (0,)
    assert x[[[0, 1], [2, 2]]].shape == (2, 2, 4)
    assert x[-1].tolist() == x[[-1]].tolist()[0]


def test_fewer_indices_than_axes(backend: backends.Backend) -> None:
    """The standard wants an Ellipsis, NumPy and PyTorch do not."""
    x = _x(backend)
    assert x[0].shape == (4,)
    assert x[None].shape == (1, 3, 4)
    assert x[...].shape == x[()].shape == (3, 4)
    assert x[1:2].shape == (1, 4)
    assert [row.tolist() for row in x][2] == [8.0, 9.0, 10.0, 11.0]


def test_masks(backend: backends.Backend) -> None:
    x, a = _x(backend), np.arange(12.0).reshape(3, 4)
    rows, both = np.array([True, False, True]), a % 3 == 0
    for mask in (rows, rows.tolist(), bp.asarray(rows, device=backend.name), bp.asarray(rows)):
        np.testing.assert_array_equal(x[mask].detach().numpy(), a[rows])
        np.testing.assert_array_equal(x[mask, 1].detach().numpy(), a[rows, 1])
        np.testing.assert_array_equal(x[mask, 1:3].detach().numpy(), a[rows, 1:3])
        np.testing.assert_array_equal(x[mask, [3, 0]].detach().numpy(), a[rows, [3, 0]])
    np.testing.assert_array_equal(x[both].detach().numpy(), a[both])
    np.testing.assert_array_equal(x[None, both].detach().numpy(), a[None, both])
    np.testing.assert_array_equal(x[..., rows[[0, 0, 1, 1]]].detach().numpy(), a[:, [0, 1]])
    assert x[both & False].shape == (0,)
    # What the standard wants of axes of length 0 ...
    assert x[np.zeros((0, 4), bool)].shape == (0,)
    assert x[np.zeros((3, 0), bool)].shape == (0,)
    # ... and of a single truth value.
    for yes in (True, np.True_, np.array(True), bp.asarray(True, device=backend.name)):
        assert x[yes].shape == (1, 3, 4)
    assert x[False].shape == (0, 3, 4)
    assert x[0, 0][True].tolist() == [0.0]
    assert x[0, 0][False].shape == (0,)
    x[True].sum().backward()
    assert x.grad.tolist() == [[1.0] * 4] * 3


def test_scalars_can_be_indexed_by_nothing(backend: backends.Backend) -> None:
    x = bp.asarray(np.float64(3.0), device=backend.name, requires_grad=True)
    assert x[()].shape == x[...].shape == ()
    assert x[None].shape == (1,)
    assert x[None, ..., None].tolist() == [[3.0]]
    (x[None] * x[()]).sum().backward()
    assert x.grad.item() == 6.0


def test_an_index_array_may_be_changed_afterwards() -> None:
    x, i = bp.asarray([1.0, 2.0, 3.0], requires_grad=True), np.array([0, 0])
    y = (x[i] * x[i, ...]).sum()
    i[:] = 2
    y.backward()
    assert x.grad.tolist() == [4.0, 0.0, 0.0]


def test_second_derivatives_of_repeated_elements(backend: backends.Backend) -> None:
    x = bp.asarray([1.0, 2.0, 3.0], dtype="float64", device=backend.name)
    f = lambda x: (x[[0, 0, 2]] * x[[0, 1, 2]] * x[:2][[1, 0, 1]]).sum()  # noqa: E731
    assert bp.gradcheck(f, [x], order=2)
    hessian = bp.grad(lambda x: (bp.grad(f)(x)[[1, 1]]).sum())(x)
    # f = a a b + a b a + c c b, df/db = 2 a a + c c
    assert hessian.tolist() == [8.0, 0.0, 12.0]


# ------------------------------------------------------------------------- errors


def _unseen(backend: backends.Backend) -> None:
    """Leave the test where to look at indices in arrays would mean to wait for the device."""
    if backend.asynchronous:
        pytest.skip("a GPU does not look at the indices: those beyond the ends wrap around")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (3, r"index: got 3 for axis 0 of length 3, wanted -3 \.\. 2"),
        ((0, -5), r"index: got -5 for axis 1 of length 4, wanted -4 \.\. 3"),
        ((..., 4), r"index: got 4 for axis 1 of length 4"),
        ((None, None, 1, 9), r"index: got 9 for axis 1"),
        ([0, 7], r"index: got 7 for axis 0 of length 3"),
        ((slice(None), [0, -9]), r"index: got -9 for axis 1 of length 4"),
        (([0], [4]), r"index: got 4 for axis 1 of length 4"),
        ((0, 0, 0), r"index: got 3 indices for shape \(3, 4\)"),
        ((..., 0, ...), r"index: got more than one Ellipsis"),
        (1.5, r"index: got 1.5 \(float\), wanted integers, slices, None, Ellipsis, and lists"),
        ("a", r"index: got 'a' \(str\), wanted integers"),
        (slice(1.5), r"index: got 1.5 \(float\)"),
        ([0.5], r"index: got an array of shape \(1,\) of float64, wanted integers"),
        (bp.asarray(1.0), r"index: got a number of float32, wanted integers"),
        ([[0, 1], [2]], r"index: got a list of lists of different lengths"),
        (([0, 1], [0, 1, 2]), r"index: got arrays of shapes \(2,\), \(3,\), which do not broadcast"),
        (np.ones((3, 3), bool), r"index: got truth values of shape \(3, 3\) for axes of lengths \(3, 4\)"),
        (np.ones((2, 4), bool), r"index: got truth values of shape \(2, 4\) for axes of lengths \(3, 4\)"),
        ((slice(None), np.ones(3, bool)), r"index: got truth values of shape \(3,\) for axes of lengths \(4,\)"),
        (np.ones((3, 4, 1), bool), r"index: got 3 indices for shape \(3, 4\)"),
        ((True, 0), r"index: got a single truth value beside other indices"),
    ],
)  # fmt: skip
def test_errors_say_which_index_and_axis(
    backend: backends.Backend, index: Any, message: str
) -> None:
    x = _x(backend, requires_grad=False)
    parts = index if isinstance(index, tuple) else (index,)
    if "of length" in message and any(isinstance(p, list) for p in parts):
        _unseen(backend)
    with pytest.raises(IndexError, match=message):
        x[index]
    with pytest.raises(IndexError, match=message):
        x[index] = 0.0
    with pytest.raises(IndexError, match=message):
        bp.at(x, index).add(1.0)
    np.testing.assert_array_equal(x.numpy(), np.arange(12.0).reshape(3, 4))


def test_a_number_has_no_axes(backend: backends.Backend) -> None:
    with pytest.raises(IndexError, match=r"a 0-d tensor has no axes to index; its value is x.item"):
        bp.asarray(1.0, device=backend.name)[0]


def test_indices_on_another_device() -> None:
    with pytest.raises(ValueError, match=r"index: got an array on strict for a tensor on cpu"):
        bp.asarray([1.0])[bp.asarray([0], device="strict")]


# ----------------------------------------------------------------------------- take


def test_take(backend: backends.Backend) -> None:
    x = _x(backend)
    i = bp.asarray([2, -3, 2], dtype="int8", device=backend.name)
    assert bp.take(x, i, axis=0).tolist() == x[[2, 0, 2]].tolist()
    got = bp.take(x, i, axis=-1)
    assert got.tolist() == x[:, [2, 1, 2]].tolist()
    got.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 2.0, 0.0]] * 3
    assert bp.take(x[0], i).tolist() == [2.0, 1.0, 2.0]


def test_take_of_many_with_narrow_indices() -> None:
    """The places in the gradient need more than the 8 bits of the indices."""
    x = bp.asarray(np.zeros((100, 300)), requires_grad=True)
    bp.take(x, bp.asarray([99, -1], dtype="int8"), axis=0).sum().backward()
    assert x.grad.numpy().sum(1).tolist() == [0.0] * 99 + [600.0]
    y = bp.asarray(np.zeros((2, 300)), requires_grad=True)
    bp.take_along_axis(y, bp.asarray([[100], [-1]], dtype="int8")).sum().backward()
    assert y.grad.numpy()[[0, 1], [100, 299]].tolist() == [1.0, 1.0]


def test_take_along_axis(backend: backends.Backend) -> None:
    x = _x(backend)
    order = bp.argsort(-x, axis=0)
    assert bp.take_along_axis(x, order, axis=0).tolist() == x.tolist()[::-1]
    assert bp.take_along_axis(x, order[:, :1], axis=0).tolist() == x.tolist()[::-1]  # broadcast
    last = bp.asarray([[-1, 0]], device=backend.name)
    got = bp.take_along_axis(x, last)
    assert got.tolist() == [[3.0, 0.0], [7.0, 4.0], [11.0, 8.0]]
    got.sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 0.0, 1.0]] * 3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, i: bp.take(x.numpy(), i, axis=0), TypeError, r"take: x is a numpy.ndarray, wanted a Tensor"),
        (lambda x, i: bp.take(x, [0], axis=0), TypeError, r"take: indices is a list, wanted a Tensor"),
        (lambda x, i: bp.take(x, x[0], axis=0), TypeError, r"take: indices: got dtype float64, wanted integers"),
        (lambda x, i: bp.take(x, i), ValueError, r"take: axis: got None, wanted one of the axes of shape \(3, 4\)"),
        (lambda x, i: bp.take(x, i, axis=2), ValueError, r"take: axis: got 2, wanted -2 \.\. 1 for shape \(3, 4\)"),
        (lambda x, i: bp.take(x, i[None], axis=0), ValueError, r"take: indices: got shape \(1, 2\), wanted one axis"),
        (lambda x, i: bp.take(x, i + 2, axis=0), IndexError, r"take: indices: got 3 for axis 0 of length 3"),
        (lambda x, i: bp.take(x, i - 6, axis=1), IndexError, r"take: indices: got -6 for axis 1 of length 4"),
        (lambda x, i: bp.take_along_axis(x, i), ValueError, r"take_along_axis: indices: got shape \(2,\) for x of shape"),
        (lambda x, i: bp.take_along_axis(x, i[:, None], axis=1), ValueError, r"take_along_axis: indices: got shape \(2, 1\)"),
        (lambda x, i: bp.take_along_axis(x, i[None], axis=5), ValueError, r"take_along_axis: axis: got 5, wanted -2 \.\. 1"),
        (lambda x, i: bp.take_along_axis(x, i[None] + 9, axis=1), IndexError, r"take_along_axis: indices: got 9 for axis 1"),
        (lambda x, i: bp.take_along_axis(x, x, axis=1), TypeError, r"take_along_axis: indices: got dtype float64"),
    ],
)  # fmt: skip
def test_take_errors(backend: backends.Backend, call: Any, error: Any, message: str) -> None:
    if error is IndexError:
        _unseen(backend)
    with pytest.raises(error, match=message):
        call(_x(backend, requires_grad=False), bp.asarray([0, 1], device=backend.name))
